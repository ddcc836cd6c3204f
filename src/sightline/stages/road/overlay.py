"""Draws road hazards over the video: where they are believed, each one's box and number, and how many there were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.media.draw import Color, Painter, bgr_of
from sightline.stages.annotate import Lookahead

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.ports import TableReader

_TRACKS = ("frame", "track_id", "x1_px", "y1_px", "x2_px", "y2_px", "score", "class_name")
_EVENTS = ("frame", "track_id", "value", "class_name", "end_frame")
_HELD_FRAMES = 2  # boxes stay through frames that a stride left out
_DOUBT: Color = (170, 170, 170)
_REGION: Color = (150, 200, 120)
_INK: Color = (32, 26, 24)
_COLORS = {"high": "#e03131", "medium": "#f08c00", "low": "#2f9e44", None: "#1c7ed6"}


class RoadOverlay:
    """Boxes from the table `tracks`, numbers from `events`. Frames come in rising order.

    Args:
        size: `(height, width)` of the video.
        tables: The run's.
        report: The application's, for the region and the severities.
    """

    def __init__(self, size: tuple[int, int], tables: TableReader, report: Mapping[str, Any]) -> None:
        self._size = size
        self._painter = Painter(size)
        self._tracks = Lookahead(_rows(tables, "tracks", _TRACKS))
        self._events = Lookahead(_rows(tables, "events", _EVENTS))
        self._colors = {row["hazard_id"]: bgr_of(_COLORS[row["severity"]]) for row in report["list"]}
        self._region = np.round(np.array(report["region"]["corners_px"], np.float64)).astype(np.int32)
        self._shown: dict[int, tuple[int, str, int]] = {}
        self._met: set[int] = set()
        self._last: tuple[int, list[tuple[Any, ...]]] = (-_HELD_FRAMES - 1, [])

    def draw(self, picture: UInt8, frame: int, t_s: float) -> None:
        """Draw on one frame's picture."""
        del t_s
        cv2.polylines(picture, [self._region], True, _REGION, 1, cv2.LINE_AA)
        for track_id, hazard, name, end_frame in self._events.up_to(frame):
            self._shown[int(track_id)] = (int(hazard), str(name), int(end_frame))
            self._met.add(int(hazard))
        self._shown = {track: said for track, said in self._shown.items() if said[2] >= frame}
        rows = list(self._tracks.at(frame))
        if rows:
            self._last = (frame, rows)
        elif frame - self._last[0] <= _HELD_FRAMES:
            rows = self._last[1]
        for track_id, x1, y1, x2, y2, score, name in rows:
            said = self._shown.get(int(track_id))
            if said is None:
                self._painter.box(picture, (x1, y1, x2, y2), "", _DOUBT, faint=True)
                continue
            words = f"{said[0]} {said[1] or name} {score:.2f}"
            self._painter.box(picture, (x1, y1, x2, y2), words, self._colors.get(said[0], _DOUBT))
        margin = max(4, self._size[0] // 60)
        words = f"{len(self._met)} hazard{'' if len(self._met) == 1 else 's'}"
        self._painter.chip(picture, words, (margin, margin), _INK, above=False)


def _rows(tables: TableReader, table: str, columns: tuple[str, ...]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for batch in tables.batches(table, columns):
        for frame, *rest in zip(*(batch[name].to_pylist() for name in columns), strict=True):
            yield frame, tuple(rest)
