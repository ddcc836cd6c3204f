"""Lifts a ball's track in the picture to metres in three dimensions, by gravity.

A single camera sees a ball's direction, not how far it is. But a ball rolls on the grass, or flies on a parabola whose
bend is known, from the grass or from a player to the grass or to a player; and players' places are known. The track
is cut into such pieces so that all of it is explained best, by dynamic programming over where to cut. Within a piece
the fit is linear: each sighting gives two equations in the piece's start and velocity.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.errors import AnalysisError, SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

GRAVITY_MPS2 = 9.81
_GROUND, _PLAYER = 0, 1
_FREE = 6
_TOUCHED_M = 0.9
_AIR_M = (3.0, 4.0)
_PITCH_M = 40.0


@dataclass(frozen=True, slots=True)
class FlightSettings:
    """Constants of the lift.

    Attributes:
        noise_px: Standard error of the track's positions.
        radius_m: Height of the centre of a ball that lies on the grass.
        roll_drag_hz: Share of its speed that a rolling ball loses a second.
        air_drag_hz: Shares tried for a flying one: slow and fast.
        longest_s: Longest piece.
        cut_s: Pieces may begin and end so often, besides at kinks of the track.
        piece_cost: Log odds against each piece.
        flight_cost: More of them against a flight.
        ground_m: Standard error of a bounce's height.
        player_m: Standard distance over the ground of a touched ball from its player.
        touch_m: Standard deviation of the height at which balls are touched, around 0.9 m.
        max_speed_mps: No piece is faster.
    """

    noise_px: float = 1.2
    radius_m: float = 0.11
    roll_drag_hz: float = 0.4
    air_drag_hz: tuple[float, ...] = field(default=(0.1, 0.3))
    longest_s: float = 3.6
    cut_s: float = 0.2
    piece_cost: float = 6.0
    flight_cost: float = 4.0
    ground_m: float = 0.1
    player_m: float = 0.7
    touch_m: float = 0.9
    max_speed_mps: float = 42.0

    def __post_init__(self) -> None:
        for name in (one.name for one in fields(self)):
            value = getattr(self, name)
            if not all(number > 0 for number in (value if isinstance(value, tuple) else (value,))):
                raise SettingsError(f"{name} must be above 0", hint="see FlightSettings for the defaults")


@dataclass(frozen=True, slots=True)
class Lifted:
    """A ball in three dimensions.

    Attributes:
        positions_m: `(n, 3)` in `Space.PITCH_M`, z up; NaN where there is no track or no camera.
        flying: `(n,)` bool, whether the row belongs to a flight.
    """

    positions_m: Float64
    flying: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch with a track: equations of its rows, and the places where pieces may meet."""

    t_s: Float64
    rays: Float64  # (m, 2, 4): two planes through the camera and the sighting, scaled to standard errors
    weights: Float64  # (m,) 1 where seen, 0 where only interpolated
    cuts: Int64
    anchors: Float64  # (c, 2) the player nearest in the picture at each cut; NaN for none


@dataclass(frozen=True, slots=True)
class _Pieces:
    """All pieces that begin at one cut: by end cut and by the kinds of both ends.

    Attributes:
        ends: `(e,)` cuts at which they end.
        costs: `(e, 2, 2)` by kind of start and kind of end.
        states: `(e, 2, 2, 6)` start position and velocity.
        drags: `(e, 2, 2)` the drag; negative for a rolling ball.
    """

    ends: Int64
    costs: Float64
    states: Float64
    drags: Float64


def lift_ball(
    t_s: Float64,
    points_px: Float64,
    cameras: Float64,
    *,
    players_m: Float64 | None = None,
    seen: NDArray[np.bool_] | None = None,
    settings: FlightSettings | None = None,
) -> Lifted:
    """Find where the ball is in metres, height included.

    Args:
        t_s: `(n,)` seconds, rising.
        points_px: `(n, 2)` the track, lens distortion taken out; NaN where there is none.
        cameras: `(n, 3, 4)` projection matrices from `Space.PITCH_M` to those pixels; NaN where not known.
        players_m: `(n, p, 2)` players on the pitch; NaN where not seen. Without them a flight that begins or ends at a
            player is mistaken for one from the grass.
        seen: `(n,)` which positions are sightings; others do not count. All if None.
        settings: Constants.

    Returns:
        Positions; on every stretch of at least four rows that have a track and a camera.

    Raises:
        AnalysisError: The arrays' lengths differ.

    Source:
        Equations of a sighting: Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 12.2.
    """
    settings = settings or FlightSettings()
    count = len(t_s)
    if (
        len(points_px) != count
        or len(cameras) != count
        or (players_m is not None and len(players_m) != count)
    ):
        raise AnalysisError(
            f"{count} times, {len(points_px)} points and {len(cameras)} cameras do not fit together"
        )
    positions_m, flying = np.full((count, 3), np.nan), np.zeros(count, np.bool_)
    usable = np.isfinite(points_px).all(axis=1) & np.isfinite(cameras).all(axis=(1, 2))
    edges = np.flatnonzero(np.diff(np.concatenate(([0], usable.astype(np.int8), [0])))).reshape(-1, 2)
    for start, stop in edges.tolist():
        if stop - start < 4:
            continue
        rows = slice(start, stop)
        run = _run(
            t_s[rows],
            points_px[rows],
            cameras[rows],
            None if players_m is None else players_m[rows],
            np.ones(stop - start) if seen is None else seen[rows].astype(np.float64),
            settings,
        )
        positions_m[rows], flying[rows] = _explained(run, settings)
    return Lifted(positions_m, flying)


