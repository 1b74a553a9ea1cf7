"""Changes the texts of a script that is still plain JSON."""

from __future__ import annotations

from collections.abc import Callable

from opencode_fake.scripts.model import JsonObject, JsonValue


def changed(value: JsonValue, change: Callable[[str, str], str], name: str = "") -> JsonValue:
    """The value with all its texts changed: ``change`` gets each with the key that it stands under.

    Keys are changed like texts under no key. What is streamed in pieces is no longer, where the whole was changed.
    """
    match value:
        case str():
            return change(value, name)
        case list():
            return [changed(each, change, name) for each in value]
        case dict():
            group = {change(key, ""): changed(each, change, key) for key, each in value.items()}
            return _without_stale_chunks(value, group)
        case _:
            return value


def _without_stale_chunks(before: JsonObject, after: JsonObject) -> JsonObject:
    streamed = next((key for key in ("text", "reasoning") if isinstance(before.get(key), str)), None)
    if streamed is None or "chunks" not in before or before[streamed] == after.get(streamed):
        return after
    return {key: each for key, each in after.items() if key != "chunks"}
