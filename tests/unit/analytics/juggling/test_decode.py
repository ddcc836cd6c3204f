"""From simulated paths to throws, catches and names; and what must not be named."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.juggling.decode import DecodeSettings, decode, rank_runs
from sightline.analytics.juggling.flights import find_flights, find_gravity
from sightline.analytics.juggling.notation import parse
from sightline.analytics.juggling.observe import Lens, TrackerErrors, observe
from sightline.analytics.juggling.paths import BallPath, Flight, Hand
from sightline.analytics.juggling.simulate import Juggler, Run, perform
from sightline.core.errors import AnalysisError

CLEAN = TrackerErrors(noise_px=0.0, misses=0.0)
NOISY = TrackerErrors(noise_px=1.5, misses=0.03, hidden_in_hand=0.3, switches=0.03, whole_pixels=True)


def juggled(text, *, seed=1, beats=40, fps=60.0, errors=NOISY, dropped=None, juggler=None, roll_deg=0.0):
    rng = np.random.default_rng(seed)
    performance = perform([Run(parse(text), beats, dropped)], juggler or Juggler(), rng)
    lens = Lens(fps=fps, scale_px_per_m=320, roll_deg=roll_deg)
    return performance, observe(performance, lens, errors, rng)


def still(ball_id, x=300.0, y=400.0, count=300, wander=0.0):
    rng = np.random.default_rng(ball_id)
    frames = np.arange(count, dtype=np.int64)
    return BallPath(ball_id, frames, frames / 30.0, np.array([x, y]) + wander * rng.normal(size=(count, 2)))


@pytest.mark.slow
@pytest.mark.parametrize("fps", [25.0, 60.0])
@pytest.mark.parametrize(
    "text",
    ["3", "5", "51", "531", "441", "423", "330", "40", "633", "645", "744", "75314", "(6x,4)*", "[43]23"],
)
def test_patterns_are_named_from_noisy_tracks(text, fps):
    juggle = decode(juggled(text, fps=fps)[1])
    assert juggle.siteswap == str(parse(text).canonical())
    assert juggle.balls == parse(text).balls
    assert juggle.guesses[0].confidence > 0.6


def test_throws_and_catches_are_found_to_a_fraction_of_a_frame_with_their_hands():
    performance, paths = juggled("3", errors=CLEAN)
    juggle = decode(paths)
    true = performance.throws
    assert len(juggle.throws) == len(true)
    for found, throw in zip(juggle.throws, true, strict=True):
        assert abs(found.t_s - throw.t_s) < 0.012
        assert found.hand is throw.hand
        assert found.catch_hand is throw.catch_hand
        assert found.value == 3
    catches = sorted(throw.catch_t_s for throw in true)
    assert np.abs(np.array([one.t_s for one in juggle.catches]) - catches).max() < 0.012


@pytest.mark.parametrize(("text", "held_beats", "beats"), [("3", 0.0, 2), ("423", 2.0, 6)])
def test_dwell_is_the_share_of_time_that_a_hand_is_not_empty_also_where_a_2_is_held(text, held_beats, beats):
    # In 423 a hand throws, throws again after two beats, and after four: the last ball stays in it two beats longer.
    juggler = Juggler(dwell_beats=1.3)
    throws = beats // 2 if held_beats == 0 else 2
    share = (throws * juggler.dwell_beats + held_beats) / beats
    assert decode(juggled(text, errors=CLEAN, juggler=juggler)[1]).dwell_ratio == pytest.approx(
        share, abs=0.05
    )


@pytest.mark.parametrize(
    ("case", "throw_t_s", "thrown", "height_px"),
    [
        ("seen from the hand on", 1.0, True, 200.0),
        ("seen from near its top on", 1.27, True, None),
        ("began", 1.0, False, None),
    ],
)
def test_how_high_a_throw_rose_is_told_only_where_it_was_seen_to_leave_the_hand(
    case, throw_t_s, thrown, height_px
):
    flight = Flight(
        ball_id=1, throw_t_s=throw_t_s, catch_t_s=1.6, throw_px=(300.0, 500.0), catch_px=(400.0, 500.0),
        apex_t_s=1.3, apex_px=(350.0, 300.0), gravity_px_s2=4000.0, thrown=thrown,
    )  # fmt: skip
    assert flight.height_px == height_px
    assert (flight.height_m is None) == (height_px is None)


def test_gravity_gives_scale_and_roll():
    gravity = find_gravity(juggled("3", roll_deg=7.0)[1])
    assert gravity is not None
    assert gravity.length_px_s2 == pytest.approx(320 * 9.81, rel=0.03)
    assert gravity.roll_deg == pytest.approx(7.0, abs=1.0)


def test_flights_keep_their_ball_when_a_tracker_swaps_two_in_the_air():
    paths = juggled("4", errors=CLEAN)[1]
    one, other = paths[0], paths[1]
    cut = int(np.searchsorted(one.t_s, 4.0))
    swapped = [
        BallPath(a.ball_id, a.frames, a.t_s, np.concatenate([a.points_px[:cut], b.points_px[cut:]]))
        for a, b in ((one, other), (other, one))
    ]
    gravity = find_gravity(paths)
    assert gravity is not None
    plain = find_flights(paths, gravity)
    found = find_flights([*swapped, *paths[2:]], gravity)
    assert len([one for one in found if one.flight_s > 0.3]) == len(
        [one for one in plain if one.flight_s > 0.3]
    )


def test_a_dropped_ball_is_a_drop_and_ends_the_run():
    performance, paths = juggled("3", dropped=15)
    juggle = decode(paths)
    assert [drop.ball_id for drop in juggle.drops] == [performance.drops[0][0] + 1]
    assert juggle.drops[0].t_s == pytest.approx(performance.drops[0][1], abs=0.12)
    assert 12 <= juggle.longest_run <= 17


@pytest.mark.slow
def test_a_change_of_pattern_gives_two_spans():
    rng = np.random.default_rng(4)
    performance = perform([Run(parse("3"), 30), Run(parse("51"), 40, rest_s=1.0)], Juggler(), rng)
    juggle = decode(observe(performance, Lens(), NOISY, rng))
    assert [span.siteswap for span in juggle.spans] == ["3", "51"]
    assert juggle.spans[0].end_t_s < juggle.spans[1].start_t_s


@pytest.mark.parametrize(
    ("case", "paths"),
    [
        ("nothing", ()),
        ("one ball at rest", (still(1),)),
        ("one ball held in an unsteady hand", (still(1, wander=2.0),)),
        ("three balls at rest", (still(1), still(2, 350), still(3, 420, wander=1.0))),
        ("two points", (still(1, count=2),)),
    ],
)
def test_what_is_not_juggled_has_no_throws_and_no_name(case, paths):
    juggle = decode(paths)
    assert (juggle.siteswap, juggle.throws, juggle.catches) == (None, (), ())
    assert juggle.notes


def test_noise_alone_is_never_named():
    rng = np.random.default_rng(5)
    frames = np.arange(400, dtype=np.int64)
    for scale in (3.0, 20.0, 200.0):
        paths = [BallPath(k, frames, frames / 30, 400 + scale * rng.normal(size=(400, 2))) for k in (1, 2, 3)]
        assert decode(paths).siteswap is None


def test_two_jugglers_are_said_to_be_not_supported():
    first, second = juggled("3", seed=2)[1], juggled("3", seed=3)[1]
    beside = [
        BallPath(path.ball_id + 10, path.frames, path.t_s, path.points_px + np.array([640.0, 0.0]))
        for path in second
    ]
    juggle = decode([*first, *beside])
    assert juggle.siteswap is None
    assert juggle.guesses == ()
    assert "passing is not supported" in juggle.notes[0]


def test_too_few_throws_are_counted_but_not_named():
    juggle = decode(juggled("3", beats=4)[1])
    assert juggle.siteswap is None
    assert len(juggle.throws) == 4


def test_a_ball_handed_to_and_fro_is_a_one():
    t_s = np.arange(300) / 30
    x = 500 + 150 * np.sin(2 * np.pi * t_s / 1.06)
    path = BallPath(1, np.arange(300, dtype=np.int64), t_s, np.stack([x, 700 + 5 * np.cos(t_s)], axis=1))
    juggle = decode([path])
    assert (juggle.siteswap, juggle.balls) == ("1", 1)
    assert {throw.hand for throw in juggle.throws} == {Hand.LEFT, Hand.RIGHT}


@pytest.mark.slow
def test_decoding_twice_gives_the_same():
    paths = juggled("423")[1]
    assert decode(paths) == decode(paths)


@pytest.mark.slow
def test_runs_are_ranked_with_margins():
    ranked = rank_runs(juggled("531")[1], DecodeSettings())[0]
    assert ranked[0].siteswap == "531"
    assert ranked[0].score > ranked[1].score + 3


def test_paths_that_go_back_in_time_are_refused():
    with pytest.raises(AnalysisError, match="follow one another"):
        BallPath(1, np.array([1, 0]), np.array([0.1, 0.0]), np.zeros((2, 2)))


def test_simulated_balls_are_as_many_as_the_pattern_says_and_land_where_it_says():
    for text in ("3", "51", "(6x,4)*", "24[54]", "42", "1"):
        pattern = parse(text)
        performance, _ = juggled(text, errors=CLEAN)
        assert len(performance.balls) == pattern.balls
        for throw in performance.throws:
            assert throw.catch_t_s > throw.t_s
            crosses = throw.catch_hand is not throw.hand
            if not pattern.synchronous:
                assert crosses is (throw.value % 2 == 1)


def test_simulated_performances_repeat_with_their_seed():
    first, second = (juggled("531", seed=9)[1] for _ in range(2))
    assert all(np.array_equal(a.points_px, b.points_px) for a, b in zip(first, second, strict=True))


def test_nothing_to_juggle_is_refused():
    with pytest.raises(AnalysisError, match="nothing to juggle"):
        perform([], Juggler(), np.random.default_rng(0))
