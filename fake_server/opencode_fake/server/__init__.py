"""The fake server: HTTP around the heart, as the real server speaks it."""
