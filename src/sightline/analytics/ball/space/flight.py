"""Lifts a ball's track in the picture to metres in three dimensions, by gravity.

A single camera sees a ball's direction, not how far it is. But a ball rolls on the grass, or flies on a parabola whose
bend is known, from the grass or from a player to the grass or to a player; and players' places are known. The track
is cut into such pieces so that all of it is explained best, by dynamic programming over where to cut. Within a piece
the fit is linear: each sighting gives two equations in the piece's start and velocity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.ball.space.chain import explained
from sightline.analytics.ball.space.pieces import FlightSettings, Run
from sightline.analytics.runs import stretches
from sightline.core.errors import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64


@dataclass(frozen=True, slots=True)
class Lifted:
    """A ball in three dimensions.

    Attributes:
        positions_m: `(n, 3)` in `Space.PITCH_M`, z up; NaN where there is no track or no camera.
        flying: `(n,)` bool, whether the row belongs to a flight.
    """

    positions_m: Float64
    flying: NDArray[np.bool_]


def lift_ball(
    t_s: Float64,
    points_px: Float64,
    cameras: Float64,
    *,
    players_m: Float64 | None = None,
    seen: NDArray[np.bool_] | None = None,
    settings: FlightSettings | None = None,
) -> Lifted:
    """Find where the ball is in metres, height included.

    Args:
        t_s: `(n,)` seconds, rising.
        points_px: `(n, 2)` the track, lens distortion taken out; NaN where there is none.
        cameras: `(n, 3, 4)` projection matrices from `Space.PITCH_M` to those pixels; NaN where not known.
        players_m: `(n, p, 2)` players on the pitch; NaN where not seen. Without them a flight that begins or ends at a
            player is mistaken for one from the grass.
        seen: `(n,)` which positions are sightings; others do not count. All if None.
        settings: Constants.

    Returns:
        Positions; on every stretch of at least four rows that have a track and a camera.

    Raises:
        AnalysisError: The arrays' lengths differ.

    Source:
        Equations of a sighting: Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 12.2.
    """
    settings = settings or FlightSettings()
    count = len(t_s)
    if (
        len(points_px) != count
        or len(cameras) != count
        or (players_m is not None and len(players_m) != count)
    ):
        raise AnalysisError(
            f"{count} times, {len(points_px)} points and {len(cameras)} cameras do not fit together"
        )
    positions_m, flying = np.full((count, 3), np.nan), np.zeros(count, np.bool_)
    usable = np.isfinite(points_px).all(axis=1) & np.isfinite(cameras).all(axis=(1, 2))
    edges = stretches(usable)
    for start, stop in edges.tolist():
        if stop - start < 4:
            continue
        rows = slice(start, stop)
        run = _run(
            t_s[rows],
            points_px[rows],
            cameras[rows],
            None if players_m is None else players_m[rows],
            np.ones(stop - start) if seen is None else seen[rows].astype(np.float64),
            settings,
        )
        positions_m[rows], flying[rows] = explained(run, settings)
    return Lifted(positions_m, flying)


def _run(
    t_s: Float64,
    points_px: Float64,
    cameras: Float64,
    players_m: Float64 | None,
    weights: Float64,
    settings: FlightSettings,
) -> Run:
    planes = cameras[:, :2] - points_px[:, :, None] * cameras[:, 2:3]
    depth = _depths(planes, cameras)
    rays = planes / (np.abs(depth) * settings.noise_px)[:, None, None]
    cuts = _cuts(t_s, points_px, settings)
    anchors, kickers_m = np.full((len(cuts), 2), np.nan), np.full(len(cuts), np.nan)
    if players_m is not None and players_m.shape[1]:
        anchors = _anchors(points_px[cuts], cameras[cuts], players_m[cuts], settings)
        kickers_m = _kickers(planes[cuts], players_m[cuts], settings)
    return Run(t_s, rays, weights, cuts, anchors, kickers_m)


def _depths(planes: Float64, cameras: Float64) -> Float64:
    """Give how far from the camera the grass is behind each sighting; beyond the horizon as far as at the edge of it."""
    ground = np.linalg.pinv(planes[:, :, :2]) @ -planes[:, :, 3:]
    depth = np.einsum("ni,nij->nj", cameras[:, 2, :2], ground)[:, 0] + cameras[:, 2, 3]
    usual = np.median(np.abs(depth))
    held: Float64 = np.clip(np.abs(depth), usual / 4, usual * 4)
    return held


def _cuts(t_s: Float64, points_px: Float64, settings: FlightSettings) -> Int64:
    """Give the rows at which pieces may meet: the sharpest bends of the track, and one every `cut_s`."""
    count = len(t_s)
    bend = np.zeros(count)
    half = 2
    if count > 2 * half:
        before = points_px[half:-half] - points_px[: -2 * half]
        after = points_px[2 * half :] - points_px[half:-half]
        bend[half:-half] = np.hypot(*(after - before).T)
    sharp = np.flatnonzero(
        (bend[1:-1] >= bend[:-2]) & (bend[1:-1] > bend[2:]) & (bend[1:-1] > 3 * settings.noise_px)
    )
    step = max(1, round(settings.cut_s / float(np.median(np.diff(t_s)))))
    every = np.arange(0, count, step)
    away = (
        np.abs(every[:, None] - (sharp + 1)[None]).min(axis=1) if len(sharp) else np.full(len(every), count)
    )
    return np.unique(np.concatenate(([0], every[away > 1], sharp + 1, [count - 1]))).astype(np.int64)


def _anchors(points_px: Float64, cameras: Float64, players_m: Float64, settings: FlightSettings) -> Float64:
    """Give the player whose body, from feet to above the head, is nearest to the ball in the picture."""
    count, people = players_m.shape[:2]
    ends = []
    for height_m in (0.0, 2.3):
        solid = np.concatenate(
            (players_m, np.full((count, people, 1), height_m), np.ones((count, people, 1))), axis=2
        )
        seen = np.einsum("nij,npj->npi", cameras, solid)
        with np.errstate(divide="ignore", invalid="ignore"):
            ends.append(seen[..., :2] / seen[..., 2:])
    feet, head = ends
    body = head - feet
    size = np.maximum((body**2).sum(axis=2), 1e-9)
    along = np.clip(((points_px[:, None] - feet) * body).sum(axis=2) / size, 0.0, 1.0)
    away = np.hypot(*np.moveaxis(points_px[:, None] - feet - along[..., None] * body, -1, 0))
    away = np.where(np.isfinite(away), away * 2.3 / np.sqrt(size), np.inf)
    nearest = away.argmin(axis=1)
    anchors: Float64 = players_m[np.arange(count), nearest].copy()
    anchors[away[np.arange(count), nearest] > 2 * settings.player_m] = np.nan
    return anchors


def _kickers(planes: Float64, players_m: Float64, settings: FlightSettings) -> Float64:
    """Give how far the nearest player is from each sighting, were the ball on the grass."""
    level = planes[:, :, :2]
    right = -planes[:, :, 3:] - settings.radius_m * planes[:, :, 2:3]
    spots = (np.linalg.pinv(level) @ right)[..., 0]
    away = np.hypot(*np.moveaxis(players_m - spots[:, None], -1, 0))
    nearest = np.where(np.isnan(away), np.inf, away).min(axis=1)
    return np.where(np.isinf(nearest), np.nan, nearest)
