from __future__ import annotations

import math

import numpy as np
import pytest

from sightline.analytics.occupancy import Occupancy, Series
from sightline.analytics.rows import FrameRows, batches


def occupancy(made):
    gauge = Occupancy()
    for batch in made:
        gauge.update(batch, np.ones(len(batch.tracks), bool))
    presence = gauge.result()
    return gauge.drain(), presence, gauge


def standing(*frames, x=0.0):
    return dict.fromkeys(frames, (x, 100.0))


def test_each_second_has_its_mean_maximum_and_coverage(scene):
    people = {1: standing(*range(20)), 2: standing(*range(5, 10))}
    seconds, presence, _ = occupancy(scene(people, frames=20))
    assert [(row.second, row.frame, row.t_s) for row in seconds] == [(0, 0, 0.0), (1, 10, 1.0)]
    assert [row.mean for row in seconds] == pytest.approx([1.5, 1.0])
    assert [row.maximum for row in seconds] == [2, 1]
    assert [row.coverage for row in seconds] == pytest.approx([1.0, 1.0])
    assert (presence.mean, presence.maximum, presence.maximum_s) == pytest.approx((1.25, 2, 0.5))
    assert presence.coverage == pytest.approx(1.0)


def test_time_nobody_looked_at_counts_neither_way(scene):
    made = scene({1: standing(*range(20))}, frames=20, looked=lambda frame: frame < 3 or frame >= 15)
    seconds, presence, _ = occupancy(made)
    assert [row.coverage for row in seconds] == pytest.approx([0.7, 0.5])  # the look at 0.2 s holds to 0.7 s
    assert [row.mean for row in seconds] == pytest.approx([1.0, 1.0])
    assert presence.seen_s == pytest.approx(1.2)
    assert presence.coverage == pytest.approx(0.6)


def test_a_second_nobody_looked_at_has_no_mean(scene):
    made = scene({1: standing(*range(30))}, frames=30, looked=lambda frame: frame < 3 or frame >= 20)
    seconds, _, gauge = occupancy(made)
    assert math.isnan(seconds[1].mean)
    assert (seconds[1].maximum, seconds[1].coverage) == (0, 0.0)
    assert math.isnan(gauge.series.result()[1].mean)


def test_a_look_that_holds_into_the_next_second_counts_there(scene):
    made = scene({1: standing(8)}, frames=20, looked=lambda frame: frame in {0, 4, 8})
    seconds, _, _ = occupancy(made)
    assert seconds[1].coverage == pytest.approx(0.3)
    assert seconds[1].mean == pytest.approx(1.0)
    assert seconds[1].maximum == 1


def test_the_first_and_last_second_are_only_as_long_as_the_clips_part(scene):
    seconds, presence, _ = occupancy(scene({1: standing(*range(13))}, frames=13))
    assert [row.coverage for row in seconds] == pytest.approx([1.0, 1.0])
    assert presence.whole_s == pytest.approx(1.3)


def test_a_second_without_frames_has_no_row_but_its_time_counts():
    rows = FrameRows(np.arange(3), np.array([0.0, 0.5, 2.5]), np.ones(3, bool))
    seconds, presence, gauge = occupancy(batches([rows], [], last_frame_s=0.5))
    assert [row.second for row in seconds] == [0, 2]
    assert presence.whole_s == pytest.approx(3.0)
    assert [bucket.coverage for bucket in gauge.series.result()] == pytest.approx([1.0, 0.0, 0.5])


def test_nothing_looked_at_is_nothing_known(scene):
    seconds, presence, _ = occupancy(scene({}, frames=5, looked=lambda frame: False))
    assert math.isnan(presence.mean)
    assert math.isnan(presence.maximum_s)
    assert presence.coverage == 0.0
    assert seconds[0].coverage == 0.0


def test_no_frames_at_all():
    seconds, presence, _ = occupancy([])
    assert seconds == []
    assert presence.coverage == 0.0


def test_a_series_widens_instead_of_growing():
    series = Series(4)
    for second in range(10, 19):
        series.add(second, second * 100, 100, 200, second)
    buckets = series.result()
    assert series.width_s == 4
    assert [bucket.start_s for bucket in buckets] == [10, 14, 18]
    assert [bucket.mean for bucket in buckets] == pytest.approx([11.5, 15.5, 18.0])
    assert [bucket.maximum for bucket in buckets] == [13, 17, 18]
    assert [bucket.coverage for bucket in buckets] == pytest.approx([0.5, 0.5, 0.5])
