"""What speaks against a pattern: names that need what was not seen are taken back."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.juggling.arcs.gravity import Gravity
from sightline.analytics.juggling.linking import Linked
from sightline.analytics.juggling.paths import Flight, Guess, Hand, Juggle, Span, Throw
from sightline.analytics.juggling.reading import balls_at_once, doubted, read

FALL = 1500.0


def flight(ball, start_s, flight_s, left=True):
    x = (500.0, 700.0) if left else (700.0, 500.0)
    rise = FALL * flight_s**2 / 8
    return Flight(
        ball_id=ball,
        throw_t_s=start_s,
        catch_t_s=start_s + flight_s,
        throw_px=(x[0], 520.0),
        catch_px=(x[1], 520.0),
        apex_t_s=start_s + flight_s / 2,
        apex_px=(600.0, 520.0 - rise),
        gravity_px_s2=FALL,
        rms_px=0.5,
        points=20,
    )


def cascade(balls, throws, beat_s, dwell_s):
    return tuple(
        flight(1 + beat % balls, 0.3 + beat * beat_s, balls * beat_s - dwell_s, left=beat % 2 == 0)
        for beat in range(throws)
    )


def juggle(siteswap, values, lengths_s, beat_s):
    flights = tuple(flight(1 + k % 7, k * beat_s, length_s) for k, length_s in enumerate(lengths_s))
    throws = tuple(
        Throw(k, one.ball_id, one.throw_t_s, Hand.LEFT, (0, 0), one.catch_t_s, Hand.RIGHT, 100.0, value, "caught", 0.98)
        for k, (one, value) in enumerate(zip(flights, values, strict=True))
    )  # fmt: skip
    guesses = (Guess(siteswap, 0.95),)
    span = Span(0.0, flights[-1].catch_t_s, siteswap, guesses, 6, len(throws))
    return Juggle(
        siteswap=siteswap, guesses=guesses, balls=6, throws=throws, catches=(), drops=(), spans=(span,),
        flights=flights, longest_run=0, beats_per_s=1 / beat_s, dwell_ratio=None, gravity_px_s2=FALL, roll_deg=0.0,
        coverage=1.0, notes=(),
    )  # fmt: skip


UNLIKELY = {
    "threes that nobody saw": ("7773", [7] * 12, [1.4] * 12, 0.25),
    "two passes of every three throws are hidden": ("711", [7] * 12, [1.4] * 12, 0.25),
    "higher throws that are no higher": ("b777", [11, 7, 7, 7] * 3, [1.4] * 12, 0.25),
    "faster than hands": ("3", [3] * 12, [0.3] * 12, 0.1),
}


@pytest.mark.parametrize("what", UNLIKELY)
def test_a_pattern_that_needs_what_was_not_seen_is_not_named(what):
    siteswap = UNLIKELY[what][0]
    found = doubted(juggle(*UNLIKELY[what]))
    assert found.siteswap is None
    assert found.beats_per_s is None
    assert max(guess.confidence for guess in found.guesses) < 0.5
    assert {throw.value for throw in found.throws} == {None}
    assert found.notes[-1].startswith(siteswap)


@pytest.mark.parametrize(
    ("siteswap", "values", "lengths_s"),
    [
        ("7", [7] * 12, [1.4] * 12),
        ("51", [5] * 12, [1.0] * 12),
        ("531", [5, 3] * 6, [1.0, 0.5] * 6),
        ("423", [4, 3] * 6, [0.6, 0.53] * 6),
    ],
)
def test_a_pattern_whose_throws_were_seen_keeps_its_name(siteswap, values, lengths_s):
    one = juggle(siteswap, values, lengths_s, 0.25)
    assert doubted(one) == one


@pytest.mark.parametrize("beat_s", [0.2, 0.25, 0.3, 0.4])
@pytest.mark.parametrize("dwell_beats", [0.8, 1.3, 1.7])
def test_an_ideal_cascade_is_never_another_pattern(beat_s, dwell_beats):
    flights = cascade(3, 18, beat_s, dwell_beats * beat_s)
    gravity = Gravity(np.zeros(1), np.array([[0.0, FALL]]))
    found = read(Linked(flights=flights, gravity=gravity))
    assert found.siteswap in {"3", None}
    assert found.balls == 3


def test_balls_are_as_many_as_are_up_or_held_at_once():
    assert balls_at_once(cascade(7, 14, 0.25, 0.35)) == 7
    assert balls_at_once((flight(1, 0.0, 0.5), flight(2, 2.0, 0.5))) == 1
    assert balls_at_once(()) == 0


def test_nothing_that_flies_has_no_pattern():
    found = read(Linked())
    assert found.siteswap is None
    assert found.throws == ()
