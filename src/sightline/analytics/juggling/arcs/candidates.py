"""Where balls may be, frame by frame, before anybody knows which are balls and which ball is which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.arrays import Float64, Int64, frozen, same_rows
from sightline.core.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidate balls of a clip.

    Attributes:
        numbers: `(f,)` int64, the frames that were looked at, rising.
        clock_s: `(f,)` float64, their times, rising.
        rows: `(n,)` int64, for each candidate its frame as an index into `clock_s`, rising.
        points_px: `(n, 2)` float64, its middle.
        radii_px: `(n,)` float64.
        scores: `(n,)` float64 in 0..1.
        size: `(height, width)` of the picture in pixels.
    """

    numbers: Int64
    clock_s: Float64
    rows: Int64
    points_px: Float64
    radii_px: Float64
    scores: Float64
    size: tuple[int, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", frozen("numbers", self.numbers, (None,), np.int64))
        object.__setattr__(self, "clock_s", frozen("clock_s", self.clock_s, (None,), np.float64))
        object.__setattr__(self, "rows", frozen("rows", self.rows, (None,), np.int64))
        object.__setattr__(self, "points_px", frozen("points_px", self.points_px, (None, 2), np.float64))
        object.__setattr__(self, "radii_px", frozen("radii_px", self.radii_px, (None,), np.float64))
        object.__setattr__(self, "scores", frozen("scores", self.scores, (None,), np.float64))
        same_rows(numbers=self.numbers, clock_s=self.clock_s)
        same_rows(rows=self.rows, points_px=self.points_px, radii_px=self.radii_px, scores=self.scores)
        if (np.diff(self.clock_s) <= 0).any():
            raise AnalysisError("frames do not follow one another in time")
        if len(self.rows) and ((np.diff(self.rows) < 0).any() or self.rows[-1] >= len(self.clock_s)):
            raise AnalysisError("candidates do not follow the frames")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def step_s(self) -> float:
        """Time between frames, the median."""
        return float(np.median(np.diff(self.clock_s))) if len(self.clock_s) > 1 else 0.04

    def without(self, rows: Sequence[int]) -> Candidates:
        """Give what is left when some candidates go."""
        keep = np.ones(len(self), np.bool_)
        keep[list(rows)] = False
        return self.only(keep)

    def only(self, keep: np.ndarray) -> Candidates:
        """Give the candidates that a mask chooses."""
        return Candidates(
            self.numbers,
            self.clock_s,
            self.rows[keep],
            self.points_px[keep],
            self.radii_px[keep],
            self.scores[keep],
            self.size,
        )


@dataclass(frozen=True, slots=True)
class Grid:
    """Candidates as a table: one line per frame, the best first; places without one are NaN.

    Attributes:
        points_px: `(f, k, 2)`.
        radii_px: `(f, k)`.
        scores: `(f, k)`, 0 where there is none.
        index: `(f, k)` int64, row of the candidate, -1 where there is none.
        clock_s: `(f,)`.
    """

    points_px: Float64
    radii_px: Float64
    scores: Float64
    index: Int64
    clock_s: Float64

    @classmethod
    def of(cls, candidates: Candidates, *, most: int) -> Grid:
        """Give the table of the `most` best candidates of each frame."""
        frames = len(candidates.clock_s)
        order = np.lexsort((np.arange(len(candidates)), -candidates.scores, candidates.rows))
        rows = candidates.rows[order]
        place = np.arange(len(order)) - np.searchsorted(rows, rows, side="left")
        kept = place < most
        rows, place, order = rows[kept], place[kept], order[kept]
        width = int(place.max()) + 1 if len(place) else 1
        points = np.full((frames, width, 2), np.nan)
        radii, scores = np.full((frames, width), np.nan), np.zeros((frames, width))
        index = np.full((frames, width), -1, np.int64)
        points[rows, place] = candidates.points_px[order]
        radii[rows, place] = candidates.radii_px[order]
        scores[rows, place] = candidates.scores[order]
        index[rows, place] = order
        return cls(points, radii, scores, index, candidates.clock_s)