def _run(
    t_s: Float64,
    points_px: Float64,
    cameras: Float64,
    players_m: Float64 | None,
    weights: Float64,
    settings: FlightSettings,
) -> _Run:
    planes = cameras[:, :2] - points_px[:, :, None] * cameras[:, 2:3]
    depth = _depths(planes, cameras)
    rays = planes / (np.abs(depth) * settings.noise_px)[:, None, None]
    cuts = _cuts(t_s, points_px, settings)
    anchors = np.full((len(cuts), 2), np.nan)
    if players_m is not None and players_m.shape[1]:
        anchors = _anchors(points_px[cuts], cameras[cuts], players_m[cuts], settings)
    return _Run(t_s, rays, weights, cuts, anchors)


def _depths(planes: Float64, cameras: Float64) -> Float64:
    """Give how far from the camera the grass is behind each sighting; beyond the horizon as far as at the edge of it."""
    ground = np.linalg.pinv(planes[:, :, :2]) @ -planes[:, :, 3:]
    depth = np.einsum("ni,nij->nj", cameras[:, 2, :2], ground)[:, 0] + cameras[:, 2, 3]
    usual = np.median(np.abs(depth))
    held: Float64 = np.clip(np.abs(depth), usual / 4, usual * 4)
    return held


def _cuts(t_s: Float64, points_px: Float64, settings: FlightSettings) -> Int64:
    """Give the rows at which pieces may meet: the sharpest bends of the track, and one every `cut_s`."""
    count = len(t_s)
    bend = np.zeros(count)
    half = 2
    if count > 2 * half:
        before = points_px[half:-half] - points_px[: -2 * half]
        after = points_px[2 * half :] - points_px[half:-half]
        bend[half:-half] = np.hypot(*(after - before).T)
    sharp = np.flatnonzero(
        (bend[1:-1] >= bend[:-2]) & (bend[1:-1] > bend[2:]) & (bend[1:-1] > 3 * settings.noise_px)
    )
    step = max(1, round(settings.cut_s / float(np.median(np.diff(t_s)))))
    every = np.arange(0, count, step)
    away = (
        np.abs(every[:, None] - (sharp + 1)[None]).min(axis=1) if len(sharp) else np.full(len(every), count)
    )
    return np.unique(np.concatenate(([0], every[away > 1], sharp + 1, [count - 1]))).astype(np.int64)


def _anchors(points_px: Float64, cameras: Float64, players_m: Float64, settings: FlightSettings) -> Float64:
    """Give the player whose body, from feet to above the head, is nearest to the ball in the picture."""
    count, people = players_m.shape[:2]
    ends = []
    for height_m in (0.0, 2.3):
        solid = np.concatenate(
            (players_m, np.full((count, people, 1), height_m), np.ones((count, people, 1))), axis=2
        )
        seen = np.einsum("nij,npj->npi", cameras, solid)
        with np.errstate(divide="ignore", invalid="ignore"):
            ends.append(seen[..., :2] / seen[..., 2:])
    feet, head = ends
    body = head - feet
    size = np.maximum((body**2).sum(axis=2), 1e-9)
    along = np.clip(((points_px[:, None] - feet) * body).sum(axis=2) / size, 0.0, 1.0)
    away = np.hypot(*np.moveaxis(points_px[:, None] - feet - along[..., None] * body, -1, 0))
    away = np.where(np.isfinite(away), away * 2.3 / np.sqrt(size), np.inf)
    nearest = away.argmin(axis=1)
    anchors: Float64 = players_m[np.arange(count), nearest].copy()
    anchors[away[np.arange(count), nearest] > 2 * settings.player_m] = np.nan
    return anchors


