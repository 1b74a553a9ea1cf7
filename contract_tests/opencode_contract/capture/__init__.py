"""What one target was seen to do, as data."""
