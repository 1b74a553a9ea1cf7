"""The report as JSON. Its shape is stable: keys may be added, none is removed or changes its meaning.

::

    {"target": "fake:1.1.53", "version": "1.1.53", "level": "prompt", "holds": true, "seconds": 9.1,
     "counts": {"passed": 158, "failed": 0, "not applicable": 1, "skipped": 0, "not checked": 0},
     "left_behind": ["ses_..."], "mark": "opencode-contract 20260102T030405Z-0123abcd",
     "spent": {"prompts": 5, "usd": 0.0021, "max_prompts": null, "max_usd": 1.0},
     "results": [{"id": "auth.password-opens", "level": "read", "sentence": "...", "source": "...",
                  "outcome": "passed", "seconds": 0.002, "message": "", "evidence": ""}]}
"""

from __future__ import annotations

import json

from opencode_contract.evidence import Json
from opencode_contract.runner import Outcome, Report, Result


def as_json(report: Report) -> str:
    """The report as JSON text."""
    whole: dict[str, Json] = {
        "target": report.target,
        "version": report.version,
        "level": report.level.word,
        "holds": report.holds,
        "seconds": round(report.seconds, 3),
        "counts": {outcome.value: report.count(outcome) for outcome in Outcome},
        "left_behind": list(report.left_behind),
        "mark": report.mark,
        "spent": {
            "prompts": report.prompts,
            "usd": round(report.cost, 6),
            "max_prompts": report.limits.max_prompts,
            "max_usd": report.limits.max_cost,
        },
        "results": [_result(result) for result in report.results],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False)


def _result(result: Result) -> dict[str, Json]:
    return {
        "id": result.requirement.id,
        "level": result.requirement.level.word,
        "sentence": result.requirement.sentence,
        "source": result.requirement.source,
        "outcome": result.outcome.value,
        "seconds": round(result.seconds, 3),
        "message": result.message,
        "evidence": result.evidence,
    }
