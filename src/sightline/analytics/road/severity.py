"""How bad a hazard is, from its extent alone: a camera that looks ahead does not see how deep a hole is.

Potholes go by their mean diameter, with the bands of ASTM D6433's table; its other half, depth, is left out, so this is
no rating of that standard. Cracks go by length, alligator cracks by area.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import hypot, pi, sqrt

from sightline.analytics.road.kinds import HazardKind


class Severity(StrEnum):
    """A band of extent."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class SeverityBands:
    """From where on a hazard is `medium` and `high`.

    Attributes:
        pothole_m: Mean diameter.
        crack_m: Length.
        alligator_m2: Area.
    """

    pothole_m: tuple[float, float] = (0.2, 0.45)
    crack_m: tuple[float, float] = (1.0, 3.0)
    alligator_m2: tuple[float, float] = (1.0, 4.0)

    def of(self, kind: HazardKind) -> tuple[float, float]:
        """Give the bands of a kind."""
        if kind is HazardKind.D40:
            return self.pothole_m
        return self.alligator_m2 if kind is HazardKind.D20 else self.crack_m


@dataclass(frozen=True, slots=True)
class Extent:
    """The one number that says how large a hazard is.

    Attributes:
        value: Mean diameter of a pothole, length of a crack, area of an alligator crack.
        unit: `m`, or `m2` for an area.
        sd: Its standard deviation.
    """

    value: float
    unit: str
    sd: float


def extent_of(
    kind: HazardKind, length_m: float, width_m: float, length_sd_m: float = 0.0, width_sd_m: float = 0.0
) -> Extent:
    """Give a hazard's extent from its size along and across the road.

    A pothole is an ellipse, an alligator crack a rectangle; a longitudinal crack is as long as its box is, a transverse
    one as wide, one of unknown direction as its diagonal.

    Example:
        >>> extent_of(HazardKind.D40, 0.4, 0.9).value
        0.6
    """
    if kind is HazardKind.D40:
        value = round(sqrt(max(length_m * width_m, 0.0)), 9)
        share = hypot(_share(length_sd_m, length_m), _share(width_sd_m, width_m)) / 2
        return Extent(value, "m", value * share)
    if kind is HazardKind.D20:
        value = length_m * width_m
        return Extent(value, "m2", value * hypot(_share(length_sd_m, length_m), _share(width_sd_m, width_m)))
    if kind is HazardKind.D10:
        return Extent(width_m, "m", width_sd_m)
    if kind is HazardKind.D00:
        return Extent(length_m, "m", length_sd_m)
    value = hypot(length_m, width_m)
    sd = hypot(length_m * length_sd_m, width_m * width_sd_m) / value if value > 0 else 0.0
    return Extent(value, "m", sd)


def area_m2(kind: HazardKind, length_m: float, width_m: float) -> float:
    """Give the area that a pothole's ellipse or any other hazard's rectangle covers."""
    return length_m * width_m * (pi / 4 if kind is HazardKind.D40 else 1.0)


def severity_of(kind: HazardKind, extent: Extent, bands: SeverityBands) -> tuple[Severity, bool]:
    """Give the band, and whether it is the same one standard deviation to either side."""
    low, high = (_band(extent.value + side * extent.sd, bands.of(kind)) for side in (-1, 1))
    return _band(extent.value, bands.of(kind)), low is high


def _band(value: float, limits: tuple[float, float]) -> Severity:
    if value < limits[0]:
        return Severity.LOW
    return Severity.MEDIUM if value < limits[1] else Severity.HIGH


def _share(sd: float, value: float) -> float:
    return sd / value if value > 0 else 0.0
