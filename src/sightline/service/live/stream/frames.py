"""A client's frame on its way, and the account of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.media.live.pictures import RawPicture


class Drop(StrEnum):
    """Why a frame was not looked at.

    `RATE`: over the stream's frames a second. `FLOOD`: over what any client may send. `STRIDE`: left out while the
    machine is busy (`quality_mode=auto`). `SUPERSEDED`: a newer frame came before its turn. `DEADLINE`: it waited too
    long. `TOO_LARGE`, `UNDECODABLE`: refused. `INFERENCE`: the model failed on it. `CLOSED`: its stream ended first.
    """

    RATE = "rate"
    FLOOD = "flood"
    STRIDE = "stride"
    SUPERSEDED = "superseded"
    DEADLINE = "deadline"
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    INFERENCE = "inference"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame as it came in.

    Attributes:
        picture: JPEG, PNG or WebP bytes, base64 text of them, or a picture that came decoded.
        frame_id: The client's own name for it, given back unchanged.
        captured_s: When the client says it was taken, in seconds since the Unix epoch or any other start; None
            where it does not say.
        received_s: When it came in, seconds since the Unix epoch.
        received_mono_s: Likewise, on the clock that never goes back.
        extras: What else the message said, as `gps`; handed on to the application.
    """

    picture: bytes | str | RawPicture
    frame_id: Any
    captured_s: float | None
    received_s: float
    received_mono_s: float
    extras: Mapping[str, Any] = field(default_factory=dict)

    def is_over(self, limit_bytes: int) -> bool:
        """Whether its file is too large; a picture that came decoded has none."""
        if isinstance(self.picture, str):
            return len(self.picture) > limit_bytes * 4 / 3
        return isinstance(self.picture, bytes) and len(self.picture) > limit_bytes


class StreamLedger:
    """What became of every frame. The law: `received = processed + dropped + waiting`."""

    __slots__ = ("dropped", "processed", "received")

    def __init__(self) -> None:
        self.received = 0
        self.processed = 0
        self.dropped: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Frames whose turn has not come, or that are being worked on."""
        return self.received - self.processed - self.dropped.total()

    def drop(self, cause: Drop) -> None:
        """Count a frame that is not looked at."""
        self.dropped[cause.value] += 1

    def plus(self, other: StreamLedger) -> None:
        """Take in another's."""
        self.received += other.received
        self.processed += other.processed
        self.dropped.update(other.dropped)

    def drops(self) -> dict[str, int]:
        """Give drops by cause."""
        return dict(sorted(self.dropped.items()))

    def to_json(self) -> dict[str, Any]:
        """Give the account as plain data."""
        return {
            "received": self.received,
            "processed": self.processed,
            "dropped": self.drops(),
            "waiting": self.waiting,
        }
