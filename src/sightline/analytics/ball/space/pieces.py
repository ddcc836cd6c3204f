"""Pieces of a ball's way: rolls and flights between two moments, fitted to the directions in which it was seen.

Within a piece the fit is linear: each sighting gives two equations in the piece's start, its velocity and its swerve,
and so does what is known of its ends: on the grass, or at a player.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, Int64

GRAVITY_MPS2 = 9.81
GROUND, PLAYER, LOOSE = range(3)
"""What a piece's end may be: on the grass, at a player, or anywhere as the track begins or ends in the air."""
_KINDS = 3
FREE = 9
LEVEL = [0, 1, 3, 4]
FIRM = 1e6
_TOUCHED_M = 0.9
_AIR_M = (3.0, 4.0)
_PITCH_M = 40.0
_LOOSE_COST = 3.0
_WORSE = 30.0


@dataclass(frozen=True, slots=True)
class FlightSettings:
    """Constants of the lift.

    Attributes:
        noise_px: Standard error of the track's positions, and of what a piece leaves out.
        radius_m: Height of the centre of a ball that lies on the grass.
        roll_drag_hz: Shares of its speed tried that a rolling ball loses a second: fast and slow.
        air_drag_hz: Shares tried for a flying one: slow and fast.
        swerve_mps2: Standard size of what else bends a flight: spin, wind, drag that is not as assumed.
        longest_s: Longest piece.
        cut_s: Pieces may begin and end so often, besides at kinks of the track.
        piece_cost: Log odds against each piece.
        flight_cost: More of them against a flight.
        kick_cost: Log odds against a kick of a ball on the grass by a player beside it.
        ground_m: Standard error of a bounce's height.
        player_m: Standard distance over the ground of a touched ball from its player.
        touch_m: Standard deviation of the height at which balls are touched, around 0.9 m.
        max_speed_mps: No piece is faster.
        joint_m: Standard distance from where a piece ends to where the next begins.
    """

    noise_px: float = 2.5
    radius_m: float = 0.11
    roll_drag_hz: tuple[float, ...] = field(default=(0.1, 0.4))
    air_drag_hz: tuple[float, ...] = field(default=(0.1, 0.3))
    swerve_mps2: float = 1.5
    longest_s: float = 3.6
    cut_s: float = 0.12
    piece_cost: float = 6.0
    flight_cost: float = 4.0
    kick_cost: float = 1.0
    ground_m: float = 0.1
    player_m: float = 0.7
    touch_m: float = 0.9
    max_speed_mps: float = 42.0
    joint_m: float = 0.4

    def __post_init__(self) -> None:
        for name in (one.name for one in fields(self)):
            value = getattr(self, name)
            if not all(number > 0 for number in (value if isinstance(value, tuple) else (value,))):
                raise SettingsError(f"{name} must be above 0", hint="see FlightSettings for the defaults")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch with a track.

    Attributes:
        t_s: `(m,)`.
        rays: `(m, 2, 4)` two planes through the camera and each sighting, scaled to standard errors.
        weights: `(m,)` 1 where seen, 0 where only interpolated.
        cuts: `(c,)` rows at which pieces may meet.
        anchors: `(c, 2)` the player whose body is nearest in the picture; NaN for none.
        kickers_m: `(c,)` from the ball, were it on the grass, to the nearest player; NaN where nobody is known.
    """

    t_s: Float64
    rays: Float64
    weights: Float64
    cuts: Int64
    anchors: Float64
    kickers_m: Float64


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces, a row each.

    Attributes:
        ends: `(k,)` cuts at which they end.
        before: `(k,)` what they begin at: `GROUND`, `PLAYER` or `LOOSE`.
        after: `(k,)` what they end at.
        costs: `(k,)`.
        states: `(k, 9)` start, velocity and swerve.
        drags: `(k,)` the drag; negative for a rolling ball.
        lasting_s: `(k,)`.
        doubts: `(k, 2, 3, 3)` covariances of where they begin and end.
    """

    ends: Int64
    before: Int64
    after: Int64
    costs: Float64
    states: Float64
    drags: Float64
    lasting_s: Float64
    doubts: Float64

    def last_m(self) -> Float64:
        """Give where they end, `(k, 3)`."""
        drags = np.abs(self.drags)
        ends_m: Float64 = (_ends(self.lasting_s, drags) @ self.states[..., None])[..., 0]
        reach = -np.expm1(-drags * self.lasting_s) / drags
        ends_m[:, 2] -= np.where(self.drags > 0, GRAVITY_MPS2 * (self.lasting_s - reach) / drags, 0.0)
        return ends_m

    def last_mps(self) -> Float64:
        """Give the velocities with which they end, `(k, 3)`."""
        drags = np.abs(self.drags)
        kept = np.exp(-drags * self.lasting_s)
        speeds = kept[:, None] * self.states[:, 3:6] + self.lasting_s[:, None] * self.states[:, 6:]
        speeds[:, 2] -= np.where(self.drags > 0, GRAVITY_MPS2 * (1 - kept) / drags, 0.0)
        return np.asarray(speeds, np.float64)


