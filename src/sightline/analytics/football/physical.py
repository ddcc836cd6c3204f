"""How far and how fast players move: distance, speed zones, sprints, accelerations; nothing added up over gaps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import make_smoothing_spline
from scipy.signal import savgol_filter

from sightline.analytics.runs import stretches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.match import Match
    from sightline.core.arrays import Float64, Int64

KMH = 3.6


VIDEO_AGILITY = 0.8
"""`agility` for places read off boxes, which shake and swing with every stride; chosen on simulated matches, seeds 1 to 8."""
VIDEO_GAP_S = 0.4
"""Misses of a detector up to this long are filled before ways are measured; chosen on seeds 1 to 3."""
_SHAKE_S = 1.2
_LEAST_SHAKE_M = 0.02
_LEAST_FOR_SPLINE = 5
_NORMAL_MEDIAN = 0.6745  # median of a standard normal's size
_LEAP_M = 0.5
_LEAP_SHAKES = 4.0  # chosen of 3, 4, 6 and 8 on simulated matches seen by a phone, seeds 1 to 3


@dataclass(frozen=True, slots=True)
class PhysicalSettings:
    """How movement is measured.

    Attributes:
        zones_kmh: Limits between the speed zones, rising; FIFA's by default.
        smooth_s: Length of the Savitzky-Golay window.
        order: Degree of its polynomial.
        agility: Given, places are smoothed by a spline instead, as hard as they shake: how far a player's velocity wanders
            in a second, m/s. None is for places that hardly shake.
        gap_s: A player unseen for longer begins anew; nothing is added up across.
        cap_mps: Nobody is faster. What a step or the smoothed speed shows beyond that is a tracking error: not counted.
        cap_mps2: Nobody speeds up or slows down harder; likewise.
        sprint_kmh: A sprint is at least this fast ...
        sprint_s: ... for at least so long.
        effort_mps2: An acceleration (deceleration) is at least this hard ...
        effort_s: ... for at least so long ...
        effort_kmh: ... and its faster end reaches this speed.
        hold_s: The top speed is one that is held for so long.

    Source:
        Zones: FIFA's match reports (0-7, 7-15, 15-20, 20-25, over 25 km/h). Sprint of a second and the cap of 12 m/s:
        Friends of Tracking (LaurieOnTracking, Metrica_Velocities.py). Acceleration of 3 m/s2 for half a second up to
        10 km/h: SciSports' glossary, which bounds accelerations at 9 m/s2.
    """

    zones_kmh: tuple[float, ...] = (7.0, 15.0, 20.0, 25.0)
    smooth_s: float = 0.4
    order: int = 2
    agility: float | None = None
    gap_s: float = 0.2
    cap_mps: float = 12.0
    cap_mps2: float = 9.0
    sprint_kmh: float = 25.0
    sprint_s: float = 1.0
    effort_mps2: float = 3.0
    effort_s: float = 0.5
    effort_kmh: float = 10.0
    hold_s: float = 0.2


@dataclass(frozen=True, slots=True)
class Motion:
    """Movement row by row.

    Attributes:
        speeds_mps: `(n, p)` float64; NaN where not measured.
        accelerations_mps2: `(n, p)` float64, along the way: positive is faster.
        row_s: `(n,)` float64, the time a row stands for; 0 outside of periods.
    """

    speeds_mps: Float64
    accelerations_mps2: Float64
    row_s: Float64


@dataclass(frozen=True, slots=True)
class Physical:
    """One player's work in one period; a row of the `physical` table.

    Attributes:
        column: The player's column in the match.
        period: Number of the period; 0 for all of them.
        seen_s: Time in which his speed was measured; all the other numbers are of that time only.
        coverage: Its share of the period, 0..1.
        distance_m: Way covered.
        zone_m: Way covered in each speed zone, lowest first.
        sprints: Number of sprints.
        sprint_m: Way covered in them.
        accelerations: Number of hard accelerations.
        decelerations: Number of hard decelerations.
        top_speed_mps: Highest speed held; NaN where none was measured.
    """

    column: int
    period: int
    seen_s: float
    coverage: float
    distance_m: float
    zone_m: tuple[float, ...]
    sprints: int
    sprint_m: float
    accelerations: int
    decelerations: int
    top_speed_mps: float


def measure_motion(match: Match, settings: PhysicalSettings | None = None) -> Motion:
    """Measure speeds and accelerations.

    Positions are smoothed run by run with a Savitzky-Golay filter whose derivatives are the velocity and the
    acceleration; a run ends where the player was unseen or leapt. Runs shorter than the window are smoothed with what
    they have; those of one row are not measured.

    Source:
        Savitzky & Golay, Analytical Chemistry 36(8), 1964, pp. 1627-1639.
    """
    settings = settings or PhysicalSettings()
    shape = match.positions_m.shape[:2]
    speeds, accelerations = np.full(shape, np.nan), np.full(shape, np.nan)
    row_s = np.zeros(len(match))
    for period in match.periods:
        rows = slice(period.start, period.stop)
        step_s = _step(match, period.start, period.stop)
        if step_s is None or step_s > 1.0:
            continue
        row_s[rows] = step_s
        for column in range(shape[1]):
            for start, stop in _runs(match, period.start, period.stop, column, step_s, settings):
                along = match.positions_m[start:stop, column]
                speeds[start:stop, column], accelerations[start:stop, column] = _derive(
                    along, step_s, settings
                )
    wrong = speeds > settings.cap_mps
    speeds[wrong] = np.nan
    accelerations[wrong | (np.abs(accelerations) > settings.cap_mps2)] = np.nan
    return Motion(speeds, accelerations, row_s)


def _step(match: Match, start: int, stop: int) -> float | None:
    return float(np.median(np.diff(match.t_s[start:stop]))) if stop - start > 1 else None


def _runs(
    match: Match, start: int, stop: int, column: int, step_s: float, settings: PhysicalSettings
) -> Iterator[tuple[int, int]]:
    """Give the stretches in which a player was seen in every row and never leapt.

    A leap is a step that nobody makes, were it not that places shake: what shakes by a metre would be cut to pieces, each
    of them too short to be smoothed.
    """
    points_m = match.positions_m[start:stop, column]
    seen = np.isfinite(points_m[:, 0]) & np.isfinite(points_m[:, 1])
    gaps_s = np.diff(match.t_s[start:stop])
    loose_m = _LEAP_M
    if settings.agility is not None:
        loose_m = max(loose_m, _LEAP_SHAKES * _shake_m(points_m))
    leaps = np.hypot(*np.diff(points_m, axis=0).T) > settings.cap_mps * gaps_s + loose_m
    apart = ~seen[1:] | ~seen[:-1] | (gaps_s > max(settings.gap_s, 1.5 * step_s)) | leaps
    edges = [0, *(np.flatnonzero(apart) + 1).tolist(), len(seen)]
    for first, last in itertools.pairwise(edges):
        if last - first > 1 and seen[first]:
            yield start + first, start + last


def _shake_m(points_m: Float64) -> float:
    """Give by how much single places are off, the root of both axes' variances, from how far each lies off its neighbours.

    Source:
        Gasser, Sroka & Jennen-Steinmetz, "Residual variance and residual pattern in nonlinear regression", Biometrika 73(3),
        1986, pp. 625-633: second differences have six times a place's variance; here with medians, which leaps do not move.
    """
    bends_m = np.diff(points_m, n=2, axis=0)
    bends_m = bends_m[np.isfinite(bends_m).all(axis=1)]
    if not len(bends_m):
        return 0.0
    return float(np.hypot(*np.median(np.abs(bends_m), axis=0)) / (_NORMAL_MEDIAN * np.sqrt(6.0)))


def _derive(points_m: Float64, step_s: float, settings: PhysicalSettings) -> tuple[Float64, Float64]:
    """Give speed and acceleration along the way."""
    count = len(points_m)
    if settings.agility is not None and count >= _LEAST_FOR_SPLINE:
        velocity = _spline_velocity(points_m, step_s, settings.agility)
        speeds = np.hypot(*velocity.T)
        return speeds, np.gradient(speeds, step_s)
    window = 2 * round(settings.smooth_s / step_s / 2) + 1
    window = min(window, count if count % 2 else count - 1)
    order = min(settings.order, window - 1)
    if order < 1:
        speeds = np.full(count, float(np.hypot(*(points_m[1] - points_m[0])) / step_s))
        return speeds, np.zeros(count)
    smooth = savgol_filter(points_m, window, order, axis=0)
    velocity = np.gradient(smooth, step_s, axis=0)
    speeds = np.hypot(*velocity.T)
    turn = savgol_filter(speeds, window, min(1, order), deriv=1, delta=step_s)
    return speeds, np.asarray(turn)


def _spline_velocity(points_m: Float64, step_s: float, agility: float) -> Float64:
    """Give `(n, 2)` velocities of a cubic smoothing spline, which trusts each axis as little as it shakes.

    It is the likeliest path of somebody whose velocity wanders by `agility` m/s in a second (integrated Brownian motion)
    and whose places are off by as much as they leave their own parabola of a second. Far from the camera a place shakes by
    more, most of all along the line of sight.

    Source:
        Wahba, "Improper priors, spline smoothing and the problem of guarding against model errors in regression", Journal
        of the Royal Statistical Society B 40(3), 1978, pp. 364-372.
    """
    count = len(points_m)
    window = min(2 * round(_SHAKE_S / step_s / 2) + 1, count if count % 2 else count - 1)
    rest_m = points_m - savgol_filter(points_m, window, min(2, window - 1), axis=0)
    shakes_m = np.maximum(np.sqrt((rest_m**2).mean(axis=0)), _LEAST_SHAKE_M)
    times_s = np.arange(count) * step_s
    paths = [
        make_smoothing_spline(times_s, points_m[:, axis], lam=float(shakes_m[axis] / agility) ** 2)
        for axis in range(2)
    ]
    return np.stack([path.derivative()(times_s) for path in paths], axis=1)


def measure_physical(
    match: Match, motion: Motion | None = None, settings: PhysicalSettings | None = None
) -> tuple[Physical, ...]:
    """Add up each player's work: by period, then (period 0) over all of them; who was never seen has zeros.

    Args:
        match: Positions.
        motion: What `measure_motion` gave; measured here where it is left out.
        settings: Zones and limits.
    """
    settings = settings or PhysicalSettings()
    motion = motion or measure_motion(match, settings)
    rows = []
    for column in range(len(match.players)):
        mine = [
            _of_period(motion, column, (period.number, period.start, period.stop), settings)
            for period in match.periods
        ]
        rows += [*mine, _whole(column, mine, float(motion.row_s.sum()), settings)]
    return tuple(rows)


def _of_period(
    motion: Motion, column: int, period: tuple[int, int, int], settings: PhysicalSettings
) -> Physical:
    number, start, stop = period
    speeds = motion.speeds_mps[start:stop, column]
    gains = motion.accelerations_mps2[start:stop, column]
    row_s = motion.row_s[start:stop]
    whole_s, seen = float(row_s.sum()), np.isfinite(speeds)
    step_s = float(row_s[0]) if stop > start else 0.0
    way = np.where(seen, speeds, 0.0) * row_s
    limits = np.array(settings.zones_kmh) / KMH
    zone = np.bincount(
        np.searchsorted(limits, speeds[seen], side="right"), way[seen], minlength=len(limits) + 1
    )
    fast = np.where(seen, speeds, 0.0) >= settings.sprint_kmh / KMH
    sprints = _spells(fast, settings.sprint_s, step_s)
    steady = _held(speeds, settings.hold_s, step_s)
    return Physical(
        column,
        number,
        float(row_s[seen].sum()),
        float(row_s[seen].sum()) / whole_s if whole_s else 0.0,
        float(way.sum()),
        tuple(zone.tolist()),
        len(sprints),
        float(sum(way[first:last].sum() for first, last in sprints.tolist())),
        _efforts(gains, speeds, step_s, settings),
        _efforts(-gains, speeds, step_s, settings),
        float(np.nanmax(steady)) if np.isfinite(steady).any() else float("nan"),
    )


def _spells(mask: NDArray[np.bool_], least_s: float, step_s: float) -> Int64:
    """Give `(k, 2)` first row and row after the last of stretches that last long enough."""
    edges = stretches(mask)
    return edges[(edges[:, 1] - edges[:, 0]) * step_s >= least_s - 1e-9]


def _efforts(gains: Float64, speeds: Float64, step_s: float, settings: PhysicalSettings) -> int:
    hard = np.nan_to_num(gains) >= settings.effort_mps2
    fast = np.nan_to_num(speeds) >= settings.effort_kmh / KMH
    return sum(
        bool(fast[first:last].any()) for first, last in _spells(hard, settings.effort_s, step_s).tolist()
    )


def _held(speeds: Float64, hold_s: float, step_s: float) -> Float64:
    """Give the lowest speed within the hold that begins at each row, NaN where one of its rows is not measured."""
    count = max(1, round(hold_s / step_s)) if step_s else 1
    if len(speeds) < count:
        return np.zeros(0)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(speeds, count).min(axis=1))


def _whole(column: int, parts: list[Physical], whole_s: float, settings: PhysicalSettings) -> Physical:
    seen_s = sum(part.seen_s for part in parts)
    tops = [part.top_speed_mps for part in parts if np.isfinite(part.top_speed_mps)]
    zones = np.array([part.zone_m for part in parts]).reshape(-1, len(settings.zones_kmh) + 1).sum(axis=0)
    return Physical(
        column,
        0,
        seen_s,
        seen_s / whole_s if whole_s else 0.0,
        sum(part.distance_m for part in parts),
        tuple(zones.tolist()),
        sum(part.sprints for part in parts),
        sum(part.sprint_m for part in parts),
        sum(part.accelerations for part in parts),
        sum(part.decelerations for part in parts),
        max(tops, default=float("nan")),
    )
