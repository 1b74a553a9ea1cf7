"""The report as JSON. Its shape is stable: keys may be added, none is removed or changes its meaning.

::

    {"target": "fake:1.1.53", "version": "1.1.53", "level": "prompt", "holds": true, "seconds": 9.1,
     "counts": {"passed": 158, "failed": 0, "not applicable": 1, "skipped": 0},
     "left_behind": ["ses_..."],
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
