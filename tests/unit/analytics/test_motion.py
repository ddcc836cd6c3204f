from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sightline.analytics.motion import Motion, MotionSettings
from sightline.core.space import Homography


def travel(made, **options):
    motion = Motion(**options)
    steps = [motion.update(batch) for batch in made]
    steps.append(motion.finish())
    return motion.result(), steps


def only(found, name):
    (value,) = getattr(found, name).tolist()
    return value


RATES = [(10.0, 1), (25.0, 1), (25.0, 5), (29.97, 1), (60.0, 1), (4.0, 1)]


@pytest.mark.parametrize(("rate_hz", "stride"), RATES)
def test_steady_motion_comes_out_exactly_at_any_rate(scene, straight, rate_hz, stride):
    count = int(8 * rate_hz)
    places = straight((0, 100), (3 * (count - 1), 100 + 4 * (count - 1)), frames=count)
    places = {frame: place for frame, place in places.items() if frame % stride == 0}
    made = scene({1: places}, frames=count, rate_hz=rate_hz, looked=lambda frame: frame % stride == 0)
    found, _ = travel(made)
    speed = 5 * rate_hz
    last = max(places) / rate_hz
    assert only(found, "mean_speed_px_s") == pytest.approx(speed, rel=1e-3)
    assert only(found, "top_speed_px_s") == pytest.approx(speed, rel=1e-3)
    assert only(found, "distance_px") == pytest.approx(speed * last, rel=1e-3)
    assert only(found, "followed_s") == pytest.approx(last)
    assert only(found, "breaks") == 0


def test_jitter_hardly_adds_to_the_way_of_who_stands_still(scene, rng):
    spots = rng.normal(0, 1.0, (1000, 2)) + np.array([100, 200])
    found, _ = travel(scene({1: dict(enumerate(map(tuple, spots)))}, frames=1000, rate_hz=25.0))
    raw = np.hypot(*np.diff(spots, axis=0).T).sum()
    assert raw > 1700
    expected = 80 * np.sqrt(np.pi / 12.5)  # the bias that the module states, a step each half second
    assert only(found, "distance_px") == pytest.approx(expected, rel=0.15)


def test_jitter_hardly_changes_the_way_of_who_walks(scene, rng):
    spots = np.stack([np.arange(500) * 3.0, np.full(500, 200.0)], axis=1) + rng.normal(0, 2.0, (500, 2))
    found, _ = travel(scene({1: dict(enumerate(map(tuple, spots)))}, frames=500, rate_hz=25.0))
    assert only(found, "distance_px") == pytest.approx(3 * 499, rel=0.01)
    assert only(found, "top_speed_px_s") == pytest.approx(75, rel=0.08)


def test_a_circle_is_cut_by_as_much_as_is_said(scene):
    period_s, radius = 5.6, 100.0
    turn = 2 * np.pi * np.arange(56 * 5) / 10 / period_s
    spots = np.stack([500 + radius * np.cos(turn), 500 + radius * np.sin(turn)], axis=1)
    found, _ = travel(scene({1: dict(enumerate(map(tuple, spots)))}, frames=len(turn)))
    angle = np.pi * 0.5 / period_s
    whole = radius * turn[-1]
    assert only(found, "distance_px") / whole == pytest.approx((np.sin(angle) / angle) ** 2, abs=0.006)


def test_nothing_is_added_up_across_a_long_gap(scene):
    places = {frame: (10.0 * frame, 100.0) for frame in range(21) if not 5 < frame < 18}
    places |= {frame: (10.0 * frame + 500, 100.0) for frame in range(18, 41)}
    found, steps = travel(scene({1: places}, frames=41))
    assert only(found, "breaks") == 1
    assert only(found, "followed_s") == pytest.approx(0.5 + 2.2)
    assert only(found, "mean_speed_px_s") == pytest.approx(100.0)
    assert only(found, "distance_px") == pytest.approx(270.0)
    assert only(found, "top_speed_px_s") == pytest.approx(100.0)
    assert sum(len(step) for step in steps) == 6  # one before the gap, five after


