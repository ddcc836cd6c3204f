"""From linked balls to a pattern, and what speaks against calling it one."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.decode import NO_THROWS, DecodeSettings, decode, decode_flights
from sightline.analytics.juggling.flights import Gravity
from sightline.analytics.juggling.siteswap.rank import RankSettings
from sightline.analytics.juggling.throws import Sides, list_catches, thrown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.juggling.linking import Linked
    from sightline.analytics.juggling.paths import Flight, Guess, Juggle, Span, Throw

_MOST_BEATS_PER_S = 9.0  # both hands together; five balls are juggled at about six
_FLIES = 3
_LEAST_SHARE = 0.4  # of the throws of one value that a pattern needs
_AT_ONCE_S = 0.3
_NOT_SURE = 0.3
_NOT_READ = 0.6  # confidence of a throw that no reading has confirmed
_LONGER = 0.25  # of the beats between two values, less one
_TOGETHER, _TOGETHER_SHARE = 0.3, 0.12  # of the usual gap between throws; of the throws
# A synchronous pattern in which no two balls leave at once is an asynchronous one at half the pace.
_ONE_BY_ONE = DecodeSettings(rank=RankSettings(highest_together=0))


def read(linked: Linked) -> Juggle:
    """Give what was juggled; nothing flying is an answer too."""
    if linked.gravity is None or not linked.flights:
        return decode(linked.paths)
    across, down = linked.gravity.vector.tolist()
    noise_px = float(np.median([flight.rms_px for flight in linked.flights]))
    gravity = Gravity(across, down, noise_px)
    settings = DecodeSettings() if together(linked.flights) else _ONE_BY_ONE
    juggle = decode_flights(linked.flights, gravity, linked.paths, settings)
    least = balls_at_once(linked.flights)
    if juggle.flights and least > juggle.balls:
        juggle = decode_flights(linked.flights, gravity, linked.paths, settings, balls=least)
    return doubted(juggle if juggle.throws else _too_few(juggle))


def _too_few(juggle: Juggle) -> Juggle:
    """Count flights that are too few for any reading: each is a throw, from the side where it began."""
    flights = juggle.flights
    if not flights:
        return juggle
    sides = Sides(flights)
    throws = tuple(
        thrown(flights, number, sides.of(flight), None, lost=False, sure=_NOT_READ)
        for number, flight in enumerate(flights)
    )
    few = "1 throw is" if len(throws) == 1 else f"{len(throws)} throws are"
    others = (note for note in juggle.notes if note != NO_THROWS and "too few" not in note)
    notes = (f"{few} too few to name a pattern", *others)
    return replace(juggle, throws=throws, catches=list_catches(throws, flights), notes=notes)


def together(flights: Sequence[Flight]) -> bool:
    """Whether some throws leave at the same moment, as they must in a synchronous pattern."""
    gaps_s = np.diff(sorted(flight.throw_t_s for flight in flights))
    if not len(gaps_s):
        return False
    return float(np.mean(gaps_s < _TOGETHER * np.quantile(gaps_s, 0.8))) > _TOGETHER_SHARE


def balls_at_once(flights: Sequence[Flight]) -> int:
    """Give how many balls there are at least: in the air, or in a hand between two flights, for a while at once."""
    whole: dict[int, list[tuple[float, float]]] = {}
    for flight in flights:
        whole.setdefault(flight.ball_id, []).append((flight.throw_t_s, flight.catch_t_s))
    lives = [(min(start for start, _ in one), max(end for _, end in one)) for one in whole.values()]
    edges = np.unique(np.array(lives))
    if len(edges) < 2:
        return len(lives)
    there = np.array(
        [sum(start <= low and end >= high for start, end in lives) for low, high in pairwise(edges.tolist())]
    )
    lasts_s = np.diff(edges)
    return max(
        (int(count) for count in np.unique(there) if lasts_s[there >= count].sum() >= _AT_ONCE_S), default=1
    )


def doubted(juggle: Juggle) -> Juggle:
    """Take back names of patterns that need what was not seen.

    A pattern's throws of 3 and more fly in sight: each value of it must be seen about as often as it should. Throws
    of 1 may be hidden, though no more of them than are seen; a higher throw flies longer; hands have a highest pace.
    """
    spans, taken, notes = [], [], []
    for span in juggle.spans:
        why = _against(span, juggle)
        if why is None:
            spans.append(span)
            continue
        notes.append(f"{span.siteswap} would need {why}: no pattern is named from {span.start_t_s:.1f} s on")
        taken.append(span)
        spans.append(replace(span, siteswap=None, guesses=_unsure(span.guesses)))
    if not taken:
        return juggle
    main = max(spans, key=lambda span: (span.siteswap is not None, span.throws))
    return replace(
        juggle,
        siteswap=main.siteswap,
        guesses=main.guesses,
        beats_per_s=juggle.beats_per_s if main.siteswap == juggle.siteswap else None,
        throws=tuple(
            replace(throw, value=None) if any(_within(throw, span) for span in taken) else throw
            for throw in juggle.throws
        ),
        spans=tuple(spans),
        notes=(*juggle.notes, *notes),
    )


def _against(span: Span, juggle: Juggle) -> str | None:
    """Say what a span's pattern needs and does not have; None where nothing speaks against it."""
    if span.siteswap is None:
        return None
    seen = [
        (throw.value, juggle.flights[throw.flight].flight_s)
        for throw in juggle.throws
        if throw.flight is not None and throw.value is not None and _within(throw, span)
    ]
    why = _unseen(span.siteswap, [value for value, _ in seen])
    if why is not None or juggle.beats_per_s is None or span.siteswap != juggle.siteswap:
        return why
    if juggle.beats_per_s > _MOST_BEATS_PER_S:
        return f"{juggle.beats_per_s:.1f} beats a second"
    return _alike(seen, 1 / juggle.beats_per_s)


def _within(throw: Throw, span: Span) -> bool:
    return span.start_t_s - 1e-6 <= throw.t_s <= span.end_t_s


def _unseen(siteswap: str, seen: Sequence[int]) -> str | None:
    """Say what a pattern needs that was not seen; None where nothing is missing, or where it is not a plain one."""
    if not siteswap.isalnum():
        return None
    values = [int(mark, 36) for mark in siteswap]
    flying = [value for value in values if value >= _FLIES]
    turns = sum(value >= _FLIES for value in seen) / max(len(flying), 1)
    for value in sorted(set(flying)):
        expected = turns * flying.count(value)
        if expected >= 1 and seen.count(value) < _LEAST_SHARE * expected:
            return f"{expected:.0f} throws of {value}, of which {seen.count(value)} were seen"
    hidden = values.count(1)
    if hidden > len(flying) and seen.count(1) < _LEAST_SHARE * turns * hidden:
        return f"{hidden} hidden passes to {len(flying)} throws that fly"
    return None


def _alike(seen: Sequence[tuple[int, float]], beat_s: float) -> str | None:
    """Say which values fly no longer than lower ones do; None where none.

    Hands hold the ball before a 4 longer than before a 3, so a step of one asks for no more than the right order.
    """
    usual = {
        value: float(np.median([flight_s for other, flight_s in seen if other == value]))
        for value in sorted({value for value, _ in seen if value >= _FLIES})
    }
    for low, high in pairwise(usual):
        if usual[high] - usual[low] < _LONGER * (high - low - 1) * beat_s:
            return f"throws of {high} that fly longer than those of {low}"
    return None


def _unsure(guesses: Sequence[Guess]) -> tuple[Guess, ...]:
    return tuple(replace(guess, confidence=min(guess.confidence, _NOT_SURE)) for guess in guesses)
