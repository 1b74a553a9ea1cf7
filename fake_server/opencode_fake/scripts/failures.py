"""How the provider words a failure: the same body on both stages."""

from __future__ import annotations

from opencode_fake.scripts.model import Failure, JsonObject

_KINDS = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def failure_body(failure: Failure) -> JsonObject:
    """The body of the provider's error answer."""
    kind = "server_error" if failure.http_status >= 500 else _KINDS.get(failure.http_status, "invalid_request_error")
    return {"error": {"message": failure.message, "type": kind}}
