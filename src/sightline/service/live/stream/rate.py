"""Keeps a client to a rate, with some patience for frames that come in bunches."""

from __future__ import annotations


class TokenBucket:
    """Allows `rate_hz` things a second, and a burst after a pause.

    Args:
        rate_hz: How many a second in the long run.
        burst: Most at once.
        now_s: Where time stands.
    """

    __slots__ = ("_burst", "_level", "_seen_s", "rate_hz")

    def __init__(self, rate_hz: float, burst: float, now_s: float) -> None:
        self.rate_hz = rate_hz
        self._burst = burst
        self._level = burst
        self._seen_s = now_s

    def allows(self, now_s: float) -> bool:
        """Take one if there is one."""
        self._level = min(self._burst, self._level + (now_s - self._seen_s) * self.rate_hz)
        self._seen_s = now_s
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True
