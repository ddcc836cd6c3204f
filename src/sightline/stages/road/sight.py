"""Looks how well each frame shows the road; whether that is enough is decided later, from the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sightline.vision.sight import sight_of

if TYPE_CHECKING:
    from sightline.core.packets import Packet


class SightStage:
    """Adds `sight`: the columns of the `sight` table, one row per frame. It has no memory."""

    name = "sight"
    consumes = frozenset({"frame"})
    produces = frozenset({"sight"})

    def open(self) -> None:
        """Nothing is loaded."""

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Look at each frame once."""
        for packet in packets:
            if packet.frame is None:
                yield packet
                continue
            brightness, contrast, sharpness = sight_of(packet.frame.image)
            found = {"brightness": [brightness], "contrast": [contrast], "sharpness": [sharpness]}
            yield packet.with_found("sight", found)

    def close(self) -> Iterable[Packet]:
        """Nothing is held back."""
        return ()
