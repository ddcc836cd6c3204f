"""Which way a run can go."""

from __future__ import annotations

import itertools

import pytest

from sightline.core.errors import IllegalTransitionError
from sightline.core.runs import RunState, check_transition

S = RunState
ALLOWED = {
    (S.QUEUED, S.RUNNING),
    (S.QUEUED, S.CANCELLED),
    (S.RUNNING, S.COMPLETED),
    (S.RUNNING, S.QUEUED),  # a worker gives it back, to be tried again
    (S.RUNNING, S.FAILED),
    (S.RUNNING, S.CANCELLED),
    (S.RUNNING, S.INTERRUPTED),
    (S.FAILED, S.QUEUED),
    (S.CANCELLED, S.QUEUED),
    (S.INTERRUPTED, S.QUEUED),
    (S.INTERRUPTED, S.CANCELLED),
}


@pytest.mark.parametrize(("now", "then"), list(itertools.product(S, S)), ids=str)
def test_only_these_steps_are_allowed(now, then):
    if (now, then) in ALLOWED:
        check_transition(now, then)
        return
    with pytest.raises(IllegalTransitionError, match=f"a {now} run cannot become {then}"):
        check_transition(now, then)


def test_only_a_completed_run_stays_as_it_is_for_ever():
    ends = {state for state in S if not any(now is state for now, _ in ALLOWED)}
    assert ends == {S.COMPLETED}
