"""Parabolas through candidates: which of them are one ball in free flight.

Every pair of coefficients `place + speed * t + gravity * t^2 / 2` with one gravity for the clip is decided by two
points; three that agree are a seed. A seed grows both ways while candidates keep lying on it.

Source:
    Fischler & Bolles, Random sample consensus, 1981, with all seeds tried instead of a sample; that arcs alone
    tell balls from everything else: jkboyce/hawkeye, README.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.arcs.gravity import Gravity, triples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.juggling.arcs.candidates import Candidates, Grid
    from sightline.core.arrays import Float64, Int64

_SEED_SPAN_S = 0.045
_SUPPORT_S = 0.1
_BRIDGE_S = 0.07
_FEWEST, _SHORTEST_S = 4, 0.09
_FULL = 0.55
_BENDS_S = 0.5  # longer ones show a camera's sway and a lens
_HOLDS_S = 0.25  # so much of them is a parabola all the same
_LEAST_SUPPORT = 0.45
_LEAST_WAY_RADII = 1.3
# A head that bobs while its owner walks follows small parabolas too; a flat throw goes far.
_LEAST_FALL_RADII, _FLAT_WAY_RADII = 1.5, 6.0
_LOOSE, _SURE = 0.3, 0.18
_MERGE_GAP_S, _LEAVES_GAP_S = 0.3, 2.5
_OVERLAP_S, _SMOOTH_S = 0.09, 0.06
_SURE_FALL, _FEWEST_SURE = 0.05, 4
_PLACE_NOISE_PX, _FALL_VARIES = 1.0, 0.07


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a candidate may lie from the parabola it belongs to.

    Attributes:
        px: In any case.
        radii: And so many of its radii more.
        extent: And such a share of the arc's own extent: wide lenses bend long arcs.
    """

    px: float = 1.2
    radii: float = 0.14
    extent: float = 0.006

    def of(self, radius_px: float | Float64, extent_px: float | Float64 = 0.0) -> Float64:
        """Give it in pixels for a ball that large and an arc that far across, one or `(n,)` of each."""
        return np.asarray(self.px + self.radii * radius_px + self.extent * extent_px)


@dataclass(slots=True)
class Arc:
    """One ball in free flight.

    Attributes:
        rows: Candidates on it, in order of time.
        start_s: Time that `place` and `speed` are of.
        place: `(2,)` px.
        speed: `(2,)` px/s.
        fall: `(2,)` px/s2, the gravity it was fitted with.
        first_s, last_s: Times of its first and last candidate.
        radius_px: Median of its candidates.
        rms_px: How far they lie from it.
        pieces: Arcs that were joined to this one and hold more exactly where they are; none usually.
    """

    rows: list[int]
    start_s: float
    place: Float64
    speed: Float64
    fall: Float64
    first_s: float = 0.0
    last_s: float = 0.0
    radius_px: float = 0.0
    rms_px: float = 0.0
    frames: list[int] = field(default_factory=list)
    pieces: list[Arc] = field(default_factory=list)

    def at(self, t_s: float | Float64) -> Float64:
        """Give its place at a time `(2,)`, or at times `(n, 2)`."""
        times = np.asarray(t_s, np.float64)
        if not self.pieces:
            ago = times[..., None] - self.start_s
            return np.asarray(self.place + ago * (self.speed + 0.5 * ago * self.fall))
        flat = np.atleast_1d(times)
        found = np.array([self.piece_at(float(one)).at(float(one)) for one in flat])
        return found[0] if times.ndim == 0 else found

    def speed_at(self, t_s: float) -> Float64:
        """Give its velocity `(2,)` in px/s."""
        if self.pieces:
            return self.piece_at(t_s).speed_at(t_s)
        return np.asarray(self.speed + (t_s - self.start_s) * self.fall)

    def piece_at(self, t_s: float) -> Arc:
        """Give the piece that is nearest in time, or the arc itself."""
        return min(
            self.pieces,
            key=lambda piece: max(piece.first_s - t_s, t_s - piece.last_s, 0.0),
            default=self,
        )

    @property
    def extent_px(self) -> float:
        """How far it goes across the picture, along its longer side."""
        ends = np.array(
            [self.at(self.first_s), self.at((self.first_s + self.last_s) / 2), self.at(self.last_s)]
        )
        return float(np.ptp(ends, axis=0).max())


