"""What every `JobQueue` promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sightline.core.errors import ConflictError
from sightline.testing.fakes import FakeClock


class JobQueueContract:
    """Subclass it and give an empty queue in `make`."""

    def make(self, folder: Path, clock: FakeClock) -> Any:
        """Give an implementation that tells time by `clock`."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def queue(self, tmp_path: Path, clock: FakeClock) -> Any:
        return self.make(tmp_path, clock)

    def test_an_empty_queue_has_nothing_to_take(self, queue: Any) -> None:
        assert queue.take(lease_s=10) is None

    def test_the_oldest_of_the_highest_priority_comes_first(self, queue: Any) -> None:
        for job, priority in (("a", 0), ("b", 5), ("c", 5), ("d", -1)):
            queue.put(job, priority=priority)
        assert [queue.take(lease_s=10).job_id for _ in range(4)] == ["b", "c", "a", "d"]
        assert queue.take(lease_s=10) is None

    def test_the_same_job_twice_is_one(self, queue: Any) -> None:
        queue.put("a")
        queue.put("a", priority=9)
        queue.take(lease_s=10)
        queue.put("a")
        assert queue.take(lease_s=10) is None

    def test_a_finished_job_is_gone_and_can_come_again(self, queue: Any) -> None:
        queue.put("a")
        queue.finish(queue.take(lease_s=10))
        assert queue.take(lease_s=10) is None
        queue.put("a")
        assert queue.take(lease_s=10).job_id == "a"

    def test_a_lease_that_ran_out_frees_its_job(self, queue: Any, clock: FakeClock) -> None:
        queue.put("a")
        late = queue.take(lease_s=10)
        clock.advance(9.5)
        assert queue.take(lease_s=10) is None
        clock.advance(1)
        assert queue.take(lease_s=10).job_id == "a"
        for call in (queue.finish, queue.give_back):
            with pytest.raises(ConflictError):
                call(late)
        with pytest.raises(ConflictError):
            queue.extend(late, lease_s=10)

    def test_an_extended_lease_lasts(self, queue: Any, clock: FakeClock) -> None:
        queue.put("a")
        lease = queue.take(lease_s=10)
        clock.advance(9)
        longer = queue.extend(lease, lease_s=10)
        clock.advance(9)
        assert queue.take(lease_s=10) is None
        assert longer.expires_s > lease.expires_s
        queue.finish(longer)

    def test_a_job_given_back_waits_its_delay(self, queue: Any, clock: FakeClock) -> None:
        queue.put("a")
        queue.give_back(queue.take(lease_s=10), delay_s=30)
        clock.advance(29)
        assert queue.take(lease_s=10) is None
        clock.advance(2)
        assert queue.take(lease_s=10).job_id == "a"

    def test_a_finished_job_cannot_be_finished_again(self, queue: Any) -> None:
        queue.put("a")
        lease = queue.take(lease_s=10)
        queue.finish(lease)
        with pytest.raises(ConflictError):
            queue.finish(lease)
