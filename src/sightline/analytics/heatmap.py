"""Where time is spent: seconds in each cell of a grid.

Time is added up, not rows: under a stride, a variable frame rate or skipped frames each sighting weighs as long
as it holds (see `rows.batches`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.rows import NS_PER_S, Anchor, Batch, Mask
from sightline.core.space import Homography, Space

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, Int64


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells over a rectangle.

    Attributes:
        origin: `(x, y)` of the corner with the lowest coordinates.
        cell: A cell's side, in the grid's own unit.
        shape: `(rows, columns)`.
        space: What the unit is.
    """

    origin: tuple[float, float]
    cell: float
    shape: tuple[int, int]
    space: Space = Space.IMAGE_PX

    @classmethod
    def over_image(cls, size: tuple[int, int], *, columns: int = 96) -> Grid:
        """Cover a picture of `(height, width)` pixels with whole-pixel cells, at most so many columns."""
        cell = max(1, -(-size[1] // columns))
        return cls((0.0, 0.0), float(cell), (-(-size[0] // cell), -(-size[1] // cell)))

    @classmethod
    def over_ground(cls, extent_m: tuple[float, float, float, float], *, cell_m: float = 0.5) -> Grid:
        """Cover `x1 y1 x2 y2` metres of ground."""
        x1, y1, x2, y2 = extent_m
        rows, columns = max(1, int(np.ceil((y2 - y1) / cell_m))), max(1, int(np.ceil((x2 - x1) / cell_m)))
        return cls((x1, y1), cell_m, (rows, columns), Space.GROUND_M)

    def cells(self, points: Float64) -> tuple[Int64, Mask]:
        """Give each point's cell.

        Args:
            points: `(n, 2)` float64 in the grid's space; NaN where unknown.

        Returns:
            `(n,)` flat cell numbers, row by row, 0 for points outside; and `(n,)` bool, which are inside.
            The far edges belong to the last cells.
        """
        rows, columns = self.shape
        places = (points - np.asarray(self.origin)) / self.cell
        limits = np.array([columns, rows], np.float64)
        within = ((places >= 0) & (places <= limits)).all(axis=1)
        whole = np.minimum(np.where(within[:, None], places, 0), limits - 1).astype(np.int64)
        return whole[:, 1] * columns + whole[:, 0], within


@dataclass(frozen=True, slots=True)
class Heat:
    """A heat map.

    Attributes:
        grid: Where its cells lie.
        seconds: `(rows, columns)` float64, object-seconds in each cell.
        outside_s: Object-seconds whose anchor lay beyond the grid.
    """

    grid: Grid
    seconds: Float64
    outside_s: float


class HeatMap:
    """Adds up time by place; memory is the grid's."""

    def __init__(
        self,
        grid: Grid,
        *,
        anchor: Anchor = Anchor.BOTTOM_CENTER,
        homography: Homography | None = None,
    ) -> None:
        if (grid.space is Space.GROUND_M) != (homography is not None):
            raise ValueError("a grid in metres needs a homography, and one in pixels takes none")
        self._grid, self._anchor, self._homography = grid, anchor, homography
        self._cells_ns = np.zeros(grid.shape[0] * grid.shape[1], np.int64)
        self._outside_ns = 0

    def update(self, batch: Batch) -> None:
        """Take the next batch."""
        rows = batch.tracks
        points = rows.anchors_px(self._anchor)
        if self._homography is not None:
            points = self._homography.project(points)
        cells, within = self._grid.cells(points)
        np.add.at(self._cells_ns, cells[within], rows.holds_ns[within])
        self._outside_ns += int(rows.holds_ns[~within].sum())

    def result(self) -> Heat:
        """Give the time spent in each cell so far."""
        return Heat(
            self._grid, self._cells_ns.reshape(self._grid.shape) / NS_PER_S, self._outside_ns / NS_PER_S
        )