def find_arcs(candidates: Candidates, grid: Grid, gravity: Gravity, tolerance: Tolerance) -> list[Arc]:
    """Give all flights, in order of time.

    Args:
        candidates: Of the whole clip.
        grid: The same as a table.
        gravity: Of the clip.
        tolerance: What is on a parabola.
    """
    frames, places = _seeds(grid, candidates, gravity, tolerance)
    support, share = _support(grid, frames, places, gravity, tolerance)
    promising = np.flatnonzero(share >= _LEAST_SUPPORT)
    order = promising[np.lexsort((frames[promising, 0], -support[promising]))]
    owner = np.full(len(candidates), -1, np.int64)
    arcs: list[Arc] = []
    for number in order.tolist():
        rows = [int(grid.index[f, k]) for f, k in zip(frames[number], places[number], strict=True)]
        if (owner[rows] >= 0).sum() >= 2:
            continue
        fall = gravity.at(float(grid.clock_s[frames[number, 1]]))
        arc = _grown(rows, candidates, grid, fall, tolerance, owner)
        if arc is None or not _sound(arc, candidates, gravity):
            continue
        arc = _lengthened(arc, candidates, grid, tolerance, owner)
        owner[arc.rows] = len(arcs)
        arcs.append(arc)
    arcs.sort(key=lambda arc: (arc.first_s, arc.place[0]))
    merged = _merged(arcs, candidates, gravity, tolerance)
    return [arc for arc in merged if _certain(arc, candidates, gravity)]


def fit(rows: list[int], candidates: Candidates, fall: Float64, varies: float = _FALL_VARIES) -> Arc:
    """Fit place, speed and fall to some candidates; the clip's gravity, `(2,)` px/s2, is what the fall is expected to be.

    A ball that comes nearer falls faster in the picture, so each flight may differ by some per cent, `varies`.
    """
    t_s = candidates.clock_s[candidates.rows[rows]]
    middle, solved, strays = solve(t_s, candidates.points_px[rows], fall, varies)
    return Arc(
        rows=rows,
        start_s=middle,
        place=solved[0],
        speed=solved[1],
        fall=fall + solved[2],
        first_s=float(t_s[0]),
        last_s=float(t_s[-1]),
        radius_px=float(np.median(candidates.radii_px[rows])),
        rms_px=float(np.sqrt((strays**2).sum(axis=1).mean())),
        frames=candidates.rows[rows].tolist(),
    )


def solve(
    t_s: Float64, points_px: Float64, fall: Float64, varies: float = _FALL_VARIES
) -> tuple[float, Float64, Float64]:
    """Fit a parabola to some places with gravity as its expected fall.

    Args:
        t_s: `(n,)` their times.
        points_px: `(n, 2)`.
        fall: `(2,)` px/s2.
        varies: By which share of it the fall may well differ.

    Returns:
        The middle of the times, `(3, 2)` place and speed then and by how much the fall differs, and `(n, 2)` how far
        the places lie from it.
    """
    middle = float(t_s.mean())
    ago = t_s - middle
    points = points_px - 0.5 * ago[:, None] ** 2 * fall
    weight = _PLACE_NOISE_PX / (varies * float(np.hypot(*fall)))
    basis = np.zeros((len(t_s) + 1, 3))
    basis[:-1] = np.stack([np.ones_like(ago), ago, 0.5 * ago**2], axis=1)
    basis[-1, 2] = weight
    solved = np.linalg.lstsq(basis, np.vstack([points, np.zeros(2)]), rcond=None)[0]
    return middle, np.asarray(solved, np.float64), np.asarray(points - basis[:-1] @ solved, np.float64)


def own_fall(rows: list[int], candidates: Candidates) -> tuple[Float64, float]:
    """Give the acceleration that some candidates have of their own, `(2,)` px/s2, and its standard error."""
    return acceleration(candidates.clock_s[candidates.rows[rows]], candidates.points_px[rows])


