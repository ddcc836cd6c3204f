"""What every `JobQueue` promises."""

from __future__ import annotations

import threading
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

    def test_owners_take_turns(self, queue: Any) -> None:
        for job, owner in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("b2", "b"), ("c1", "c")):
            queue.put(job, owner=owner)
        order = []
        for _ in range(6):
            lease = queue.take(lease_s=10)
            order.append(lease.job_id)
            queue.finish(lease)
        assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]

    def test_an_owner_with_less_under_way_comes_first(self, queue: Any) -> None:
        for number in range(4):
            queue.put(f"a{number}", owner="a")
        first, _ = queue.take(lease_s=10), queue.take(lease_s=10)
        queue.put("b0", owner="b")
        queue.put("b1", owner="b")
        assert [queue.take(lease_s=10).job_id for _ in range(2)] == ["b0", "b1"]
        queue.finish(first)
        assert queue.take(lease_s=10).job_id == "a2"

    def test_priority_goes_before_turns(self, queue: Any) -> None:
        queue.put("a1", owner="a", priority=5)
        queue.put("b1", owner="b")
        queue.put("a2", owner="a", priority=5)
        assert [queue.take(lease_s=10).job_id for _ in range(3)] == ["a1", "a2", "b1"]

    def test_deliveries_are_counted_until_the_job_is_finished(self, queue: Any, clock: FakeClock) -> None:
        queue.put("a")
        queue.give_back(queue.take(lease_s=10))
        lost = queue.take(lease_s=10)
        assert lost.deliveries == 2
        clock.advance(11)
        third = queue.take(lease_s=10)
        assert third.deliveries == 3
        assert queue.extend(third, lease_s=10).deliveries == 3
        queue.finish(third)
        queue.put("a")
        assert queue.take(lease_s=10).deliveries == 1

    def test_a_lease_of_an_earlier_life_of_the_job_is_worth_nothing(self, queue: Any) -> None:
        queue.put("a")
        old = queue.take(lease_s=10)
        queue.finish(old)
        queue.put("a")
        queue.take(lease_s=10)
        with pytest.raises(ConflictError):
            queue.finish(old)

    def test_of_many_takers_each_job_has_one(self, queue: Any) -> None:
        for number in range(12):
            queue.put(f"j{number}", owner=f"o{number % 3}")
        taken: list[str] = []

        def take_all() -> None:
            while (lease := queue.take(lease_s=100)) is not None:
                taken.append(lease.job_id)

        threads = [threading.Thread(target=take_all) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert sorted(taken) == sorted(f"j{number}" for number in range(12))

    def test_each_topic_is_a_queue_of_its_own(self, queue: Any) -> None:
        queue.put("run")
        queue.put("run/2", topic="run")
        queue.put("run/1", topic="run")
        assert queue.take(lease_s=10).job_id == "run"
        assert queue.take(lease_s=10) is None
        assert [queue.take(lease_s=10, topic="run").job_id for _ in range(2)] == ["run/2", "run/1"]
        assert queue.take(lease_s=10, topic="run") is None