def test_a_short_gap_is_bridged(scene):
    places = {frame: (10.0 * frame, 100.0) for frame in range(30) if not 10 <= frame < 17}
    found, _ = travel(scene({1: places}, frames=30))
    assert only(found, "breaks") == 0
    assert only(found, "distance_px") == pytest.approx(290.0)


def test_a_leap_to_somebody_else_is_no_motion(scene):
    places = {frame: (100.0 + (600 if frame >= 20 else 0), 100.0) for frame in range(40)}
    found, _ = travel(scene({1: places}, frames=40))
    assert only(found, "breaks") == 1
    assert only(found, "distance_px") == pytest.approx(0.0)
    assert only(found, "top_speed_px_s") == pytest.approx(0.0)


def test_one_leap_that_is_too_short_to_be_known_for_one_is_nobodys_top_speed(scene, straight):
    walked = {frame: (4.0 * frame + (25.0 if frame >= 23 else 0.0), 100.0) for frame in range(60)}
    found, _ = travel(scene({1: walked}, frames=60))
    assert only(found, "breaks") == 0
    assert only(found, "top_speed_px_s") == pytest.approx(40.0)


def test_who_is_seen_for_less_than_two_slots_has_no_speed(scene):
    found, _ = travel(scene({1: {0: (0, 100), 1: (10, 100)}}, frames=10))
    assert np.isnan(only(found, "mean_speed_px_s"))
    assert np.isnan(only(found, "distance_px"))
    assert np.isnan(only(found, "top_speed_px_s"))
    assert only(found, "followed_s") == pytest.approx(0.1)


def test_metres_come_from_the_homography(scene, straight):
    made = scene({1: straight((0, 100), (390, 100), frames=40)}, frames=40)
    without, _ = travel(made)
    assert np.isnan(only(without, "mean_speed_mps"))
    found, _ = travel(made, homography=Homography(np.diag([0.02, 0.02, 1.0])))
    assert only(found, "mean_speed_mps") == pytest.approx(2.0, rel=1e-3)
    assert only(found, "top_speed_mps") == pytest.approx(2.0, rel=1e-3)
    assert only(found, "distance_m") == pytest.approx(7.8, rel=1e-3)


def test_beyond_the_trusted_ground_metres_are_unknown(scene, straight):
    made = scene({1: straight((0, 100), (390, 100), frames=40)}, frames=40)
    options = {"homography": Homography(np.diag([0.02, 0.02, 1.0])), "extent_m": (100.0, 0.0, 200.0, 10.0)}
    found, _ = travel(made, **options)
    assert np.isnan(only(found, "mean_speed_mps"))
    assert only(found, "mean_speed_px_s") == pytest.approx(100.0, rel=1e-3)


def test_steps_of_a_track_join_and_begin_at_a_frame(scene, straight):
    _, steps = travel(scene({1: straight((0, 100), (290, 100), frames=30)}, frames=30))
    joined = [(int(a), int(b)) for step in steps for a, b in zip(step.start_ns, step.end_ns, strict=True)]
    assert all(first[1] == second[0] for first, second in pairwise(joined))
    assert [int(frame) for step in steps for frame in step.frames] == [0, 5, 10, 15, 20]
    assert [float(t_s) for step in steps for t_s in step.times_s] == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_another_slot_smooths_more(scene, rng):
    spots = rng.normal(0, 2.0, (500, 2)) + np.array([100, 200])
    made = scene({1: dict(enumerate(map(tuple, spots)))}, frames=500, rate_hz=25.0)
    short, _ = travel(made, settings=MotionSettings(slot_s=0.2))
    long, _ = travel(made, settings=MotionSettings(slot_s=1.0))
    assert only(long, "distance_px") < only(short, "distance_px") / 4


def test_nobody_moves_nowhere(scene):
    found, steps = travel(scene({}, frames=20))
    assert len(found.track_ids) == 0
    assert all(len(step) == 0 for step in steps)