def _explained(run: _Run, settings: FlightSettings) -> tuple[Float64, NDArray[np.bool_]]:
    """Find the cheapest chain of pieces from the first to the last row, and draw it."""
    cuts = len(run.cuts)
    worth = np.full((cuts, 2), np.inf)
    worth[0] = 0.0
    chosen: list[list[tuple[int, int, Float64, float]]] = [
        [(-1, -1, np.zeros(_FREE), 0.0)] * 2 for _ in range(cuts)
    ]
    for start in range(cuts - 1):
        if not np.isfinite(worth[start]).any():
            continue
        pieces = _pieces(run, start, settings)
        totals = worth[start][None, :, None] + pieces.costs
        for place, end in enumerate(pieces.ends.tolist()):
            for kind in (_GROUND, _PLAYER):
                before = int(totals[place, :, kind].argmin())
                total = float(totals[place, before, kind])
                if total < worth[end, kind]:
                    worth[end, kind] = total
                    chosen[end][kind] = (
                        start,
                        before,
                        pieces.states[place, before, kind],
                        float(pieces.drags[place, before, kind]),
                    )
    positions_m, flying = np.full((len(run.t_s), 3), np.nan), np.zeros(len(run.t_s), np.bool_)
    end, kind = cuts - 1, int(worth[-1].argmin())
    while end > 0:
        start, before, state, drag = chosen[end][kind]
        if start < 0:
            break
        rows = np.arange(run.cuts[start], run.cuts[end] + 1)
        drawn = _drawn(run.t_s[rows] - run.t_s[rows[0]], state, drag)
        # where two pieces meet, the place lies between what both say
        joint = positions_m[rows[-1]]
        if not np.isnan(joint).any():
            drawn[-1] = (drawn[-1] + joint) / 2
        positions_m[rows] = drawn
        flying[rows] = drag > 0
        end, kind = start, before
    return positions_m, flying


def _drawn(t_s: Float64, state: Float64, drag_hz: float) -> Float64:
    reach = -np.expm1(-abs(drag_hz) * t_s) / abs(drag_hz)
    path = state[None, :3] + reach[:, None] * state[None, 3:]
    if drag_hz > 0:
        path[:, 2] -= GRAVITY_MPS2 * (t_s - reach) / drag_hz
    return np.asarray(path, np.float64)


def _pieces(run: _Run, start: int, settings: FlightSettings) -> _Pieces:
    """Fit all pieces that begin at a cut."""
    first = int(run.cuts[start])
    latest = int(np.searchsorted(run.t_s, run.t_s[first] + settings.longest_s, side="right")) - 1
    ends = np.flatnonzero((run.cuts > first) & (run.cuts <= latest))
    if not len(ends):
        ends = np.array([start + 1])
    rows = np.arange(first, int(run.cuts[ends[-1]]) + 1)
    steps_s = run.t_s[rows] - run.t_s[first]
    places = run.cuts[ends] - first
    costs = np.full((len(ends), 2, 2), np.inf)
    states, drags = np.zeros((len(ends), 2, 2, _FREE)), np.ones((len(ends), 2, 2))
    rolled, rolled_states = _rolled(run, rows, steps_s, places, settings)
    costs[:] = rolled[:, None, None]
    states[:] = rolled_states[:, None, None]
    drags[:] = -settings.roll_drag_hz
    for drag_hz in settings.air_drag_hz:
        sums = _sums(run, rows, steps_s, places, drag_hz)
        for before in (_GROUND, _PLAYER):
            for after in (_GROUND, _PLAYER):
                bounds = (
                    _Bound(np.full(len(ends), start), before, np.zeros(len(ends))),
                    _Bound(ends, after, steps_s[places]),
                )
                cost, state = _flown(run, bounds, sums, drag_hz, settings)
                better = cost < costs[:, before, after]
                costs[better, before, after] = cost[better]
                states[better, before, after] = state[better]
                drags[better, before, after] = drag_hz
    return _Pieces(ends.astype(np.int64), costs, states, drags)


@dataclass(frozen=True, slots=True)
class _Bound:
    """One end of each of some pieces: its cut, on the grass or at a player, and its time since the piece began."""

    cuts: Int64
    kind: int
    t_s: Float64


def _base(run: _Run, rows: Int64, steps_s: Float64, drag_hz: float, fall: float) -> tuple[Float64, Float64]:
    """Give the equations of rows: `(2m, 6)` in start and velocity, and `(2m,)` what they must equal."""
    reach = -np.expm1(-drag_hz * steps_s) / drag_hz
    rays = run.rays[rows] * run.weights[rows, None, None]
    left = np.concatenate((rays[..., :3], rays[..., :3] * reach[:, None, None]), axis=2)
    drop = fall * (steps_s - reach) / drag_hz
    right = -rays[..., 3] + rays[..., 2] * drop[:, None]
    return left, right


