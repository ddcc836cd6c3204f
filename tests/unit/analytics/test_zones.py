"""Stays worked out by hand in the square from (100, 100) to (200, 200), at 10 frames a second."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.zones import Zone, ZoneStays
from sightline.core.tracks import Quality

SQUARE = np.array([[100, 100], [200, 100], [200, 200], [100, 200]], float)


def stays(made, **changes):
    watch = ZoneStays(Zone(**{"name": "square", "polygon": SQUARE, "grace_s": 0.35, **changes}))
    for batch in made:
        watch.update(batch)
    return watch.result()


def path(*xs, y=150.0, start=0):
    """Positions along x, frame after frame; None where the track was not seen."""
    return {frame: (x, y) for frame, x in enumerate(xs, start=start) if x is not None}


def test_a_walk_through_is_one_complete_stay_timed_at_the_border(scene):
    (stay,) = stays(scene({5: path(70, 90, 110, 130, 150, 170, 190, 210, 230, 250, 270, 290)}, frames=12))
    assert stay.track_id == 5
    assert stay.complete
    assert stay.start.t_s == pytest.approx(0.15)
    assert (stay.start.x_px, stay.start.y_px) == pytest.approx((100, 150))
    assert stay.start.frame == 2
    assert stay.end.t_s == pytest.approx(0.65)
    assert (stay.end.x_px, stay.end.frame) == (pytest.approx(200), 7)
    assert stay.dwell_s == pytest.approx(0.5)
    assert stay.start.quality is Quality.SEEN


CUT = [
    ("begins inside", path(150, 160, 190, 230, 250), (False, True)),
    ("ends inside", path(50, 80, 120, 150), (True, False)),
    ("never outside", path(150, 150, 150), (False, False)),
]


@pytest.mark.parametrize(("case", "places", "expected"), CUT)
def test_a_stay_is_complete_only_where_both_ends_were_seen(scene, case, places, expected):
    (stay,) = stays(scene({1: places}, frames=12))
    assert (stay.entered, stay.left) == expected, case
    assert not stay.complete


def test_stepping_out_within_the_grace_time_is_no_leaving(scene):
    (stay,) = stays(scene({1: path(90, 120, 150, 210, 210, 150, 150, 250, 300, 300, 300, 300)}, frames=12))
    assert stay.complete
    assert stay.start.t_s == pytest.approx(1 / 30)
    assert stay.end.t_s == pytest.approx(0.65)


def test_stepping_out_for_longer_makes_two_stays(scene):
    out = [210] * 5
    first, second = stays(scene({1: path(90, 150, 150, *out, 150, 150, 250)}, frames=11))
    assert first.complete
    assert second.complete
    assert first.end.t_s == pytest.approx(0.2 + 0.1 * 50 / 60)


def test_lost_inside_for_longer_than_the_grace_time_cuts_the_stay_in_two(scene):
    places = path(90, 150, 150, None, None, None, None, None, 150, 250)
    first, second = stays(scene({1: places}, frames=10))
    assert (first.entered, first.left) == (True, False)
    assert (second.entered, second.left) == (False, True)
    assert first.end.t_s == pytest.approx(0.2)


def test_lost_for_less_goes_on(scene):
    (stay,) = stays(scene({1: path(90, 150, None, None, 150, 250)}, frames=6))
    assert stay.complete


def test_coming_in_unseen_is_interpolated(scene):
    (stay,) = stays(scene({1: path(50, None, 150, 160, 250)}, frames=5))
    assert stay.entered
    assert stay.start.quality is Quality.INTERPOLATED
    assert stay.start.t_s == pytest.approx(0.1)


def test_a_track_that_ends_just_outside_has_left(scene):
    (stay,) = stays(scene({1: path(90, 150, 250)}, frames=12))
    assert stay.left


def test_short_stays_may_be_left_out(scene):
    made = scene({1: path(90, 110, 90, 60), 2: path(50, 90, 110, 120, 130, 190, 210)}, frames=8)
    assert [stay.track_id for stay in stays(made, min_stay_s=0.2)] == [2]


def test_stays_come_in_order_of_their_start(scene):
    made = scene({1: path(90, 150, 250, start=4), 2: path(90, 150, 250)}, frames=8)
    assert [stay.track_id for stay in stays(made)] == [2, 1]


def test_only_wanted_classes_are_watched(scene):
    made = scene(
        {1: path(90, 150, 250), 2: path(90, 150, 250)}, frames=4, class_ids=np.array([0, 1] * 3, np.int32)
    )
    assert [stay.track_id for stay in stays(made, class_ids=frozenset({1}))] == [2]


def test_a_zone_may_be_hollow(scene):
    hollow = np.array(
        [[0, 0], [300, 0], [300, 300], [200, 300], [200, 100], [100, 100], [100, 300], [0, 300]], float
    )
    watch = stays(scene({1: path(50, 90, 150, 150, 150, 150, 150, 150, y=200)}, frames=8), polygon=hollow)
    assert [(stay.entered, stay.left) for stay in watch] == [(False, True)]


@pytest.mark.parametrize("polygon", [SQUARE[:2], np.array([[0, 0], [1, 1], [2, 2]], float)])
def test_a_zone_that_encloses_nothing_is_refused(polygon):
    with pytest.raises(ValueError, match="encloses nothing"):
        ZoneStays(Zone("z", polygon))
