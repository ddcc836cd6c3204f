"""Runs one stage: keeps order, turns its errors into ledger entries, snapshots it at each segment's end.

This is one of the three borders where any exception is caught.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sightline.core.errors import (
    AnalysisError,
    MediaError,
    ModelError,
    SightlineError,
    StageFailedError,
)
from sightline.engine.channel import ChannelAborted
from sightline.ports import Resumable, Stage

if TYPE_CHECKING:
    from sightline.core.packets import Packet

# A frame may fail with these and the run goes on; any other error ends the attempt.
_OF_ONE_FRAME = (ModelError, AnalysisError, MediaError)
SNAPSHOT = "snapshot:"


class StageWrapper:
    """One stage with its bookkeeping.

    Attributes:
        stage: The stage itself.
        has_memory: Whether a checkpoint must hold its state.
        busy_since: `time.monotonic()` when the current call began, None between calls; for the watchdog.
        busy_s: Time spent in the stage so far.
        closed: Whether the stage was asked to close.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.has_memory = isinstance(stage, Resumable)
        self.busy_since: float | None = None
        self.busy_s = 0.0
        self.closed = False
        self._inside: deque[tuple[int, bool]] = deque()

    def open(self) -> None:
        """Open the stage."""
        self.stage.open()

    def restore(self, snapshots: dict[str, bytes]) -> None:
        """Give the stage back the state it had at a checkpoint.

        Raises:
            StageFailedError: The checkpoint holds no state for it.
        """
        if not isinstance(self.stage, Resumable):
            return
        if self.stage.name not in snapshots:
            raise StageFailedError(
                f"the checkpoint holds no state of stage {self.stage.name!r}",
                hint="the pipeline has changed since; start again with --overwrite",
            )
        self.stage.restore(snapshots[self.stage.name])

    def process(self, packets: Sequence[Packet]) -> list[Packet]:
        """Put packets through the stage; what comes out is in order and none is missing.

        Raises:
            SightlineError: The attempt cannot go on.
        """
        started = self.busy_since = time.monotonic()
        try:
            return [out for packet in packets for out in self._one(packet)]
        finally:
            self.busy_s += time.monotonic() - started
            self.busy_since = None

    def close(self) -> list[Packet]:
        """Give what the stage held back.

        Raises:
            SightlineError: The attempt cannot go on.
        """
        self.closed = True
        left = list(self._checked(self._guarded(self.stage.close)))
        if self._inside:
            raise StageFailedError(f"stage {self.stage.name!r} lost {len(self._inside)} frames")
        return left

    def release(self) -> None:
        """Free what the stage holds after a run that did not end well; its last words are not wanted."""
        if self.closed:
            return
        self.closed = True
        with suppress(SightlineError):
            list(self._guarded(self.stage.close))

    def _one(self, packet: Packet) -> Iterable[Packet]:
        self._inside.append((packet.index, packet.ends_segment))
        try:
            out = self._guarded(lambda: self.stage.process([packet]))
        except _OF_ONE_FRAME as error:
            if error.retryable or not packet.wants_work or len(self._inside) > 1:
                raise
            out = [packet.with_failure(f"{self.stage.name}: {error.code}")]
        return self._checked(out)

    def _guarded(self, call: Callable[[], Iterable[Packet]]) -> list[Packet]:
        try:
            return list(call())
        except (SightlineError, ChannelAborted):
            raise
        except Exception as error:
            failure = StageFailedError(
                f"stage {self.stage.name!r} failed: {type(error).__name__}: {error}",
                hint="the log holds the whole story; resume the run once the cause is gone",
            )
            failure.retryable = True
            raise failure from error

    def _checked(self, packets: Iterable[Packet]) -> Iterator[Packet]:
        for packet in packets:
            if not self._inside or self._inside.popleft() != (packet.index, packet.ends_segment):
                raise StageFailedError(
                    f"stage {self.stage.name!r} lost or reordered frames near {packet.index}"
                )
            if packet.ends_segment and isinstance(self.stage, Resumable):
                yield packet.with_found(SNAPSHOT + self.stage.name, self.stage.snapshot())
            else:
                yield packet
