"""What clients ask besides sessions: where they are, what there is to choose from, and which files there are."""

from opencode_fake.surroundings.routes import routes

__all__ = ["routes"]
