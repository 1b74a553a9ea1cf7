"""Every endpoint with ids that are missing, of a wrong form, or of something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from opencode_contract.fidelity.cases.model import Case, case
from opencode_contract.fidelity.cases.routes import REPLY_ENDPOINTS, SESSION_ENDPOINTS, Endpoint
from opencode_contract.fidelity.steps import Send

_MISSING = {"msg": "msg_doesnotexist", "prt": "prt_doesnotexist", "per": "per_doesnotexist", "que": "que_doesnotexist"}
_SESSIONS = {
    "missing": "ses_doesnotexist",
    "well-formed": "ses_00000000000aAAAAAAAAAAAAAA",
    "no-prefix": "xyz",
    "message-id": "msg_doesnotexist",
    "only-prefix": "ses",
    "upper-case": "SES_DOESNOTEXIST",
    "encoded": "ses_%C3%BC%20x",
}
_MESSAGES = {"missing": "msg_doesnotexist", "no-prefix": "xyz", "elsewhere": "{elsewhere_user}", "empty": ""}
_PARTS = {"missing": "prt_doesnotexist", "no-prefix": "xyz", "message-id": "{shared_user}"}
_REQUESTS = {
    "per": {"missing": "per_doesnotexist", "no-prefix": "xyz", "session-id": "ses_doesnotexist"},
    "que": {"missing": "que_doesnotexist", "no-prefix": "xyz", "permission-id": "per_doesnotexist"},
}


def cases() -> Iterator[Case]:
    """All of them."""
    for endpoint in SESSION_ENDPOINTS:
        for word, session in _SESSIONS.items():
            yield _case(endpoint, f"session-{word}", {"ses": session, **_MISSING})
        if "{msg}" in endpoint.path:
            for word, message in _MESSAGES.items():
                yield _case(endpoint, f"message-{word}", {**_MISSING, "ses": "{shared}", "msg": message})
        if "{prt}" in endpoint.path:
            for word, part in _PARTS.items():
                ids = {**_MISSING, "ses": "{shared}", "msg": "{shared_user}", "prt": part}
                yield _case(endpoint, f"part-{word}", ids)
        if "{per}" in endpoint.path:
            for word, request in _REQUESTS["per"].items():
                yield _case(endpoint, f"permission-{word}", {"ses": "{shared}", "per": request})
    for endpoint in REPLY_ENDPOINTS:
        kind = "per" if "{per}" in endpoint.path else "que"
        for word, request in _REQUESTS[kind].items():
            yield _case(endpoint, f"request-{word}", {kind: request})


def _case(endpoint: Endpoint, word: str, ids: dict[str, str]) -> Case:
    path = endpoint.path
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    made = case(f"{endpoint.word}.{word}", endpoint.route, "bad ids", Send(endpoint.method, path, endpoint.body))
    # In the body the ids are those of the path, as a client would write them.
    return replace(made, names={name: value for name, value in ids.items() if "{" not in value})
