"""How well a camera puts the pitch's markings where people drew them: SoccerNet's Jaccard index, JaC@t.

A marking counts as true where it is both drawn and visible and every drawn point lies within the threshold of its
projection; as a false positive where it is visible but not drawn, or drawn too far away; as a false negative where
it is drawn but not visible. The index is TP / (TP + FP + FN) of a picture; a set's is the mean over its pictures
with a camera. Annotators may have drawn the pitch the other way round, so the better of both readings counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.camera import SOCCERNET_SIZE, PitchCamera
from sightline.analytics.pitch.markings import Markings, is_unknown, mirrored
from sightline.analytics.pitch.observed import STANDARD_PX, Observed

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_STEP_M = 0.9  # the protocol's: a marking is visible where one of its sampled points is


def jaccard(
    camera: PitchCamera,
    drawn: Mapping[str, Float64],
    markings: Markings,
    *,
    threshold_px: float = 5.0,
    size: tuple[int, int] = SOCCERNET_SIZE,
) -> float:
    """Give JaC@t of one picture.

    Args:
        camera: In pixels of a picture of `size`.
        drawn: Points of each drawn marking, `(n, 2)` from 0 to 1 across the picture; unknown ones are left out.
        markings: The pitch.
        threshold_px: How far a drawn point may lie off.
        size: `(height, width)` of the picture in pixels.

    Returns:
        0..1; NaN where nothing is drawn and nothing visible.

    Source:
        SoccerNet camera calibration challenge, evaluation protocol (960x540, JaC@5).
    """
    visible = visible_polylines(camera, markings, size=size)
    span = np.array([size[1] - 1, size[0] - 1], np.float64)
    scaled = {name: points * span for name, points in drawn.items() if not is_unknown(name)}
    turned = {mirrored(name): points for name, points in scaled.items()}
    return float(np.fmax(_index(visible, scaled, threshold_px), _index(visible, turned, threshold_px)))


def agreement(camera: PitchCamera, seen: Observed, markings: Markings, *, threshold: float = 5.0) -> float:
    """Give the index of a camera on its own evidence, points counted as markings of their own.

    Args:
        camera: In the picture's pixels.
        seen: What is seen.
        markings: The pitch.
        threshold: How far a point may lie off, in standard pixels (those of a picture 960 wide).

    Returns:
        0..1; 0 where nothing is seen.
    """
    reach_px = threshold * seen.picture[1] / (2 * STANDARD_PX)
    visible = visible_polylines(camera, markings, size=seen.picture) if seen.lines else {}
    both = sorted(visible.keys() & seen.lines.keys())
    true = sum(bool((distances_px(seen.lines[name], visible[name]) <= reach_px).all()) for name in both)
    every = len(visible.keys() | seen.lines.keys()) + len(seen.points_px)
    off = np.linalg.norm(camera.project(seen.points_m) - seen.points_px, axis=1)
    return (true + int((off <= reach_px).sum())) / every if every else 0.0


def visible_polylines(
    camera: PitchCamera, markings: Markings, *, size: tuple[int, int] = SOCCERNET_SIZE
) -> dict[str, Float64]:
    """Give the part of each marking that lies in the picture, as `(n, 2)` pixels cut off at its border."""
    sampled = {name: marking.sample(_STEP_M) for name, marking in markings.all.items()}
    pixels = camera.project(np.concatenate(list(sampled.values())))
    found: dict[str, Float64] = {}
    start = 0
    for name, points in sampled.items():
        clipped = _clipped(pixels[start : start + len(points)], size)
        start += len(points)
        if len(clipped):
            found[name] = clipped
    return found


def _index(visible: Mapping[str, Float64], drawn: Mapping[str, Float64], threshold_px: float) -> float:
    both = visible.keys() & drawn.keys()
    true = sum(
        bool((distances_px(drawn[name], visible[name]) <= threshold_px).all()) for name in sorted(both)
    )
    every = len(visible.keys() | drawn.keys())
    return true / every if every else float("nan")


def distances_px(points: Float64, polyline: Float64) -> Float64:
    """Give the distance of each of `(n, 2)` points to a polyline of `(m, 2)` corners, `(n,)`."""
    start, along = polyline[:-1], np.diff(polyline, axis=0)
    if not len(along):
        return np.asarray(np.linalg.norm(points - polyline[0], axis=1), np.float64)
    length = np.maximum((along**2).sum(1), 1e-12)
    offset = points[:, None] - start
    share = np.clip((offset * along).sum(2) / length, 0, 1)
    nearest = offset - share[:, :, None] * along
    return np.asarray(np.sqrt((nearest**2).sum(2)).min(1), np.float64)


def _clipped(pixels: Float64, size: tuple[int, int]) -> Float64:
    """Give a polyline's corners inside the picture, and where it crosses the border."""
    far = np.array([size[1] - 1, size[0] - 1], np.float64)
    inside = np.asarray(((pixels >= 0) & (pixels <= far)).all(1))
    if not inside.any():
        return np.zeros((0, 2))
    kept: list[Float64] = []
    for place in range(len(pixels)):
        if place and inside[place] != inside[place - 1] and np.isfinite(pixels[place - 1 : place + 1]).all():
            kept.extend(_crossings(pixels[place - 1], pixels[place], far))
        if inside[place]:
            kept.append(pixels[place])
    return np.array(kept)


def _crossings(first: Float64, second: Float64, far: Float64) -> list[Float64]:
    """Give where a segment crosses the picture's border, in order (Liang and Barsky)."""
    along = second - first
    low, high = 0.0, 1.0
    for axis in (0, 1):
        if abs(along[axis]) < 1e-12:
            if not 0 <= first[axis] <= far[axis]:
                return []
            continue
        ends = sorted(((0 - first[axis]) / along[axis], (far[axis] - first[axis]) / along[axis]))
        low, high = max(low, ends[0]), min(high, ends[1])
    if low > high:
        return []
    return [first + share * along for share in (low, high) if 0 < share < 1]
