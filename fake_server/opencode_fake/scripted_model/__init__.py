"""The scripted model: performs a script to a real OpenCode server, which takes it for a language model."""

from __future__ import annotations

from opencode_fake.scripted_model.model import ScriptedModel
from opencode_fake.scripted_model.request import ModelRequest, UnreadableRequest

__all__ = ["ModelRequest", "ScriptedModel", "UnreadableRequest"]
