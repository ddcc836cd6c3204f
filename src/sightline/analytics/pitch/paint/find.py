"""Finds and follows the camera from points on painted lines: a view from the table, then names, then `refine`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.observed import STANDARD_PX, Observed
from sightline.analytics.pitch.paint.descent import Descent, agreement_scores, descend
from sightline.analytics.pitch.paint.nearness import (
    Nearness,
    directions_of,
    ground_samples,
    nearness_of,
    projected,
)
from sightline.analytics.pitch.paint.views import best_views, view_table
from sightline.analytics.pitch.quality import paint_quality, spread_m
from sightline.analytics.pitch.refine import Prior, refine
from sightline.analytics.pitch.residuals import X, Y, Z, camera_of, centred, evidence_of, residuals_px, row_of
from sightline.analytics.pitch.solve import Solved

if TYPE_CHECKING:
    from sightline.analytics.pitch.camera import PitchCamera
    from sightline.core.arrays import Float64

_LEAST_CONSTRAINTS = 6
_SLACK = 0.01
_LEAST_CARRIED = 12
_CARRIED_PX = 4.0
_ANY_PITCH = PitchSize()
_ROUGH = np.array([0.15, 0.12, 0.025, 0.3, 10.0, 15.0, 10.0, 0.0])
_NEXT = np.array([0.03, 0.02, 0.004, 0.04, 0.3, 0.3, 0.2, 0.0])


@dataclass(frozen=True, slots=True)
class PaintSettings:
    """How a camera is searched for; distances in standard pixels, those of a picture 960 wide.

    Attributes:
        views: How many views of the table are moved downhill.
        finalists: How many of those are looked at closely.
        least_points: Fewer points on paint than this say nothing.
        every: Each n-th point on paint is used to judge, for speed.
        judged_px: How near paint and marking must lie to agree.
        named_px: How near a point must lie to a marking to be named after it.
        prior: What is likely of a camera.
    """

    views: int = 60
    finalists: int = 8
    least_points: int = 300
    every: int = 6
    judged_px: float = 5.0
    named_px: float = 8.0
    prior: Prior = field(
        default_factory=lambda: Prior(
            position_sd_m=(40.0, 30.0, 20.0), tilt_sd_deg=20.0, log_focal_sd=1.2, bend_sd=0.02
        )
    )


@dataclass(frozen=True, slots=True)
class _Paint:
    points: Float64  # (n, 3) centred, with the direction
    near: Nearness
    picture: tuple[int, int]


def search_camera(
    points_px: Float64,
    directions_rad: Float64,
    picture: tuple[int, int],
    size: PitchSize,
    *,
    ends: bool = True,
    settings: PaintSettings | None = None,
) -> Solved | None:
    """Find the camera of a picture of which nothing is known.

    The pitch looks the same from both stands and from both ends: the camera is taken to stand at the main one, or
    behind the left goal.

    Args:
        points_px: `(n, 2)` points on painted lines.
        directions_rad: `(n,)` the direction in which the line runs there, 0..pi.
        picture: `(height, width)` in pixels.
        size: The pitch.
        ends: Whether the camera may stand behind a goal.
        settings: How to search.

    Returns:
        The best camera there is, with a quality that says whether to believe it; None where there is hardly
        any paint.
    """
    settings = settings or PaintSettings()
    paint = _paint(points_px, directions_rad, picture, settings)
    if paint is None:
        return None
    markings = markings_of(size)
    coarse, fine = ground_samples(markings, 3.0)[0], ground_samples(markings, 1.0)[0]
    views = best_views(
        paint.near, view_table(size, picture, ends), paint_px=float(len(paint.points)), kept=settings.views
    )
    views = descend(views, Descent(paint.near, coarse, 25.0, _ROUGH), rounds=8)
    scores = _scores(views, paint, coarse, 1.6 * settings.judged_px, settings)
    views = views[np.argsort(-scores, kind="stable")[: settings.finalists]]
    views = descend(views, Descent(paint.near, fine, 8.0, 2 * _ROUGH), rounds=12)
    scores = _scores(views, paint, fine, settings.judged_px, settings)
    return _refined(views[scores.argmax()], paint, size, settings)


def follow_camera(
    before: PitchCamera,
    points_px: Float64,
    directions_rad: Float64,
    picture: tuple[int, int],
    size: PitchSize,
    *,
    settings: PaintSettings | None = None,
) -> Solved | None:
    """Find the camera of a picture that was taken shortly after one whose camera is known; else like `search_camera`."""
    settings = settings or PaintSettings()
    paint = _paint(points_px, directions_rad, picture, settings)
    if paint is None:
        return None
    samples = ground_samples(markings_of(size), 1.5)[0]
    start = row_of(before, picture)[None]
    moved = descend(start, Descent(paint.near, samples, 10.0, _NEXT), rounds=8)
    return _refined(moved[0], paint, size, settings)


def _paint(
    points_px: Float64, directions_rad: Float64, picture: tuple[int, int], settings: PaintSettings
) -> _Paint | None:
    if len(points_px) < settings.least_points:
        return None
    points = centred(points_px, picture)
    return _Paint(
        np.column_stack([points, directions_rad]), nearness_of(points, directions_rad, picture), picture
    )


def _scores(
    cameras: Float64, paint: _Paint, samples_m: Float64, reach_px: float, settings: PaintSettings
) -> Float64:
    return agreement_scores(cameras, paint.near, samples_m, paint.points[:: settings.every], reach_px)


def _refined(row: Float64, paint: _Paint, size: PitchSize, settings: PaintSettings) -> Solved:
    """Name the points near markings, refine on them, keep what agrees better."""
    markings = markings_of(size)
    samples = ground_samples(markings, 1.0)[0]
    score = float(_scores(row[None], paint, samples, settings.judged_px, settings)[0])
    for reach_px in (settings.named_px, settings.named_px / 2):
        seen = named(row, paint.points, paint.picture, size, reach_px=reach_px)
        if seen.constraints < _LEAST_CONSTRAINTS:
            return Solved(camera_of(row, paint.picture), 0.0, np.inf, score, np.inf, side_known=False)
        evidence = evidence_of(seen, markings)
        tried = refine(row[None], evidence, settings.prior, scale_px=2.0, rounds=8).cameras
        after = float(_scores(tried, paint, samples, settings.judged_px, settings)[0])
        if after >= score - _SLACK:
            score, row = after, tried[0]
    curvature = refine(row[None], evidence, settings.prior, scale_px=2.0, rounds=0).curvature[0]
    off = residuals_px(row[None], evidence)[0]
    rms = float(np.sqrt(np.mean(np.minimum(off**2, settings.named_px**2))))
    spread = spread_m(row, curvature, 2.0, rms, paint.picture)
    return Solved(
        camera_of(row, paint.picture), paint_quality(score, spread), rms, score, spread, side_known=False
    )


def named(
    row: Float64,
    points: Float64,
    picture: tuple[int, int],
    size: PitchSize,
    *,
    reach_px: float,
    most: int = 40,
) -> Observed:
    """Name points `(n, 3)`, centred and with their direction, after the markings they lie on, at most `most` each."""
    from scipy.spatial import cKDTree

    samples, names = ground_samples(markings_of(size), 0.5)
    seen = projected(row[None], samples)
    directions = directions_of(seen)[0]
    shown = np.isfinite(seen[0]).all(1) & (np.abs(seen[0]) < 1.1).all(1)
    lines: dict[str, Float64] = {}
    if shown.sum() > 1:
        distances, which = cKDTree(seen[0][shown]).query(points[:, :2])
        turned = points[:, 2] - directions[shown][which]
        off = np.abs((turned + np.pi / 2) % np.pi - np.pi / 2)
        kept = (distances * STANDARD_PX <= reach_px) & (off < 0.35)
        labels = np.array(names)[shown][which]
        half, middle = picture[1] / 2, np.array([(picture[1] - 1) / 2, (picture[0] - 1) / 2])
        for name in np.unique(labels[kept]):
            mine = points[kept & (labels == name), :2] * half + middle
            if len(mine) >= 6:
                lines[str(name)] = mine[:: max(1, len(mine) // most)]
    return Observed(picture, lines=lines)


def carried_camera(before: PitchCamera, motion: Float64, picture: tuple[int, int]) -> PitchCamera | None:
    """Give the camera after the picture moved, standing in the same place.

    Args:
        before: The camera before.
        motion: `(3, 3)` from pixels before to pixels now.
        picture: `(height, width)` in pixels.

    Returns:
        None where the motion is none that turning and zooming explains.
    """
    height, width = picture
    x, y = np.meshgrid(np.linspace(0.1, 0.9, 6) * width, np.linspace(0.2, 0.9, 5) * height)
    pixels = np.column_stack([x.ravel(), y.ravel()])
    places = before.to_ground(pixels)
    moved = np.column_stack([pixels, np.ones(len(pixels))]) @ motion.T
    kept = np.isfinite(places).all(1) & (moved[:, 2] > 0)
    if kept.sum() < _LEAST_CARRIED:
        return None
    places_m = np.column_stack([places[kept], np.zeros(int(kept.sum()))])
    seen = Observed(picture, points_px=moved[kept, :2] / moved[kept, 2:], points_m=places_m)
    row = row_of(before, picture)
    tight = Prior(
        position_m=tuple(row[[X, Y, Z]] * [1, np.sign(row[Y]) or 1, 1]),
        position_sd_m=(0.02, 0.02, 0.02),
        roll_sd_deg=5.0,
        tilt_sd_deg=90.0,
        log_focal_sd=5.0,
    )
    found = refine(
        row[None], evidence_of(seen, markings_of(_ANY_PITCH)), tight, scale_px=4.0, rounds=12, free_bend=False
    )
    off = residuals_px(found.cameras, evidence_of(seen, markings_of(_ANY_PITCH)))[0]
    return camera_of(found.cameras[0], picture) if np.median(np.abs(off)) < _CARRIED_PX else None
