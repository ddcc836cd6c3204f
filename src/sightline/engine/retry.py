"""Tries again, for a bounded number of times, waiting longer each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sightline.core.errors import SightlineError

if TYPE_CHECKING:
    from random import Random

    from sightline.core.time import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently.

    Attributes:
        attempts: Tries in all, >= 1.
        base_s: Longest wait before the second try; it doubles with each further one.
        cap_s: No wait is longer.
    """

    attempts: int = 3
    base_s: float = 0.5
    cap_s: float = 30.0

    def wait_s(self, failures: int, rng: Random) -> float:
        """Give the wait after so many failures: uniform in 0..min(cap, base * 2^(failures-1)).

        Source:
            "Full jitter", M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015.
        """
        return rng.uniform(0.0, min(self.cap_s, self.base_s * 2.0 ** (failures - 1)))


def with_retries(
    work: Callable[[], T],
    policy: RetryPolicy,
    *,
    clock: Clock,
    rng: Random,
    on_retry: Callable[[SightlineError, int, float], None],
) -> T:
    """Do `work`; where it raises a retryable error, wait and do it again.

    Args:
        work: What to do.
        policy: How often and how patiently.
        clock: Passes the time.
        rng: Draws the jitter.
        on_retry: Told the error, how many failures there have been and the wait in seconds.

    Raises:
        SightlineError: The last error, or the first that is not retryable.
    """
    failures = 0
    while True:
        try:
            return work()
        except SightlineError as error:
            failures += 1
            if not error.retryable or failures >= policy.attempts:
                raise
            wait_s = policy.wait_s(failures, rng)
            on_retry(error, failures, wait_s)
            clock.sleep_s(wait_s)