def fit_pieces(run: Run, start: int, settings: FlightSettings) -> Pieces:
    """Fit all pieces that begin at a cut; those much worse than others with the same end are left out."""
    first = int(run.cuts[start])
    latest = int(np.searchsorted(run.t_s, run.t_s[first] + settings.longest_s, side="right")) - 1
    ends = np.flatnonzero((run.cuts > first) & (run.cuts <= latest))
    if not len(ends):
        ends = np.array([start + 1])
    rows = np.arange(first, int(run.cuts[ends[-1]]) + 1)
    steps_s = run.t_s[rows] - run.t_s[first]
    places = run.cuts[ends] - first
    shape = (len(ends), _KINDS, _KINDS)
    costs, states, drags = np.full(shape, np.inf), np.zeros((*shape, FREE)), np.ones(shape)
    normals = np.broadcast_to(np.eye(FREE), (*shape, FREE, FREE)).copy()
    for drag_hz in settings.roll_drag_hz:
        rolled, rolled_states, rolled_normals = _rolled(run, rows, steps_s, places, drag_hz, settings)
        reach = -np.expm1(-drag_hz * steps_s[places]) / drag_hz
        stops = rolled_states[:, :2] + reach[:, None] * rolled_states[:, 3:5]
        begun = _beside(rolled_states[:, :2], run.anchors[np.full(len(ends), start)], settings)
        ended = _beside(stops, run.anchors[ends], settings)
        for before, first_cost in ((GROUND, 0.0), (PLAYER, begun)):
            for after, last_cost in ((GROUND, 0.0), (PLAYER, ended)):
                cost = rolled + first_cost + last_cost
                better = cost < costs[:, before, after]
                costs[better, before, after] = cost[better]
                states[better, before, after] = rolled_states[better]
                normals[better, before, after] = rolled_normals[better]
                drags[better, before, after] = -drag_hz
    for drag_hz in settings.air_drag_hz:
        sums = _sums(run, rows, steps_s, places, drag_hz)
        for before in range(_KINDS if start == 0 else LOOSE):
            for after in range(_KINDS):
                bounds = (
                    _Bound(np.full(len(ends), start), before, np.zeros(len(ends))),
                    _Bound(ends, after, steps_s[places]),
                )
                cost, state, normal = _flown(run, bounds, sums, drag_hz, settings)
                if after == LOOSE:
                    cost[ends < len(run.cuts) - 1] = np.inf
                better = cost < costs[:, before, after]
                costs[better, before, after] = cost[better]
                states[better, before, after] = state[better]
                normals[better, before, after] = normal[better]
                drags[better, before, after] = drag_hz
    kept = np.isfinite(costs) & (costs <= costs.min(axis=(1, 2), keepdims=True) + _WORSE)
    which, begins, stops_at = np.nonzero(kept)
    lasting_s = steps_s[places][which]
    spread = np.linalg.inv(normals[kept])
    stops = _ends(lasting_s, np.abs(drags[kept]))
    return Pieces(
        ends[which].astype(np.int64),
        begins.astype(np.int64),
        stops_at.astype(np.int64),
        costs[kept],
        states[kept],
        drags[kept],
        lasting_s,
        np.stack((spread[:, :3, :3], stops @ spread @ np.swapaxes(stops, 1, 2)), axis=1),
    )


def _ends(lasting_s: Float64, drags: Float64) -> Float64:
    """Give what takes states to where pieces end, the fall left out: `(k, 3, 9)`."""
    reach = -np.expm1(-drags * lasting_s) / drags
    parts = np.stack((np.ones(len(drags)), reach, lasting_s**2 / 2), axis=1)
    return np.asarray(
        (parts[:, None, :, None] * np.eye(3)[None, :, None, :]).reshape(-1, 3, FREE), np.float64
    )


def _beside(points_m: Float64, anchors: Float64, settings: FlightSettings) -> Float64:
    """Give what it costs that a rolling ball's end lies away from a player; infinite where there is none."""
    away = np.hypot(*(points_m - anchors).T)
    return np.where(np.isnan(away), np.inf, (away / settings.player_m) ** 2 / 2)


@dataclass(frozen=True, slots=True)
class _Bound:
    """One end of each of some pieces: its cut, on the grass or at a player, and its time since the piece began."""

    cuts: Int64
    kind: int
    t_s: Float64


def _base(run: Run, rows: Int64, steps_s: Float64, drag_hz: float, fall: float) -> tuple[Float64, Float64]:
    """Give the equations of rows: `(m, 2, 9)` in start, velocity and swerve, and `(m, 2)` what they must equal."""
    reach = -np.expm1(-drag_hz * steps_s) / drag_hz
    rays = run.rays[rows] * run.weights[rows, None, None]
    turns = rays[..., :3]
    bend = steps_s**2 / 2
    left = np.concatenate((turns, turns * reach[:, None, None], turns * bend[:, None, None]), axis=2)
    drop = fall * (steps_s - reach) / drag_hz
    right = -rays[..., 3] + rays[..., 2] * drop[:, None]
    return left, right


