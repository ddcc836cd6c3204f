"""A ball that is kept up, from parabolas drawn between known touches."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.juggling.arcs.candidates import Candidates
from sightline.analytics.juggling.keepie_uppie import Body, find_touches

FALL, RATE_HZ, SIZE = 2400.0, 30.0, (720, 1280)


def kept_up(touches_s, *, y_px=520.0, last_s=1.0, seed=0, noise_px=1.0):
    """Candidates of a ball that is at `y_px` at each touch and flies in between."""
    rng = np.random.default_rng(seed)
    clock = np.arange(int((touches_s[-1] + last_s) * RATE_HZ)) / RATE_HZ
    ends = [*touches_s[1:], touches_s[-1] + last_s]
    rows, points = [], []
    for number, (start_s, end_s) in enumerate(zip(touches_s, ends, strict=True)):
        for row in np.flatnonzero((clock > start_s) & (clock <= end_s)):
            t_s = clock[row] - start_s
            x = 600 + (30 if number % 2 else -30) * (t_s / (end_s - start_s) - 0.5)
            rows.append(row)
            points.append((x, y_px - FALL / 2 * t_s * (end_s - start_s - t_s)))
    points = np.array(points) + rng.normal(0, noise_px, (len(points), 2))
    count = len(rows)
    return Candidates(
        np.arange(len(clock)), clock, np.array(rows), points, np.full(count, 20.0), np.full(count, 0.9), SIZE
    )


TOUCHES = [0.6, 1.25, 1.8, 2.5, 3.05]


def test_every_touch_is_found_at_its_time():
    keeping = find_touches(kept_up(TOUCHES))
    found = [touch.t_s for touch in keeping.touches]
    assert len(found) == len(TOUCHES)
    assert np.abs(np.array(found) - TOUCHES).max() < 0.06
    assert [touch.streak for touch in keeping.touches] == [1, 2, 3, 4, 5]
    assert keeping.longest_streak == 5


def test_without_a_body_no_body_part_is_named_and_that_is_said():
    keeping = find_touches(kept_up(TOUCHES))
    assert {touch.body_part for touch in keeping.touches} == {None}
    assert any("Body parts are not known" in note for note in keeping.notes)


@pytest.mark.parametrize(
    ("joint", "part", "side"),
    [("left_ankle", "foot", "left"), ("right_knee", "knee", "right"), ("nose", "head", None)],
)
def test_the_nearest_joint_names_the_body_part(joint, part, side):
    candidates = kept_up(TOUCHES)
    there = np.tile([600.0, 545.0], (len(candidates.clock_s), 1))
    far = np.tile([600.0, 100.0], (len(candidates.clock_s), 1))
    joints = {"left_hip": far, joint: there}
    keeping = find_touches(candidates, Body(candidates.clock_s, joints))
    assert {touch.body_part for touch in keeping.touches} == {part}
    assert {touch.side for touch in keeping.touches} == {side}


@pytest.mark.parametrize(
    ("thighs_down", "part"), [(0.4, "thigh"), (0.9, "knee"), (1.3, "foot"), (2.1, "foot")]
)
@pytest.mark.parametrize("side", ["left", "right"])
def test_what_is_farther_from_the_hip_than_the_knee_is_the_foot_wherever_the_ankle_is(
    thighs_down, part, side
):
    candidates = kept_up(TOUCHES)
    lowest, thigh = np.array([600.0, 540.0]), 100.0
    other = "right" if side == "left" else "left"

    def still(place):
        return np.tile(place, (len(candidates.clock_s), 1))

    hip = lowest - (0, thighs_down * thigh)
    joints = {
        f"{side}_hip": still(hip),
        f"{side}_knee": still(hip + (0, thigh)),
        f"{side}_ankle": still(hip + (60, 1.1 * thigh)),  # where a fast foot is not
        f"{other}_hip": still(hip + (70, 0)),
        f"{other}_knee": still(hip + (70, thigh)),
    }
    keeping = find_touches(candidates, Body(candidates.clock_s, joints))
    assert {(touch.body_part, touch.side) for touch in keeping.touches} == {(part, side)}
    assert not any(touch.estimated for touch in keeping.touches)


def test_with_a_box_alone_the_part_is_told_by_height_and_marked_so():
    candidates = kept_up(TOUCHES)
    boxes = np.tile([500.0, 200.0, 700.0, 560.0], (len(candidates.clock_s), 1))
    keeping = find_touches(candidates, Body(candidates.clock_s, {}, boxes))
    assert {touch.body_part for touch in keeping.touches} == {"foot"}
    assert all(touch.estimated for touch in keeping.touches)


def test_a_ball_that_lies_still_is_not_touched():
    clock = np.arange(120) / RATE_HZ
    points = np.array([600.0, 500.0]) + np.random.default_rng(1).normal(0, 0.5, (120, 2))
    keeping = find_touches(
        Candidates(np.arange(120), clock, np.arange(120), points, np.full(120, 20.0), np.full(120, 0.9), SIZE)
    )
    assert keeping.touches == ()
    assert keeping.notes
