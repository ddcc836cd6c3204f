"""How far drawn points lie from where cameras put their markings, for many cameras at once.

A camera is a row of eight numbers: pan, tilt, roll (radians), logarithm of the focal length, x, y, z (metres) and
the lens's bend. Pictures are measured from their middle in halves of their width, so that nothing depends on their
resolution; distances are given in *standard pixels*, those of a picture 960 pixels wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.camera import PitchCamera, rotations
from sightline.analytics.pitch.markings import Arc, Markings, Segment
from sightline.analytics.pitch.observed import STANDARD_PX, Observed, middle_px

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

PAN, TILT, ROLL, LOG_FOCAL, X, Y, Z, BEND = range(8)
PARAMETERS = 8
FAR_PX = 2000.0
_LEAST_DEPTH = 1e-3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is seen of the pitch in one picture, in halves of its width from its middle.

    Attributes:
        names: Straight markings in the order of `starts_m`, then circles in that of `circles_m`.
        line_points: `(n, 2)` points on straight markings.
        line_of: `(n,)` rows of `starts_m` and `ends_m`.
        starts_m: `(s, 3)` one end of each straight marking.
        ends_m: `(s, 3)` its other end.
        arc_points: `(m, 2)` points on circles.
        arc_of: `(m,)` rows of `circles_m`.
        circles_m: `(c, 3)` centre and radius.
        points: `(k, 2)` pitch points with a place of their own.
        points_m: `(k, 3)` where those are.
        weights: `(n + m + k,)` how much each is to be believed, 1 for a point drawn by hand.
    """

    names: tuple[str, ...]
    line_points: Float64
    line_of: Int64
    starts_m: Float64
    ends_m: Float64
    arc_points: Float64
    arc_of: Int64
    circles_m: Float64
    points: Float64
    points_m: Float64
    weights: Float64

    @property
    def residual_weights(self) -> Float64:
        """`weights` for each of the `(r,)` residuals, of which a named point has two."""
        return np.concatenate([self.weights, self.weights[len(self.line_points) + len(self.arc_points) :]])


def evidence_of(seen: Observed, markings: Markings) -> Evidence:
    """Gather what is seen, centred and sorted by kind.

    Raises:
        CalibrationError: A marking's name is unknown.
    """
    drawn = {
        name: (markings.marking(name), centred(points, seen.picture)) for name, points in seen.lines.items()
    }
    segments = {name: shape for name, (shape, _) in drawn.items() if isinstance(shape, Segment)}
    arcs = {name: shape for name, (shape, _) in drawn.items() if isinstance(shape, Arc)}
    line_points, line_of = _stacked([drawn[name][1] for name in segments])
    arc_points, arc_of = _stacked([drawn[name][1] for name in arcs])
    return Evidence(
        names=(*segments, *arcs),
        line_points=line_points,
        line_of=line_of,
        starts_m=np.array([one.start_m for one in segments.values()]).reshape(-1, 3),
        ends_m=np.array([one.end_m for one in segments.values()]).reshape(-1, 3),
        arc_points=arc_points,
        arc_of=arc_of,
        circles_m=np.array([[*one.centre_m, one.radius_m] for one in arcs.values()]).reshape(-1, 3),
        points=centred(seen.points_px, seen.picture),
        points_m=seen.points_m,
        weights=np.concatenate([np.ones(len(line_points) + len(arc_points)), seen.point_weights]),
    )


def residuals_px(cameras: Float64, evidence: Evidence) -> Float64:
    """Give signed distances in standard pixels.

    Straight markings and named points are measured exactly, circles to first order from the ground.

    Args:
        cameras: `(k, 8)`.
        evidence: What is seen.

    Returns:
        `(k, n + m + 2 p)` float64, at most `FAR_PX` in size: lines, then circles, then points' x and y.
    """
    focal = np.exp(cameras[:, LOG_FOCAL])
    turn = rotations(np.degrees(cameras[:, [PAN, TILT, ROLL]]))
    parts = []
    if len(evidence.line_points):
        parts.append(_from_lines(cameras, turn, focal, evidence))
    if len(evidence.arc_points):
        parts.append(_from_circles(cameras, turn, focal, evidence))
    if len(evidence.points):
        parts.append(_from_points(cameras, turn, focal, evidence))
    found = np.concatenate(parts, axis=1) * STANDARD_PX
    return np.clip(np.nan_to_num(found, nan=FAR_PX), -FAR_PX, FAR_PX)


def straightened(cameras: Float64, points: Float64) -> Float64:
    """Give where `(n, 2)` points would lie without the lens's bend, `(k, n, 2)`, to third order.

    The bend b moves a point at distance r from the middle to r (1 + b r^2); here that is undone by one step of
    Newton's method, enough for what lenses do.
    """
    squared = (points**2).sum(1)[None, :]
    bend = cameras[:, BEND][:, None]
    shrunk = 1 - bend * squared / (1 + 3 * bend * squared)
    return np.asarray(shrunk[:, :, None] * points[None], np.float64)