def _sums(
    run: Run, rows: Int64, steps_s: Float64, places: Int64, drag_hz: float
) -> tuple[Float64, Float64, Float64]:
    left, right = _base(run, rows, steps_s, drag_hz, GRAVITY_MPS2)
    inner = np.cumsum(np.einsum("mai,maj->mij", left, left), axis=0)[places]
    outer = np.cumsum(np.einsum("mai,ma->mi", left, right), axis=0)[places]
    square = np.cumsum((right**2).sum(axis=1))[places]
    return inner, outer, square


def _rolled(
    run: Run, rows: Int64, steps_s: Float64, places: Int64, drag_hz: float, settings: FlightSettings
) -> tuple[Float64, Float64, Float64]:
    left, right = _base(run, rows, steps_s, drag_hz, 0.0)
    right = right - left[..., 2] * settings.radius_m
    left = left[..., LEVEL]
    inner = np.cumsum(np.einsum("mai,maj->mij", left, left), axis=0)[places] + np.diag(
        [1e-6, 1e-6, 1e-2, 1e-2]
    )
    outer = np.cumsum(np.einsum("mai,ma->mi", left, right), axis=0)[places]
    square = np.cumsum((right**2).sum(axis=1))[places]
    found = np.linalg.solve(inner, outer[..., None])[..., 0]
    states = np.zeros((len(places), FREE))
    states[:, LEVEL] = found
    states[:, 2] = settings.radius_m
    cost = (square - (found * outer).sum(axis=1)) / 2 + settings.piece_cost
    normals = np.broadcast_to(np.eye(FREE) * FIRM, (len(places), FREE, FREE)).copy()
    normals[:, np.array(LEVEL)[:, None], LEVEL] = inner
    fast = np.hypot(found[:, 2], found[:, 3]) > settings.max_speed_mps
    return np.where(fast, np.inf, cost), states, normals


def _flown(
    run: Run,
    bounds: tuple[_Bound, _Bound],
    sums: tuple[Float64, Float64, Float64],
    drag_hz: float,
    settings: FlightSettings,
) -> tuple[Float64, Float64, Float64]:
    """Fit flights between ends of two kinds: on the grass, or at a player."""
    firm = [1e-6] * 3 + [1e-3] * 3 + [settings.swerve_mps2**-2] * 3
    inner, outer, square = sums[0] + np.diag(firm), sums[1].copy(), sums[2].copy()
    count = len(square)
    known = np.ones(count, np.bool_)
    for bound in bounds:
        reach = -np.expm1(-drag_hz * bound.t_s) / drag_hz
        drop = GRAVITY_MPS2 * (bound.t_s - reach) / drag_hz
        wanted, errors = wanted_at(run, bound.cuts, bound.kind, settings)
        known &= ~np.isnan(wanted).any(axis=1)
        for axis in range(3):
            line = np.zeros((count, FREE))
            line[:, axis] = 1 / errors[:, axis]
            line[:, 3 + axis] = reach / errors[:, axis]
            line[:, 6 + axis] = bound.t_s**2 / 2 / errors[:, axis]
            value = (wanted[:, axis] + (drop if axis == 2 else 0.0)) / errors[:, axis]
            inner += line[:, :, None] * line[:, None, :]
            outer += line * value[:, None]
            square += value**2
    good = np.flatnonzero(known)
    costs, states = np.full(count, np.inf), np.zeros((count, FREE))
    if len(good):
        found = np.linalg.solve(inner[good], outer[good][..., None])[..., 0]
        cost = (square[good] - (found * outer[good]).sum(axis=1)) / 2
        cost += settings.piece_cost + settings.flight_cost
        cost += _LOOSE_COST * sum(bound.kind == LOOSE for bound in bounds)
        fast = np.linalg.norm(found[:, 3:6], axis=1) > settings.max_speed_mps
        costs[good], states[good] = np.where(fast, np.inf, cost), found
    return costs, states, inner


def wanted_at(run: Run, cuts: Int64, kind: int, settings: FlightSettings) -> tuple[Float64, Float64]:
    """Give where pieces should begin or end, `(e, 3)`, and by how much they may miss; infinite: anywhere."""
    wanted, errors = np.zeros((len(cuts), 3)), np.full((len(cuts), 3), np.inf)
    if kind == GROUND:
        wanted[:, 2], errors[:, 2] = settings.radius_m, settings.ground_m
    elif kind == PLAYER:
        wanted[:, :2], wanted[:, 2] = run.anchors[cuts], _TOUCHED_M
        errors[:] = (settings.player_m, settings.player_m, settings.touch_m)
    else:
        wanted[:], errors[:] = (0.0, 0.0, _AIR_M[0]), (_PITCH_M, _PITCH_M, _AIR_M[1])
    return wanted, errors
