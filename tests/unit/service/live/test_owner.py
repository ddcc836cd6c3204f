"""The machine is shared out fairly, and threads end."""

import threading

import pytest

from sightline.core.time import SystemClock
from sightline.service.live.owner import ModelOwner
from sightline.testing.fakes import FakeClock
from unit.service.live.streams import jpeg, live_streams


class Worker:
    """A client that always has work, each piece of which takes its time."""

    def __init__(self, name, clock, takes_s=0.01, wants=None):
        self.id, self.clock, self.takes_s, self.done = name, clock, takes_s, 0
        self.wants = wants

    @property
    def has_work(self):
        return self.wants is None or self.done < self.wants

    def work(self):
        self.clock.advance(self.takes_s)
        self.done += 1
        return True

    def broke(self, error):
        raise AssertionError(error)


def test_clients_that_ask_for_the_same_get_the_same():
    clock = FakeClock()
    owner = ModelOwner(1, clock)
    clients = [Worker(str(number), clock) for number in range(4)]
    for client in clients:
        owner.add(client)
    for _ in range(400):
        owner.step()
    assert all(99 <= client.done <= 101 for client in clients)


def test_a_client_with_heavy_frames_pays_for_them():
    clock = FakeClock()
    owner = ModelOwner(1, clock)
    light, heavy = Worker("light", clock, 0.01), Worker("heavy", clock, 0.09)
    owner.add(light)
    owner.add(heavy)
    for _ in range(100):
        owner.step()
    assert light.done == pytest.approx(9 * heavy.done, rel=0.2)


def test_nobody_saves_up_by_being_idle():
    clock = FakeClock()
    owner = ModelOwner(1, clock)
    early, late = Worker("early", clock), Worker("late", clock, wants=0)
    owner.add(early)
    owner.add(late)
    for _ in range(1000):
        owner.step()
    late.wants, before = 1000, early.done
    for _ in range(100):
        owner.step()
    assert early.done - before >= 40


def test_a_client_that_wants_little_gets_all_of_it():
    clock = FakeClock()
    owner = ModelOwner(1, clock)
    greedy, modest = Worker("greedy", clock), Worker("modest", clock, wants=5)
    owner.add(greedy)
    owner.add(modest)
    for _ in range(20):
        owner.step()
    assert modest.done == 5


def test_load_is_what_was_busy_and_cost_is_by_frame():
    clock = FakeClock()
    owner = ModelOwner(2, clock)
    owner.add(Worker("one", clock, 0.1))
    for _ in range(5):
        owner.step()
    clock.advance(0.5)
    share, cost_s = owner.load()
    assert share == pytest.approx(0.25)
    assert cost_s == pytest.approx(0.1)
    assert owner.load()[1] == 0.0


def test_a_frame_that_opens_a_graph_is_no_frames_cost():
    clock = FakeClock()
    owner = ModelOwner(2, clock)
    worker = Worker("one", clock, 2.0, wants=1)
    owner.add(worker)
    owner.step()
    assert owner.load() == (pytest.approx(0.5), 0.0)  # one frame says nothing yet
    worker.takes_s = 0.02
    for wants in (5, 6):
        worker.wants = wants
        while owner.step():
            pass
        assert owner.load()[1] == pytest.approx(0.02)


def test_workers_serve_many_streams_and_end():
    before = threading.active_count()
    live = live_streams(clock=SystemClock(), cost_s=0.0001)
    del live._start
    streams = [live.open({"fps_limit": 30}) for _ in range(5)]
    for stream in streams:
        done = threading.Event()
        stream.outbox.listen(done.set)
        stream.arrived(jpeg(), stream.id)
        assert done.wait(20)
    assert [stream.outbox.after(0)[0].data["frame_id"] for stream in streams] == [one.id for one in streams]
    live.shut()
    assert threading.active_count() == before
