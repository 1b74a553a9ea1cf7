"""The agents and the model that a prompt can name."""

from __future__ import annotations

from opencode_fake.scripts.pricing import MODEL_ID, PROVIDER_ID
from opencode_fake.state.wire import ModelRef

AGENTS = ("build", "plan", "general", "explore", "title", "summary", "compaction")
SHOWN_AGENTS = ("build", "plan", "general", "explore")
"""The agents that an error names to choose from."""
SUBAGENTS = frozenset({"general", "explore"})
"""The agents that do the tasks of others."""
DEFAULT_AGENT = "build"
DEFAULT_MODEL = ModelRef(providerID=PROVIDER_ID, modelID=MODEL_ID)
PROVIDER_URL = "http://127.0.0.1/v1/chat/completions"
"""What provider errors name as the address that was called."""


def is_known(model: ModelRef) -> bool:
    """Whether the server has this model."""
    return model["providerID"] == PROVIDER_ID and model["modelID"] == MODEL_ID
