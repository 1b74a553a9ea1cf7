"""What the state machine can do to sessions, by topic."""
