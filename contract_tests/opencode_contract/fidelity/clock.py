"""The time of the fake while it is compared."""

from __future__ import annotations

from opencode_fake import RealClock


class TellingClock(RealClock):
    """The machine's clock, but no two readings are the same.

    So a time that stays as it was is one that was kept. A real server takes some milliseconds between two readings; the
    fake would often read the same millisecond twice, which looks as if it had kept the time.
    """

    def __init__(self) -> None:
        self._last = 0

    def now(self) -> int:
        """Epoch milliseconds; each call is at least a millisecond later than the one before."""
        self._last = max(super().now(), self._last + 1)
        return self._last

    @property
    def current(self) -> int:
        """The machine's time, without a reading."""
        return super().now()
