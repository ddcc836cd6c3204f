"""An event bus inside one process."""

from __future__ import annotations

from collections.abc import Callable

from sightline.adapters.bus.fanout import Fanout
from sightline.core.events import RunEvent

Listener = Callable[[RunEvent], None]


class MemoryBus:
    """Calls each listener from a thread of its own, in order.

    A listener that falls behind by `depth` events loses the oldest ones (the journal has them all); one that
    raises is taken off, and the thread's hook reports why. Neither touches the publisher or other listeners.

    Args:
        depth: Most events that wait for one listener.
    """

    def __init__(self, *, depth: int = 1024) -> None:
        self._fanout: Fanout[RunEvent] = Fanout(depth=depth)

    def publish(self, event: RunEvent) -> None:
        """Tell every listener."""
        self._fanout.publish(event)

    def subscribe(self, listener: Listener, *, run_id: str | None = None) -> Callable[[], None]:
        """Call `listener` for each event from now on; gives a function that ends it."""
        return self._fanout.subscribe(listener, lambda event: run_id in {None, event.run_id})

    @property
    def lost(self) -> int:
        """How many events present listeners were too slow for."""
        return self._fanout.lost