def acceleration(t_s: Float64, points_px: Float64) -> tuple[Float64, float]:
    """Give the acceleration of places `(n, 2)` at times `(n,)`, `(2,)` px/s2, and its standard error."""
    ago = t_s - t_s.mean()
    basis = np.stack([np.ones_like(ago), ago, 0.5 * ago**2], axis=1)
    solved, _, rank, _ = np.linalg.lstsq(basis, points_px, rcond=None)
    if rank < 3 or len(t_s) < 4:
        return np.asarray(solved[2]), np.inf
    strays = points_px - basis @ solved
    noise = np.sqrt(max(float((strays**2).sum()) / (2 * len(t_s) - 6), 0.04))
    return np.asarray(solved[2]), float(noise * np.sqrt(np.linalg.inv(basis.T @ basis)[2, 2]))


def refined(gravity: Gravity, arcs: Sequence[Arc], candidates: Candidates) -> Gravity:
    """Give gravity as long arcs show it: single triples lean towards what crosses."""
    own = [own_fall(arc.rows, candidates) for arc in arcs]
    sure = [fall for fall, error in own if error < _SURE_FALL * gravity.size_px_s2]
    if len(sure) < _FEWEST_SURE:
        return gravity
    shift = np.median(sure, axis=0) - gravity.vector
    return Gravity(gravity.times_s, gravity.falls_px_s2 + shift)


def _seeds(grid: Grid, candidates: Candidates, gravity: Gravity, tolerance: Tolerance) -> tuple[Int64, Int64]:
    frames, places, a, _ = triples(grid, candidates.size[0], _SEED_SPAN_S)
    if not len(frames):
        return frames, places
    span_s = grid.clock_s[frames[:, 2]] - grid.clock_s[frames[:, 0]]
    radii = grid.radii_px[frames[:, 1], places[:, 1]]
    stray = np.hypot(*(a - gravity.at(grid.clock_s[frames[:, 1]])).T) * (span_s / 2) ** 2
    near = stray <= 2.0 * tolerance.of(radii)
    return frames[near], places[near]


def _support(
    grid: Grid, frames: Int64, places: Int64, gravity: Gravity, tolerance: Tolerance
) -> tuple[Float64, Float64]:
    """Give for each seed what lies on its parabola in the frames around it: scores in all, and share of frames."""
    if not len(frames):
        return np.zeros(0), np.zeros(0)
    step_s = float(np.median(np.diff(grid.clock_s)))
    reach = max(3, round(_SUPPORT_S / step_s))
    t = grid.clock_s[frames]
    p = grid.points_px[frames, places]
    middle = t[:, 1]
    ago = t - middle[:, None]
    fall = gravity.at(middle)
    flat = p - 0.5 * ago[:, :, None] ** 2 * fall[:, None, :]
    speed = (flat[:, 2] - flat[:, 0]) / (t[:, 2] - t[:, 0])[:, None]
    place = flat.mean(axis=1) - speed * ago.mean(axis=1)[:, None]
    slack = 1.5 * tolerance.of(grid.radii_px[frames[:, 1], places[:, 1]])
    support, hits, frames_in = np.zeros(len(frames)), np.zeros(len(frames)), np.zeros(len(frames))
    for hop in range(-reach, reach + 1):
        at = frames[:, 1] + hop
        inside = (at >= 0) & (at < len(grid.clock_s))
        at = np.clip(at, 0, len(grid.clock_s) - 1)
        dt = (grid.clock_s[at] - middle)[:, None]
        expected = place + dt * (speed + 0.5 * dt * fall)
        with np.errstate(invalid="ignore"):
            away = np.hypot(*np.moveaxis(grid.points_px[at] - expected[:, None, :], -1, 0))
            hit = away <= slack[:, None] * (1 + 0.15 * abs(hop))
        support += np.where(inside, (hit * grid.scores[at]).max(axis=1), 0)
        hits += inside & hit.any(axis=1)
        frames_in += inside
    return support, hits / np.maximum(frames_in, reach + 1)


