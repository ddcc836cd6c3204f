"""What the engine runs: a source of packets and the stages that they pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from sightline.core.media import MediaInfo, Segment
    from sightline.core.packets import Packet


class FrameSource(Protocol):
    """Where packets come from: a video cut into segments that decode on their own."""

    def open(self) -> MediaInfo:
        """Probe the source; raises a `MediaError` with a hint when it cannot be used."""
        ...

    def segments(self) -> Sequence[Segment]:
        """All segments in order; the same for the same source, however often it is asked."""
        ...

    def read(self, segment: Segment) -> Iterator[Packet]:
        """Every frame that the segment declares, in order, one packet each.

        A frame that cannot be decoded comes as a failed packet, one that is not wanted as a skipped one.
        The mark at the segment's end is the engine's to add.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


@runtime_checkable
class Stage(Protocol):
    """One step of a pipeline, called from one thread, in order in and in order out.

    A packet whose `wants_work` is false passes through untouched, in its place. A stage that raises a
    `SightlineError` for a packet leaves its own state as it was before that packet. One that needs pictures at
    the source's own size says so by an attribute `full_frames = True`. What is found under a table's name is
    recorded as that table; see `stages.record`.
    """

    name: str
    consumes: frozenset[str]
    produces: frozenset[str]

    def open(self) -> None:
        """Load what is heavy; the pipeline's contract has been checked by now."""
        ...

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Work on some packets; what is not ready yet may be held back until later calls or `close`."""
        ...

    def close(self) -> Iterable[Packet]:
        """Give what was held back and release everything."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """A stage, tracker or model with a memory that a checkpoint must hold."""

    def snapshot(self) -> bytes:
        """The whole memory; equal memories give equal bytes."""
        ...

    def restore(self, state: bytes) -> None:
        """Go back to a snapshot; afterwards nothing tells the two apart."""
        ...
