"""What changed between two captures, and what that means for a client."""