def camera_of(row: Float64, size: tuple[int, int]) -> PitchCamera:
    """Give a row as a camera for a picture of `(height, width)` pixels."""
    half = size[1] / 2
    focal = float(np.exp(row[LOG_FOCAL]))
    return PitchCamera(
        pan_deg=_wrapped(row[PAN]),
        tilt_deg=_wrapped(row[TILT]),
        roll_deg=_wrapped(row[ROLL]),
        focal_px=focal * half,
        position_m=row[[X, Y, Z]].copy(),
        principal_point_px=middle_px(size),
        radial=(float(row[BEND]) * focal**2, 0.0, 0.0, 0.0, 0.0, 0.0),
    )


def row_of(camera: PitchCamera, size: tuple[int, int]) -> Float64:
    """Give a camera as a row `(8,)`; its principal point is taken to be the picture's middle."""
    focal = camera.focal_px / (size[1] / 2)
    angles = np.radians([camera.pan_deg, camera.tilt_deg, camera.roll_deg])
    return np.array([*angles, np.log(focal), *camera.position_m, camera.radial[0] / focal**2])


def centred(points_px: Float64, size: tuple[int, int]) -> Float64:
    """Give pixels `(..., 2)` in halves of the picture's width from its middle."""
    return np.asarray((points_px - middle_px(size)) / (size[1] / 2), np.float64)


def _from_lines(cameras: Float64, turn: Float64, focal: Float64, evidence: Evidence) -> Float64:
    ends = [_seen(cameras, turn, focal, ends_m) for ends_m in (evidence.starts_m, evidence.ends_m)]
    lines = crossed(ends[0], ends[1])
    lines = lines / np.maximum(np.hypot(lines[..., 0], lines[..., 1]), 1e-12)[..., None]
    lines = lines[:, evidence.line_of]
    points = straightened(cameras, evidence.line_points)
    return np.asarray((lines[..., :2] * points).sum(-1) + lines[..., 2], np.float64)


def _from_circles(cameras: Float64, turn: Float64, focal: Float64, evidence: Evidence) -> Float64:
    points = straightened(cameras, evidence.arc_points)
    ones = np.ones((*points.shape[:2], 1))
    rays = np.concatenate([points / focal[:, None, None], ones], axis=2) @ turn  # R^T applied to each ray
    height = cameras[:, Z][:, None]
    down = -rays[..., 2] / height
    down = np.where(down > _LEAST_DEPTH / 10, down, np.nan)
    centre = evidence.circles_m[evidence.arc_of]
    offset = cameras[:, None, [X, Y]] + rays[..., :2] / down[..., None] - centre[None, :, :2]
    distance = np.maximum(np.hypot(offset[..., 0], offset[..., 1]), 1e-9)
    outward = offset / distance[..., None]
    # How fast the distance grows along the picture's axes: d(ground)/d(pixel), seen along `outward`.
    across = turn[:, None, :2, :2] - (
        turn[:, None, :2, 2][..., None] * (rays[..., :2] / rays[..., 2:])[:, :, None, :]
    )
    slope = np.einsum("knij,knj->kni", across, outward) / (focal[:, None, None] * down[..., None])
    steep = np.maximum(np.hypot(slope[..., 0], slope[..., 1]), 1e-6)
    return np.asarray((distance - centre[None, :, 2]) / steep, np.float64)


def _from_points(cameras: Float64, turn: Float64, focal: Float64, evidence: Evidence) -> Float64:
    seen = _seen(cameras, turn, focal, evidence.points_m)
    ahead = np.where(seen[..., 2:] > _LEAST_DEPTH, seen[..., 2:], np.nan)
    offset = seen[..., :2] / ahead - straightened(cameras, evidence.points)
    return np.concatenate([offset[..., 0], offset[..., 1]], axis=1)


def crossed(first: Float64, second: Float64) -> Float64:
    """Give cross products of `(..., 3)` vectors; numpy's own spends its time on checks."""
    result = np.empty(np.broadcast_shapes(first.shape, second.shape))
    for axis, (one, two) in enumerate(((1, 2), (2, 0), (0, 1))):
        result[..., axis] = first[..., one] * second[..., two] - first[..., two] * second[..., one]
    return result


def _seen(cameras: Float64, turn: Float64, focal: Float64, points_m: Float64) -> Float64:
    """Give `(k, n, 3)` homogeneous picture points of `(n, 3)` pitch points."""
    local = (points_m[None] - cameras[:, None, [X, Y, Z]]) @ np.swapaxes(turn, 1, 2)
    return local * np.stack([focal, focal, np.ones_like(focal)], axis=1)[:, None, :]


def _stacked(groups: list[Float64]) -> tuple[Float64, NDArray[np.int64]]:
    counts = [len(group) for group in groups]
    return np.concatenate([np.zeros((0, 2)), *groups]), np.repeat(np.arange(len(groups)), counts)


def _wrapped(angle_rad: float) -> float:
    return float((np.degrees(angle_rad) + 180) % 360 - 180)
