"""What every `Locks` promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sightline.core.errors import ConflictError
from sightline.testing.fakes import FakeClock

if TYPE_CHECKING:
    from sightline.ports import Lock


class LocksContract:
    """Subclass it, give locks that nobody holds in `make`, and let a lease end in `run_out`."""

    def make(self, folder: Path, clock: FakeClock) -> Any:
        """Give an implementation that tells time by `clock`, where it can."""
        raise NotImplementedError

    def run_out(self, clock: FakeClock, lock: Lock) -> None:
        """Let a lease of 10 s be over; overridden where a server keeps the time."""
        clock.advance(10.5)

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def locks(self, tmp_path: Path, clock: FakeClock) -> Any:
        return self.make(tmp_path, clock)

    def test_a_name_has_one_holder(self, locks: Any) -> None:
        held = locks.take("housekeeping", lease_s=10)
        assert held.name == "housekeeping"
        assert locks.take("housekeeping", lease_s=10) is None
        assert locks.take("webhooks", lease_s=10) is not None

    def test_a_released_name_is_free(self, locks: Any) -> None:
        locks.release(locks.take("a", lease_s=10))
        assert locks.take("a", lease_s=10) is not None

    def test_a_lease_that_ran_out_frees_the_name(self, locks: Any, clock: FakeClock) -> None:
        late = locks.take("a", lease_s=10)
        self.run_out(clock, late)
        now = locks.take("a", lease_s=10)
        assert now.token != late.token
        with pytest.raises(ConflictError):
            locks.extend(late, lease_s=10)
        locks.release(late)  # not his any more
        assert locks.take("a", lease_s=10) is None

    def test_a_lock_that_ran_out_cannot_be_extended(self, locks: Any, clock: FakeClock) -> None:
        late = locks.take("a", lease_s=10)
        self.run_out(clock, late)
        with pytest.raises(ConflictError):
            locks.extend(late, lease_s=10)

    def test_an_extended_lock_lasts(self, locks: Any, clock: FakeClock) -> None:
        held = locks.take("a", lease_s=10)
        longer = locks.extend(held, lease_s=100)
        assert longer.expires_s >= held.expires_s + 80
        clock.advance(50)
        assert locks.take("a", lease_s=10) is None
        locks.release(longer)
        assert locks.take("a", lease_s=10) is not None

    def test_of_many_who_try_at_once_one_wins(self, locks: Any) -> None:
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda _: locks.take("race", lease_s=60), range(32)))
        assert sum(lock is not None for lock in taken) == 1
