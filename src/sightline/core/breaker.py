"""Keeps a service that does not answer from being asked again and again.

    closed --`failures` in a row--> open --`rest_s` later--> half open --one success--> closed
                                     ^------------one failure-----------'

While a breaker is open a call fails at once instead of waiting for a timeout; then one caller at a time tries
whether the service is back. Each further failure doubles the rest, up to `longest_rest_s`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sightline.core.errors import AdapterUnavailableError, SightlineError

if TYPE_CHECKING:
    from sightline.core.time import Clock


class BreakerState(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a breaker opens, and for how long.

    Attributes:
        failures: How many in a row open it.
        rest_s: How long the service is left alone at first, seconds.
        longest_rest_s: Most that the rest grows to, seconds.
    """

    failures: int = 3
    rest_s: float = 1.0
    longest_rest_s: float = 30.0

    def __post_init__(self) -> None:
        if self.failures < 1 or not 0 < self.rest_s <= self.longest_rest_s:
            raise ValueError(f"failures >= 1 and 0 < rest_s <= longest_rest_s, got {self}")


@dataclass(frozen=True, slots=True)
class BreakerReport:
    """How a breaker stands and what it has seen.

    Attributes:
        service: What it guards.
        state: Whether calls pass.
        failures: Calls that failed since the start.
        refused: Calls that were not even tried.
        reason: The last failure in one line; empty while all is well.
        retry_in_s: How long until the service is tried again; 0 where it may be now.
    """

    service: str
    state: BreakerState
    failures: int
    refused: int
    reason: str
    retry_in_s: float

    @property
    def passes(self) -> bool:
        """Whether calls pass freely."""
        return self.state is BreakerState.CLOSED


class Breaker:
    """Guards one outside service; safe to use from several threads.

    Only `AdapterUnavailableError` counts as a failure: a refusal shows that the service answers.

    Args:
        service: Its name, as shown to operators.
        clock: Tells the time.
        policy: When it opens.
    """

    def __init__(self, service: str, clock: Clock, policy: BreakerPolicy | None = None) -> None:
        self._service = service
        self._clock = clock
        self._policy = policy or BreakerPolicy()
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._open_until_s: float | None = None
        self._rest_s = self._policy.rest_s
        self._trying = False
        self._failures = 0
        self._refused = 0
        self._reason = ""

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Let a call pass, or refuse it.

        Raises:
            AdapterUnavailableError: The service did not answer lately; or the call's own.
        """
        self._enter()
        try:
            yield
        except AdapterUnavailableError as error:
            self._failed(str(error))
            raise
        except SightlineError:  # it answers, if only to refuse
            self._worked()
            raise
        except BaseException:
            self._left()
            raise
        self._worked()

    def report(self) -> BreakerReport:
        """Say how it stands."""
        with self._lock:
            return BreakerReport(
                self._service, self._state(), self._failures, self._refused, self._reason, self._wait_s()
            )

    def _state(self) -> BreakerState:
        if self._open_until_s is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._wait_s() > 0 else BreakerState.HALF_OPEN

    def _wait_s(self) -> float:
        if self._open_until_s is None:
            return 0.0
        return max(0.0, self._open_until_s - self._clock.monotonic_s())

    def _enter(self) -> None:
        with self._lock:
            if self._open_until_s is None:
                return
            wait_s = self._wait_s()
            if wait_s > 0 or self._trying:
                self._refused += 1
                raise AdapterUnavailableError(
                    f"{self._service} does not answer: {self._reason}",
                    hint=f"it is tried again in {max(wait_s, 0.1):.1f} s",
                )
            self._trying = True

    def _worked(self) -> None:
        with self._lock:
            self._in_a_row = 0
            self._open_until_s = None
            self._rest_s = self._policy.rest_s
            self._trying = False
            self._reason = ""

    def _left(self) -> None:
        """A call broke off for a reason of its own; nothing was learnt about the service."""
        with self._lock:
            self._trying = False

    def _failed(self, reason: str) -> None:
        with self._lock:
            self._failures += 1
            self._in_a_row += 1
            self._reason = reason
            self._trying = False
            if self._open_until_s is not None:
                self._rest_s = min(2 * self._rest_s, self._policy.longest_rest_s)
            elif self._in_a_row < self._policy.failures:
                return
            self._open_until_s = self._clock.monotonic_s() + self._rest_s


class Breakers(Mapping[str, Breaker]):
    """One breaker for each outside service of a platform, by name.

    Args:
        clock: Tells the time to all of them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}
        self._probes: dict[str, Callable[[], object]] = {}

    def of(self, service: str, policy: BreakerPolicy | None = None) -> Breaker:
        """Give the breaker of a service; the same one each time."""
        if service not in self._breakers:
            self._breakers[service] = Breaker(service, self._clock, policy)
        return self._breakers[service]

    def watch(self, service: str, probe: Callable[[], object]) -> None:
        """Take in a call, guarded by its adapter, that shows whether a service answers."""
        self._probes[service] = probe

    def ask(self, service: str) -> None:
        """Find out whether a service answers; raises what its adapter raises where it does not."""
        if service in self._probes:
            self._probes[service]()

    def __getitem__(self, service: str) -> Breaker:
        return self._breakers[service]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._breakers))

    def __len__(self) -> int:
        return len(self._breakers)
