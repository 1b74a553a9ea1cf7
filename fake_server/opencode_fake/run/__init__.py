"""The heart: what prompts and replies do to a session. Pure: it changes the world and yields events and waits."""
