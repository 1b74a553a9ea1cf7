"""What the server remembers: sessions, their messages and parts, and the workspace."""
