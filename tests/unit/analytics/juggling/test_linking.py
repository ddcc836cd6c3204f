"""Flights of balls that look alike, from candidates drawn by lot around known parabolas."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.juggling.arcs.candidates import Candidates
from sightline.analytics.juggling.linking import link

FALL = 1500.0
SIZE = (720, 1280)
HANDS = {0: 500.0, 1: 780.0}
HAND_Y = 520.0


def throw(t_s, start, end, flight_s):
    """A flight from one place to another: points at times `t_s` inside it."""
    share = t_s / flight_s
    x = start + (end - start) * share
    y = HAND_Y - FALL / 2 * t_s * (flight_s - t_s)
    return np.stack([x, y], axis=1)


def cascade(
    *, seconds=6.0, rate_hz=60.0, beat_s=0.25, dwell_s=0.32, noise_px=0.6, misses=0.03, seed=0, clutter=2
):
    """A three ball cascade as candidates, and its true throws `(t_s, hand)`."""
    rng = np.random.default_rng(seed)
    clock = np.arange(int(seconds * rate_hz)) / rate_hz
    rows, points = [], []
    truth = []
    flight_s = 3 * beat_s - dwell_s
    for beat in range(int((seconds - 1) / beat_s)):
        start_s, hand = 0.3 + beat * beat_s, beat % 2
        truth.append((start_s, hand))
        inside = np.flatnonzero((clock >= start_s) & (clock <= start_s + flight_s))
        way = throw(
            clock[inside] - start_s, HANDS[hand] + (40 if hand == 0 else -40), HANDS[1 - hand], flight_s
        )
        seen = rng.random(len(inside)) > misses
        rows += inside[seen].tolist()
        points += (way + rng.normal(0, noise_px, way.shape))[seen].tolist()
    for frame in range(len(clock)):
        for _ in range(rng.poisson(clutter)):
            rows.append(frame)
            points.append([rng.uniform(0, 1280), rng.uniform(0, 720)])
    order = np.argsort(rows, kind="stable")
    return _candidates(clock, np.array(rows)[order], np.array(points)[order]), truth


def _candidates(clock, rows, points):
    count = len(rows)
    return Candidates(
        np.arange(len(clock)),
        clock,
        rows,
        np.reshape(points, (-1, 2)),
        np.full(count, 10.0),
        np.full(count, 0.8),
        SIZE,
    )


@pytest.mark.parametrize(("rate_hz", "clutter"), [(60.0, 2), (30.0, 2), (24.0, 1), (60.0, 6)])
def test_a_cascade_is_found_among_clutter(rate_hz, clutter):
    candidates, truth = cascade(rate_hz=rate_hz, clutter=clutter)
    linked = link(candidates)
    starts = np.array([flight.throw_t_s for flight in linked.flights])
    errors = [float(np.abs(starts - t_s).min()) for t_s, _ in truth]
    assert len(truth) <= len(linked.flights) <= len(truth) + 1
    assert float(np.median(errors)) < 0.7 / rate_hz
    assert max(errors) < 2.2 / rate_hz
    assert linked.gravity is not None
    assert linked.gravity.size_px_s2 == pytest.approx(FALL, rel=0.03)
    assert len(linked.paths) == 3


def test_balls_keep_their_identity_through_hands():
    candidates, truth = cascade(seed=4)
    linked = link(candidates)
    owners = [flight.ball_id for flight in linked.flights]
    assert owners == [1 + place % 3 for place in range(len(truth))]


def test_a_leaning_camera_shows_in_the_roll():
    candidates, _ = cascade(seed=2)
    turn = np.deg2rad(8.0)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.array([640.0, 360.0])
    leaning = _candidates(
        candidates.clock_s, candidates.rows, (candidates.points_px - middle) @ matrix.T + middle
    )
    linked = link(leaning)
    assert linked.gravity is not None
    assert linked.gravity.roll_deg == pytest.approx(8.0, abs=1.5)


def still(clock, rng):
    return np.arange(len(clock)), np.array([640.0, 500.0]) + rng.normal(0, 0.5, (len(clock), 2))


def walking(clock, rng):
    """A head that bobs and passes by: it accelerates, though never as everything that falls does."""
    x = 100 + 110 * clock
    y = 300 + 9 * np.sin(2 * np.pi * 1.9 * clock)
    return np.arange(len(clock)), np.stack([x, y], axis=1) + rng.normal(0, 0.7, (len(clock), 2))


def striding(clock, rng):
    """A knee: it rises by more than its width at every step, on a straight way."""
    x = 100 + 150 * clock
    y = 300 + 17 * np.sin(2 * np.pi * 1.9 * clock)
    return np.arange(len(clock)), np.stack([x, y], axis=1) + rng.normal(0, 0.7, (len(clock), 2))


def noise(clock, rng):
    rows = np.sort(rng.integers(0, len(clock), 3 * len(clock)))
    return rows, rng.uniform((0, 0), (1280, 720), (len(rows), 2))


def nothing(clock, rng):
    del clock, rng
    return np.zeros(0, np.int64), np.zeros((0, 2))


@pytest.mark.parametrize("what", [still, walking, striding, noise, nothing])
def test_what_does_not_fly_is_no_flight(what):
    clock = np.arange(360) / 60
    linked = link(_candidates(clock, *what(clock, np.random.default_rng(11))))
    assert linked.flights == ()
    assert linked.paths == ()


def test_one_ball_thrown_by_somebody_who_walks_is_thrown():
    clock = np.arange(360) / 60
    rows, points = [], []
    for number in range(6):
        inside = np.flatnonzero((clock >= 0.3 + 0.9 * number) & (clock <= 0.9 + 0.9 * number))
        start = 200.0 + 110 * number
        rows += inside.tolist()
        points += throw(clock[inside] - 0.3 - 0.9 * number, start, start + 60, 0.6).tolist()
    linked = link(_candidates(clock, np.array(rows), np.array(points)))
    assert len(linked.flights) == 6


def test_a_flight_above_the_pictures_edge_is_one_flight():
    clock = np.arange(240) / 60
    inside = np.flatnonzero((clock >= 0.5) & (clock <= 2.3))
    way = throw(clock[inside] - 0.5, 500.0, 700.0, 1.8)
    shown = way[:, 1] > 5
    assert 0.2 < 1 - shown.mean() < 0.9
    linked = link(_candidates(clock, inside[shown], way[shown]))
    assert len(linked.flights) == 1
    assert linked.flights[0].flight_s == pytest.approx(1.8, abs=0.05)


def test_a_throw_that_is_first_seen_above_the_hand_began_in_the_hand():
    candidates, truth = cascade(clutter=0)
    t_s, hand = truth[9]
    x, _ = candidates.points_px.T
    early = (candidates.clock_s[candidates.rows] < t_s + 0.14) & (
        candidates.clock_s[candidates.rows] >= t_s - 0.01
    )
    hidden = early & ((x < 640) == (hand == 0)) & (candidates.points_px[:, 1] < HAND_Y)
    rising = hidden & (np.abs(x - HANDS[hand]) < 130)
    linked = link(candidates.only(~rising))
    starts = np.array([flight.throw_t_s for flight in linked.flights])
    assert len(linked.flights) == len(truth)
    assert np.abs(starts - t_s).min() < 0.08


def test_a_flat_pass_above_the_hands_begins_and_ends_where_it_is_seen():
    candidates, truth = cascade(clutter=0)
    inside = np.flatnonzero((candidates.clock_s >= 2.0) & (candidates.clock_s <= 2.16))
    t_s = candidates.clock_s[inside] - 2.0
    flat = np.stack([500 + 1750 * t_s, HAND_Y - 50 - FALL / 2 * t_s * (0.16 - t_s)], axis=1)
    rows = np.concatenate([candidates.rows, inside])
    order = np.argsort(rows, kind="stable")
    points = np.concatenate([candidates.points_px, flat])
    linked = link(_candidates(candidates.clock_s, rows[order], points[order]))
    assert len(linked.flights) == len(truth) + 1
    passed = min(linked.flights, key=lambda flight: flight.flight_s)
    assert passed.flight_s == pytest.approx(0.16, abs=0.04)


@pytest.mark.parametrize("bend_px", [0.0, 28.0])
def test_a_lens_that_bends_a_long_flight_does_not_cut_it_short(bend_px):
    clock = np.arange(120) / 60
    inside = np.flatnonzero((clock >= 0.3) & (clock <= 1.3))
    way = throw(clock[inside] - 0.3, 500.0, 700.0, 1.0)
    way[:, 1] -= bend_px * np.linspace(-1, 1, len(inside)) ** 4
    linked = link(_candidates(clock, inside, way))
    assert len(linked.flights) == 1
    assert linked.flights[0].flight_s == pytest.approx(1.0, abs=0.05)


def test_the_same_candidates_give_the_same_flights():
    one, other = (link(cascade(seed=3)[0]) for _ in range(2))
    assert one.flights == other.flights
