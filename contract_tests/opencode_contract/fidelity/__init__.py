"""Likeness, measured: a real server and the fake are driven side by side, and what comes back is compared."""
