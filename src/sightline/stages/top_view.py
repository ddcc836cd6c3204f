"""Draws moments of a match from above, where there are positions and no video."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.analytics.pitch.markings import markings_of
from sightline.media.draw import Color, bgr_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float64, UInt8
    from sightline.ports import TableReader

_TURF: Color = (46, 62, 40)
_STRIPE: Color = (50, 68, 44)
_LINES: Color = (150, 170, 158)
_PAPER: Color = (28, 34, 26)
_INK: Color = (240, 245, 242)
_DARK: Color = (18, 22, 16)
_NOBODY: Color = (170, 170, 170)
_FASTEST_HZ = 25
_WIDTH_PX = 832
_MARGIN_M = 3.5
_HEADER_PX = 40
_BALL_TAIL_S = 2.0
_TAIL_S = 1.0
_SHIFT = 3  # cv2 takes sixteenths and the like: 2 ** 3 parts of a pixel
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LIGHT = 140
_BALL_STEP_M = 4.0  # a ball that is drawn this much farther between two rows was somewhere else in between
_RAISED_M = 1.2


@dataclass(frozen=True, slots=True)
class _Window:
    """Rows of a moment and of what leads to it.

    Attributes:
        times_s: `(n,)`.
        ball_m: `(n, 3)`; NaN where it is not known.
        places_m: Player -> `(n, 2)`.
        marks: Player -> colour and shirt number.
    """

    times_s: Float64
    ball_m: Float64
    places_m: Mapping[str, Float64]
    marks: Mapping[str, tuple[Color, str]]


class TopView:
    """The pitch from above with everybody on it, at the rate of the positions or every n-th of them.

    Args:
        tables: With `ball` and `players`; read once.
        clips: The report's, with `start_s` and `stop_s`.
        colors: `home`, `away`, `referee` -> `#rrggbb`.
        pitch: The field's size.
        rate_hz: Rows a second.
        first_s: When the match begins, for the clock.
    """

    def __init__(
        self,
        tables: TableReader,
        clips: Sequence[Mapping[str, Any]],
        *,
        colors: Mapping[str, str],
        pitch: PitchSize,
        rate_hz: Fraction,
        first_s: float,
    ) -> None:
        self._every = max(1, -(-rate_hz // _FASTEST_HZ))
        self.frame_rate_hz = rate_hz / self._every
        self._first_s = first_s
        self._spans = [(float(clip["start_s"]), float(clip["stop_s"])) for clip in clips]
        self._plan = _Plan(pitch)
        self._windows = dict(zip(self._spans, _windows(tables, self._spans, colors), strict=True))

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
            seconds = int(window.times_s[row] - self._first_s + 1e-9)
            self._plan.header(picture, title, f"{seconds // 60}:{seconds % 60:02d}")
            yield float(window.times_s[row]), picture

    def _draw(self, picture: UInt8, window: _Window, row: int) -> None:
        plan = self._plan
        back = _rows_back(window.times_s, row, _TAIL_S)
        for player, places in window.places_m.items():
            if np.isfinite(places[row]).all():
                plan.tail(picture, places[back : row + 1], window.marks[player][0])
        plan.tail(picture, window.ball_m[_rows_back(window.times_s, row, _BALL_TAIL_S) : row + 1, :2], _INK)
        for player, places in window.places_m.items():
            if np.isfinite(places[row]).all():
                plan.disc(picture, places[row], *window.marks[player])
        if np.isfinite(window.ball_m[row, :2]).all():
            plan.ball(picture, window.ball_m[row])


class _Plan:
    """The empty pitch, and how things are drawn on it."""

    def __init__(self, pitch: PitchSize) -> None:
        self._half = (pitch.length_m / 2 + _MARGIN_M, pitch.width_m / 2 + _MARGIN_M)
        self._scale = _WIDTH_PX / (2 * self._half[0])
        height = round(2 * self._half[1] * self._scale) + _HEADER_PX
        self.size = (height + height % 2, _WIDTH_PX)
        self.turf = self._empty(pitch)
        self._radius = 1.35 * self._scale

    def _empty(self, pitch: PitchSize) -> UInt8:
        turf = np.full((*self.size, 3), _TURF, np.uint8)
        edges_m = np.linspace(-pitch.length_m / 2, pitch.length_m / 2, 13)
        for start_m, stop_m in zip(edges_m[::2], edges_m[1::2], strict=False):
            (x1, y1), (x2, y2) = self._at(
                np.array([[start_m, pitch.width_m / 2], [stop_m, -pitch.width_m / 2]])
            )
            turf[round(y1) : round(y2), round(x1) : round(x2)] = _STRIPE
        for marking in markings_of(pitch).all.values():
            if marking.on_ground:
                _line(turf, self._at(marking.sample(0.5)[:, :2]), _LINES, 2)
        turf[:_HEADER_PX] = _PAPER
        return turf

    def header(self, picture: UInt8, title: str, clock: str) -> None:
        """Write what it is and when."""
        width = cv2.getTextSize(clock, _FONT, 0.62, 1)[0][0]
        cv2.putText(picture, title, (12, 26), _FONT, 0.62, _INK, 1, cv2.LINE_AA)
        cv2.putText(picture, clock, (self.size[1] - width - 12, 26), _FONT, 0.62, _INK, 1, cv2.LINE_AA)

    def tail(self, picture: UInt8, points_m: Float64, color: Color) -> None:
        """Draw where something came from; where it was not seen the line is broken."""
        known = np.isfinite(points_m).all(axis=1)
        steps_m = np.hypot(*np.diff(points_m, axis=0).T)
        breaks = np.flatnonzero(~(steps_m < _BALL_STEP_M)) + 1
        for part in np.split(np.arange(len(points_m)), breaks):
            if len(part) > 1 and known[part].all():
                _line(picture, self._at(points_m[part]), color, 1)

    def disc(self, picture: UInt8, place_m: Float64, color: Color, number: str) -> None:
        """Draw a player."""
        x, y = self._at(place_m[None])[0]
        centre = (round(x * 2**_SHIFT), round(y * 2**_SHIFT))
        radius = round(self._radius * 2**_SHIFT)
        cv2.circle(picture, centre, radius, color, -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(picture, centre, radius, _DARK, 1, cv2.LINE_AA, _SHIFT)
        if number:
            (width, height), _ = cv2.getTextSize(number, _FONT, 0.36, 1)
            light = 0.114 * color[0] + 0.587 * color[1] + 0.299 * color[2] > _LIGHT
            corner = (round(x - width / 2), round(y + height / 2))
            cv2.putText(picture, number, corner, _FONT, 0.36, _DARK if light else _INK, 1, cv2.LINE_AA)

    def ball(self, picture: UInt8, place_m: Float64) -> None:
        """Draw the ball, larger the higher it is; one in the air leaves its shadow."""
        x, y = self._at(place_m[None, :2])[0]
        height_m = max(0.0, float(np.nan_to_num(place_m[2])))
        radius = round((0.6 + 0.09 * min(height_m, 10.0)) * self._scale * 2**_SHIFT)
        centre = (round(x * 2**_SHIFT), round(y * 2**_SHIFT))
        if height_m > _RAISED_M:
            cv2.circle(picture, centre, radius + (2 << _SHIFT), _DARK, 1, cv2.LINE_AA, _SHIFT)
        cv2.circle(picture, centre, radius, _INK, -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(picture, centre, radius, _DARK, 1, cv2.LINE_AA, _SHIFT)

    def _at(self, points_m: Float64) -> Float64:
        """Pitch to pixels: y points up the page."""
        across, up = self._half
        points = np.stack([points_m[:, 0] + across, up - points_m[:, 1]], axis=1) * self._scale
        return np.asarray(points + np.array([0.0, _HEADER_PX]))


def _line(picture: UInt8, points_px: Float64, color: Color, thickness: int) -> None:
    points = [np.round(points_px * 2**_SHIFT).astype(np.int32)]
    cv2.polylines(
        picture, points, isClosed=False, color=color, thickness=thickness, lineType=cv2.LINE_AA, shift=_SHIFT
    )


def _rows_back(times_s: Float64, row: int, seconds: float) -> int:
    return int(np.searchsorted(times_s, times_s[row] - seconds))


def _plain(text: str) -> str:
    """Give text in the letters that cv2 can draw; nothing where it has others."""
    folded = unicodedata.normalize("NFKD", text)
    letters = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return letters if letters.isascii() and letters.isprintable() else ""


def _windows(
    tables: TableReader, spans: Sequence[tuple[float, float]], colors: Mapping[str, str]
) -> list[_Window]:
    paint = {team: bgr_of(color) for team, color in colors.items()}
    reach = [(start_s - _BALL_TAIL_S, stop_s) for start_s, stop_s in spans]
    balls = _read(tables, "ball", ("frame", "t_s", "x_m", "y_m", "z_m"), reach)
    people = _read(tables, "players", ("frame", "t_s", "player_id", "team", "jersey", "x_m", "y_m"), reach)
    windows = []
    for start_s, stop_s in reach:
        mine = (balls["t_s"] >= start_s) & (balls["t_s"] <= stop_s)
        theirs = (people["t_s"] >= start_s) & (people["t_s"] <= stop_s)
        frames = balls["frame"][mine]
        rows = np.searchsorted(frames, people["frame"][theirs])
        part = {name: column[theirs] for name, column in people.items()}
        places: dict[str, Float64] = {}
        marks: dict[str, tuple[Color, str]] = {}
        names, first = np.unique(part["player_id"].astype(str), return_index=True)
        for name, one in zip(names.tolist(), first.tolist(), strict=True):
            his = np.flatnonzero(part["player_id"] == name)
            places[name] = np.full((len(frames), 2), np.nan)
            places[name][rows[his]] = np.stack([part["x_m"][his], part["y_m"][his]], axis=1)
            jersey = part["jersey"][one]
            number = "" if jersey is None or np.isnan(jersey) else str(int(jersey))
            marks[name] = (paint.get(part["team"][one] or "", _NOBODY), number)
        ball_m = np.stack([balls[axis][mine] for axis in ("x_m", "y_m", "z_m")], axis=1).astype(np.float64)
        windows.append(_Window(balls["t_s"][mine], ball_m, places, marks))
    return windows


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
