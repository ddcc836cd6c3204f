"""Draws a match over its video: whom each player plays for, the ball, and the pitch from above."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from sightline.analytics.pitch.markings import markings_of
from sightline.media.draw import Color, Painter, bgr_of
from sightline.stages.annotate import Lookahead

if TYPE_CHECKING:
    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import UInt8
    from sightline.ports import TableReader

_NOBODY: Color = (170, 170, 170)
_BALL: Color = (80, 235, 255)
_TURF: Color = (70, 96, 58)
_LINES: Color = (196, 206, 196)
_RADAR_WIDTH = 0.26
_RADAR_MARGIN_M = 4.0
_PEOPLE = ("frame", "player_id", "team", "x_m", "y_m", "quality", "x1_px", "y1_px", "x2_px", "y2_px")
_BALLS = ("frame", "x_px", "y_px", "radius_px", "x_m", "y_m", "state")


class _Person(NamedTuple):
    player_id: str
    team: str | None
    x_m: float | None
    y_m: float | None
    quality: str
    x1_px: float
    y1_px: float
    x2_px: float
    y2_px: float


class MatchOverlay:
    """Rings, ball and radar, from the tables `players` and `ball`; frames come in rising order.

    Rings and dots of people who were missed for a moment, or whose camera was carried over, are dashed or hollow; the radar is left out where there
    is no camera, for then nobody knows where anybody stands.

    Args:
        size: `(height, width)` of the video.
        tables: The run's.
        colors: `home`, `away`, `referee` -> `#rrggbb`.
        pitch: The field's size.
    """

    def __init__(
        self, size: tuple[int, int], tables: TableReader, colors: Mapping[str, str], pitch: PitchSize
    ) -> None:
        self._painter = Painter(size)
        self._colors = {team: bgr_of(color) for team, color in colors.items()}
        self._people = Lookahead(_rows(tables, "players", _PEOPLE))
        self._ball = Lookahead(_rows(tables, "ball", _BALLS))
        self._radar = Radar(size, pitch)

    def draw(self, picture: UInt8, frame: int, t_s: float) -> None:
        """Draw on one frame's picture."""
        del t_s
        people = [_Person(*row) for row in self._people.at(frame)]
        ball = next(iter(self._ball.at(frame)), None)
        for person in people:
            dashed = person.quality != "seen"
            box = (person.x1_px, person.y1_px, person.x2_px, person.y2_px)
            self._painter.ring(picture, box, short(person.player_id), self._color(person.team), dashed=dashed)
        if ball is not None and ball[0] is not None and ball[5] != "lost":
            x_px, y_px, radius_px = ball[:3]
            at = (x_px, y_px - (radius_px or 4.0))
            self._painter.marker(picture, at, _BALL, dashed=ball[5] != "seen")
        spots = [
            (person.x_m, person.y_m, self._color(person.team))
            for person in people
            if person.x_m is not None and person.y_m is not None
        ]
        if spots:
            at_m = (ball[3], ball[4]) if ball is not None and ball[3] is not None else None
            self._radar.draw(picture, self._painter, spots, at_m)

    def _color(self, team: str | None) -> Color:
        return self._colors.get(team or "", _NOBODY)


class Radar:
    """The pitch from above, laid over the picture's lower middle.

    Args:
        size: `(height, width)` of the video.
        pitch: The field's size.
    """

    def __init__(self, size: tuple[int, int], pitch: PitchSize) -> None:
        self._scale = size[1] * _RADAR_WIDTH / (pitch.length_m + 2 * _RADAR_MARGIN_M)
        self._half = (pitch.length_m / 2 + _RADAR_MARGIN_M, pitch.width_m / 2 + _RADAR_MARGIN_M)
        height, width = (max(8, round(2 * half * self._scale)) for half in reversed(self._half))
        self._turf = np.full((height, width, 3), _TURF, np.uint8)
        for marking in markings_of(pitch).all.values():
            if marking.on_ground:
                points = [np.round(self._at(marking.sample(1.0)[:, :2]) * 8).astype(np.int32)]
                cv2.polylines(
                    self._turf,
                    points,
                    isClosed=False,
                    color=_LINES,
                    thickness=1,
                    lineType=cv2.LINE_AA,
                    shift=3,
                )
        self._corner = ((size[1] - width) // 2, size[0] - height - max(4, size[0] // 60))

    def draw(
        self,
        picture: UInt8,
        painter: Painter,
        spots: Sequence[tuple[float, float, Color]],
        ball_m: tuple[float, float] | None,
    ) -> None:
        """Draw players as discs and the ball."""
        small = self._turf.copy()
        for x_m, y_m, color in spots:
            x, y = self._at(np.array([[x_m, y_m]]))[0]
            painter.dot(small, (float(x), float(y)), 3.0, color)
        if ball_m is not None:
            x, y = self._at(np.array([ball_m]))[0]
            painter.dot(small, (float(x), float(y)), 2.0, _BALL)
        painter.inset(picture, small, self._corner)

    def _at(self, points_m: Any) -> Any:
        """Pitch to pixels of the radar: y points up the page."""
        across, up = self._half
        return np.stack([points_m[:, 0] + across, up - points_m[:, 1]], axis=1) * self._scale


def short(player_id: str) -> str:
    """Give a person's name as a label has room for it: `home-7` is `H7`, `unknown-3` is `?3`."""
    word, _, number = player_id.rpartition("-")
    return f"{'?' if word == 'unknown' else word[:1].upper()}{number}"


def _rows(tables: TableReader, table: str, columns: tuple[str, ...]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    for batch in tables.batches(table, columns):
        for frame, *rest in zip(*(batch[name].to_pylist() for name in columns), strict=True):
            yield frame, tuple(rest)
