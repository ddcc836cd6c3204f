"""What travels between stages: one frame's worth of knowledge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.core.frames import Frame

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Packet:
    """One frame on its way, or the mark that a segment has ended.

    A stage works on packets whose `frame` is set. Any other packet (skipped, failed, or the mark at a
    segment's end) it hands on untouched, in order.

    Attributes:
        segment: Which segment of the source it belongs to.
        index: The frame's 0-based rank in the source; for the mark, the next frame's.
        pts_s: Exact presentation time in seconds.
        frame: The picture, until nobody needs it any more.
        found: What stages have added, by name.
        skipped: Why inference was left out on purpose (`stride`, `motion`), else None.
        failed: Which stage failed on it and how (`decode`, `detect: inference_failed`), else None.
        ends_segment: This is the mark, not a frame.
    """

    segment: int
    index: int
    pts_s: Fraction
    frame: Frame | None = None
    found: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    skipped: str | None = None
    failed: str | None = None
    ends_segment: bool = False

    @property
    def wants_work(self) -> bool:
        """Whether a stage should look at it."""
        return self.frame is not None

    def with_found(self, name: str, value: Any) -> Packet:
        """Give the packet with one finding more."""
        found = MappingProxyType({**self.found, name: value})
        return Packet(  # spelt out: `replace` takes five times as long, twice a frame
            self.segment,
            self.index,
            self.pts_s,
            self.frame,
            found,
            self.skipped,
            self.failed,
            self.ends_segment,
        )

    def with_failure(self, cause: str) -> Packet:
        """Give the packet as failed: no picture, no findings, and a cause for the ledger."""
        return replace(self, frame=None, found=_NOTHING, failed=cause)
