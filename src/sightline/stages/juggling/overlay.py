"""Draws juggling over its video: balls with their arcs, a running count, and the pattern."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sightline.media.draw import Color, Painter, color_of
from sightline.stages.annotate import Lookahead

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.ports import TableReader

_TRAIL_S = 0.6
_FLASH_S = 0.25
_BALLS = ("frame", "ball_id", "x_px", "y_px", "radius_px", "state")
_INK: Color = (32, 26, 24)
_FLASH: Color = (80, 235, 255)
_LOST: Color = (70, 70, 230)


class JugglingOverlay:
    """Rings and trails from the table `balls`, counts from `throws`, `catches` and `touches`.

    Frames come in rising order. A ball that was not seen in a frame is drawn small.

    Args:
        size: `(height, width)` of the video.
        tables: The run's.
        report: The application's, for pattern and mode.
    """

    def __init__(self, size: tuple[int, int], tables: TableReader, report: Mapping[str, Any]) -> None:
        self._size = size
        self._painter = Painter(size)
        self._balls = Lookahead(_rows(tables, "balls", _BALLS))
        self._counted = "touches" if report["mode"] == "keepie-uppie" else "catches"
        columns = ("frame", "x_px", "y_px") + (("kind",) if self._counted == "touches" else ())
        self._events = Lookahead(_rows(tables, self._counted, columns))
        self._pattern = str(report.get("siteswap") or "") if self._counted == "catches" else ""
        self._count = 0
        self._flashes: list[tuple[float, float, float, Color]] = []
        self._trails: dict[int, deque[tuple[float, float, float]]] = {}

    def draw(self, picture: UInt8, frame: int, t_s: float) -> None:
        """Draw on one frame's picture."""
        for x_px, y_px, *kind in self._events.up_to(frame):
            touched = kind != ["bounce"]
            self._count += touched
            self._flashes.append((t_s, x_px, y_px, _FLASH if touched else _LOST))
        for ball, x_px, y_px, radius_px, state in self._balls.at(frame):
            color = color_of(int(ball))
            trail = self._trails.setdefault(ball, deque())
            if state == "held":
                trail.clear()
            else:
                trail.append((t_s, x_px, y_px))
            while trail and t_s - trail[0][0] > _TRAIL_S:
                trail.popleft()
            self._painter.trail(picture, [(x, y) for _, x, y in trail], color)
            radius = (radius_px or 6.0) * (1.0 if state != "interpolated" else 0.4)
            self._painter.box(
                picture, (x_px - radius, y_px - radius, x_px + radius, y_px + radius), "", color
            )
        self._flashes = [flash for flash in self._flashes if t_s - flash[0] <= _FLASH_S]
        for _, x_px, y_px, color in self._flashes:
            self._painter.dot(picture, (x_px, y_px), max(4.0, self._size[0] / 90), color)
        words = f"{self._count} {self._counted}"
        if self._pattern:
            words = f"{self._pattern}   {words}"
        margin = max(4, self._size[0] // 60)
        self._painter.chip(picture, words, (margin, margin), _INK, above=False)


def _rows(tables: TableReader, table: str, columns: tuple[str, ...]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for batch in tables.batches(table, columns):
        for frame, *rest in zip(*(batch[name].to_pylist() for name in columns), strict=True):
            yield frame, tuple(rest)
