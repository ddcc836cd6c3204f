"""Hazards met so far, so that the next pass knows them again by place and heading."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.earth import GeoOrigin
from sightline.analytics.road.gps import turn_deg

if TYPE_CHECKING:
    from sightline.analytics.road.hazards import HazardPlace, WatchSettings

_OTHER_FAMILY = 3.0
_LEAST_M_A_DEGREE = 110_000.0  # of latitude, a little under the least there is


@dataclass(slots=True)
class Known:
    """One hazard: where it was placed, the mean of its passes, and when it was seen last."""

    hazard_id: int
    family: str
    latitude_deg: float
    longitude_deg: float
    heading_deg: float | None
    last_t_s: float
    visits: int


class KnownHazards:
    """The list, and who of it is meant."""

    def __init__(self, settings: WatchSettings) -> None:
        self._settings = settings
        self._known: dict[int, Known] = {}

    def same_as(self, family: str, place: HazardPlace, t_s: float) -> Known | None:
        """Give the hazard of an earlier pass that lies nearest within reach; None where there is none.

        One of the other family counts as three times as far away: a class wavers, most of all when it is first told.
        """
        settings = self._settings
        best, nearest_m = None, settings.dedupe_m
        reach_deg = settings.dedupe_m / _LEAST_M_A_DEGREE
        for known in self._known.values():
            if t_s - known.last_t_s < settings.pass_gap_s:
                continue
            if abs(known.latitude_deg - place.latitude_deg) > reach_deg:
                continue
            if (
                place.heading_deg is not None
                and known.heading_deg is not None
                and turn_deg(place.heading_deg, known.heading_deg) > settings.dedupe_heading_deg
            ):
                continue
            away_m = distance_m(place, known)
            if known.family != family:
                away_m *= _OTHER_FAMILY
            if away_m <= nearest_m:
                best, nearest_m = known, away_m
        return best

    def add(self, hazard_id: int, family: str, place: HazardPlace, t_s: float) -> None:
        """Remember a new one; the oldest is forgotten where there are too many."""
        if len(self._known) >= self._settings.most_known:
            del self._known[min(self._known, key=lambda each: (self._known[each].last_t_s, each))]
        self._known[hazard_id] = Known(
            hazard_id, family, place.latitude_deg, place.longitude_deg, place.heading_deg, t_s, 1
        )

    def forget(self, hazard_id: int) -> None:
        """Forget one that turned out to be another; does nothing where it is not known."""
        self._known.pop(hazard_id, None)

    def meet(self, hazard_id: int, t_s: float) -> None:
        """Note that it is in sight, so that nothing else is taken for it in this pass."""
        if hazard_id in self._known:
            self._known[hazard_id].last_t_s = t_s

    def settle(self, hazard_id: int, place: HazardPlace, visit: int) -> None:
        """Take the final place of a pass into the mean."""
        known = self._known.get(hazard_id)
        if known is None:
            return
        share = 1.0 / visit
        known.latitude_deg += share * (place.latitude_deg - known.latitude_deg)
        east = (place.longitude_deg - known.longitude_deg + 180.0) % 360.0 - 180.0
        known.longitude_deg += share * east
        if place.heading_deg is not None:
            known.heading_deg = place.heading_deg

    def memory(self) -> list[dict[str, Any]]:
        """Give the list as plain data."""
        return [asdict(known) for known in self._known.values()]

    def remember(self, memory: list[dict[str, Any]]) -> None:
        """Go back to a list."""
        self._known = {row["hazard_id"]: Known(**row) for row in memory}


def distance_m(one: HazardPlace | Known, other: HazardPlace | Known) -> float:
    """Give how far apart two places are on the ground, metres; good to a per mille over some kilometres."""
    origin = GeoOrigin(one.latitude_deg, one.longitude_deg)
    east, north = origin.metres(np.array([[other.longitude_deg, other.latitude_deg]]))[0]
    return math.hypot(east, north)
