"""Draws moments of a match from above, where there are positions and no video."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.analytics.pitch.markings import Arc, markings_of
from sightline.media.draw import Color, bgr_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float64, UInt8
    from sightline.ports import TableReader

_TURF: Color = (46, 62, 40)
_STRIPE: Color = (50, 68, 44)
_LINES: Color = (132, 150, 138)
_PAPER: Color = (28, 34, 26)
_INK: Color = (240, 245, 242)
_DARK: Color = (18, 22, 16)
_NOBODY: Color = (170, 170, 170)
_FASTEST_HZ = 13  # smooth enough for dots, and half the work of 25
_WIDTH_PX = 832
_MARGIN_M = 3.5
_HEADER_PX = 40
_BALL_TAIL_S = 2.0
_TAIL_S = 1.0
_SHIFT = 3  # cv2 takes sixteenths and the like: 2 ** 3 parts of a pixel
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_NUMBER = 0.36  # size of the shirts' numbers
_LIGHT = 140
_FARTHEST_STEP_M = 4.0  # what is this much farther from one row to the next was somewhere else in between
_RAISED_M = 1.2


@dataclass(frozen=True, slots=True)
class _Window:
    """Rows of a moment and of what leads to it, in fixed-point pixels.

    Attributes:
        times_s: `(n,)`.
        ball: Where it is.
        heights_m: `(n,)` the ball's.
        people: Where everybody is, with colour and shirt number.
    """

    times_s: Float64
    ball: _Way
    heights_m: Float64
    people: Sequence[tuple[_Way, Color, str]]


@dataclass(frozen=True, slots=True)
class _Way:
    """Somebody's places: `(n, 2)` int32 fixed-point pixels, which rows are known, and how often it was broken by then."""

    points: NDArray[np.int32]
    known: NDArray[np.bool_]
    breaks: NDArray[np.int64]

    @classmethod
    def of(cls, places_m: Float64, at: Callable[[Float64], Float64]) -> _Way:
        """Take places in metres; a way is broken where a row is not known, or lies too far from the one before."""
        known = np.asarray(np.isfinite(places_m).all(axis=1), np.bool_)
        steps_m = np.hypot(*np.diff(places_m, axis=0, prepend=places_m[:1]).T)
        points = np.nan_to_num(np.round(at(places_m) * 2**_SHIFT)).astype(np.int32)
        return cls(points, known, np.cumsum(~(steps_m < _FARTHEST_STEP_M)))

    def tail(self, back: int, row: int) -> list[NDArray[np.int32]]:
        """Give the unbroken parts from a row to another."""
        if self.breaks[back] == self.breaks[row]:
            return [self.points[back : row + 1]] if self.known[back] else []
        parts = np.split(np.arange(back, row + 1), np.flatnonzero(np.diff(self.breaks[back : row + 1])) + 1)
        return [self.points[part] for part in parts if len(part) > 1 and self.known[part].all()]


