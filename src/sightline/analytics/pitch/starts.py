"""First guesses of a camera, for `refine` to start from.

Anchors are pitch points whose place in the picture follows from what is drawn: where two straight markings cross,
and roughly the middle of a circle. A plane's homography from lines and anchors gives one guess. The others stand
where cameras in stadiums stand, and are turned and zoomed so that the anchors come to lie right.

Source:
    Hartley & Zisserman, Multiple View Geometry, 2nd ed., sections 4.1 (direct linear transform, here also on
    lines) and 8.8 (the camera in a homography, known but for its focal length).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.camera import angles_of
from sightline.analytics.pitch.residuals import PARAMETERS, Evidence, crossed

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

STANDS_M = (
    (0.0, 62.0, 16.0),
    (0.0, 48.0, 10.0),
    (0.0, 82.0, 24.0),
    (-22.0, 60.0, 14.0),
    (22.0, 60.0, 14.0),
    (-48.0, 48.0, 10.0),
    (48.0, 48.0, 10.0),
    (-72.0, 0.0, 12.0),
    (72.0, 0.0, 12.0),
)
"""Where cameras stand; y is that of the main stand and taken with both signs."""

_FOCALS = (2.5, 5.0, 9.0)
_FARTHEST = 2.5
_LEAST_SINE = 0.12
_SAME_M = 1e-6


@dataclass(frozen=True, slots=True)
class Anchors:
    """Pitch points and where they lie in the picture, in halves of its width.

    Attributes:
        points: `(n, 2)` in the picture.
        points_m: `(n, 3)` on the pitch.
        exact: `(n,)` bool, whether it is a crossing and not merely a circle's middle.
    """

    points: Float64
    points_m: Float64
    exact: Float64


def anchors_of(evidence: Evidence) -> Anchors:
    """Find pairs of drawn straight markings that meet on the pitch and in or near the picture."""
    lines = [
        _line_through(evidence.line_points[evidence.line_of == row]) for row in range(len(evidence.starts_m))
    ]
    found: list[tuple[Float64, Float64, bool]] = []
    for first in range(len(lines)):
        for second in range(first + 1, len(lines)):
            meeting = _meeting(evidence, first, second)
            if meeting is None:
                continue
            crossing = crossed(lines[first], lines[second])
            if abs(crossing[2]) > _LEAST_SINE and np.abs(crossing[:2] / crossing[2]).max() < _FARTHEST:
                found.append((crossing[:2] / crossing[2], meeting, True))
    found += [(point, place, True) for point, place in zip(evidence.points, evidence.points_m, strict=True)]
    for row, (x, y, _) in enumerate(evidence.circles_m):
        middle = evidence.arc_points[evidence.arc_of == row].mean(0)
        found.append((middle, np.array([x * 0.85, y, 0.0]), False))
    return Anchors(
        np.array([point for point, _, _ in found]).reshape(-1, 2),
        np.array([place for _, place, _ in found]).reshape(-1, 3),
        np.array([exact for _, _, exact in found], bool),
    )


def guesses(evidence: Evidence, anchors: Anchors) -> Float64:
    """Give `(k, 8)` first guesses: from the homography where there is one, then from the stands."""
    direct = [row for row in (from_homography(direct_homography(evidence, anchors)),) if row is not None]
    return np.concatenate([np.array(direct).reshape(-1, PARAMETERS), _from_stands(evidence, anchors)])


def direct_homography(evidence: Evidence, anchors: Anchors) -> Float64 | None:
    """Give the `(3, 3)` map from ground to picture that lines and anchors agree on best, None where they are few."""
    scale_m = 30.0
    rows: list[Float64] = []
    for row in range(len(evidence.starts_m)):
        if evidence.starts_m[row, 2] or evidence.ends_m[row, 2]:
            continue
        start, end = evidence.starts_m[row, :2] / scale_m, evidence.ends_m[row, :2] / scale_m
        drawn = _line_through(evidence.line_points[evidence.line_of == row])
        # Both ends of the marking lie on the drawn line: l . H X = 0.
        along = (end - start) / np.linalg.norm(end - start) / 2
        middle = (start + end) / 2
        rows += [np.kron(drawn, [*point, 1.0]) for point in (middle - along, middle + along)]
    use = anchors.exact & (anchors.points_m[:, 2] == 0)
    for (u, v), place in zip(anchors.points[use], anchors.points_m[use], strict=True):
        point = np.array([*(place[:2] / scale_m), 1.0])
        rows.append(np.concatenate([point, np.zeros(3), -u * point]))
        rows.append(np.concatenate([np.zeros(3), point, -v * point]))
    if len(rows) < 8:
        return None
    _, sizes, axes = np.linalg.svd(np.array(rows))
    if len(sizes) < 8 or sizes[7] < 1e-6 * sizes[0]:
        return None
    return np.asarray(axes[-1].reshape(3, 3) @ np.diag([1 / scale_m, 1 / scale_m, 1.0]), np.float64)


def from_homography(matrix: Float64 | None) -> Float64 | None:
    """Give the camera `(8,)` in a map from ground to picture, None where no real camera has that map."""
    if matrix is None:
        return None
    first, second = matrix[:, 0], matrix[:, 1]
    # (h1 . w h2) = 0 and (h1 . w h1) = (h2 . w h2) with w = diag(1, 1, f^2), both linear in f^2.
    left = np.array([first[2] * second[2], first[2] ** 2 - second[2] ** 2])
    right = -np.array([first[:2] @ second[:2], first[:2] @ first[:2] - second[:2] @ second[:2]])
    squared = float(left @ right / max(left @ left, 1e-30))
    if not 0.04 < squared < 2500.0:
        return None
    focal = np.sqrt(squared)
    turned = np.diag([1 / focal, 1 / focal, 1.0]) @ matrix
    turned /= np.sqrt(np.linalg.norm(turned[:, 0]) * np.linalg.norm(turned[:, 1]))
    for sign in (1.0, -1.0):
        axes = np.column_stack(
            [sign * turned[:, 0], sign * turned[:, 1], crossed(turned[:, 0], turned[:, 1])]
        )
        left_axes, _, right_axes = np.linalg.svd(axes)
        rotation = left_axes @ right_axes
        position = -rotation.T @ (sign * turned[:, 2])
        if position[2] > 0:
            pan, tilt, roll = np.radians(angles_of(rotation))
            return np.array([pan, tilt, roll, np.log(focal), *position, 0.0])
    return None


def _from_stands(evidence: Evidence, anchors: Anchors) -> Float64:
    points, places = anchors.points, anchors.points_m
    if len(points) == 0:
        points, places = _rough(evidence)
    stands = np.array([(x, sign * y, z) for x, y, z in STANDS_M for sign in ((-1, 1) if y else (-1,))])
    found: list[Float64] = []
    for stand in stands:
        rays = places - stand
        rays = rays / np.linalg.norm(rays, axis=1)[:, None]
        focals = _focal(points, rays)
        for focal in focals:
            middle = points.mean(0)
            found.append(_aimed(stand, rays.mean(0), middle, focal))
    return np.array(found)


def _focal(points: Float64, rays: Float64) -> tuple[float, ...]:
    """Give focal lengths to try: the ratio of distance in the picture to angle, where two anchors tell it."""
    first, second = np.triu_indices(len(points), 1)
    spread = np.linalg.norm(points[first] - points[second], axis=1)
    angle = np.arccos(np.clip((rays[first] * rays[second]).sum(1), -1, 1))
    wide = (spread > 0.25) & (angle > 1e-3)
    if not wide.any():
        return _FOCALS
    return (float(np.clip(np.median(spread[wide] / angle[wide]), 0.5, 30.0)),)


def _aimed(stand: Float64, ray: Float64, point: Float64, focal: float) -> Float64:
    """Give the camera at `stand` that sees what lies along `ray` at `point`, without roll."""
    pan = np.arctan2(ray[0], ray[1]) - np.arctan2(point[0], focal)
    tilt = np.arccos(np.clip(-ray[2] / np.linalg.norm(ray), -1, 1)) + np.arctan2(point[1], focal)
    return np.array([pan, tilt, 0.0, np.log(focal), *stand, 0.0])


def _rough(evidence: Evidence) -> tuple[Float64, Float64]:
    """Take the middles of what is drawn for the middles of the markings."""
    rows = range(len(evidence.starts_m))
    points = [evidence.line_points[evidence.line_of == row].mean(0) for row in rows]
    return np.array(points).reshape(-1, 2), (evidence.starts_m + evidence.ends_m) / 2


def _line_through(points: Float64) -> Float64:
    """Give the line `(a, b, c)` with a^2 + b^2 = 1 nearest to `(n, 2)` points."""
    middle = points.mean(0)
    normal = np.linalg.svd(points - middle)[2][-1]
    return np.array([*normal, -normal @ middle])


def _meeting(evidence: Evidence, first: int, second: int) -> Float64 | None:
    """Give where two straight markings, lengthened, meet on the pitch."""
    start, along = evidence.starts_m[first], evidence.ends_m[first] - evidence.starts_m[first]
    other, across = evidence.starts_m[second], evidence.ends_m[second] - evidence.starts_m[second]
    normal = crossed(along, across)
    squared = normal @ normal
    if squared < _SAME_M or abs((other - start) @ normal) / np.sqrt(squared) > _SAME_M:
        return None
    share = crossed(other - start, across) @ normal / squared
    return np.asarray(start + share * along, np.float64)
