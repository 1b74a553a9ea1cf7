"""Which requirements of the contract a difference touches."""

from __future__ import annotations

import re
from collections.abc import Iterable

from opencode_contract.requirements import ALL

TOUCHED: tuple[tuple[str, str], ...] = (
    (r"GET /global/health", r"health\..*|auth\.password-opens"),
    (r"header access-control.*|OPTIONS .*", r"browsers\..*"),
    (r"any path", r"health\.unknown-path|browsers\.head.*"),
    (r"POST /session", r"sessions\.(create|wrong-type|malformed|body-no|wrong-parent|unknown-keys).*"),
    (r"GET /session", r"sessions\.(list|newest).*|listing\.(roots|start|search|no-limit|directory|archived).*"),
    (r"GET /session/\{id\}", r"sessions\.(get.*|no-such-id)|actions\.(get|missing)-session"),
    (r"PATCH /session/\{id\}", r"sessions\.rename"),
    (r"DELETE /session/\{id\}", r"sessions\.delete.*|errors\.delete-.*|listing\.delete-with-children"),
    (r"GET /session/\{id\}/children", r"listing\.children.*|sessions\.children"),
    (r"GET /session/\{id\}/message.*", r"messages\.(missing.*|single|limit)|errors\.(messages-missing|no-messages.*)"),
    (
        r"POST /session/\{id\}/message",
        r"prompts\.(needs|parts|text|known|malformed|missing|synchronous).*|errors\.prompt-.*",
    ),
    (r"POST /session/\{id\}/prompt_async", r"prompts\.(accepted|asynchronous|without-reply)|actions\.send-prompt"),
    (r"POST /session/\{id\}/abort", r"runs\.abort.*"),
    (r"POST /session/\{id\}/fork", r"history\.fork.*"),
    (r"POST /session/\{id\}/(un)?revert", r"history\.(un)?revert.*"),
    (r"(DELETE|PATCH) /session/\{id\}/message/.*", r"history\.(delete|change)-.*"),
    (r"POST /session/\{id\}/(shell|command|summarize)", r"commands\..*"),
    (r"GET /session/\{id\}/(diff|todo)|diff|todo", r"changes\..*diff.*|todos\..*"),
    (r"(GET|POST) /permission.*|POST .*/permissions/.*|permission", r"permissions\..*"),
    (r"(GET|POST) /question.*|question", r"questions\..*"),
    (r"GET /session/status", r"runs\.(status|busy|idle)"),
    (r"session", r"sessions\.(id|slug|version|directory|.*title|times|project|no-summary-yet)|messages\.session-.*"),
    (
        r"message (user|assistant)",
        r"messages\.(reply|finish|completed|model|path|parent|no-error)|prompts\.user-.*|costs\..*",
    ),
    (r"part (text|reasoning|step-.*)", r"messages\.(part-ids|steps|text-times|reasoning|scripted-text)|costs\.step"),
    (r"part tool", r"tools\..*"),
    (r"error .*", r"failures\..*|errors\..*"),
    (r"event message\.part\..*", r"events\.(parts-in-order|text-streams|tool-states)"),
    (r"event message\..*", r"events\.(prompt-first|final-message)"),
    (r"event session\..*", r"events\.(session-.*|busy-then-idle|retry|error|abort|title)"),
    (r"events .*", r"events\.(busy-then-idle|prompt-first|parts-in-order|final-message)"),
)
"""Subjects and routes, and the requirements that are about them; both are regular expressions."""
_IDS = tuple(requirement.id for requirement in ALL)


def requirements_about(subjects: Iterable[str]) -> list[str]:
    """The ids of the requirements about these subjects and routes."""
    patterns = [ids for subject in set(subjects) for about, ids in TOUCHED if re.fullmatch(about, subject)]
    return [each for each in _IDS if any(re.fullmatch(pattern, each) for pattern in patterns)]