class TopView:
    """The pitch from above with everybody on it, at the rate of the positions or every n-th of them.

    Args:
        tables: With `ball` and `players`; read once.
        clips: The report's, with `start_s` and `stop_s`.
        colors: `home`, `away`, `referee` -> `#rrggbb`.
        pitch: The field's size.
        rate_hz: Rows a second.
        clock: What the clock shows at a time.
    """

    def __init__(
        self,
        tables: TableReader,
        clips: Sequence[Mapping[str, Any]],
        *,
        colors: Mapping[str, str],
        pitch: PitchSize,
        rate_hz: Fraction,
        clock: Callable[[float], str],
    ) -> None:
        self._every = max(1, -(-rate_hz // _FASTEST_HZ))
        self.frame_rate_hz = rate_hz / self._every
        self._clock = clock
        self._spans = [(float(clip["start_s"]), float(clip["stop_s"])) for clip in clips]
        self._plan = _Plan(pitch)
        self._windows = dict(
            zip(self._spans, _windows(tables, self._spans, colors, self._plan.at), strict=True)
        )

    @property
    def size(self) -> tuple[int, int]:
        """`(height, width)` of the pictures."""
        return self._plan.size

    def pictures(self, clip: Mapping[str, Any]) -> Iterator[tuple[float, UInt8]]:
        """Give a clip's pictures, each with its time."""
        start_s, stop_s = float(clip["start_s"]), float(clip["stop_s"])
        window = self._windows[start_s, stop_s]
        rows = np.flatnonzero((window.times_s >= start_s) & (window.times_s <= stop_s))
        title = _plain(str(clip["title"]))
        for row in rows[:: self._every].tolist():
            picture = self._plan.turf.copy()
            self._draw(picture, window, row)
            self._plan.header(picture, title, self._clock(float(window.times_s[row])))
            yield float(window.times_s[row]), picture

    def _draw(self, picture: UInt8, window: _Window, row: int) -> None:
        back = _rows_back(window.times_s, row, _TAIL_S)
        there = [one for one in window.people if one[0].known[row]]
        for way, color, _ in there:
            _lines(picture, way.tail(back, row), color, 1)
        _lines(picture, window.ball.tail(_rows_back(window.times_s, row, _BALL_TAIL_S), row), _INK, 1)
        for way, color, number in there:
            self._plan.disc(picture, way.points[row].tolist(), color, number)
        if window.ball.known[row]:
            self._plan.ball(picture, window.ball.points[row].tolist(), float(window.heights_m[row]))


class _Plan:
    """The empty pitch, and how things are drawn on it."""

    def __init__(self, pitch: PitchSize) -> None:
        self._half = (pitch.length_m / 2 + _MARGIN_M, pitch.width_m / 2 + _MARGIN_M)
        self._scale = _WIDTH_PX / (2 * self._half[0])
        height = round(2 * self._half[1] * self._scale) + _HEADER_PX
        self.size = (height + height % 2, _WIDTH_PX)
        self.turf = self._empty(pitch)

    def _empty(self, pitch: PitchSize) -> UInt8:
        turf = np.full((*self.size, 3), _TURF, np.uint8)
        edges_m = np.linspace(-pitch.length_m / 2, pitch.length_m / 2, 13)
        for start_m, stop_m in zip(edges_m[::2], edges_m[1::2], strict=False):
            (x1, y1), (x2, y2) = self.at(
                np.array([[start_m, pitch.width_m / 2], [stop_m, -pitch.width_m / 2]])
            )
            turf[round(y1) : round(y2), round(x1) : round(x2)] = _STRIPE
        for marking in markings_of(pitch).all.values():
            if marking.on_ground:
                step_m = 0.5 if isinstance(marking, Arc) else pitch.length_m
                points = np.round(self.at(marking.sample(step_m)[:, :2]) * 2**_SHIFT).astype(np.int32)
                _lines(turf, [points], _LINES, 2)
        turf[:_HEADER_PX] = _PAPER
        return turf

    def header(self, picture: UInt8, title: str, clock: str) -> None:
        """Write what it is and when."""
        width = cv2.getTextSize(clock, _FONT, 0.62, 1)[0][0]
        cv2.putText(picture, title, (12, 26), _FONT, 0.62, _INK, 1, cv2.LINE_AA)
        cv2.putText(picture, clock, (self.size[1] - width - 12, 26), _FONT, 0.62, _INK, 1, cv2.LINE_AA)

    def disc(self, picture: UInt8, centre: Sequence[int], color: Color, number: str) -> None:
        """Draw a player at a fixed-point pixel."""
        radius = round(1.35 * self._scale * 2**_SHIFT)
        cv2.circle(picture, centre, radius, color, -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(picture, centre, radius, _DARK, 1, cv2.LINE_AA, _SHIFT)
        if number:
            width, height = _extent(number)
            light = 0.114 * color[0] + 0.587 * color[1] + 0.299 * color[2] > _LIGHT
            corner = (
                round(centre[0] / 2**_SHIFT - width / 2),
                round(centre[1] / 2**_SHIFT + height / 2),
            )
            cv2.putText(picture, number, corner, _FONT, _NUMBER, _DARK if light else _INK, 1, cv2.LINE_AA)

    def ball(self, picture: UInt8, centre: Sequence[int], height_m: float) -> None:
        """Draw the ball at a fixed-point pixel, larger the higher it is; one in the air has a ring around it."""
        height_m = max(0.0, height_m)
        radius = round((0.6 + 0.09 * min(height_m, 10.0)) * self._scale * 2**_SHIFT)
        if height_m > _RAISED_M:
            cv2.circle(picture, centre, radius + (2 << _SHIFT), _DARK, 1, cv2.LINE_AA, _SHIFT)
        cv2.circle(picture, centre, radius, _INK, -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(picture, centre, radius, _DARK, 1, cv2.LINE_AA, _SHIFT)

    def at(self, points_m: Float64) -> Float64:
        """Pitch to pixels: y points up the page."""
        across, up = self._half
        points = np.stack([points_m[:, 0] + across, up - points_m[:, 1]], axis=1) * self._scale
        return np.asarray(points + np.array([0.0, _HEADER_PX]))


@lru_cache(maxsize=256)
def _extent(number: str) -> tuple[int, int]:
    (width, height), _ = cv2.getTextSize(number, _FONT, _NUMBER, 1)
    return width, height


def _lines(picture: UInt8, parts: Sequence[NDArray[np.int32]], color: Color, thickness: int) -> None:
    if parts:
        cv2.polylines(
            picture,
            parts,
            isClosed=False,
            color=color,
            thickness=thickness,
            lineType=cv2.LINE_AA,
            shift=_SHIFT,
        )


def _rows_back(times_s: Float64, row: int, seconds: float) -> int:
    return int(np.searchsorted(times_s, times_s[row] - seconds))


def _plain(text: str) -> str:
    """Give text in the letters that cv2 can draw; nothing where it has others."""
    folded = unicodedata.normalize("NFKD", text)
    letters = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return letters if letters.isascii() and letters.isprintable() else ""


def _windows(
    tables: TableReader,
    spans: Sequence[tuple[float, float]],
    colors: Mapping[str, str],
    at: Callable[[Float64], Float64],
) -> Iterator[_Window]:
    paint = {team: bgr_of(color) for team, color in colors.items()}
    reach = [(start_s - _BALL_TAIL_S, stop_s) for start_s, stop_s in spans]
    balls = _read(tables, "ball", ("frame", "t_s", "x_m", "y_m", "z_m"), reach)
    everybody = _read(tables, "players", ("frame", "t_s", "player_id", "team", "jersey", "x_m", "y_m"), reach)
    for span in reach:
        ball, people = _within(balls, span), _within(everybody, span)
        places_m = np.stack([ball["x_m"], ball["y_m"]], axis=1).astype(np.float64)
        yield _Window(
            ball["t_s"],
            _Way.of(places_m, at),
            np.nan_to_num(ball["z_m"].astype(np.float64)),
            list(_people(people, ball["frame"], paint, at)),
        )


def _people(
    rows: Mapping[str, NDArray[Any]],
    frames: NDArray[np.int64],
    paint: Mapping[str, Color],
    at: Callable[[Float64], Float64],
) -> Iterator[tuple[_Way, Color, str]]:
    names, first, whose = np.unique(rows["player_id"].astype(str), return_index=True, return_inverse=True)
    line = np.searchsorted(frames, rows["frame"])
    for number in range(len(names)):
        mine = np.flatnonzero(whose.reshape(-1) == number)
        places = np.full((len(frames), 2), np.nan)
        places[line[mine]] = np.stack([rows["x_m"][mine], rows["y_m"][mine]], axis=1)
        jersey, team = rows["jersey"][first[number]], rows["team"][first[number]]
        shirt = "" if jersey is None or np.isnan(jersey) else str(int(jersey))
        yield _Way.of(places, at), paint.get(team or "", _NOBODY), shirt


def _within(rows: Mapping[str, NDArray[Any]], span: tuple[float, float]) -> dict[str, NDArray[Any]]:
    kept = (rows["t_s"] >= span[0]) & (rows["t_s"] <= span[1])
    return {name: column[kept] for name, column in rows.items()}


def _read(
    tables: TableReader, table: str, names: Sequence[str], spans: Sequence[tuple[float, float]]
) -> dict[str, NDArray[Any]]:
    """Give the rows of a table that lie in any of the spans."""
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in names}
    for batch in tables.batches(table, list(names)):
        times_s = batch["t_s"].to_numpy()
        kept = np.zeros(len(times_s), np.bool_)
        for start_s, stop_s in spans:
            kept |= (times_s >= start_s) & (times_s <= stop_s)
        if kept.any():
            rows = np.flatnonzero(kept)
            for name in names:
                parts[name].append(batch[name].take(rows).to_numpy(zero_copy_only=False))
    return {name: np.concatenate(found) if found else np.zeros(0) for name, found in parts.items()}
