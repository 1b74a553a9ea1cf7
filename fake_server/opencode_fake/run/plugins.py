"""What a directory's plugins say when it first needs a model (measured 1.17.19 to 1.18.34)."""

from __future__ import annotations

from collections.abc import Iterator

from opencode_fake.run.effects import Event, event
from opencode_fake.state.world import World

_EARLY = (
    "core/config-reference agent command skill models-dev config-agent config-command config-skill "
    "alibaba amazon-bedrock anthropic azure-cognitive-services azure cerebras cloudflare-ai-gateway "
    "cloudflare-workers-ai cohere deepinfra gateway github-copilot gitlab google google-vertex-anthropic "
    "google-vertex groq kilo llmgateway mistral nvidia opencode snowflake-cortex openai-compatible openai "
    "openrouter perplexity sap-ai-core"
).split()
_LATE = "togetherai vercel venice xai zenmux dynamic-provider config-plugin config-provider variant".split()


def announce(world: World, directory: str) -> Iterator[Event]:
    """The plugins of a directory, at its first prompt."""
    if not world.behaviours.plugins_are_told or directory in world.announced:
        return
    world.announced.add(directory)
    yield from (event("plugin.added", id=plugin) for plugin in _EARLY)
    yield event("catalog.updated")
    yield from (event("plugin.added", id=plugin) for plugin in _LATE)
    for kind in ("reference.updated", "integration.updated", "catalog.updated"):
        yield event(kind)
