"""The messages of a session as last seen, kept up to date by snapshots and by events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from pydantic import JsonValue, TypeAdapter

from opencode_sandbox.models import Event, Info, JsonObject, Message, Part, ReasoningPart, TextPart
from opencode_sandbox.responses import parse
from opencode_sandbox.waiting.staleness import grows, is_stale_info, is_stale_part

INFO: TypeAdapter[Info] = TypeAdapter(Info)
PART: TypeAdapter[Part] = TypeAdapter(Part)
Parts: TypeAlias = dict[str, Part]


class Transcript:
    """Messages by id, in the order of the last snapshot; what came by events since stands at the end.

    An event may be older than the snapshot, so none takes back what a snapshot has shown, or adds it once more.
    """

    def __init__(self) -> None:
        self._ignored: set[str] = set()
        self._infos: dict[str, Info] = {}
        self._parts: dict[str, Parts] = {}
        self._read_growing: set[str] = set()

    def ignore(self, message_ids: Iterable[str]) -> None:
        """Pass over these messages from now on."""
        self._ignored.update(message_ids)

    def messages(self) -> list[Message]:
        """Return the messages as they stand."""
        return [
            Message.model_construct(info=info, parts=list(self._parts.get(message_id, {}).values()))
            for message_id, info in self._infos.items()
        ]

    def replace(self, messages: Iterable[Message]) -> None:
        """Take a snapshot over; text that events have brought further than the server has stored is kept."""
        known = self._parts
        self._infos, self._parts = {}, {}
        for message in messages:
            if message.id in self._ignored:
                continue
            before = known.get(message.id, {})
            self._infos[message.id] = message.info
            self._parts[message.id] = {
                key: self._further(before.get(key), part)
                for key, part in ((part.id or f"#{place}", part) for place, part in enumerate(message.parts))
            }

    def apply(self, event: Event) -> None:
        """Take over what an event says; events about other things change nothing."""
        change = self._changes().get(event.type)
        if change is not None:
            change(event.properties)

    def _changes(self) -> dict[str, Callable[[JsonObject], None]]:
        return {
            "message.updated": self._message_updated,
            "message.removed": self._message_removed,
            "message.part.updated": self._part_updated,
            "message.part.delta": self._part_grew,
            "message.part.removed": self._part_removed,
        }

    def _message_updated(self, properties: JsonObject) -> None:
        info = parse(INFO, properties.get("info"))
        if info.id not in self._ignored and not is_stale_info(info, self._infos.get(info.id)):
            self._infos[info.id] = info

    def _message_removed(self, properties: JsonObject) -> None:
        message_id = _text(properties.get("messageID"))
        self._infos.pop(message_id, None)
        self._parts.pop(message_id, None)

    def _part_updated(self, properties: JsonObject) -> None:
        part = parse(PART, properties.get("part"))
        if part.message_id in self._ignored:
            return
        parts = self._parts.setdefault(part.message_id, {})
        if not is_stale_part(part, parts.get(part.id)):
            parts[part.id] = part
            self._read_growing.discard(part.id)

    def _part_grew(self, properties: JsonObject) -> None:
        parts = self._parts.get(_text(properties.get("messageID")), {})
        part = parts.get(_text(properties.get("partID")))
        if not isinstance(part, TextPart | ReasoningPart) or properties.get("field") != "text":
            return
        if grows(part) and part.id not in self._read_growing:
            parts[part.id] = part.model_copy(update={"text": part.text + _text(properties.get("delta"))})

    def _part_removed(self, properties: JsonObject) -> None:
        self._parts.get(_text(properties.get("messageID")), {}).pop(_text(properties.get("partID")), None)

    def _further(self, before: Part | None, now: Part) -> Part:
        """Choose the text that has come further: from 1.2.1 on servers store a growing text only once it has ended."""
        if not isinstance(now, TextPart | ReasoningPart) or not grows(now):
            return now
        if isinstance(before, TextPart | ReasoningPart) and before.text.startswith(now.text):
            return before
        if now.text:  # whether the next delta is part of it already, nobody knows
            self._read_growing.add(now.id)
        return now


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
