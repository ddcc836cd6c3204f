"""What the in-process bus does with listeners that cannot keep up."""

from __future__ import annotations

import queue
import threading

from sightline.adapters.bus.memory import MemoryBus
from sightline.testing.contracts.bus import numbered


def test_a_listener_that_falls_behind_loses_the_oldest_and_it_is_counted():
    bus = MemoryBus(depth=3)
    started, free = threading.Event(), threading.Event()
    heard: queue.Queue[int] = queue.Queue()

    def slow(event):
        started.set()
        assert free.wait(10)
        heard.put(event.cursor)

    end = bus.subscribe(slow)
    bus.publish(numbered(0))
    assert started.wait(10)
    for number in range(1, 8):
        bus.publish(numbered(number))
    free.set()
    assert [heard.get(timeout=10) for _ in range(4)] == [0, 5, 6, 7]
    assert bus.lost == 4
    end()
    assert bus.lost == 0


def test_an_ended_listeners_thread_goes_away():
    before = set(threading.enumerate())
    bus = MemoryBus()
    end = bus.subscribe(lambda _: None)
    (thread,) = set(threading.enumerate()) - before
    end()
    thread.join(10)
    assert not thread.is_alive()