def _grown(
    rows: list[int], candidates: Candidates, grid: Grid, fall: Float64, tolerance: Tolerance, owner: Int64
) -> Arc | None:
    """Grow a seed both ways, refitting as it grows; None where its own ends do not hold."""
    arc = fit(rows, candidates, fall)
    bridge = max(2, round(_BRIDGE_S / candidates.step_s))
    for _ in range(2):
        for way in (1, -1):
            misses, frame = 0, arc.frames[-1 if way > 0 else 0]
            while misses <= bridge:
                frame += way
                if not 0 <= frame < len(grid.clock_s):
                    break
                row = _on(arc, frame, grid, tolerance, owner)
                if row is None:
                    misses += 1
                    continue
                misses = 0
                grown = [*arc.rows, row] if way > 0 else [row, *arc.rows]
                arc = fit(grown, candidates, fall)
        inner = range(arc.frames[0] + 1, arc.frames[-1])
        rows = sorted(
            {
                *arc.rows,
                *(
                    row
                    for f in inner
                    if f not in arc.frames and (row := _on(arc, f, grid, tolerance, owner)) is not None
                ),
            },
            key=lambda row: int(candidates.rows[row]),
        )
        arc = _trimmed(fit(rows, candidates, fall), candidates, fall, tolerance)
        if len(arc.rows) < _FEWEST:
            return None
    return arc


def _lengthened(arc: Arc, candidates: Candidates, grid: Grid, tolerance: Tolerance, owner: Int64) -> Arc:
    """Follow a long arc on from its ends, by the parabola of what is near: wide lenses bend it, little at a time."""
    if arc.last_s - arc.first_s < _BENDS_S:
        return arc
    near = max(_FEWEST, round(_HOLDS_S / candidates.step_s))
    rows, pieces = list(arc.rows), [arc]
    for way in (-1, 1):
        last, frame = None, arc.frames[0 if way < 0 else -1]
        while 0 <= (frame := frame + way) < len(grid.clock_s):
            end = fit(rows[:near] if way < 0 else rows[-near:], candidates, arc.fall, _LOOSE)
            row = _on(end, frame, grid, tolerance, owner)
            if row is None:
                break
            rows, last = ([row, *rows] if way < 0 else [*rows, row]), end
        pieces += [last] if last is not None else []
    if len(pieces) == 1:
        return arc
    whole = fit(rows, candidates, arc.fall)
    whole.pieces = sorted(pieces, key=lambda piece: piece.first_s)
    return whole


def _on(arc: Arc, frame: int, grid: Grid, tolerance: Tolerance, owner: Int64) -> int | None:
    """Give the free candidate of a frame that lies on an arc, None where there is none."""
    t_s = float(grid.clock_s[frame])
    outside_s = max(arc.first_s - t_s, t_s - arc.last_s, 0.0)
    span_s = max(arc.last_s - arc.first_s, 1e-3)
    extent_px = arc.extent_px if span_s > _BENDS_S else 0.0
    slack = float(tolerance.of(arc.radius_px, extent_px)) * (1 + min(1.5, 0.5 * outside_s / span_s))
    with np.errstate(invalid="ignore"):
        away = np.hypot(*(grid.points_px[frame] - arc.at(t_s)).T)
        alike = np.abs(np.log(grid.radii_px[frame] / arc.radius_px)) < 0.6
    away = np.where(alike & (grid.index[frame] >= 0), away, np.inf)
    place = int(np.argmin(away))
    if not away[place] <= slack:
        return None
    row = int(grid.index[frame, place])
    return None if owner[row] >= 0 or row in arc.rows else row


def _trimmed(arc: Arc, candidates: Candidates, fall: Float64, tolerance: Tolerance) -> Arc:
    """Drop ends that stray now that the whole is known, and refit."""
    for _ in range(3):
        t_s = candidates.clock_s[candidates.rows[arc.rows]]
        stray = np.hypot(*(candidates.points_px[arc.rows] - arc.at(t_s)).T)
        keep = stray <= tolerance.of(arc.radius_px, arc.extent_px)
        if keep.all() or keep.sum() < _FEWEST:
            return (
                arc
                if keep.all()
                else fit(
                    [r for r, k in zip(arc.rows, keep, strict=True) if k] or arc.rows[:1], candidates, fall
                )
            )
        arc = fit([row for row, kept in zip(arc.rows, keep, strict=True) if kept], candidates, fall)
    return arc


