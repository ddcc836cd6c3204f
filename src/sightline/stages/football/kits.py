"""Looks at the shirts of tracked people; which team a shirt belongs to is decided later, from the table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sightline.vision.shirts import shirt_color

if TYPE_CHECKING:
    from sightline.core.packets import Packet
    from sightline.core.tracks import Tracks

_LEAST_HEIGHT_PX = 12.0


class KitStage:
    """Adds `kits` to every n-th packet: the columns of the `kits` table, a row per person.

    It has no memory: whether a frame's turn has come is told by its number alone.
    """

    name = "kits"
    consumes = frozenset({"frame", "tracks"})
    produces = frozenset({"kits"})
    full_frames = True

    def __init__(self, *, every: int, classes: Callable[[], Collection[int] | None]) -> None:
        """Look at every n-th frame.

        Args:
            every: 1 looks at each frame.
            classes: Class ids of people, asked once the model is open; None for everything that is tracked.
        """
        self._every = every
        self._classes = classes

    def open(self) -> None:
        """Nothing is loaded."""

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Look at the shirts of each frame whose turn it is."""
        for packet in packets:
            if packet.frame is None or packet.index % self._every:
                yield packet
                continue
            yield packet.with_found("kits", self._kits(packet))

    def close(self) -> Iterable[Packet]:
        """Nothing is held back."""
        return ()

    def _kits(self, packet: Packet) -> Mapping[str, Sequence[Any]]:
        if packet.frame is None:
            raise ValueError("a packet without a picture has no shirts")
        image, tracks = packet.frame.image, packet.found["tracks"]
        height, width = packet.frame.source_size
        scale = (image.shape[1] / width, image.shape[0] / height)
        rows: list[tuple[int, float, float, float, float]] = []
        for track_id, box in self._people(tracks):
            x1, y1, x2, y2 = box
            color = shirt_color(image, (x1 * scale[0], y1 * scale[1], x2 * scale[0], y2 * scale[1]))
            if color is not None:
                rows.append((track_id, *color))
        names = ("track_id", "l", "a", "b", "share")
        return {name: [row[place] for row in rows] for place, name in enumerate(names)}

    def _people(self, tracks: Tracks) -> Iterable[tuple[int, list[float]]]:
        wanted = self._classes()
        for track_id, class_id, box in zip(
            tracks.track_ids.tolist(), tracks.class_ids.tolist(), tracks.boxes_px.tolist(), strict=True
        ):
            if (wanted is None or class_id in wanted) and box[3] - box[1] >= _LEAST_HEIGHT_PX:
                yield track_id, box
