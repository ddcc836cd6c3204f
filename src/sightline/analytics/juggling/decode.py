"""From ball paths to throws, catches, drops and the pattern's siteswap.

Patterns are found by order, not by the clock: see `siteswap/align.py`. What is not sure enough is not named.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.flights import FlightSettings, Gravity, find_flights, find_gravity
from sightline.analytics.juggling.paths import (
    GRAVITY_MPS2,
    BallPath,
    Catch,
    Drop,
    Flight,
    Guess,
    Hand,
    Juggle,
    Span,
    Throw,
)
from sightline.analytics.juggling.siteswap.carries import across, reach, swings
from sightline.analytics.juggling.siteswap.rank import Ranked, RankSettings, guesses, rank
from sightline.analytics.juggling.siteswap.sightings import readings
from sightline.analytics.juggling.throws import list_catches, list_throws

if TYPE_CHECKING:
    from collections.abc import Sequence


NO_THROWS = "no throws were found"
_PAUSE_OF_CHANGE = 2.0
_LONGEST_CYCLE = 3.0  # of the usual one; a longer one is a pause
_AS_LIKELY = 0.4
_LOW = 0.9  # of the throws are from higher up


@dataclass(frozen=True, slots=True)
class DecodeSettings:
    """How paths are read.

    Attributes:
        flights: What counts as a flight.
        rank: What patterns are tried and how sure one must be.
        long_s: Flights at least this long show the rhythm of a run.
        pause_factor: A break between throws longer than this many usual ones ends a run.
        pause_s: And at least this long.
        window: Throws in a window when a run is searched for changes of pattern.
        good_score: A run whose best pattern scores more than this a throw is not searched.
        drop_from_m: How far above them its highest point must be.
        widest_m: Throws and catches further apart than this are not one juggler's.
        drop_below_m: How far below the lowest throws a flight must end to be a drop, metres by gravity's scale.
    """

    flights: FlightSettings = field(default_factory=FlightSettings)
    rank: RankSettings = field(default_factory=RankSettings)
    long_s: float = 0.26
    pause_factor: float = 4.0
    pause_s: float = 0.9
    window: int = 12
    good_score: float = 1.2
    drop_below_m: float = 0.15
    drop_from_m: float = 0.08
    widest_m: float = 1.6


def decode(paths: Sequence[BallPath], settings: DecodeSettings | None = None) -> Juggle:
    """Give what was juggled.

    Args:
        paths: What a tracker saw of each ball; identities may switch, frames may be missing.
        settings: How they are read.
    """
    settings = settings or DecodeSettings()
    paths = [path for path in paths if len(path) >= 3]
    gravity = find_gravity(paths, settings.flights)
    if gravity is None:
        return _without_flights(paths)
    return decode_flights(find_flights(paths, gravity, settings.flights), gravity, paths, settings)


def rank_runs(paths: Sequence[BallPath], settings: DecodeSettings) -> list[list[Ranked]]:
    """Give, for each run of throws, the patterns that fit best; what `decode` names patterns from."""
    gravity = find_gravity(paths, settings.flights)
    if gravity is None:
        return []
    flights = find_flights(paths, gravity, settings.flights)
    return [
        _rank(flights, numbers, _count(flights, numbers, paths), gravity, paths, settings)
        for numbers in _runs(flights, settings)
    ]


def decode_flights(
    flights: Sequence[Flight],
    gravity: Gravity,
    paths: Sequence[BallPath],
    settings: DecodeSettings | None = None,
    *,
    balls: int | None = None,
) -> Juggle:
    """Give what was juggled, from flights that are already known.

    Args:
        flights: In order of their throws; hands they carry are taken as given.
        gravity: The clip's.
        paths: What was seen of the balls, for what happens between flights; may be empty.
        settings: How they are read.
        balls: How many there are; counted where not given.
    """
    settings = settings or DecodeSettings()
    flights = tuple(sorted(flights, key=lambda one: (one.throw_t_s, one.ball_id)))
    decoded: list[tuple[Span, list[int], Ranked | None]] = []
    drops = _drops(flights, gravity, settings)
    for numbers in _runs(flights, settings):
        count = balls or _count(flights, numbers, paths)
        decoded += _spans(flights, numbers, count, gravity, paths, settings)
    wide_m = _width_m(flights, gravity, settings)
    if wide_m > settings.widest_m:
        decoded = [(replace(span, siteswap=None, guesses=()), numbers, top) for span, numbers, top in decoded]
    spans = tuple(span for span, _, _ in decoded)
    throws = list_throws(flights, decoded, drops)
    catches = list_catches(throws, flights)
    main = max(
        (one for one in decoded), key=lambda one: (one[0].siteswap is not None, one[0].throws), default=None
    )
    top = main[2] if main else None
    notes = _notes(flights, spans)
    if wide_m > settings.widest_m:
        notes = (
            f"throws and catches lie {wide_m:.1f} m apart: more than one juggler, whose passing is not supported, "
            "or a wrong frame rate",
            *notes,
        )
    return Juggle(
        siteswap=main[0].siteswap if main else None,
        guesses=main[0].guesses if main else (),
        balls=max((span.balls or 0 for span in spans), default=len(paths)),
        throws=throws,
        catches=catches,
        drops=drops,
        spans=spans,
        flights=flights,
        longest_run=_longest_run(catches, drops, spans),
        beats_per_s=1 / top.beat_s if top and main and main[0].siteswap else None,
        dwell_ratio=_dwell_ratio(throws, catches),
        gravity_px_s2=gravity.length_px_s2,
        roll_deg=gravity.roll_deg,
        coverage=_coverage(paths),
        notes=notes,
    )


def _width_m(flights: Sequence[Flight], gravity: Gravity, settings: DecodeSettings) -> float:
    """Give how far throws and catches lie apart at a time: the median over windows of neighbouring throws."""
    long = [flight for flight in flights if flight.flight_s >= settings.long_s]
    if not long:
        return 0.0
    ends = across(long, gravity) / (gravity.length_px_s2 / GRAVITY_MPS2)
    size = min(10, len(long))
    return float(np.median([np.ptp(ends[row : row + size]) for row in range(len(long) - size + 1)]))


def _runs(flights: Sequence[Flight], settings: DecodeSettings) -> list[list[int]]:
    """Part flights where the juggler paused; short flights go with the run around them."""
    long = [number for number, flight in enumerate(flights) if flight.lasting_s >= settings.long_s]
    if len(long) < 2:
        return [long] if long else []
    moments = np.array([flights[number].throw_t_s for number in long])
    gaps = np.diff(moments)
    limit_s = max(settings.pause_s, settings.pause_factor * float(np.quantile(gaps, 0.7)))
    starts = [0, *(int(cut) + 1 for cut in np.flatnonzero(gaps > limit_s)), len(long)]
    runs = []
    for first, last in pairwise(starts):
        low, high = long[first], long[last - 1]
        end_s = flights[high].catch_t_s
        runs.append(
            [
                number
                for number in range(low, len(flights))
                if flights[number].throw_t_s <= max(flights[high].throw_t_s, end_s - 1.5 * settings.long_s)
                and (number <= high or flights[number].flight_s < settings.long_s)
            ]
        )
    return runs


def _count(flights: Sequence[Flight], numbers: Sequence[int], paths: Sequence[BallPath]) -> int:
    """Count the balls of a run: those with a path at each moment, gaps and held balls included.

    The count that holds for most of the run wins; without paths, the balls that fly.
    """
    start_s = flights[numbers[0]].throw_t_s
    end_s = max(flights[number].catch_t_s for number in numbers)
    flying = len({flights[number].ball_id for number in numbers if flights[number].flight_s > 0.25})
    if not paths:
        return flying
    moments = np.linspace(start_s, end_s, 60)
    there = np.zeros(len(moments), np.int64)
    for path in paths:
        there += (path.t_s[0] - 0.15 <= moments) & (moments <= path.t_s[-1] + 0.15)
    counts = Counter(there.tolist())
    return max(counts, key=lambda count: (counts[count], count))


def _spans(
    flights: Sequence[Flight], numbers: list[int], balls: int, gravity: Gravity, paths: Sequence[BallPath],
    settings: DecodeSettings,
) -> list[tuple[Span, list[int], Ranked | None]]:  # fmt: skip
    """Decode a run; where no single pattern explains it, look for a change of pattern."""
    ranked = _rank(flights, numbers, balls, gravity, paths, settings)
    whole = _span(flights, numbers, balls, ranked, settings)
    throws = len(ranked[0].columns) if ranked else 0
    if not ranked or throws < 2 * settings.window:
        return [whole]
    if ranked[0].score / throws > settings.good_score and ranked[0].explained > 0.9:
        return [whole]
    parts = _changes(flights, numbers, balls, gravity, paths, ranked[0], settings)
    if len(parts) < 2:
        return [whole]
    found = [
        _span(flights, part, balls, _rank(flights, part, balls, gravity, paths, settings), settings)
        for part in parts
    ]
    named = sum(span.throws for span, _, _ in found if span.siteswap)
    return found if named > (whole[0].throws if whole[0].siteswap else 0) * 0.8 else [whole]


def _rank(
    flights: Sequence[Flight], numbers: list[int], balls: int, gravity: Gravity, paths: Sequence[BallPath],
    settings: DecodeSettings,
) -> list[Ranked]:  # fmt: skip
    run = [flights[number] for number in numbers]
    found = readings(
        run, across(run, gravity), reach(run, paths, gravity), gravity.length_px_s2 / GRAVITY_MPS2
    )
    return rank(found, balls, settings.rank)


def _span(
    flights: Sequence[Flight], numbers: list[int], balls: int, ranked: list[Ranked], settings: DecodeSettings
) -> tuple[Span, list[int], Ranked | None]:
    """Give a span with its pattern's name where that is sure enough."""
    said = guesses(ranked, settings.rank)
    top = ranked[0] if ranked else None
    enough = top is not None and int((top.values >= 0).sum()) >= settings.rank.least_throws
    sure = bool(said) and enough and said[0].confidence >= settings.rank.sure
    span = Span(
        start_t_s=flights[numbers[0]].throw_t_s,
        end_t_s=max(flights[number].catch_t_s for number in numbers),
        siteswap=said[0].siteswap if sure else None,
        guesses=said,
        balls=balls,
        throws=len(top.columns) if top else len(numbers),
    )
    return span, numbers, top


