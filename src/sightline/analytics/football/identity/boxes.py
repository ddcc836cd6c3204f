"""Boxes of persons without a detector's shake, and with its short misses filled.

A box's edges shake from frame to frame by more than a body moves, and now and then there is no box at all. Where the
camera is known its own motion is taken out first: feet and sizes are smoothed in metres and put back into the
picture. Elsewhere all is smoothed in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.arrays import Float64, Int64, same_rows
from sightline.core.detections import feet_px
from sightline.core.space import homogeneous_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.identity.links import Views


_FIRM = 1e-7  # where there are fewer sightings than a parabola needs


@dataclass(frozen=True, slots=True)
class BoxRules:
    """How boxes are smoothed.

    Attributes:
        gap_s: Longest miss that is filled.
        half_s: Half width of the window around a sighting: a stride swings legs and arms out and in within half a
            second, so a longer one would smooth the stride away.
        fill_s: Half width of the window around a miss.
        bend: Held against the bend of a parabola across a miss, in sightings.
        most: A seen box's edges are moved by no more than this share of its height: a detector shakes less, and what is
            beyond it comes of a camera that is not known well while it sweeps.
    """

    gap_s: float = 0.4
    half_s: float = 0.12
    fill_s: float = 0.24
    bend: float = 0.1
    most: float = 0.075


@dataclass(frozen=True, slots=True)
class PersonBoxes:
    """Boxes of persons, person by person in order of frame; each has at most one a frame.

    Attributes:
        rows: `(n,)` int64, frames.
        columns: `(n,)` int64, persons.
        boxes_px: `(n, 4)` float64.
        sightings: `(n,)` int64, index of the sighting that was smoothed; -1 where a miss was filled.
    """

    rows: Int64
    columns: Int64
    boxes_px: Float64
    sightings: Int64

    def __post_init__(self) -> None:
        same_rows(rows=self.rows, columns=self.columns, boxes_px=self.boxes_px, sightings=self.sightings)


def steady_boxes(
    times_s: Float64,
    rows: Int64,
    columns: Int64,
    boxes_px: Float64,
    *,
    views: Views | None = None,
    rules: BoxRules | None = None,
) -> PersonBoxes:
    """Smooth the boxes of each person and fill short misses.

    Args:
        times_s: `(f,)` of all frames looked at.
        rows: `(n,)` frames of sightings.
        columns: `(n,)` whose they are; of two of one person in one frame the first counts.
        boxes_px: `(n, 4)`.
        views: What the camera saw, if that is known.
        rules: How they are smoothed.
    """
    rules = rules or BoxRules()
    _, kept = np.unique(np.stack([columns, rows]), axis=1, return_index=True)
    if not len(kept):
        return PersonBoxes(rows[:0], columns[:0], boxes_px[:0], kept.astype(np.int64))
    rows, columns, boxes_px = rows[kept], columns[kept], boxes_px[kept]
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0
    known = _known(views, len(times_s))
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = (np.diff(columns) != 0) | (np.diff(times_s[rows]) > rules.gap_s + step_s / 2)
    begins[1:] |= np.diff(known[rows].astype(np.int8)) != 0
    half, wide = (max(1, round(width_s / step_s)) for width_s in (rules.half_s, rules.fill_s))
    at, where = _laid_out(rows, begins, max(half, wide))
    seen = np.zeros(len(where), np.bool_)
    seen[at] = True
    values = np.zeros((len(where), 4))
    values[at] = _from_pixels(views, rows, boxes_px, known[rows])
    smooth = np.where(
        seen[:, None], _parabolas(values, seen, half, 0.0), _parabolas(values, seen, wide, rules.bend)
    )
    run = np.cumsum(begins) - 1
    owner = np.full(len(where), -1, np.int64)
    owner[where >= 0] = run[np.searchsorted(at, np.flatnonzero(where >= 0), side="right") - 1]
    first = np.flatnonzero(begins)
    told = (where >= 0) & (known[where] == known[rows[first[owner]]])
    sightings = np.full(len(where), -1, np.int64)
    sightings[at] = kept
    found, seen = where[told], seen[told]
    steady = _to_pixels(views, found, smooth[told], known[found])
    limit = rules.most * (boxes_px[:, 3:] - boxes_px[:, 1:2])
    steady[seen] = np.clip(steady[seen], boxes_px - limit, boxes_px + limit)
    return PersonBoxes(found, columns[first[owner[told]]], steady, sightings[told])


def _known(views: Views | None, count: int) -> NDArray[np.bool_]:
    """Give the frames whose camera is known."""
    if views is None:
        return np.zeros(count, np.bool_)
    return np.asarray(np.isfinite(views.matrices).all(axis=(1, 2)), np.bool_)


def _laid_out(rows: Int64, begins: NDArray[np.bool_], half: int) -> tuple[Int64, Int64]:
    """Lay runs out behind one another on one line, misses and all, so far apart that no window spans two.

    Returns:
        `(n,)` place of each sighting on the line, and `(m,)` frame of each place, -1 between runs.
    """
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(rows)) - 1
    lengths = rows[last] - rows[first] + 1
    starts = np.cumsum(np.concatenate(([half], lengths[:-1] + half)))
    run = np.cumsum(begins) - 1
    at = starts[run] + rows - rows[first[run]]
    where = np.full(int(starts[-1] + lengths[-1] + half), -1, np.int64)
    inside = np.repeat(starts - np.cumsum(lengths) + lengths, lengths) + np.arange(int(lengths.sum()))
    where[inside] = np.repeat(rows[first] - starts, lengths) + inside
    return at.astype(np.int64), where


def _parabolas(values: Float64, seen: NDArray[np.bool_], half: int, bend: float) -> Float64:
    """Give the value, at each place, of a parabola through what was seen around it; nearer sightings count more.

    Source:
        Cleveland, "Robust locally weighted regression and smoothing scatterplots", JASA 74 (1979): tricube weights.
    """
    count = len(values)
    sums, rights = np.zeros((count, 5)), np.zeros((count, 3, values.shape[1]))
    for step in range(-half, half + 1):
        u = step / (half + 1)
        weight = (1 - abs(u) ** 3) ** 3 * np.roll(seen, -step)
        powers = u ** np.arange(5)
        sums += weight[:, None] * powers
        rights += (weight[:, None] * powers[:3])[..., None] * np.roll(values, -step, axis=0)[:, None]
    inner = sums[:, [[0, 1, 2], [1, 2, 3], [2, 3, 4]]]
    inner += np.diag([_FIRM, _FIRM, _FIRM + bend])
    return np.asarray(np.linalg.solve(inner, rights)[:, 0], np.float64)


def _from_pixels(views: Views | None, rows: Int64, boxes_px: Float64, known: NDArray[np.bool_]) -> Float64:
    """Give `(n, 4)` middle of the feet, width and height: in metres where the camera is known, else in pixels."""
    feet = feet_px(boxes_px)
    values = np.concatenate([feet, boxes_px[:, 2:] - boxes_px[:, :2]], axis=1)
    if views is not None and known.any():
        mine = views.matrices[rows[known]]
        values[known, :2] = _mapped(np.linalg.inv(mine).astype(np.float64), feet[known])
        values[known, 2:] /= _scales(mine, values[known, :2])[:, None]
    return values


def _to_pixels(views: Views | None, rows: Int64, values: Float64, known: NDArray[np.bool_]) -> Float64:
    """Undo `_from_pixels`."""
    found = values.copy()
    if views is not None and known.any():
        mine = views.matrices[rows[known]]
        found[known, :2] = _mapped(mine, values[known, :2])
        found[known, 2:] *= _scales(mine, values[known, :2])[:, None]
    half_widths = found[:, 2] / 2
    return np.stack(
        [found[:, 0] - half_widths, found[:, 1] - found[:, 3], found[:, 0] + half_widths, found[:, 1]], axis=1
    )


def _mapped(matrices: Float64, points: Float64) -> Float64:
    mapped = homogeneous_rows(matrices, points)
    result: Float64 = mapped[:, :2] / mapped[:, 2:]
    return result


def _scales(matrices: Float64, points_m: Float64) -> Float64:
    """Give how many pixels a metre along the picture's rows has at points of the ground."""
    mapped = homogeneous_rows(matrices, points_m)
    places = mapped[:, :2] / mapped[:, 2:]
    slopes = (matrices[:, :2, :2] - places[:, :, None] * matrices[:, 2:, :2]) / mapped[:, 2, None, None]
    back = np.linalg.inv(slopes)
    scales: Float64 = 1 / np.hypot(back[:, 0, 0], back[:, 1, 0])
    return scales
