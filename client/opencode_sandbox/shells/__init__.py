"""The two shells that carry out what flows ask for: one that blocks, one that awaits."""
