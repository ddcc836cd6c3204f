"""Juggles a pattern with numbers alone: where every ball and hand is at any time, with the exact truth.

World coordinates are metres, x to the right of the picture, y up, origin on the floor between the feet. Balls follow
parabolas from hand to hand; a hand carries a ball along a cubic from catch to throw, or rests. `observe.py` looks at
it through a camera and a tracker.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.paths import Hand
from sightline.core.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.juggling.notation import Siteswap
    from sightline.core.arrays import Float64

HANDS = (Hand.LEFT, Hand.RIGHT)
_AHEAD_OF_SELF_BEATS = 0.12


@dataclass(frozen=True, slots=True)
class Juggler:
    """How somebody juggles.

    Attributes:
        beat_s: Time between throws of an asynchronous pattern.
        dwell_beats: How long a ball stays in a hand (Juggling Lab's default is 1.3).
        throw_noise_beats: Standard deviation of a throw's moment; catches follow with half of it.
        dwell_noise_beats: Standard deviation of the dwell.
        one_beats: Flight of a 1; such throws leave early.
        one_dwell_beats: How long a ball that came as a 1 is held.
        hands_apart_m: Between the middles of the hands' loops.
        scoop_m: From where a hand throws to where it catches; negative for outside throws (reverse cascade).
        hand_y_m: Height of the hands above the floor.
        aim_m: Standard deviation of where throws and catches happen.
        sway_m: How far the juggler wanders sideways.
        gravity_mps2: Downward acceleration.
    """

    beat_s: float = 0.25
    dwell_beats: float = 1.3
    throw_noise_beats: float = 0.07
    dwell_noise_beats: float = 0.08
    one_beats: float = 0.35
    one_dwell_beats: float = 0.7
    hands_apart_m: float = 0.44
    scoop_m: float = 0.2
    hand_y_m: float = 1.05
    aim_m: float = 0.025
    sway_m: float = 0.05
    gravity_mps2: float = 9.81


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one pattern, from the first throw to all balls caught.

    Attributes:
        pattern: What is juggled.
        beats: For how long; the last throws are those before this beat.
        dropped_throw: Which throw in the air (counted from 0) is not caught; the run ends there. None for no drop.
        rest_s: Time before its first throw, with all balls held.
    """

    pattern: Siteswap
    beats: int
    dropped_throw: int | None = None
    rest_s: float = 0.5


@dataclass(frozen=True, slots=True)
class TrueThrow:
    """A throw as it was made.

    Attributes:
        ball: Index of the ball.
        beat: Beat of the run.
        value: Siteswap value.
        hand: Which hand threw.
        t_s: When it left.
        catch_t_s: When it was caught, or met the floor.
        catch_hand: Which hand caught; None for a drop.
        height_m: How far it rose above its throw.
        held: A 2 that never left the hand; its times say when the hand would have thrown.
        run: Index of the run.
    """

    ball: int
    beat: int
    value: int
    hand: Hand
    t_s: float
    catch_t_s: float
    catch_hand: Hand | None
    height_m: float
    held: bool
    run: int


@dataclass(slots=True)
class Track:
    """A piecewise cubic in the plane: piece `i` is in force from `starts_s[i]` on."""

    starts_s: list[float] = field(default_factory=list)
    cubics: list[Float64] = field(default_factory=list)

    def add(self, start_s: float, cubic: Float64) -> None:
        """Append a piece, `(2, 4)` coefficients of (t - start), lowest power first."""
        self.starts_s.append(start_s)
        self.cubics.append(cubic)

    def at(self, t_s: Float64) -> Float64:
        """Give places `(n, 2)` in metres at times `(n,)`."""
        starts = np.array(self.starts_s)
        piece = np.clip(np.searchsorted(starts, t_s, side="right") - 1, 0, len(starts) - 1)
        ago = (t_s - starts[piece])[:, None]
        c = np.stack(self.cubics)[piece]
        return np.asarray(c[:, :, 0] + ago * (c[:, :, 1] + ago * (c[:, :, 2] + ago * c[:, :, 3])))


@dataclass(frozen=True, slots=True)
class Performance:
    """A whole clip of juggling.

    Attributes:
        runs: What was asked for.
        balls: One track each.
        hands: Tracks of the left and the right hand.
        throws: In order of time, held twos and hand-to-hand ones included.
        drops: `(ball, t_s)` of balls that passed below the hands.
        away: For each ball, `(from_s, to_s)` when it lies on the floor or is picked up.
        end_s: When it is over.
    """

    runs: tuple[Run, ...]
    balls: tuple[Track, ...]
    hands: tuple[Track, Track]
    throws: tuple[TrueThrow, ...]
    drops: tuple[tuple[int, float], ...]
    away: tuple[tuple[tuple[float, float], ...], ...]
    end_s: float

    def balls_m(self, t_s: Float64) -> Float64:
        """Give places of all balls, `(n, balls, 2)`, at times `(n,)`."""
        return np.stack([track.at(t_s) for track in self.balls], axis=1)

    def hands_m(self, t_s: Float64) -> Float64:
        """Give places of both hands, `(n, 2, 2)`, left of the picture first."""
        return np.stack([track.at(t_s) for track in self.hands], axis=1)

    @property
    def caught(self) -> tuple[TrueThrow, ...]:
        """Throws that flew and were caught."""
        return tuple(throw for throw in self.throws if not throw.held and throw.catch_hand is not None)


@dataclass(slots=True)
class _Toss:
    """A toss being planned: beats first, times and places later."""

    ball: int
    beat: int
    value: int
    hand: int
    target: int
    t_s: float = 0.0
    catch_t_s: float = 0.0
    from_m: Float64 = field(default_factory=lambda: np.zeros(2))
    to_m: Float64 = field(default_factory=lambda: np.zeros(2))


def perform(runs: Sequence[Run], juggler: Juggler, rng: np.random.Generator) -> Performance:
    """Juggle runs one after the other; each begins and ends with all balls in the hands.

    Args:
        runs: At least one; all patterns must be valid. Balls beyond those of a run rest in the hands.
        juggler: How.
        rng: All chance comes from it.

    Raises:
        AnalysisError: No run, or a pattern that cannot be juggled.
    """
    if not runs:
        raise AnalysisError("nothing to juggle", hint="give at least one run")
    for run in runs:
        _ = run.pattern.balls
    stage = _Stage(juggler, rng, max(run.pattern.balls for run in runs))
    for index, run in enumerate(runs):
        stage.play(index, run)
    return stage.finish(tuple(runs))


class _Stage:
    """Plays runs onto tracks."""

    def __init__(self, juggler: Juggler, rng: np.random.Generator, balls: int) -> None:
        self._by = juggler
        self._rng = rng
        self._now_s = 0.0
        self._tracks = tuple(Track() for _ in range(balls))
        self._hands = (Track(), Track())
        self._throws: list[TrueThrow] = []
        self._drops: list[tuple[int, float]] = []
        self._away: list[list[tuple[float, float]]] = [[] for _ in range(balls)]
        self._sway_phase = rng.uniform(0, 2 * np.pi)

    def play(self, index: int, run: Run) -> None:
        tosses = _plan(run, len(self._tracks))
        start_s = self._now_s + run.rest_s
        self._time(tosses, start_s)
        dropped = _cut(tosses, run.dropped_throw)
        self._place(tosses)
        ends = [toss.catch_t_s for toss in tosses]
        for ball in range(len(self._tracks)):
            self._carry(ball, [toss for toss in tosses if toss.ball == ball], dropped)
        self._move_hands(tosses, dropped)
        self._note(index, tosses, dropped)
        self._now_s = max([start_s, *ends]) + (1.5 if dropped is not None else 0.3)
        if dropped is not None:
            self._away[dropped.ball][-1] = (self._away[dropped.ball][-1][0], self._now_s)

    def finish(self, runs: tuple[Run, ...]) -> Performance:
        return Performance(
            runs=runs,
            balls=self._tracks,
            hands=self._hands,
            throws=tuple(sorted(self._throws, key=lambda throw: (throw.t_s, throw.ball))),
            drops=tuple(self._drops),
            away=tuple(tuple(spells) for spells in self._away),
            end_s=self._now_s,
        )

    def _time(self, tosses: list[_Toss], start_s: float) -> None:
        """Give every toss its moments, last beat first: a 1 leaves early enough to be caught and thrown on."""
        by, rng = self._by, self._rng
        beats = sorted({(toss.beat, toss.hand) for toss in tosses})
        moments = {
            (beat, hand): start_s + by.beat_s * (beat + by.throw_noise_beats * _bounded(rng))
            for beat, hand in beats
        }
        leaves: dict[tuple[int, int], float] = {}
        for toss in sorted(tosses, key=lambda toss: -toss.beat):
            at, onward = (toss.beat, toss.hand), (toss.beat + toss.value, toss.target)
            fallback = start_s + by.beat_s * (onward[0] + by.throw_noise_beats * _bounded(rng))
            next_s = leaves.get(onward, fallback)
            noise = by.dwell_noise_beats * _bounded(rng)
            if toss.value == 1:
                toss.catch_t_s = next_s - by.beat_s * max(0.2, by.one_dwell_beats + noise)
                flight_s = by.beat_s * by.one_beats * (1 + 0.2 * _bounded(rng))
                leaves[at] = min(leaves.get(at, np.inf), toss.catch_t_s - flight_s)
            else:
                leaves[at] = min(leaves.get(at, np.inf), moments[at])
                toss.catch_t_s = next_s - by.beat_s * max(0.35, by.dwell_beats + noise)
        freed: dict[int, float] = {}
        for toss in sorted(tosses, key=lambda toss: toss.beat):
            toss.t_s = leaves[(toss.beat, toss.hand)]
        for toss in sorted(tosses, key=lambda toss: toss.catch_t_s):
            freed[toss.target] = max(
                (
                    other.t_s
                    for other in tosses
                    if other.hand == toss.target and other.beat < toss.beat + toss.value and other.value != 2
                    and other.t_s < toss.catch_t_s + 0.5 * by.beat_s
                ),
                default=-np.inf,
            )  # fmt: skip
            earliest = freed[toss.target] + _AHEAD_OF_SELF_BEATS * by.beat_s
            onward_s = leaves.get((toss.beat + toss.value, toss.target), np.inf)
            toss.catch_t_s = max(toss.catch_t_s, min(earliest, onward_s - 0.15 * by.beat_s))
            if toss.value != 2:
                toss.catch_t_s = max(toss.catch_t_s, toss.t_s + 0.2 * by.beat_s)

    def _place(self, tosses: list[_Toss]) -> None:
        """Give every toss the places where it leaves and arrives."""
        for toss in tosses:
            toss.from_m = self._spot(toss.hand, toss.t_s, catching=False)
            toss.to_m = self._spot(toss.target, toss.catch_t_s, catching=True)

    def _spot(self, hand: int, t_s: float, *, catching: bool) -> Float64:
        by = self._by
        side = -1.0 if hand == 0 else 1.0
        loop = 0.5 * by.scoop_m * (1.0 if catching else -1.0)
        sway = by.sway_m * np.sin(self._sway_phase + 2 * np.pi * t_s / 7.0)
        x = side * (0.5 * by.hands_apart_m + loop) + sway
        return np.array([x, by.hand_y_m + (0.04 if catching else 0.0)]) + by.aim_m * self._rng.normal(size=2)

    def _home(self, hand: int, t_s: float) -> Float64:
        return np.asarray(
            0.5 * (self._spot(hand, t_s, catching=True) + self._spot(hand, t_s, catching=False))
        )

    def _carry(self, ball: int, tosses: list[_Toss], dropped: _Toss | None) -> None:
        """Write one ball's way through a run onto its track."""
        track = self._tracks[ball]
        if not tosses:
            if not track.starts_s:
                track.add(self._now_s, _still(self._home(ball % 2, self._now_s)))
            return
        since_s, speed = self._now_s, np.zeros(2)
        place = (
            track.at(np.array([since_s]))[0] if track.starts_s else self._home(tosses[0].hand, self._now_s)
        )
        for toss in tosses:
            if toss.value == 2 and toss.hand == toss.target:
                continue
            out = _launch(toss, self._by.gravity_mps2)
            self._hold(track, since_s, place, speed, toss.t_s, toss.from_m, out[:, 1])
            track.add(toss.t_s, out)
            if toss is dropped:
                self._fall(ball, toss, out)
                return
            flight_s = toss.catch_t_s - toss.t_s
            speed = out[:, 1] + 2 * out[:, 2] * flight_s
            place, since_s = toss.to_m, toss.catch_t_s
        rest = self._home(tosses[-1].target, since_s)
        track.add(since_s, _hermite(place, 0.3 * speed, rest, np.zeros(2), 0.35))
        track.add(since_s + 0.35, _still(rest))

    def _hold(  # noqa: PLR0917 - two ends, each a time, a place and a speed
        self, track: Track, since_s: float, place: Float64, speed: Float64, until_s: float,
        leave: Float64, leave_speed: Float64,
    ) -> None:  # fmt: skip
        """Carry a ball from its catch to its throw; what is longer than a usual dwell is rest in between."""
        swing_s = 1.5 * self._by.beat_s
        spare_s = until_s - since_s - 2 * swing_s
        if spare_s <= 0:
            track.add(since_s, _hermite(place, 0.35 * speed, leave, leave_speed, until_s - since_s))
            return
        rest = 0.5 * (place + leave)
        track.add(since_s, _hermite(place, 0.35 * speed, rest, np.zeros(2), swing_s))
        track.add(since_s + swing_s, _still(rest))
        track.add(until_s - swing_s, _hermite(rest, np.zeros(2), leave, leave_speed, swing_s))

    def _fall(self, ball: int, toss: _Toss, out: Float64) -> None:
        """Let a ball pass the hands and come to rest on the floor."""
        a, b, c = float(out[1, 2]), float(out[1, 1]), float(out[1, 0])
        low_s = (-b - np.sqrt(b * b - 4 * a * (c - self._by.hand_y_m + 0.15))) / (2 * a)
        floor_s = (-b - np.sqrt(b * b - 4 * a * (c - 0.03))) / (2 * a)
        spot = out[:, 0] + out[:, 1] * floor_s + out[:, 2] * floor_s**2
        track = self._tracks[ball]
        hop = np.array([[spot[0], 0.6 * out[0, 1], 0, 0], [0.03, 1.2, -0.5 * self._by.gravity_mps2, 0]])
        hop_s = 2 * 1.2 / self._by.gravity_mps2
        track.add(toss.t_s + floor_s, hop)
        track.add(toss.t_s + floor_s + hop_s, _still(np.array([spot[0] + 0.6 * out[0, 1] * hop_s, 0.03])))
        self._drops.append((ball, toss.t_s + low_s))
        self._away[ball].append((toss.t_s + floor_s, np.inf))
        toss.catch_t_s = toss.t_s + floor_s

    def _move_hands(self, tosses: list[_Toss], dropped: _Toss | None) -> None:
        """Move hands from throw to catch; while a ball is carried the hand is where the ball is."""
        for hand, track in enumerate(self._hands):
            stops: list[tuple[float, Float64]] = [(self._now_s, self._home(hand, self._now_s))]
            for toss in tosses:
                if toss.hand == hand and toss.value != 2:
                    stops.append((toss.t_s, toss.from_m))
                if toss.target == hand and toss is not dropped and toss.value != 2:
                    stops.append((toss.catch_t_s, toss.to_m))
            stops.sort(key=lambda stop: stop[0])
            for (t0, p0), (t1, p1) in pairwise(stops):
                if t1 - t0 > 1e-6:
                    track.add(t0, _hermite(p0, np.array([0.0, -0.6]), p1, np.array([0.0, 0.6]), t1 - t0))
            track.add(stops[-1][0], _still(stops[-1][1]))

    def _note(self, index: int, tosses: list[_Toss], dropped: _Toss | None) -> None:
        for toss in tosses:
            rise = _launch(toss, self._by.gravity_mps2)[1, 1] if toss.value != 2 else 0.0
            self._throws.append(
                TrueThrow(
                    ball=toss.ball,
                    beat=toss.beat,
                    value=toss.value,
                    hand=HANDS[toss.hand],
                    t_s=toss.t_s,
                    catch_t_s=toss.catch_t_s,
                    catch_hand=None if toss is dropped else HANDS[toss.target],
                    height_m=max(0.0, float(rise)) ** 2 / (2 * self._by.gravity_mps2),
                    held=toss.value == 2 and toss.hand == toss.target,
                    run=index,
                )
            )


def _plan(run: Run, balls: int) -> list[_Toss]:
    """Give every toss of a run with its ball; balls that nobody has thrown yet come from the hands."""
    pattern = run.pattern
    waiting: dict[tuple[int, int], list[int]] = defaultdict(list)
    fresh = iter(range(balls))
    tosses: list[_Toss] = []
    for start in range(0, run.beats, pattern.cycle):
        for one in pattern.landings:
            beat = start + one.beat
            if beat >= run.beats:
                continue
            held = waiting[(beat, one.hand)]
            ball = held.pop(0) if held else next(fresh)
            waiting[(beat + one.value, one.target)].append(ball)
            tosses.append(_Toss(ball, beat, one.value, one.hand, one.target))
    return tosses


def _cut(tosses: list[_Toss], dropped_throw: int | None) -> _Toss | None:
    """End a run at its drop: nothing is thrown from then on."""
    if dropped_throw is None:
        return None
    flying = sorted((toss for toss in tosses if toss.value >= 3), key=lambda toss: (toss.t_s, toss.ball))
    if dropped_throw >= len(flying):
        raise AnalysisError(f"the run has {len(flying)} throws, number {dropped_throw} cannot be dropped")
    dropped = flying[dropped_throw]
    tosses[:] = [toss for toss in tosses if toss.t_s < dropped.catch_t_s]
    return dropped


def _launch(toss: _Toss, gravity_mps2: float) -> Float64:
    """Give the parabola from a toss's throw to its catch as a cubic."""
    flight_s = toss.catch_t_s - toss.t_s
    fall = np.array([0.0, -0.5 * gravity_mps2])
    speed = (toss.to_m - toss.from_m - fall * flight_s**2) / flight_s
    return np.stack([toss.from_m, speed, fall, np.zeros(2)], axis=1)


def _hermite(
    start: Float64, start_speed: Float64, end: Float64, end_speed: Float64, span_s: float
) -> Float64:
    """Give the cubic with these ends and speeds."""
    step = (end - start) / span_s
    second = (3 * step - 2 * start_speed - end_speed) / span_s
    third = (start_speed + end_speed - 2 * step) / span_s**2
    return np.stack([start, start_speed, second, third], axis=1)


def _still(place: Float64) -> Float64:
    return np.stack([place, np.zeros(2), np.zeros(2), np.zeros(2)], axis=1)


def _bounded(rng: np.random.Generator) -> float:
    """A normal number, never beyond 2.5 standard deviations: nobody is off by more and still juggling."""
    return float(np.clip(rng.normal(), -2.5, 2.5))
