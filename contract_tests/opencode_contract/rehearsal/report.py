"""A rehearsal as JSON."""

from __future__ import annotations

import json

from opencode_contract.evidence import Json
from opencode_contract.rehearsal.outcome import Passage, Rehearsal, Upgrade
from opencode_contract.rehearsal.showing import Show, discreetly, grouped, openly
from opencode_contract.rehearsal.verdict import advice, alarms, headline, questions


def show_of(found: Rehearsal) -> Show:
    """How values of the data are shown: those of given data only by their kind."""
    return discreetly if found.given else openly


def as_json(found: Rehearsal) -> str:
    """The whole rehearsal."""
    report: Json = {
        "verdict": "safe" if found.safe else "unsafe",
        "headline": headline(found),
        "alarms": list[Json](list(alarms(found))),
        "advice": list[Json](list(advice(found))),
        "before": {
            "version": found.before.version,
            "sessions": len(found.before.sessions),
            "stored": found.stored,
            "messages": found.before.messages,
        },
        "asked": _upgrade(found, found.asked),
        "proposed": _upgrade(found, found.proposed) if found.proposed else None,
        "tried": [_tried(passage) for passage in found.tried],
        "kinds": dict[str, Json](found.kinds),
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def _upgrade(found: Rehearsal, upgrade: Upgrade) -> Json:
    after = upgrade.passage.snapshot
    return {
        "path": list[Json](upgrade.path),
        "safe": upgrade.safe,
        "health": after.health if after else None,
        "questions": [
            {
                "question": each.question,
                "mark": each.mark.value,
                "answer": each.text,
                "evidence": list[Json](each.evidence),
            }
            for each in questions(found, upgrade)
        ],
        "findings": [
            {
                "rule": group.rule.value,
                "weight": group.weight.value,
                "field": group.field or None,
                "times": len(group.findings),
                "sessions": list[Json](group.sessions),
                "example": group.example(show_of(found)),
            }
            for group in grouped(upgrade.passage.findings)
        ],
    }


def _tried(passage: Passage) -> Json:
    snapshot = passage.snapshot
    return {
        "path": list[Json](passage.path),
        "keeps all": passage.keeps_all,
        "sessions there": snapshot.complete if snapshot else 0,
        "trouble": passage.trouble or None,
    }
