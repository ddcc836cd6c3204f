"""Who controls which part of the pitch, by the influence of the players."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import Match, PitchSize, Team

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, Int64


_ROWS_A_BLOCK = 32  # what is worked on at once fits a processor's cache


@dataclass(frozen=True, slots=True)
class ControlSettings:
    """The influence model's constants.

    Attributes:
        columns: Cells of the grid along the pitch.
        rows: Cells across.
        near_m: Radius of a player's influence at the ball.
        far_m: Radius far from it.
        full_m: Distance from the ball at which that is reached.
        cap_mps: Speed at which the influence is stretched most.

    Source:
        Fernandez & Bornn, "Wide Open Spaces: A statistical technique for measuring space creation in professional
        soccer", MIT Sloan Sports Analytics Conference 2018, appendix: 4 to 10 m, 13 m/s.
    """

    columns: int = 35
    rows: int = 23
    near_m: float = 4.0
    far_m: float = 10.0
    full_m: float = 18.0
    cap_mps: float = 13.0


def control_grid(pitch: PitchSize, settings: ControlSettings | None = None) -> Float64:
    """Give `(rows, columns, 2)` the middles of the cells in `Space.PITCH_M`, lowest y first."""
    settings = settings or ControlSettings()
    x = ((np.arange(settings.columns) + 0.5) / settings.columns - 0.5) * pitch.length_m
    y = ((np.arange(settings.rows) + 0.5) / settings.rows - 0.5) * pitch.width_m
    return np.stack(np.meshgrid(x, y), axis=2)


def pitch_control(
    match: Match, velocities_mps: Float64, rows: Int64, settings: ControlSettings | None = None
) -> Float64:
    """Give the home team's control of each cell: 1 where it is all theirs, 0 where it is all the others'.

    A player's influence is a normal density around where he will be half a second on, stretched along his way by his
    speed, wider the farther he is from the ball, and 1 at its peak; control is the logistic function of the two
    teams' sums' difference.

    Args:
        match: Positions.
        velocities_mps: `(n, p, 2)`; NaN counts as standing.
        rows: `(k,)` at which rows.
        settings: Grid and constants.

    Returns:
        `(k, settings.rows, settings.columns)` 0..1; 0.5 where nobody is near. Where the ball is lost, all
        players have the widest influence.

    Source:
        See `ControlSettings`.
    """
    settings = settings or ControlSettings()
    grid = control_grid(match.pitch, settings).reshape(-1, 2)
    signs = [(column, 1.0) for column in match.columns(Team.HOME).tolist()]
    signs += [(column, -1.0) for column in match.columns(Team.AWAY).tolist()]
    control = np.empty((len(rows), len(grid)))
    for start in range(0, len(rows), _ROWS_A_BLOCK):
        block = rows[start : start + _ROWS_A_BLOCK]
        total = np.zeros((len(block), len(grid)))
        for column, sign in signs:
            places = (
                match.positions_m[block, column],
                velocities_mps[block, column],
                match.ball_m[block, :2],
            )
            total += sign * _influence(*places, grid, settings)
        control[start : start + _ROWS_A_BLOCK] = 1.0 / (1.0 + np.exp(-total))
    return control.reshape(len(rows), settings.rows, settings.columns)


def _influence(
    points_m: Float64, velocities_mps: Float64, ball_m: Float64, grid: Float64, settings: ControlSettings
) -> Float64:
    """Give `(k, g)` one player's influence; 0 where he was not seen."""
    seen = np.isfinite(points_m[:, 0]) & np.isfinite(points_m[:, 1])
    velocity = np.nan_to_num(velocities_mps)
    speed = np.hypot(*velocity.T)
    away = np.nan_to_num(np.hypot(*(points_m - ball_m).T), nan=np.inf)
    share = np.minimum(away / settings.full_m, 1.0)
    radius = settings.near_m + (settings.far_m - settings.near_m) * share**3
    ratio = np.minimum(speed / settings.cap_mps, 1.0) ** 2
    along, across = radius * (1 + ratio) / 2, radius * (1 - ratio) / 2
    way = np.divide(
        velocity, speed[:, None], out=np.tile([1.0, 0.0], (len(speed), 1)), where=speed[:, None] > 0
    )
    middle = np.where(seen[:, None], points_m, 0.0) + velocity / 2
    off_x, off_y = (grid[None, :, axis] - middle[:, None, axis] for axis in (0, 1))
    ahead = off_x * way[:, None, 0] + off_y * way[:, None, 1]
    aside = off_y * way[:, None, 0] - off_x * way[:, None, 1]
    power = (ahead / along[:, None]) ** 2 + (aside / np.maximum(across, 1e-3)[:, None]) ** 2
    return np.where(seen[:, None], np.exp(-power / 2), 0.0)
