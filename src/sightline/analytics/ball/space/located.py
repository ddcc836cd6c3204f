"""The ball of a turning camera in metres: followed by direction, then lifted off the grass by gravity.

A camera that pans, tilts and zooms from one spot moves everything in the picture; the direction in which it sees a
thing does not change by that. Directions are angles times one focal length, so they are as large as pixels and a
ball's constants in pixels hold for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.ball.candidates import BallCandidates, BallTrack
from sightline.analytics.ball.space.flight import lift_ball
from sightline.analytics.ball.track import track_ball

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.ball.settings import BallSettings
    from sightline.analytics.ball.space.pieces import FlightSettings
    from sightline.core.arrays import Float64, Int64

_HEIGHTS_M = (0.0, 6.0, 12.0)


@dataclass(frozen=True, slots=True)
class Bearings:
    """A clip's cameras made ready; see `bearings_of`.

    Attributes:
        turns: `(n, 3, 3)` from directions in `Space.PITCH_M` to pixels; NaN where no camera is known.
        heading_rad: Where the camera looks on the whole, seen from above.
        level: Cosine of how far it looks down on the whole.
        focal_px: Its focal length on the whole.
    """

    turns: Float64
    heading_rad: float
    level: float
    focal_px: float

    def of(self, rows: Int64, points_px: Float64) -> Float64:
        """Give the directions in which pixels of some frames lie, `(k, 2)`, x to the right and y down."""
        rays = np.linalg.solve(self.turns[rows], np.c_[points_px, np.ones(len(points_px))][..., None])[..., 0]
        turn = np.arctan2(rays[:, 0], rays[:, 1]) - self.heading_rad
        turn = (turn + np.pi) % (2 * np.pi) - np.pi
        fall = -np.arctan2(rays[:, 2], np.hypot(rays[:, 0], rays[:, 1]))
        return np.stack([turn * self.level, fall], axis=1) * self.focal_px

    def pixels(self, rows: Int64, bearings: Float64) -> Float64:
        """Undo `of`: `(k, 2)` source pixels, NaN for what lies behind the camera."""
        turn = bearings[:, 0] / self.focal_px / self.level + self.heading_rad
        fall = bearings[:, 1] / self.focal_px
        rays = np.stack([np.sin(turn) * np.cos(fall), np.cos(turn) * np.cos(fall), -np.sin(fall)], axis=1)
        seen = np.einsum("nij,nj->ni", self.turns[rows], rays)
        seen[seen[:, 2] <= 0] = np.nan
        result: Float64 = seen[:, :2] / seen[:, 2:]
        return result


def bearings_of(cameras: Float64) -> Bearings | None:
    """Make cameras ready; None where none is known.

    Args:
        cameras: `(n, 3, 4)` projections from `Space.PITCH_M` to pixels; NaN where not known.

    Source:
        Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 6.2: axis and calibration of a projection.
    """
    turns = cameras[:, :, :3]
    known = np.isfinite(turns).all(axis=(1, 2))
    if not known.any():
        return None
    axes = turns[known, 2]
    focals = np.linalg.norm(np.cross(turns[known, 0], axes), axis=1) / (axes**2).sum(axis=1)
    mean = (axes / np.linalg.norm(axes, axis=1)[:, None]).mean(axis=0)
    return Bearings(
        turns,
        float(np.arctan2(mean[0], mean[1])),
        float(max(np.hypot(mean[0], mean[1]) / max(float(np.linalg.norm(mean)), 1e-9), 0.2)),
        float(np.median(focals)),
    )


@dataclass(frozen=True, slots=True)
class LocatedBall:
    """Where the ball is, a row a frame.

    Attributes:
        track: As it was followed; positions are directions, see `Bearings`.
        points_px: `(n, 2)` its centre in the picture; NaN where it is lost.
        positions_m: `(n, 3)` in `Space.PITCH_M`; NaN where it is lost.
        flying: `(n,)` bool, whether the row belongs to a flight.
    """

    track: BallTrack
    points_px: Float64
    positions_m: Float64
    flying: NDArray[np.bool_]


def locate_ball(
    candidates: BallCandidates,
    t_s: Float64,
    cameras: Float64,
    settings: BallSettings,
    *,
    players_m: Float64,
    reach_m: tuple[float, float],
    flight: FlightSettings | None = None,
) -> LocatedBall:
    """Follow the ball and place it on, or above, the pitch.

    Args:
        candidates: What may be the ball, in pixels of its frame, its centre.
        t_s: `(n,)` seconds of the frames, rising.
        cameras: `(n, 3, 4)` projections from `Space.PITCH_M` to pixels; NaN where not known: there is no ball there.
        settings: Constants in pixels.
        players_m: `(n, p, 2)` where players are; NaN where not seen.
        reach_m: How far from the centre spot, along and across, a ball may be.
        flight: Constants of the lift.
    """
    count = len(t_s)
    bearings = bearings_of(cameras)
    if bearings is None:
        nothing = np.full((count, 3), np.nan)
        few = BallCandidates(
            candidates.rows[:0], candidates.positions[:0], candidates.scores[:0], candidates.radii[:0]
        )
        track = track_ball(few, t_s, settings)
        return LocatedBall(track, nothing[:, :2].copy(), nothing, np.zeros(count, np.bool_))
    rows = candidates.rows
    places = np.full((len(rows), 2), np.nan)
    known = np.asarray(np.isfinite(cameras[rows]).all(axis=(1, 2)), np.bool_).reshape(-1)
    known[known] = _over_pitch(cameras[rows[known]], candidates.positions[known], reach_m)
    places[known] = bearings.of(rows[known], candidates.positions[known])
    track = track_ball(
        BallCandidates(rows, places, candidates.scores, candidates.radii),
        t_s,
        settings,
        players=_shown(players_m, cameras, bearings),
    )
    points_px = np.full((count, 2), np.nan)
    placed = np.flatnonzero(np.isfinite(track.positions).all(axis=1) & np.isfinite(cameras).all(axis=(1, 2)))
    points_px[placed] = bearings.pixels(placed, track.positions[placed])
    lifted = lift_ball(
        t_s, points_px, cameras, players_m=players_m, seen=track.states == "seen", settings=flight
    )
    return LocatedBall(track, points_px, lifted.positions_m, lifted.flying)


def _over_pitch(cameras: Float64, points_px: Float64, reach_m: tuple[float, float]) -> NDArray[np.bool_]:
    """Say which pixels show a place over the pitch, at any height a ball may have."""
    above = np.zeros(len(points_px), np.bool_)
    for height_m in _HEIGHTS_M:
        plane = np.stack(
            [cameras[:, :, 0], cameras[:, :, 1], cameras[:, :, 2] * height_m + cameras[:, :, 3]], axis=2
        )
        found = np.linalg.solve(plane, np.c_[points_px, np.ones(len(points_px))][..., None])[..., 0]
        ahead = found[:, 2] > 0
        with np.errstate(divide="ignore", invalid="ignore"):
            above |= ahead & (np.abs(found[:, :2] / found[:, 2:]) <= reach_m).all(axis=1)
    return above


def _shown(players_m: Float64, cameras: Float64, bearings: Bearings) -> Float64:
    """Give the directions of players' feet, `(n, p, 2)`; NaN where not seen."""
    count, people = players_m.shape[:2]
    shown = np.full((count, people, 2), np.nan)
    known = np.asarray(np.isfinite(cameras).all(axis=(1, 2)), np.bool_).reshape(-1)
    rows, columns = np.nonzero(np.isfinite(players_m).all(axis=2) & known[:, None])
    if len(rows):
        solid = np.c_[players_m[rows, columns], np.zeros(len(rows)), np.ones(len(rows))]
        seen = np.einsum("nij,nj->ni", cameras[rows], solid)
        shown[rows, columns] = bearings.of(rows, seen[:, :2] / seen[:, 2:])
    return shown
