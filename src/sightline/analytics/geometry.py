"""Lines, polygons and ground planes, on arrays of points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.core.errors import CalibrationError
from sightline.core.space import Homography, Space

if TYPE_CHECKING:
    from sightline.analytics.rows import Mask
    from sightline.core.arrays import Float64

Point = tuple[float, float]


def offsets_px(points_px: Float64, start: Point, end: Point) -> Float64:
    """Give how far each point lies from the endless line through `start` and `end`.

    Args:
        points_px: `(n, 2)` float64.
        start: Where the line begins.
        end: Where it ends; another point than `start`.

    Returns:
        `(n,)` float64. Positive on the right hand of who walks from start to end on a picture whose y
        points down; negative on the left.

    Example:
        >>> offsets_px(np.array([[5.0, 2.0]]), (0, 0), (10, 0)).tolist()
        [2.0]
    """
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    cross = along_x * (points_px[:, 1] - start[1]) - along_y * (points_px[:, 0] - start[0])
    return np.asarray(cross / np.hypot(along_x, along_y))


def share_along(point: Point, start: Point, end: Point) -> float:
    """Give where a point lies along a line: 0 at its start, 1 at its end, beyond them outside 0..1."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    dot = along_x * (point[0] - start[0]) + along_y * (point[1] - start[1])
    return float(dot / (along_x * along_x + along_y * along_y))


def inside(points_px: Float64, polygon: Float64) -> Mask:
    """Tell which points lie in a polygon, by the even-odd rule.

    Args:
        points_px: `(n, 2)` float64.
        polygon: `(m, 2)` float64 corners in order, m >= 3, not closed.

    Returns:
        `(n,)` bool. Of points on the border, those on a left or upper edge count as inside.

    Source:
        Hormann & Agathos, The point in polygon problem for arbitrary polygons, 2001, section 2.
    """
    x, y = points_px[:, 0], points_px[:, 1]
    odd = np.zeros(len(points_px), np.bool_)
    corners = polygon.tolist()
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if y1 == y2:
            continue
        level = (y1 <= y) != (y2 <= y)
        odd ^= level & (x >= x1 + (y - y1) * ((x2 - x1) / (y2 - y1)))
    return odd


def border_share(polygon: Float64, outer: Point, inner: Point) -> float:
    """Give how far on the way from a point outside to one inside the border is passed for the last time.

    Args:
        polygon: `(m, 2)` float64 corners.
        outer: A point outside.
        inner: A point inside.

    Returns:
        0..1 of the way; 1 where the two are on the border itself.
    """
    here, there = np.asarray(outer, np.float64), np.asarray(inner, np.float64)
    way = there - here
    edges = np.roll(polygon, -1, axis=0) - polygon
    facing = way[0] * edges[:, 1] - way[1] * edges[:, 0]
    crossed = np.abs(facing) > 1e-12
    if not crossed.any():
        return 1.0
    to_corner = polygon[crossed] - here
    edges, facing = edges[crossed], facing[crossed]
    on_way = (to_corner[:, 0] * edges[:, 1] - to_corner[:, 1] * edges[:, 0]) / facing
    on_edge = (to_corner[:, 0] * way[1] - to_corner[:, 1] * way[0]) / facing
    hits = on_way[(on_edge >= -1e-9) & (on_edge <= 1 + 1e-9) & (on_way >= -1e-9) & (on_way <= 1 + 1e-9)]
    return float(np.clip(hits.max(), 0.0, 1.0)) if len(hits) else 1.0


def area_px2(polygon: Float64) -> float:
    """Give the area of a polygon `(n, 2)`, by the shoelace formula; 0 where its corners lie on one line."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def crosses_itself(polygon: Float64) -> bool:
    """Tell whether two edges of a polygon `(n, 2)` that are not neighbours meet."""
    count = len(polygon)
    corners = [(float(x), float(y)) for x, y in polygon]
    for first in range(count):
        for second in range(first + 2, count):
            if first == 0 and second == count - 1:
                continue
            pairs = (
                (corners[first], corners[(first + 1) % count]),
                (corners[second], corners[(second + 1) % count]),
            )
            if _meet(*pairs[0], *pairs[1]):
                return True
    return False


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def fit_homography(image_px: Float64, ground_m: Float64) -> tuple[Homography, float]:
    """Fit the map from image to ground that best sends given points to where they are known to lie.

    The ground is taken to be flat and the lens free of distortion.

    Args:
        image_px: `(n, 2)` float64, n >= 4, no three of the first four on one line.
        ground_m: `(n, 2)` float64, the same points in metres.

    Returns:
        The homography, and the root mean square distance in metres by which it misses the points (always
        about 0 for four of them, which then says nothing on how good it is).

    Raises:
        CalibrationError: Fewer than four points, or they do not fix a homography.

    Source:
        The normalised direct linear transform; Hartley & Zisserman, 2nd ed., algorithm 4.2.
    """
    image_px, ground_m = np.asarray(image_px, np.float64), np.asarray(ground_m, np.float64)
    if len(image_px) < 4 or image_px.shape != ground_m.shape:
        raise CalibrationError(
            f"a ground plane needs at least 4 points in both systems, got {len(image_px)} and {len(ground_m)}",
            hint="give four pairs or more, no three of them on one line",
        )
    from_image, from_ground = _normaliser(image_px), _normaliser(ground_m)
    source, target = _moved(image_px, from_image), _moved(ground_m, from_ground)
    zeros, ones = np.zeros(len(source)), np.ones(len(source))
    x, y, u, v = source[:, 0], source[:, 1], target[:, 0], target[:, 1]
    equations = np.concatenate(
        [
            np.stack([x, y, ones, zeros, zeros, zeros, -u * x, -u * y, -u], axis=1),
            np.stack([zeros, zeros, zeros, x, y, ones, -v * x, -v * y, -v], axis=1),
        ]
    )
    _, weights, rows = np.linalg.svd(equations)
    if weights[7] < 1e-7 * weights[0]:
        raise CalibrationError(
            "the points do not fix a ground plane", hint="spread them out, no three on one line"
        )
    matrix = np.linalg.inv(from_ground) @ rows[-1].reshape(3, 3) @ from_image
    depths = np.c_[image_px, np.ones(len(image_px))] @ matrix[2]
    matrix = matrix if depths.mean() > 0 else -matrix
    fitted = Homography(matrix / np.abs(matrix[2, 2]), source=Space.IMAGE_PX, target=Space.GROUND_M)
    missed_m = np.hypot(*(fitted.project(image_px) - ground_m).T)
    if not np.isfinite(missed_m).all():
        raise CalibrationError(
            "some of the points would lie beyond the horizon", hint="check that pairs are in the same order"
        )
    return fitted, float(np.sqrt((missed_m**2).mean()))


def _normaliser(points: Float64) -> Float64:
    centre = points.mean(axis=0)
    spread = np.hypot(*(points - centre).T).mean()
    if spread == 0:
        raise CalibrationError("all points are the same", hint="give four points, no three on one line")
    scale = np.sqrt(2) / spread
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1.0]])


def _moved(points: Float64, matrix: Float64) -> Float64:
    return np.asarray((np.c_[points, np.ones(len(points))] @ matrix.T)[:, :2])