def _sums(
    run: _Run, rows: Int64, steps_s: Float64, places: Int64, drag_hz: float
) -> tuple[Float64, Float64, Float64]:
    left, right = _base(run, rows, steps_s, drag_hz, GRAVITY_MPS2)
    inner = np.cumsum(np.einsum("mai,maj->mij", left, left), axis=0)[places]
    outer = np.cumsum(np.einsum("mai,ma->mi", left, right), axis=0)[places]
    square = np.cumsum((right**2).sum(axis=1))[places]
    return inner, outer, square


def _rolled(
    run: _Run, rows: Int64, steps_s: Float64, places: Int64, settings: FlightSettings
) -> tuple[Float64, Float64]:
    left, right = _base(run, rows, steps_s, settings.roll_drag_hz, 0.0)
    right = right - left[..., 2] * settings.radius_m
    left = left[..., [0, 1, 3, 4]]
    inner = np.cumsum(np.einsum("mai,maj->mij", left, left), axis=0)[places] + np.diag(
        [1e-6, 1e-6, 1e-2, 1e-2]
    )
    outer = np.cumsum(np.einsum("mai,ma->mi", left, right), axis=0)[places]
    square = np.cumsum((right**2).sum(axis=1))[places]
    found = np.linalg.solve(inner, outer[..., None])[..., 0]
    states = np.zeros((len(places), _FREE))
    states[:, [0, 1, 3, 4]] = found
    states[:, 2] = settings.radius_m
    cost = (square - (found * outer).sum(axis=1)) / 2 + settings.piece_cost
    return np.where(np.hypot(found[:, 2], found[:, 3]) > settings.max_speed_mps, np.inf, cost), states


def _flown(
    run: _Run,
    bounds: tuple[_Bound, _Bound],
    sums: tuple[Float64, Float64, Float64],
    drag_hz: float,
    settings: FlightSettings,
) -> tuple[Float64, Float64]:
    """Fit flights between ends of two kinds: on the grass, or at a player."""
    inner, outer, square = sums[0] + np.diag([1e-6] * 3 + [1e-3] * 3), sums[1].copy(), sums[2].copy()
    count = len(square)
    known = np.ones(count, np.bool_)
    for bound in bounds:
        reach = -np.expm1(-drag_hz * bound.t_s) / drag_hz
        drop = GRAVITY_MPS2 * (bound.t_s - reach) / drag_hz
        wanted, errors = _wanted(run, bound.cuts, bound.kind, settings)
        known &= ~np.isnan(wanted).any(axis=1)
        for axis in range(3):
            line = np.zeros((count, _FREE))
            line[:, axis] = 1 / errors[:, axis]
            line[:, 3 + axis] = reach / errors[:, axis]
            value = (wanted[:, axis] + (drop if axis == 2 else 0.0)) / errors[:, axis]
            inner += line[:, :, None] * line[:, None, :]
            outer += line * value[:, None]
            square += value**2
    good = np.flatnonzero(known)
    costs, states = np.full(count, np.inf), np.zeros((count, _FREE))
    if len(good):
        found = np.linalg.solve(inner[good], outer[good][..., None])[..., 0]
        cost = (square[good] - (found * outer[good]).sum(axis=1)) / 2
        cost += settings.piece_cost + settings.flight_cost
        fast = np.linalg.norm(found[:, 3:], axis=1) > settings.max_speed_mps
        costs[good], states[good] = np.where(fast, np.inf, cost), found
    return costs, states


def _wanted(run: _Run, cuts: Int64, kind: int, settings: FlightSettings) -> tuple[Float64, Float64]:
    """Give where pieces should begin or end, `(e, 3)`, and by how much they may miss; infinite: anywhere.

    A track that begins or ends far from any player may do so in the air.
    """
    wanted, errors = np.zeros((len(cuts), 3)), np.full((len(cuts), 3), np.inf)
    if kind == _GROUND:
        wanted[:, 2], errors[:, 2] = settings.radius_m, settings.ground_m
        return wanted, errors
    wanted[:, :2], wanted[:, 2] = run.anchors[cuts], _TOUCHED_M
    errors[:] = (settings.player_m, settings.player_m, settings.touch_m)
    loose = np.isin(cuts, (0, len(run.cuts) - 1)) & np.isnan(run.anchors[cuts, 0])
    wanted[loose], errors[loose] = (0.0, 0.0, _AIR_M[0]), (_PITCH_M, _PITCH_M, _AIR_M[1])
    return wanted, errors