def _sound(arc: Arc, candidates: Candidates, gravity: Gravity) -> bool:
    """Whether an arc is a flight: long enough, seen often enough, and falling of its own as gravity says."""
    fewest = max(_FEWEST, round(_SHORTEST_S / candidates.step_s))
    frames = arc.frames[-1] - arc.frames[0] + 1
    if len(arc.rows) < fewest or len(arc.rows) < _FULL * frames:
        return False
    points = candidates.points_px[arc.rows]
    way = float(np.hypot(*np.diff(points, axis=0).T).sum())
    fallen = np.ptp(points @ gravity.at(arc.start_s)) / float(np.hypot(*gravity.at(arc.start_s)))
    if way < _LEAST_WAY_RADII * arc.radius_px:
        return False
    gone = float(np.hypot(*(points[-1] - points[0])))
    if fallen < _LEAST_FALL_RADII * arc.radius_px and gone < _FLAT_WAY_RADII * arc.radius_px:
        return False
    own, error = own_fall(arc.rows, candidates)
    expected = gravity.at(arc.start_s)
    off = float(np.hypot(*(own - expected)))
    return off <= _LOOSE * float(np.hypot(*expected)) or off <= 2 * error


def _certain(arc: Arc, candidates: Candidates, gravity: Gravity) -> bool:
    """Whether an arc's own fall is known well enough to say that it is one."""
    own, error = own_fall(arc.rows, candidates)
    expected = gravity.at(arc.start_s)
    size, off = float(np.hypot(*expected)), float(np.hypot(*(own - expected)))
    return error <= _SURE * size and off <= _LOOSE * size + error


def _merged(arcs: list[Arc], candidates: Candidates, gravity: Gravity, tolerance: Tolerance) -> list[Arc]:
    """Join arcs that are pieces of one flight: hidden for a moment, or above the picture's edge."""
    kept: list[Arc] = []
    for arc in arcs:
        for place, earlier in enumerate(kept):
            whole = _joined(earlier, arc, candidates, gravity.at(arc.start_s), tolerance)
            if whole is not None:
                kept[place] = whole
                break
        else:
            kept.append(arc)
    return kept


def _joined(one: Arc, other: Arc, candidates: Candidates, fall: Float64, tolerance: Tolerance) -> Arc | None:
    """Give two arcs as one where they are, None where not: one parabola, or one going over smoothly into the other."""
    gap_s = other.first_s - one.last_s
    if not -_OVERLAP_S < gap_s < _LEAVES_GAP_S:
        return None
    if gap_s > _MERGE_GAP_S:
        between = one.at(np.linspace(one.last_s, other.first_s, 9)[2:-2])
        if (between[:, 1] > 0).any():
            return None
    taken = set(one.frames)
    later = [row for row, frame in zip(other.rows, other.frames, strict=True) if frame not in taken]
    rows = sorted({*one.rows, *later}, key=lambda row: int(candidates.rows[row]))
    whole = fit(rows, candidates, fall)
    slack = float(tolerance.of(whole.radius_px, whole.extent_px))
    if whole.rms_px <= 0.7 * slack * (1.5 if gap_s > _MERGE_GAP_S else 1.0):
        return whole
    if abs(gap_s) > _OVERLAP_S or whole.rms_px > 3 * slack:
        return None
    middle = (one.last_s + other.first_s) / 2
    apart = float(np.hypot(*(one.at(middle) - other.at(middle))))
    turned = float(np.hypot(*(one.speed_at(middle) - other.speed_at(middle))))
    if apart > 2 * slack or turned > _SMOOTH_S * float(np.hypot(*fall)):
        return None
    whole.pieces = [piece for arc in (one, other) for piece in (arc.pieces or [arc])]
    return whole
