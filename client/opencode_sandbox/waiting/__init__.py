"""Waiting for a reply: the pure part, without input, output or a clock."""
