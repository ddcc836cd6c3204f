"""Golden counts, each worked out by hand. The line runs left to right at y = 100, so walking down is in."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.counting import IN, OUT, Line, LineCounter
from sightline.analytics.rows import Anchor
from sightline.core.tracks import Quality

LINE = {"name": "door", "start": (0.0, 100.0), "end": (200.0, 100.0), "margin_px": 5.0, "margin_heights": 0.0}


def count(scene_batches, **changes):
    counter = LineCounter(Line(**{**LINE, **changes}))
    for batch in scene_batches:
        counter.update(batch)
    return counter.result()


def feet(*heights, x=50.0, start=0):
    """Where the feet are, frame after frame; None where the track was not seen."""
    return {frame: (x, y) for frame, y in enumerate(heights, start=start) if y is not None}


GOLDEN = [
    ("walking down is in", feet(60, 80, 95, 110, 130), (1, 0)),
    ("walking up is out", feet(140, 120, 105, 90, 70), (0, 1)),
    ("there and back is one each", feet(70, 80, 120, 130, 80, 70), (1, 1)),
    ("jitter on the line is nothing", feet(60, 80, 98, 102, 99, 103, 97, 80, 60), (0, 0)),
    ("jitter on the way over counts once", feet(60, 80, 98, 102, 99, 103, 97, 104, 120, 130), (1, 0)),
    ("turning back on the line is nothing", feet(60, 90, 104, 90, 60), (0, 0)),
    ("one sighting over there is not yet a crossing", feet(60, 80, 120, 80, 60), (0, 0)),
    ("starting on the line, then in, is nothing", feet(100, 102, 120, 140), (0, 0)),
    ("starting just beside the line, then in, is nothing", feet(97, 99, 120, 140), (0, 0)),
    ("ending on the line is nothing", feet(60, 80, 98, 101), (0, 0)),
    ("exactly on the line for a while, then on", feet(60, 80, 100, 100, 120, 140), (1, 0)),
    ("exactly on the line, then back", feet(60, 80, 100, 100, 80, 60), (0, 0)),
    ("one stride over it", feet(60, 61, 139, 140), (1, 0)),
]


@pytest.mark.parametrize(("case", "places", "expected"), GOLDEN)
def test_golden_counts(scene, case, places, expected):
    counts = count(scene({1: places}, frames=12))
    assert (counts.count(IN), counts.count(OUT)) == expected, case
    assert counts.unresolved == 0


def test_the_crossing_is_where_and_when_the_step_meets_the_line(scene):
    places = {0: (40, 70), 1: (50, 90), 2: (60, 130), 3: (60, 150)}
    (at,) = count(scene({7: places}, frames=4)).crossings
    assert (at.frame, at.track_id, at.direction) == (2, 7, IN)
    assert at.t_s == pytest.approx(0.125)  # a quarter of the way from 90 to 130
    assert (at.x_px, at.y_px) == pytest.approx((52.5, 100.0))
    assert at.along == pytest.approx(52.5 / 200)
    assert at.quality is Quality.SEEN


def test_a_crossing_within_a_gap_counts_as_interpolated(scene):
    places = feet(60, 80, None, None, None, 120, 140)
    counts = count(scene({1: places}, frames=7))
    (at,) = counts.crossings
    assert at.quality is Quality.INTERPOLATED
    assert at.t_s == pytest.approx(0.3)  # the middle of 0.1 and 0.5
    assert at.frame == 3
    assert counts.count(IN, quality=Quality.INTERPOLATED) == 1
    assert counts.count(IN, quality=Quality.SEEN) == 0


def test_under_a_stride_a_crossing_between_looks_was_seen(scene):
    places = {0: (50, 60), 2: (50, 80), 4: (50, 120), 6: (50, 140)}
    (at,) = count(scene({1: places}, frames=8, looked=lambda frame: frame % 2 == 0)).crossings
    assert at.quality is Quality.SEEN


def test_rows_the_tracker_filled_in_make_a_crossing_interpolated(scene):
    seen = np.array([True, True, False, True, True])
    (at,) = count(scene({1: feet(60, 80, 120, 140, 160)}, frames=5, seen=seen)).crossings
    assert at.quality is Quality.INTERPOLATED


def test_a_side_changed_during_too_long_a_gap_is_unresolved_not_counted(scene):
    places = {**feet(60, 70, 80), **feet(120, 130, 140, start=40)}
    counts = count(scene({1: places}, frames=50), max_gap_s=2.0)
    assert counts.crossings == ()
    assert counts.unresolved == 1


def test_the_same_side_after_a_long_gap_resolves_itself(scene):
    places = {**feet(60, 70, 80), **feet(80, 70, 120, 130, start=40)}
    counts = count(scene({1: places}, frames=50), max_gap_s=2.0)
    assert (counts.count(IN), counts.unresolved) == (1, 0)


ENDS = [
    ("within the ends", 199.0, 1),
    ("beyond the end", 201.0, 0),
    ("before the start", -1.0, 0),
    ("at the very start", 0.0, 1),
    ("at the very end", 200.0, 1),
]


@pytest.mark.parametrize(("case", "x", "expected"), ENDS)
def test_only_crossings_between_the_ends_count(scene, case, x, expected):
    assert count(scene({1: feet(60, 80, 120, 140, x=x)}, frames=4)).count(IN) == expected, case


def test_who_walks_around_the_end_and_back_over_the_line_goes_out_once(scene):
    around = {0: (250, 60), 1: (250, 80), 2: (250, 120), 3: (250, 140), 4: (150, 140), 5: (150, 120)}
    back = {6: (150, 80), 7: (150, 60)}
    counts = count(scene({1: {**around, **back}}, frames=8))
    assert (counts.count(IN), counts.count(OUT)) == (0, 1)


DIRECTIONS = [
    ("left to right, walking down", ((0, 100), (200, 100)), ((100, 60), (100, 140)), IN),
    ("right to left, walking down", ((200, 100), (0, 100)), ((100, 60), (100, 140)), OUT),
    ("top to bottom, walking right", ((100, 0), (100, 200)), ((60, 100), (140, 100)), OUT),
    ("bottom to top, walking right", ((100, 200), (100, 0)), ((60, 100), (140, 100)), IN),
    ("slanting, walking down right", ((0, 200), (200, 0)), ((60, 60), (140, 140)), IN),
]


@pytest.mark.parametrize(("case", "line", "walk", "direction"), DIRECTIONS)
def test_in_is_to_the_right_hand_of_the_line(scene, straight, case, line, walk, direction):
    places = straight(*walk, frames=8)
    (at,) = count(scene({1: places}, frames=8), start=line[0], end=line[1]).crossings
    assert at.direction == direction, case


@pytest.mark.parametrize(
    ("anchor", "expected"), [(Anchor.BOTTOM_CENTER, 1), (Anchor.CENTER, 0), (Anchor.TOP_CENTER, 0)]
)
def test_the_anchor_decides_what_has_to_cross(scene, anchor, expected):
    places = feet(80, 90, 110, 120)  # the boxes are 100 px high
    assert count(scene({1: places}, frames=4), anchor=anchor).count(IN) == expected


def test_the_margin_grows_with_the_box(scene):
    places = feet(80, 85, 110, 110, 110)
    assert count(scene({1: places}, frames=5), margin_heights=0.05).count(IN) == 1
    assert count(scene({1: places}, frames=5), margin_heights=0.15).count(IN) == 0


@pytest.mark.parametrize(("confirm", "expected"), [(1, 1), (2, 1), (3, 0)])
def test_a_side_needs_some_sightings_in_a_row(scene, confirm, expected):
    assert count(scene({1: feet(60, 70, 80, 120, 140)}, frames=5), confirm=confirm).count(IN) == expected


def test_each_track_counts_for_itself(scene):
    people = {1: feet(60, 80, 120, 140), 2: feet(140, 120, 80, 60, x=80), 9: feet(60, 80, 120, 140, x=120)}
    counts = count(scene(people, frames=4))
    assert [(at.track_id, at.direction) for at in counts.crossings] == [(1, IN), (2, OUT), (9, IN)]


def test_counts_are_told_by_class_and_may_be_limited_to_some(scene):
    people = {1: feet(60, 80, 120, 140), 2: feet(60, 80, 120, 140, x=80), 3: feet(140, 120, 80, 60, x=120)}
    kinds = np.tile(np.array([0, 2, 2], np.int32), 4)
    made = scene(people, frames=4, class_ids=kinds)
    assert count(made).by_class() == {0: (1, 0), 2: (1, 1)}
    assert count(made, class_ids=frozenset({0})).by_class() == {0: (1, 0)}
    assert count(made, class_ids=frozenset()).crossings == ()


def test_a_line_without_length_is_refused():
    with pytest.raises(ValueError, match="starts where it ends"):
        LineCounter(Line("x", (1.0, 1.0), (1.0, 1.0)))


def test_nobody_gives_no_counts(scene):
    counts = count(scene({}, frames=5))
    assert (counts.crossings, counts.unresolved, counts.by_class()) == ((), 0, {})
