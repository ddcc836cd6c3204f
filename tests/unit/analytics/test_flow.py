from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.census import Census
from sightline.analytics.flow import FlowField, Ways
from sightline.analytics.heatmap import Grid
from sightline.analytics.motion import Motion


def steps_of(made):
    motion = Motion()
    return [*(motion.update(batch) for batch in made), motion.finish()]


def roll_of(made):
    census = Census()
    for batch in made:
        census.update(batch)
    return census.result()


def test_flow_is_the_mean_velocity_by_place(scene, straight):
    people = {
        1: straight((0, 50), (390, 50), frames=40),
        2: straight((0, 60), (390, 60), frames=40),
        3: straight((390, 250), (0, 250), frames=40),
    }
    field = FlowField(Grid((0.0, 0.0), 100.0, (4, 4)))
    for steps in steps_of(scene(people, frames=40)):
        field.update(steps)
    flow = field.result()
    assert flow.velocities_px_s[0, 1] == pytest.approx([100.0, 0.0], abs=1e-3)
    assert flow.velocities_px_s[2, 1] == pytest.approx([-100.0, 0.0], abs=1e-3)
    assert np.isnan(flow.velocities_px_s[1]).all()
    assert flow.seconds[0].sum() == pytest.approx(2 * 3.5)


def test_opposite_ways_through_one_place_cancel(scene, straight):
    people = {1: straight((0, 50), (390, 50), frames=40), 2: straight((390, 50), (0, 50), frames=40)}
    field = FlowField(Grid((0.0, 0.0), 400.0, (1, 1)))
    for steps in steps_of(scene(people, frames=40)):
        field.update(steps)
    assert field.result().velocities_px_s[0, 0] == pytest.approx([0.0, 0.0], abs=1e-3)


def test_ways_break_where_tracks_do(scene):
    places = {frame: (10.0 * frame, 100.0) for frame in [*range(15), *range(40, 60)]}
    made = scene({4: places}, frames=60)
    ways = Ways(roll_of(made))
    for steps in steps_of(made):
        ways.update(steps)
    assert [(way.track_id, len(way.points_px)) for way in ways.result()] == [(4, 3), (4, 4)]
    assert ways.result()[0].points_px[0] == pytest.approx([20.0, 100.0])


def test_only_the_longest_tracks_are_kept_when_there_are_too_many(scene, straight):
    people = {number: straight((0, 50), (100, 50), frames=10 + number) for number in range(1, 21)}
    made = scene(people, frames=40)
    ways = Ways(roll_of(made), most_steps=20)
    for steps in steps_of(made):
        ways.update(steps)
    kept = {way.track_id for way in ways.result()}
    assert kept == {19, 20}
    assert ways.tracks == 2
    assert sum(len(way.points_px) - 1 for way in ways.result()) <= 20


def test_no_tracks_have_no_ways():
    assert Ways(roll_of([])).result() == ()
