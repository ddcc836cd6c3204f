"""What every `EventBus` promises."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import Any

import pytest

from sightline.core.events import EventKind, RunEvent

_LONG_S = 10.0


def numbered(number: int, run_id: str = "r1") -> RunEvent:
    """Give an event that can be told from others."""
    return RunEvent(run_id, EventKind.STAGE_PROGRESS, "infer", 0.0, {"done": number}, cursor=number)


class EventBusContract:
    """Subclass it and give a bus without listeners in `make`."""

    def make(self, folder: Path) -> Any:
        """Give an implementation."""
        raise NotImplementedError

    @pytest.fixture
    def bus(self, tmp_path: Path) -> Any:
        return self.make(tmp_path)

    def test_every_listener_hears_every_event_in_order(self, bus: Any) -> None:
        heard: list[queue.Queue[RunEvent]] = [queue.Queue(), queue.Queue()]
        ends = [bus.subscribe(one.put) for one in heard]
        for number in range(20):
            bus.publish(numbered(number))
        for one in heard:
            assert [one.get(timeout=_LONG_S) for _ in range(20)] == [numbered(n) for n in range(20)]
        for end in ends:
            end()

    def test_a_listener_may_ask_for_one_run_only(self, bus: Any) -> None:
        heard: queue.Queue[RunEvent] = queue.Queue()
        end = bus.subscribe(heard.put, run_id="r2")
        bus.publish(numbered(1, "r1"))
        bus.publish(numbered(2, "r2"))
        assert heard.get(timeout=_LONG_S).run_id == "r2"
        assert heard.empty()
        end()

    def test_an_ended_listener_hears_no_more(self, bus: Any) -> None:
        gone: queue.Queue[RunEvent] = queue.Queue()
        here: queue.Queue[RunEvent] = queue.Queue()
        end = bus.subscribe(gone.put)
        end_other = bus.subscribe(here.put)
        end()
        bus.publish(numbered(1))
        assert here.get(timeout=_LONG_S) == numbered(1)
        assert gone.empty()
        end()  # twice does no harm
        end_other()

    def test_publishing_never_waits_for_a_slow_listener(self, bus: Any) -> None:
        free = threading.Event()
        quick: queue.Queue[RunEvent] = queue.Queue()
        end_slow = bus.subscribe(lambda _: (free.wait(_LONG_S), None)[1])
        end = bus.subscribe(quick.put)
        for number in range(50):
            bus.publish(numbered(number))
        assert quick.get(timeout=_LONG_S) == numbered(0)
        assert not free.is_set()
        free.set()
        end_slow()
        end()

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
    def test_a_listener_that_raises_harms_nobody_else(self, bus: Any) -> None:
        before = set(threading.enumerate())
        called = threading.Event()

        def broken(_: RunEvent) -> None:
            called.set()
            raise RuntimeError("a listener's own fault")

        heard: queue.Queue[RunEvent] = queue.Queue()
        bus.subscribe(broken)
        end = bus.subscribe(heard.put)
        bus.publish(numbered(1))
        assert called.wait(_LONG_S)
        bus.publish(numbered(2))
        assert [heard.get(timeout=_LONG_S) for _ in range(2)] == [numbered(1), numbered(2)]
        end()
        for thread in set(threading.enumerate()) - before:
            thread.join(_LONG_S)  # so that the hook's report falls into this test

    def test_publishing_to_nobody_is_fine(self, bus: Any) -> None:
        assert bus.publish(numbered(1)) is None