def _changes(  # noqa: PLR0917 - a run and where it comes from
    flights: Sequence[Flight], numbers: list[int], balls: int, gravity: Gravity, paths: Sequence[BallPath],
    whole: Ranked, settings: DecodeSettings,
) -> list[list[int]]:  # fmt: skip
    """Part a run where windows of throws go from one pattern to another."""
    kept = [numbers[row] for row in sorted(whole.reading.flights.tolist())]
    step = max(2, settings.window // 3)
    labels: list[str | None] = []
    starts = list(range(0, len(kept) - settings.window + 1, step))
    for start in starts:
        part = kept[start : start + settings.window]
        ranked = _rank(flights, part, balls, gravity, paths, settings)
        clear = len(ranked) > 1 and ranked[0].score - ranked[1].score > 2 and ranked[0].explained > 0.9
        labels.append(ranked[0].siteswap if clear else None)
    cuts = [0]
    last: tuple[str, int] | None = None
    for start, label in zip(starts, labels, strict=True):
        if label is None:
            continue
        if last is not None and label != last[0]:
            cuts.append(_cut(flights, kept, last[1], start + settings.window))
        last = (label, start)
    cuts.append(len(kept))
    return [kept[first:end] for first, end in pairwise(cuts) if end - first >= 4]


def _cut(flights: Sequence[Flight], kept: list[int], low: int, high: int) -> int:
    """Give the throw that a new pattern begins with, of those in doubt: after a pause that stands out, else the middle."""
    gaps = np.diff([flights[number].throw_t_s for number in kept])
    doubted = gaps[low : high - 1]
    longest = low + int(np.argmax(doubted))
    return longest + 1 if gaps[longest] > _PAUSE_OF_CHANGE * np.median(gaps) else (low + high) // 2


def _drops(flights: Sequence[Flight], gravity: Gravity, settings: DecodeSettings) -> tuple[Drop, ...]:
    """Give flights that end well below where balls are caught, whose ball is not thrown again at once."""
    caught = [flight for flight in flights if flight.flight_s >= settings.long_s]
    if len(caught) < 3:
        return ()
    lows = gravity.upright(np.array([flight.throw_px for flight in caught]))[:, 1]
    level = float(np.quantile(lows, _LOW))
    px_per_m = gravity.length_px_s2 / GRAVITY_MPS2
    below_px = settings.drop_below_m * px_per_m + level - float(np.median(lows))
    found = []
    for number, flight in enumerate(flights):
        start, end = gravity.upright(np.array([flight.throw_px, flight.catch_px]))[:, 1]
        rise_px = level - _top(flight, gravity)
        # What comes down as low as it was thrown from is caught by a hand that is lower than most, or farther away.
        if end < max(level, start) + below_px or rise_px < settings.drop_from_m * px_per_m:
            continue
        again = [one.throw_t_s - flight.catch_t_s for one in caught if one.ball_id == flight.ball_id]
        if any(0 < wait_s < settings.pause_s for wait_s in again):
            continue
        start_speed = float(np.sqrt(2 * flight.gravity_px_s2 * rise_px))
        passing_s = flight.apex_t_s + start_speed / flight.gravity_px_s2
        found.append(Drop(flight.ball_id, float(min(passing_s, flight.catch_t_s)), flight.catch_px, number))
    return tuple(found)


def _top(flight: Flight, gravity: Gravity) -> float:
    return float(gravity.upright(np.array([flight.apex_px]))[0, 1])


def _longest_run(catches: Sequence[Catch], drops: Sequence[Drop], spans: Sequence[Span]) -> int:
    """Give the most catches in a row; a drop and the start of a new run begin the count again."""
    breaks = sorted([drop.t_s for drop in drops] + [span.start_t_s for span in spans])
    rows = np.searchsorted(breaks, [catch.t_s for catch in catches])
    return max(Counter(rows.tolist()).values(), default=0)


def _dwell_ratio(throws: Sequence[Throw], catches: Sequence[Catch]) -> float | None:
    """Give the share of a hand's time from throw to throw that it holds the ball it throws next; pauses left out."""
    moments = {hand: np.array([throw.t_s for throw in throws if throw.hand is hand]) for hand in Hand}
    found: list[tuple[float, float]] = []  # how long a ball was held, and since when that hand had thrown
    for catch in catches:
        if catch.dwell_s is None:
            continue
        out_s = catch.t_s + catch.dwell_s
        row = int(np.searchsorted(moments[catch.hand], out_s - 1e-6))
        if row:
            cycle_s = out_s - float(moments[catch.hand][row - 1])
            found.append((min(catch.dwell_s, cycle_s), cycle_s))
    if len(found) < 3:
        return None
    held_s, cycles_s = np.array(found).T
    usual = cycles_s <= _LONGEST_CYCLE * np.median(cycles_s)
    return float(held_s[usual].sum() / cycles_s[usual].sum())


def _coverage(paths: Sequence[BallPath]) -> float:
    """Give the share of frames between each path's ends in which the ball was seen."""
    spans = sum(int(path.frames[-1] - path.frames[0]) + 1 for path in paths)
    return sum(len(path) for path in paths) / spans if spans else 0.0


def _notes(flights: Sequence[Flight], spans: Sequence[Span]) -> tuple[str, ...]:
    notes = []
    if not spans:
        notes.append(NO_THROWS)
    for span in spans:
        if span.siteswap is None and span.throws < 6:
            notes.append(f"{span.throws} throws from {span.start_t_s:.1f} s on are too few to name a pattern")
        elif span.siteswap is None:
            notes.append(f"no pattern is sure enough from {span.start_t_s:.1f} to {span.end_t_s:.1f} s")
        elif len(span.guesses) > 1 and span.guesses[1].confidence > _AS_LIKELY * span.guesses[0].confidence:
            one, other = span.guesses[:2]
            notes.append(
                f"{one.siteswap} and {other.siteswap} look alike: what tells them apart does not fly"
            )
    if any(not flight.landed for flight in flights):
        notes.append("some flights were not seen to their end")
    return tuple(notes)


def _without_flights(paths: Sequence[BallPath]) -> Juggle:
    """Say what can be said of balls that never fly: one ball handed to and fro is a 1, all else has no name."""
    nothing = Juggle(
        siteswap=None, guesses=(), balls=len(paths), throws=(), catches=(), drops=(), spans=(), flights=(),
        longest_run=0, beats_per_s=None, dwell_ratio=None, gravity_px_s2=None, roll_deg=None,
        coverage=_coverage(paths), notes=(NO_THROWS,),
    )  # fmt: skip
    if len(paths) != 1:
        return nothing
    path = paths[0]
    width = float(np.ptp(path.points_px[:, 0]))
    tall = float(np.quantile(path.points_px[:, 1], 0.95) - np.quantile(path.points_px[:, 1], 0.05))
    turns = swings(path, 0.5 * width)
    if len(turns) < 6 or width < 2 * tall or width < _still_px(path):
        return replace(nothing, notes=("no throws were found; the ball stays in the hands",))
    return _handed(path, turns, nothing)


def _still_px(path: BallPath) -> float:
    """Give how far a ball at rest seems to move: noise, many times over."""
    steps = np.diff(path.points_px[:, 0], n=2)
    return 25 * float(np.median(np.abs(steps))) + 10.0


def _handed(path: BallPath, turns: list[tuple[float, float]], nothing: Juggle) -> Juggle:
    """Give the pattern 1: a ball handed from hand to hand without flying."""
    moments = np.array([t_s for t_s, _ in turns])
    middle = float(np.median(path.points_px[:, 0]))
    gaps = np.diff(moments)
    even = float(np.std(gaps) / np.mean(gaps))
    sure = float(np.clip(0.95 - 0.6 * even, 0.3, 0.95))
    guess = Guess("1", sure)
    throws = tuple(
        Throw(None, path.ball_id, t_s, Hand.LEFT if x < middle else Hand.RIGHT, (x, float(path.points_px[0, 1])),
              None, Hand.RIGHT if x < middle else Hand.LEFT, None, 1, "caught", sure)
        for t_s, x in turns
    )  # fmt: skip
    span = Span(float(moments[0]), float(moments[-1]), "1" if sure >= 0.5 else None, (guess,), 1, len(turns))
    return replace(
        nothing,
        siteswap=span.siteswap,
        guesses=(guess,),
        balls=1,
        throws=throws,
        spans=(span,),
        longest_run=len(turns),
        beats_per_s=1 / float(np.mean(gaps)),
        notes=("a ball handed to and fro without flying: throws are where it turns",),
    )
