"""What can differ between versions, by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Behaviours:
    """How one version answers. Every field has its rows in ``table``."""

    preflight_needs_password: bool
    """A CORS preflight without credentials is answered 401."""
    idle_announced_with_error: bool
    """``session.error`` is followed by an idle status at once, before the message is final."""
    idle_announced_when_not_running: bool
    """Aborting a session that does not run emits an idle status all the same."""
    diff_has_status: bool
    """A file diff says whether the file was added, modified or deleted."""
    unknown_model_is_an_event: bool
    """A prompt for an unknown model emits ``session.error``; otherwise nothing but an idle status tells of it."""
    assistant_variant: bool
    """Assistant messages repeat the ``variant`` of the prompt."""
    tokens_have_total: bool
    """``tokens`` have a ``total`` once there are any."""
    user_message_title: bool
    """User messages get a title of their own in ``summary.title``."""
    heartbeat_seconds: int
    """Seconds between two heartbeats of an event stream."""
