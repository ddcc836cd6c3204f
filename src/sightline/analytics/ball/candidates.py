"""What may be the ball in each frame, and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.arrays import Float64, Int64, frozen, same_rows
from sightline.core.errors import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.ball.settings import BallSettings


@dataclass(frozen=True, slots=True)
class BallCandidates:
    """Candidates of a clip, in order of their frames.

    Attributes:
        rows: `(k,)` int64, which of the clip's frames, not falling.
        positions: `(k, 2)` float64, all in one unit: pixels, or metres on the pitch.
        scores: `(k,)` float64 in 0..1.
        radii: `(k,)` float64 in the same unit; NaN where not known.
    """

    rows: Int64
    positions: Float64
    scores: Float64
    radii: Float64

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", frozen("rows", self.rows, (None,), np.int64))
        object.__setattr__(self, "positions", frozen("positions", self.positions, (None, 2), np.float64))
        object.__setattr__(self, "scores", frozen("scores", self.scores, (None,), np.float64))
        object.__setattr__(self, "radii", frozen("radii", self.radii, (None,), np.float64))
        same_rows(rows=self.rows, positions=self.positions, scores=self.scores, radii=self.radii)
        if (np.diff(self.rows) < 0).any() or (len(self.rows) and self.rows[0] < 0):
            raise AnalysisError("candidates are not in the order of their frames", hint="sort them by row")

    def __len__(self) -> int:
        return len(self.rows)

    def usable(self, settings: BallSettings) -> Int64:
        """Give the indices `(k,)` of those with a place, a fitting radius and a score."""
        fits = np.isfinite(self.positions).all(axis=1) & (self.scores >= settings.min_score)
        with np.errstate(invalid="ignore"):
            fits &= ~(self.radii < settings.min_ball_radius) & ~(self.radii > settings.max_ball_radius)
        return np.flatnonzero(fits)

    def offsets(self, count: int) -> Int64:
        """Give `(count + 1,)` where each frame's candidates begin."""
        return np.searchsorted(self.rows, np.arange(count + 1)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class BallTrack:
    """Where the ball is, a row a frame.

    Attributes:
        positions: `(n, 2)` float64 in the candidates' unit; NaN where it is lost.
        radii: `(n,)` float64; NaN where not known.
        speeds: `(n,)` float64, units a second; NaN where it is lost.
        scores: `(n,)` float64, of the candidate taken; NaN where none was.
        states: `(n,)` str: `seen`, `interpolated` or `lost`.
        picked: `(n,)` int64 index of the candidate taken; -1 where none was.
    """

    positions: Float64
    radii: Float64
    speeds: Float64
    scores: Float64
    states: NDArray[np.str_]
    picked: Int64


def log_odds(scores: Float64) -> Float64:
    """Give how much more scores `(n,)` of 0..1 speak for the ball than against it, `(n,)` within -3.9..3.9."""
    held = np.clip(scores, 0.02, 0.98)
    odds: Float64 = np.log(held / (1.0 - held))
    return odds
