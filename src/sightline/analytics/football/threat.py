"""Expected threat (xT): what having the ball at a place is worth, in goals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import PitchSize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

# Half of the grid: it is symmetric. Rows from a side line to the middle, columns from the own goal to the other.
_HALF = (
    (0.00638303, 0.00779616, 0.00844854, 0.00977659, 0.01126267, 0.01248344, 0.01473596, 0.0174506, 0.02122129, 0.02756312, 0.03485072, 0.0379259),
    (0.00750072, 0.00878589, 0.00942382, 0.0105949, 0.01214719, 0.0138454, 0.01611813, 0.01870347, 0.02401521, 0.02953272, 0.04066992, 0.04647721),
    (0.0088799, 0.00977745, 0.01001304, 0.01110462, 0.01269174, 0.01429128, 0.01685596, 0.01935132, 0.0241224, 0.02855202, 0.05491138, 0.06442595),
    (0.00941056, 0.01082722, 0.01016549, 0.01132376, 0.01262646, 0.01484598, 0.01689528, 0.0199707, 0.02385149, 0.03511326, 0.10805102, 0.25745362),
)  # fmt: skip

SOURCE = (
    "Karun Singh, Introducing Expected Threat (2018), karun.in/blog/data/open_xt_12x8_v1.json: 12 x 8 cells fitted by "
    "him on Premier League events of 2017/18; nothing was fitted or tuned here"
)


@dataclass(frozen=True, slots=True)
class ThreatGrid:
    """Values of equal cells of the pitch.

    Attributes:
        values: `(rows, columns)` float64: columns from the own goal line to the opponent's, rows from the right side
            line (y lowest) to the left.
    """

    values: Float64

    def at(self, points_m: Float64, *, attacks: int = 1, pitch: PitchSize | None = None) -> Float64:
        """Give the value of places.

        Args:
            points_m: `(n, 2)` in `Space.PITCH_M`; places off the pitch count as its nearest cell.
            attacks: +1 where the team with the ball attacks towards +x, -1 the other way.
            pitch: The field.

        Returns:
            `(n,)`; NaN where a place is not known.
        """
        size = pitch or PitchSize()
        known = np.isfinite(points_m[:, 0]) & np.isfinite(points_m[:, 1])
        place = np.where(known[:, None], points_m, 0.0) * attacks
        rows, columns = self.values.shape
        cells = cells_of(place, (size.length_m, size.width_m), (columns, rows))
        return np.where(known, self.values[cells[:, 1], cells[:, 0]], np.nan)

    def gained(
        self, start_m: Float64, end_m: Float64, *, attacks: int = 1, pitch: PitchSize | None = None
    ) -> Float64:
        """Give what moving the ball from one place to another added, `(n,)`; for moves that keep the ball."""
        return self.at(end_m, attacks=attacks, pitch=pitch) - self.at(start_m, attacks=attacks, pitch=pitch)


def public_grid() -> ThreatGrid:
    """Give the public grid; see `SOURCE`."""
    half = np.array(_HALF)
    return ThreatGrid(np.concatenate([half, half[::-1]]))


def cells_of(points_m: Float64, size_m: tuple[float, float], cells: tuple[int, int]) -> Int64:
    """Give `(n, 2)` column and row of the cell that each place, from the centre spot, lies in."""
    share = points_m / np.array(size_m) + 0.5
    return np.asarray(np.clip((share * np.array(cells)).astype(np.int64), 0, np.array(cells) - 1))


def fit_threat(
    start_m: Float64,
    end_m: Float64,
    *,
    shots: NDArray[np.bool_],
    goals: NDArray[np.bool_],
    completed: NDArray[np.bool_],
    size_m: tuple[float, float] = (105.0, 68.0),
    cells: tuple[int, int] = (16, 12),
    tolerance: float = 1e-5,
) -> ThreatGrid:
    """Fit a grid to events by value iteration.

    `xT(c) = P(shot|c) P(goal|shot, c) + P(move|c) sum_d P(d|c) xT(d)`, from 0 until no cell gains more than the
    tolerance. A move that fails takes its cell's share of moves and leads nowhere.

    Args:
        start_m: `(n, 2)` where shots and moves (passes, dribbles, crosses) begin, from the centre spot, turned so that
            the acting team attacks towards +x.
        end_m: `(n, 2)` where they end.
        shots: `(n,)` which are shots; the others are moves.
        goals: `(n,)` which shots scored.
        completed: `(n,)` which moves kept the ball.
        size_m: Length and width of the field that the places are on.
        cells: Columns and rows.
        tolerance: When to stop.

    Source:
        Karun Singh, 2018; the counting and the stop are those of socceraction's `ExpectedThreat` (van Roy, Robberechts,
        Decroos, Davis, "Valuing on-the-ball actions in soccer: a critical comparison of xT and VAEP", 2020).
    """
    columns, rows = cells
    count = columns * rows
    first, last = (_flat(cells_of(points, size_m, cells), columns) for points in (start_m, end_m))
    shot_count = np.bincount(first[shots], minlength=count).astype(np.float64)
    goal_count = np.bincount(first[shots & goals], minlength=count)
    move_count = np.bincount(first[~shots], minlength=count).astype(np.float64)
    total = shot_count + move_count
    scoring = _share(goal_count, shot_count) * _share(shot_count, total)
    kept = ~shots & completed
    leads = np.bincount(first[kept] * count + last[kept], minlength=count * count).reshape(count, count)
    moving = _share(move_count, total)[:, None] * _share(leads, move_count[:, None])
    values = np.zeros(count)
    while True:
        better = scoring + moving @ values
        gain = float((better - values).max())
        values = better
        if gain <= tolerance:
            return ThreatGrid(values.reshape(rows, columns))


def _flat(cells: Int64, columns: int) -> Int64:
    return np.asarray(cells[:, 1] * columns + cells[:, 0])


def _share(part: NDArray[np.generic], whole: Float64) -> Float64:
    counts = np.asarray(part, np.float64)
    return np.divide(counts, whole, out=np.zeros(np.broadcast(counts, whole).shape), where=whole != 0)
