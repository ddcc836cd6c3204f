"""Where metres on flat ground lie on Earth, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

EQUATOR_M = 6_378_137.0
FLATTENING = 1 / 298.257223563


@dataclass(frozen=True, slots=True)
class GeoOrigin:
    """Where the ground's metres lie on Earth.

    Attributes:
        latitude_deg: Of the ground's origin, WGS 84, -90..90.
        longitude_deg: Likewise, -180..180.
        bearing_deg: Direction of the ground's y axis, clockwise from true north.
    """

    latitude_deg: float
    longitude_deg: float
    bearing_deg: float = 0.0

    def __post_init__(self) -> None:
        if not (abs(self.latitude_deg) < 90 and abs(self.longitude_deg) <= 180) or not np.isfinite(
            self.bearing_deg
        ):
            raise SettingsError(
                f"no place on Earth is at {self.latitude_deg}, {self.longitude_deg}",
                hint="latitude between -90 and 90, longitude -180..180, in degrees",
            )

    def degrees(self, points_m: Float64) -> Float64:
        """Give where ground points lie, on the plane that touches the Earth at the origin.

        Good to a millimetre over a hundred metres, to a centimetre or so over a kilometre.

        Args:
            points_m: `(n, 2)` metres; x to the right of the y axis.

        Returns:
            `(n, 2)` longitude and latitude in degrees, WGS 84: GeoJSON's order.

        Source:
            Radii of curvature in the meridian and the prime vertical: Snyder, Map Projections: A Working
            Manual (USGS Professional Paper 1395), equations 4-18 and 4-20.
        """
        turn = np.deg2rad(self.bearing_deg)
        east_m = points_m[:, 0] * np.cos(turn) + points_m[:, 1] * np.sin(turn)
        north_m = -points_m[:, 0] * np.sin(turn) + points_m[:, 1] * np.cos(turn)
        east_m_rad, north_m_rad = self._radii_m()
        return np.stack(
            [
                self.longitude_deg + np.rad2deg(east_m / east_m_rad),
                self.latitude_deg + np.rad2deg(north_m / north_m_rad),
            ],
            axis=1,
        )

    def metres(self, places_deg: Float64) -> Float64:
        """Give where places lie on the same plane: the way back from `degrees`.

        Args:
            places_deg: `(n, 2)` longitude and latitude in degrees.

        Returns:
            `(n, 2)` metres; x to the right of the y axis.
        """
        turn = np.deg2rad(self.bearing_deg)
        east_m_rad, north_m_rad = self._radii_m()
        round_the_earth = (places_deg[:, 0] - self.longitude_deg + 180.0) % 360.0 - 180.0
        east_m = np.deg2rad(round_the_earth) * east_m_rad
        north_m = np.deg2rad(places_deg[:, 1] - self.latitude_deg) * north_m_rad
        return np.stack(
            [east_m * np.cos(turn) - north_m * np.sin(turn), east_m * np.sin(turn) + north_m * np.cos(turn)],
            axis=1,
        )

    def _radii_m(self) -> tuple[float, float]:
        """Metres that a radian of longitude and one of latitude are long here."""
        latitude = np.deg2rad(self.latitude_deg)
        squared = FLATTENING * (2 - FLATTENING)
        below = 1 - squared * np.sin(latitude) ** 2
        return (
            float(EQUATOR_M / below**0.5 * np.cos(latitude)),
            float(EQUATOR_M * (1 - squared) / below**1.5),
        )
