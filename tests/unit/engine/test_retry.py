"""Retries are bounded, wait longer each time, and leave final errors alone."""

from __future__ import annotations

from random import Random

import pytest

from sightline.core.errors import ModelError, SourceUnavailableError
from sightline.engine.retry import RetryPolicy, with_retries
from sightline.testing.fakes import FakeClock


class Flaky:
    """Fails so many times, then works."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures = failures
        self.error = error
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error
        return "done"


def test_work_that_fails_twice_is_done_at_the_third_try() -> None:
    work, clock = Flaky(2, SourceUnavailableError("away")), FakeClock()

    assert (
        with_retries(work, RetryPolicy(attempts=3), clock=clock, rng=Random(1), on_retry=lambda *_: None)
        == "done"
    )
    assert work.calls == 3
    assert len(clock.slept_s) == 2


def test_tries_are_bounded_and_the_last_error_comes_out() -> None:
    work, told = Flaky(9, SourceUnavailableError("away")), []

    with pytest.raises(SourceUnavailableError):
        with_retries(
            work,
            RetryPolicy(attempts=4),
            clock=FakeClock(),
            rng=Random(1),
            on_retry=lambda error, failures, wait_s: told.append(failures),
        )
    assert work.calls == 4
    assert told == [1, 2, 3]


def test_an_error_that_trying_again_cannot_mend_comes_out_at_once() -> None:
    work = Flaky(1, ModelError("no"))

    with pytest.raises(ModelError):
        with_retries(work, RetryPolicy(), clock=FakeClock(), rng=Random(1), on_retry=lambda *_: None)
    assert work.calls == 1


def test_waits_lie_under_a_bound_that_doubles_up_to_the_cap() -> None:
    policy, rng = RetryPolicy(base_s=1.0, cap_s=4.0), Random(3)

    for failures, bound_s in ((1, 1.0), (2, 2.0), (3, 4.0), (9, 4.0)):
        waits = [policy.wait_s(failures, rng) for _ in range(200)]
        assert 0 <= min(waits) < max(waits) <= bound_s
        assert max(waits) > 0.9 * bound_s
