"""What is gathered about one hazard while it comes nearer: sizes and places, and what they amount to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.earth import GeoOrigin
from sightline.analytics.road.camera import RoadCamera, on_road
from sightline.analytics.road.hazards import HazardPlace, HazardSize
from sightline.analytics.road.severity import area_m2, extent_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.road.gps import Place
    from sightline.analytics.road.kinds import HazardKind
    from sightline.core.arrays import Float64

_BORDER = 0.015  # of the height: a cut box's edge wavers about the picture's


@dataclass(frozen=True, slots=True)
class Measured:
    """One box on the road.

    Attributes:
        ahead_m: How far before the camera its middle lies.
        left_m: How far to the left.
        ahead_sd_m: Standard deviation of `ahead_m`.
        length_m: Along the road.
        width_m: Across it.
        length_sd_m: Standard deviation.
        width_sd_m: Standard deviation.
        whole: Whether the picture's edges cut nothing off.
    """

    ahead_m: float
    left_m: float
    ahead_sd_m: float
    length_m: float
    width_m: float
    length_sd_m: float
    width_sd_m: float
    whole: bool


def measured(camera: RoadCamera, boxes_px: Float64) -> list[Measured | None]:
    """Measure boxes; None for one that reaches the horizon."""
    if not len(boxes_px):
        return []
    found = on_road(camera, boxes_px)
    height, width = camera.size
    border_px = _BORDER * height
    whole = (
        (boxes_px[:, 0] > border_px)
        & (boxes_px[:, 2] < width - border_px)
        & (boxes_px[:, 3] < height - border_px)
    )
    rows = np.c_[found.places_m, found.distance_sd_m, found.sizes_m, found.sizes_sd_m]
    known = np.isfinite(rows).all(axis=1)
    return [
        _measured(row, is_whole=bool(whole[number])) if known[number] else None
        for number, row in enumerate(rows.tolist())
    ]


def _measured(row: Sequence[float], *, is_whole: bool) -> Measured:
    ahead_m, left_m, ahead_sd_m, length_m, width_m, length_sd_m, width_sd_m = row
    return Measured(ahead_m, left_m, ahead_sd_m, length_m, width_m, length_sd_m, width_sd_m, is_whole)


def size_of(kind: HazardKind, seen: Sequence[Sequence[float]]) -> HazardSize | None:
    """Give a hazard's size from what was measured in its frames.

    Each side is the median weighted by one over its variance. The uncertainty is that of a typical frame and is not
    divided by the number of frames: what the camera's height and pitch are off by is the same in all of them.

    Args:
        kind: What it is.
        seen: Rows of length, width and their standard deviations.
    """
    if not seen:
        return None
    rows = np.array(seen, np.float64)
    length, width = (
        _middle(rows[:, side], 1.0 / np.maximum(rows[:, 2 + side], 1e-3) ** 2) for side in (0, 1)
    )
    length_sd, width_sd = (float(np.median(rows[:, 2 + side])) for side in (0, 1))
    extent = extent_of(kind, length, width, length_sd, width_sd)
    return HazardSize(
        length, width, length_sd, width_sd, area_m2(kind, length, width), extent.value, extent.unit, extent.sd,
        len(rows),
    )  # fmt: skip


def place_of(car: Place, box: Measured | None) -> HazardPlace:
    """Give where on Earth a hazard is: the car's place moved by what the camera says, where both are known."""
    if box is None or car.heading_deg is None:
        return HazardPlace(car.latitude_deg, car.longitude_deg, car.heading_deg, car.quality.value, "vehicle")
    origin = GeoOrigin(car.latitude_deg, car.longitude_deg, car.heading_deg)
    longitude, latitude = origin.degrees(np.array([[-box.left_m, box.ahead_m]]))[0].tolist()
    return HazardPlace(latitude, longitude, car.heading_deg, car.quality.value, "road")


def _middle(values: Float64, weights: Float64) -> float:
    order = np.argsort(values, kind="stable")
    running = np.cumsum(weights[order])
    at = int(np.searchsorted(running, running[-1] / 2))
    return float(values[order][min(at, len(values) - 1)])


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Give the share of the smaller box that lies in the other one, 0..1."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    if across <= 0 or down <= 0:
        return 0.0
    least = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return across * down / least if least > 0 and math.isfinite(least) else 0.0
