"""Where the car was: fixes of a GPX file or of messages, brought to the video's clock and filled in between.

A place says whether it was seen or interpolated. Before the first fix, behind the last one and in gaps nothing is
invented beyond what the settings allow.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.earth import GeoOrigin
from sightline.core.errors import SettingsError
from sightline.core.tracks import Quality

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_HINT = "a GPX 1.0 or 1.1 file whose track points have lat, lon and time"
_TURN_DEG = 360.0
_LEAST_FOR_A_BEND = 5


@dataclass(frozen=True, slots=True)
class Fix:
    """One reading of the receiver.

    Attributes:
        t_s: Seconds; on the video's clock, or since the epoch as `read_gpx` gives them.
        latitude_deg: WGS 84.
        longitude_deg: WGS 84.
        heading_deg: Clockwise from true north, None where the receiver does not say.
    """

    t_s: float
    latitude_deg: float
    longitude_deg: float
    heading_deg: float | None = None

    def __post_init__(self) -> None:
        numbers = (self.t_s, self.latitude_deg, self.longitude_deg, self.heading_deg or 0.0)
        if not all(math.isfinite(number) for number in numbers):
            raise SettingsError("a GPS fix holds a number that is not finite", hint=_HINT)
        if not (abs(self.latitude_deg) < 90 and abs(self.longitude_deg) <= 180):
            raise SettingsError(
                f"no place on Earth is at {self.latitude_deg}, {self.longitude_deg}",
                hint="latitude between -90 and 90, longitude -180..180, in degrees",
            )


@dataclass(frozen=True, slots=True)
class Place:
    """Where the car was at one moment.

    Attributes:
        latitude_deg: WGS 84.
        longitude_deg: WGS 84.
        heading_deg: Where it drove, clockwise from true north; None while that is not known.
        quality: `seen`, `interpolated` or `extrapolated`.
        bend_per_m: How tightly its way bent, one over the radius, positive to the left; 0 while that is not known.
    """

    latitude_deg: float
    longitude_deg: float
    heading_deg: float | None
    quality: Quality
    bend_per_m: float = 0.0


@dataclass(frozen=True, slots=True)
class GpsSettings:
    """How fixes are filled in.

    Attributes:
        seen_s: A fix so near in time counts as seen at that moment.
        max_gap_s: Longest time between two fixes that is filled in.
        max_beyond_s: How long the last movement goes on before the first fix and behind the last one.
        least_move_m: Shorter movements tell no heading: a standing car's fixes wander.
        heading_s: A heading is that of the straight line through the fixes so near in time on either side, where the
            receiver gives none.
        bend_s: The way's bend is that of the curve through the fixes so near in time on either side.
    """

    seen_s: float = 0.05
    max_gap_s: float = 10.0
    max_beyond_s: float = 1.0
    least_move_m: float = 2.0
    heading_s: float = 2.6
    bend_s: float = 5.0


class GpsTrack:
    """Fixes in order of time, asked for any moment; more may be added at the end while a stream goes on."""

    def __init__(self, fixes: Iterable[Fix] = (), settings: GpsSettings | None = None) -> None:
        self._settings = settings or GpsSettings()
        self._times: list[float] = []
        self._fixes: list[Fix] = []
        self._told: set[int] = set()
        for fix in sorted(fixes, key=lambda fix: fix.t_s):
            self.add(fix)

    def __len__(self) -> int:
        return len(self._fixes)

    @property
    def span_s(self) -> tuple[float, float] | None:
        """Times of the first and the last fix; None where there are none."""
        return (self._times[0], self._times[-1]) if self._times else None

    def add(self, fix: Fix) -> None:
        """Take one fix more; one that is not later than the last is left out."""
        if self._times and fix.t_s <= self._times[-1]:
            return
        heading = fix.heading_deg
        if heading is not None:
            self._told.add(len(self._fixes))
        elif self._fixes:
            heading = self._heading(fix)
        self._times.append(fix.t_s)
        self._fixes.append(replace(fix, heading_deg=heading))

    def at(self, t_s: float) -> Place | None:
        """Give where the car was; None where no fix is near enough in time."""
        place = self._place(t_s)
        return None if place is None else replace(place, bend_per_m=self._bend(t_s))

    def _place(self, t_s: float) -> Place | None:
        if not self._fixes:
            return None
        after = bisect_right(self._times, t_s)
        for near in (after - 1, after):
            if 0 <= near < len(self._fixes) and abs(self._times[near] - t_s) <= self._settings.seen_s:
                fix = self._fixes[near]
                return Place(fix.latitude_deg, fix.longitude_deg, self._heading_at(near, t_s), Quality.SEEN)
        if 0 < after < len(self._fixes):
            return self._between(after - 1, after, t_s, self._settings.max_gap_s, Quality.INTERPOLATED)
        beyond_s = self._times[0] - t_s if after == 0 else t_s - self._times[-1]
        if beyond_s > self._settings.max_beyond_s or len(self._fixes) < 2:
            return None
        first = 0 if after == 0 else len(self._fixes) - 2
        return self._between(first, first + 1, t_s, self._settings.max_gap_s, Quality.EXTRAPOLATED)

    def _between(self, one: int, two: int, t_s: float, limit_s: float, quality: Quality) -> Place | None:
        gap_s = self._times[two] - self._times[one]
        if gap_s > limit_s:
            return None
        a, b = self._fixes[one], self._fixes[two]
        share = (t_s - self._times[one]) / gap_s
        east = (b.longitude_deg - a.longitude_deg + _TURN_DEG / 2) % _TURN_DEG - _TURN_DEG / 2
        longitude = (a.longitude_deg + share * east + _TURN_DEG / 2) % _TURN_DEG - _TURN_DEG / 2
        latitude = a.latitude_deg + share * (b.latitude_deg - a.latitude_deg)
        return Place(latitude, longitude, self._heading_at(two, t_s), quality)

    def _heading_at(self, number: int, t_s: float) -> float | None:
        """Give the heading at a moment by a fix: its own, the way about it, or the next one that is known."""
        fix = self._fixes[number]
        if number in self._told:
            return fix.heading_deg
        about = self._way(t_s)
        if about is not None:
            return about
        if fix.heading_deg is not None:
            return fix.heading_deg
        following = self._fixes[number + 1 : number + 12]
        return next((each.heading_deg for each in following if each.heading_deg is not None), None)

    def _near(self, t_s: float, reach_s: float) -> tuple[Float64, Float64]:
        """Give the fixes about a moment: `(n,)` their times, `(n, 2)` metres east and north of the first."""
        first, last = bisect_left(self._times, t_s - reach_s), bisect_right(self._times, t_s + reach_s)
        near = self._fixes[first:last]
        if not near:
            return np.empty(0), np.empty((0, 2))
        places = np.array([(fix.longitude_deg, fix.latitude_deg) for fix in near])
        moved_m = GeoOrigin(near[0].latitude_deg, near[0].longitude_deg).metres(places)
        return np.array(self._times[first:last]), moved_m

    def _way(self, t_s: float) -> float | None:
        """Give the direction of the straight line through the fixes about a moment; None where that is short."""
        times, moved_m = self._near(t_s, self._settings.heading_s)
        if len(times) < 3:
            return None
        span_s, times = times[-1] - times[0], times - times.mean()
        east, north = times @ moved_m / float(times @ times)
        if math.hypot(east, north) * span_s < self._settings.least_move_m:
            return None
        return math.degrees(math.atan2(east, north)) % _TURN_DEG

    def _bend(self, t_s: float) -> float:
        """Give how tightly the way bends about a moment, by the parabolas through the fixes there.

        The least bend that the fixes' own scatter leaves likely, two standard deviations nearer to straight: so a straight
        road stays straight, and a slow car's fixes, which scatter as widely as it drives, tell nothing. Parabolas make
        the tightest bends of towns a tenth too tight.
        """
        times, moved_m = self._near(t_s, self._settings.bend_s)
        if len(times) < _LEAST_FOR_A_BEND:
            return 0.0
        powers = (times - t_s)[:, None] ** np.arange(3)
        inverse = np.linalg.inv(powers.T @ powers)
        found = inverse @ powers.T @ moved_m
        (east, north), (east_2, north_2) = found[1], 2 * found[2]
        speed = math.hypot(east, north)
        if speed * (times[-1] - times[0]) < self._settings.least_move_m:
            return 0.0
        bend = (east * north_2 - north * east_2) / speed**3
        off_m2 = float(((moved_m - powers @ found) ** 2).sum()) / (2 * (len(times) - 3))
        bend_sd = 2 * math.sqrt(off_m2 * float(inverse[2, 2])) / speed**2
        return math.copysign(max(0.0, abs(bend) - 2 * bend_sd), bend)

    def _heading(self, fix: Fix) -> float | None:
        """Give the direction from a fix some metres back; the last one known while the car stands."""
        for earlier in reversed(self._fixes[-12:]):
            origin = GeoOrigin(earlier.latitude_deg, earlier.longitude_deg)
            east, north = origin.metres(np.array([[fix.longitude_deg, fix.latitude_deg]]))[0]
            if math.hypot(east, north) >= self._settings.least_move_m:
                return math.degrees(math.atan2(east, north)) % _TURN_DEG
        return self._fixes[-1].heading_deg


def read_gpx(text: str) -> tuple[Fix, ...]:
    """Read the track points of a GPX file, with times since the epoch.

    Points without a time are left out. `course` (GPX 1.0, and many receivers' extension) gives the heading.

    Raises:
        SettingsError: It is not a GPX file, or no point of it has a time.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise SettingsError("the GPX file declares a document type", hint=_HINT)
    try:
        root = ET.fromstring(text)  # noqa: S314 - document types, and entities with them, have been refused
    except ET.ParseError as error:
        raise SettingsError(f"the GPX file cannot be read: {error}", hint=_HINT) from error
    found = [fix for point in root.iter() if _name(point) == "trkpt" and (fix := _fix(point)) is not None]
    if not found:
        raise SettingsError("the GPX file holds no track point with a time", hint=_HINT)
    return tuple(sorted(found, key=lambda fix: fix.t_s))


def on_clock(
    fixes: Sequence[Fix], *, start_s: float | None, first_t_s: float, offset_s: float
) -> tuple[Fix, ...]:
    """Bring fixes to the video's clock.

    Args:
        fixes: With times since the epoch.
        start_s: Wall-clock time of the video's first frame, since the epoch; None takes the first fix's time.
        first_t_s: The first frame's own time.
        offset_s: Added to every fix's time: what the two clocks are known to be apart.
    """
    if not fixes:
        return ()
    start = fixes[0].t_s if start_s is None else start_s
    return tuple(replace(fix, t_s=fix.t_s - start + first_t_s + offset_s) for fix in fixes)


def turn_deg(one: float, other: float) -> float:
    """Give the angle between two headings, 0..180."""
    return abs((one - other + _TURN_DEG / 2) % _TURN_DEG - _TURN_DEG / 2)


def epoch_s(text: str) -> float:
    """Read an ISO 8601 time; one without a zone is taken as UTC.

    Raises:
        SettingsError: It is not a time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise SettingsError(f"{text!r} is not a time", hint="as in 2024-05-01T10:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _fix(point: ET.Element) -> Fix | None:
    said = {_name(child): (child.text or "").strip() for child in point.iter() if child is not point}
    if not said.get("time"):
        return None
    try:
        course = float(said["course"]) % _TURN_DEG if said.get("course") else None
        return Fix(epoch_s(said["time"]), float(point.attrib["lat"]), float(point.attrib["lon"]), course)
    except (KeyError, ValueError) as error:
        raise SettingsError(f"a track point of the GPX file cannot be read: {error}", hint=_HINT) from error
