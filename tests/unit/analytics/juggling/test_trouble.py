"""What is not a juggler before a still camera at 60 frames a second: never a confident wrong pattern."""

from dataclasses import replace

import numpy as np
import pytest

from sightline.analytics.juggling.arcs.candidates import Candidates
from sightline.analytics.juggling.linking import link
from sightline.analytics.juggling.notation import parse
from sightline.analytics.juggling.observe import Lens, TrackerErrors, observe
from sightline.analytics.juggling.paths import Hand
from sightline.analytics.juggling.reading import read
from sightline.analytics.juggling.simulate import Juggler, Run, perform

SIZE, RADIUS_PX = (720, 1280), 12.0
SEEN = TrackerErrors(noise_px=0.5, misses=0.03)


def juggled(text="3", beats=16, fps=60.0, **lens):
    """Throws that flew, and `(t_s, x, y)` of what a detector sees of the balls."""
    rng = np.random.default_rng(4)
    performance = perform([Run(parse(text), beats)], Juggler(), rng)
    paths = observe(performance, Lens(fps=fps, **lens), SEEN, rng)
    rows = [np.column_stack([path.t_s, path.points_px]) for path in paths]
    return [throw for throw in performance.throws if throw.value >= 3], np.concatenate(rows)


def candidates(seen, fps):
    frames = np.rint(seen[:, 0] * fps).astype(np.int64)
    order = np.argsort(frames, kind="stable")
    count = int(frames.max()) + 1
    return Candidates(
        numbers=np.arange(count),
        clock_s=np.arange(count) / fps,
        rows=frames[order],
        points_px=seen[order, 1:],
        radii_px=np.full(len(seen), RADIUS_PX),
        scores=np.full(len(seen), 0.8),
        size=SIZE,
    )


def walker(fps, seconds=5.0):
    """A head that crosses the picture and bobs at every step."""
    t_s = np.arange(int(seconds * fps)) / fps
    return np.column_stack([t_s, 60 + 230 * t_s, 300 - 9 * np.abs(np.sin(np.pi * 1.9 * t_s))])


def test_film_at_24_frames_a_second_has_its_throws_and_its_pattern():
    real, seen = juggled(fps=24.0)
    juggle = read(link(candidates(seen, 24.0)))
    assert abs(len(juggle.throws) - len(real)) <= 1
    assert juggle.siteswap == "3"


def test_a_hand_that_holds_the_camera_changes_nothing():
    real, seen = juggled(shake_px=3.0)
    juggle = read(link(candidates(seen, 60.0)))
    assert abs(len(juggle.throws) - len(real)) <= 1
    assert juggle.siteswap == "3"


def test_somebody_who_walks_through_throws_nothing():
    real, seen = juggled()
    both = np.concatenate([seen, walker(60.0)])
    juggle = read(link(candidates(both, 60.0)))
    assert abs(len(juggle.throws) - len(real)) <= 1
    assert (juggle.siteswap, juggle.balls) == ("3", 3)


def test_somebody_who_walks_by_alone_is_no_juggler():
    juggle = read(link(candidates(walker(60.0), 60.0)))
    assert (juggle.siteswap, juggle.throws, juggle.drops) == (None, (), ())


def test_two_jugglers_are_said_to_be_unsupported_and_have_no_pattern():
    _, left = juggled(beats=9, centre_px=(300.0, 420.0), scale_px_per_m=300.0)
    _, right = juggled(beats=9, centre_px=(980.0, 420.0), scale_px_per_m=300.0)
    juggle = read(link(candidates(np.concatenate([left, right + (0.1, 0, 0)]), 60.0)))
    assert juggle.siteswap is None
    assert any("passing is not supported" in note for note in juggle.notes)


@pytest.mark.parametrize(("text", "balls"), [("531", 3), ("441", 3)])
def test_a_ball_that_is_handed_over_is_no_further_ball(text, balls):
    _, seen = juggled(text, beats=30)
    juggle = read(link(candidates(seen, 60.0)))
    assert (juggle.siteswap, juggle.balls) == (text, balls)


def handed(rest_s=0.5, radius_px=RADIUS_PX, fall=3300.0):
    """A ball that rests in one hand, flies over into the other in 0.2 s, and rests there, at 60 frames a second."""
    t_s = np.arange(60 + round(60 * rest_s)) / 60 - 0.8
    share = np.clip(t_s / 0.2, 0, 1)
    rows = np.column_stack([t_s + 0.8, 500 + 200 * share, 400 - fall / 2 * 0.2**2 * share * (1 - share)])
    found = candidates(rows, 60.0)
    return replace(found, radii_px=np.full(len(found), radius_px))


def test_one_flat_throw_from_hand_to_hand_is_a_throw():
    juggle = read(link(handed()))
    (throw,) = juggle.throws
    assert (throw.hand, throw.catch_hand) == (Hand.LEFT, Hand.RIGHT)
    assert throw.catch_t_s - throw.t_s == pytest.approx(0.2, abs=0.05)
    assert (juggle.siteswap, juggle.notes) == (None, ("1 throw is too few to name a pattern",))


@pytest.mark.parametrize(
    "seen", [handed(rest_s=-0.1), handed(radius_px=30.0), handed(fall=900.0)], ids=["gone", "head", "swing"]
)
def test_what_does_not_come_to_rest_or_is_no_balls_size_was_not_thrown_flat(seen):
    assert read(link(seen)).throws == ()


@pytest.mark.parametrize("roll_deg", [-12.0, 12.0])
def test_a_camera_that_leans_is_told_and_changes_nothing(roll_deg):
    _, seen = juggled(roll_deg=roll_deg)
    juggle = read(link(candidates(seen, 60.0)))
    assert juggle.siteswap == "3"
    assert juggle.roll_deg == pytest.approx(roll_deg, abs=2)


def test_a_throw_that_the_clips_end_cuts_short_is_a_throw():
    real, seen = juggled()
    end_s = real[-1].t_s + 0.25
    juggle = read(link(candidates(seen[seen[:, 0] < end_s], 60.0)))
    assert juggle.throws[-1].t_s == pytest.approx(real[-1].t_s, abs=0.05)
    assert juggle.throws[-1].outcome != "dropped"


@pytest.mark.parametrize("seen_for_s", [0.05, 0.12])
def test_a_ball_that_is_seen_to_fall_past_the_hands_was_not_caught(seen_for_s):
    rng = np.random.default_rng(4)
    performance = perform([Run(parse("3"), 16, dropped_throw=10)], Juggler(), rng)
    _, drop_s = performance.drops[0]
    rows = [
        np.column_stack([path.t_s, path.points_px])[path.t_s < drop_s + seen_for_s]
        for path in observe(performance, Lens(), SEEN, rng)
    ]
    juggle = read(link(candidates(np.concatenate(rows), 60.0)))
    assert [drop.t_s for drop in juggle.drops] == [pytest.approx(drop_s, abs=0.1)]
    assert juggle.balls == 3
