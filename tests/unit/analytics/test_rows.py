from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.rows import FRAMES_A_BATCH, Anchor, FrameRows, TrackRows, batches
from sightline.core.errors import AnalysisError


def frame_rows(times_s, looked=None, frames=None):
    count = len(times_s)
    looked = np.ones(count, bool) if looked is None else np.array(looked, bool)
    return FrameRows(
        np.arange(count) if frames is None else np.array(frames), np.array(times_s, float), looked
    )


def track_rows(*rows):
    """(frame, t_s, track_id, score)"""
    count = len(rows)
    return TrackRows(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], float),
        np.array([row[2] for row in rows], np.int64),
        np.tile(np.array([10, 20, 30, 60], np.float32), (count, 1)),
        np.array([row[3] for row in rows], np.float32),
        np.zeros(count, np.int32),
        np.ones(count, bool),
        np.zeros(count, np.int64),
    )


def joined(frames, tracks):
    return TrackRows.joined(batch.tracks for batch in batches(frames, tracks))


def holds_s(frames, **options):
    return [round(hold / 1e9, 6) for batch in batches(frames, [], **options) for hold in batch.frame_holds_ns]


HOLDS = [
    ("each look holds until the next frame", [0.0, 0.1, 0.2, 0.3], None, [0.1, 0.1, 0.1, 0.1]),
    ("under a stride, until the next look", [0.0, 0.1, 0.2, 0.3], [1, 0, 1, 0], [0.2, 0.0, 0.2, 0.0]),
    ("variable frame rate counts as it is", [0.0, 0.1, 0.4, 0.5], None, [0.1, 0.3, 0.1, 0.1]),
    ("never for longer than the limit", [0.0, 0.1, 3.0, 3.1], None, [0.1, 0.5, 0.1, 0.1]),
    ("a frame that was not looked at holds nothing", [0.0, 0.1], [0, 0], [0.0, 0.0]),
    ("a single frame without a rate lasts no time", [0.0], None, [0.0]),
]


@pytest.mark.parametrize(("case", "times_s", "looked", "expected"), HOLDS)
def test_how_long_a_look_holds(case, times_s, looked, expected):
    assert holds_s([frame_rows(times_s, looked)]) == expected, case


def test_the_last_frame_lasts_as_long_as_it_is_said_to():
    assert holds_s([frame_rows([0.0, 0.1])], last_frame_s=0.04) == [0.1, 0.04]


def test_a_batch_ends_where_the_next_begins_and_the_last_at_the_clips_end():
    count = 2 * FRAMES_A_BATCH + 7
    made = list(batches([frame_rows(np.arange(count) / 10)], []))
    assert max(len(batch.frames) for batch in made) <= FRAMES_A_BATCH
    starts = [batch.frames.times_s[0] for batch in made]
    assert [batch.until_ns / 1e9 for batch in made] == pytest.approx([*starts[1:], count / 10])
    assert sum(len(batch.frames) for batch in made) == count


def test_a_long_stretch_nobody_looked_at_is_not_held_back():
    looked = [True] + [False] * (3 * FRAMES_A_BATCH)
    first = next(batches([frame_rows(np.arange(len(looked)) / 10, looked)], []))
    assert len(first.frames) >= FRAMES_A_BATCH - 1
    assert first.frame_holds_ns[0] == 500_000_000


def test_rows_hold_as_long_as_their_frame():
    rows = track_rows((0, 0.0, 1, 0.9), (0, 0.0, 2, 0.9), (2, 0.2, 1, 0.9))
    found = joined([frame_rows([0.0, 0.1, 0.2], [1, 0, 1])], [rows])
    assert found.holds_ns.tolist() == [200_000_000, 200_000_000, 100_000_000]


def test_a_row_in_a_frame_nobody_looked_at_holds_nothing():
    found = joined([frame_rows([0.0, 0.1], [1, 0])], [track_rows((1, 0.1, 1, 0.9))])
    assert found.holds_ns.tolist() == [0]


def test_a_track_with_two_rows_in_a_frame_keeps_the_better_one():
    rows = track_rows((0, 0.0, 2, 0.3), (0, 0.0, 1, 0.9), (0, 0.0, 2, 0.8), (1, 0.1, 1, 0.5))
    found = joined([frame_rows([0.0, 0.1])], [rows])
    assert found.track_ids.tolist() == [1, 2, 1]
    assert found.scores.tolist() == pytest.approx([0.9, 0.8, 0.5])


def test_a_tables_batch_may_end_inside_a_frame():
    parts = [track_rows((0, 0.0, 1, 0.9), (1, 0.1, 1, 0.9)), track_rows((1, 0.1, 2, 0.9))]
    found = joined([frame_rows([0.0, 0.1])], parts)
    assert found.track_ids.tolist() == [1, 1, 2]


@pytest.mark.parametrize(
    ("frames", "tracks"),
    [
        (frame_rows([0.0, 0.1], frames=[1, 0]), track_rows()),
        (frame_rows([0.2, 0.1]), track_rows()),
        (frame_rows([0.0, 0.1]), track_rows((1, 0.1, 1, 0.9), (0, 0.0, 1, 0.9))),
    ],
)
def test_tables_out_of_order_are_refused(frames, tracks):
    with pytest.raises(AnalysisError, match="out of order"):
        list(batches([frames], [tracks]))


@pytest.mark.parametrize(
    ("anchor", "point"),
    [
        (Anchor.BOTTOM_CENTER, [20, 60]),
        (Anchor.CENTER, [20, 40]),
        (Anchor.TOP_CENTER, [20, 20]),
        (Anchor.LEFT_CENTER, [10, 40]),
        (Anchor.RIGHT_CENTER, [30, 40]),
    ],
)
def test_anchors_lie_on_the_box(anchor, point):
    assert track_rows((0, 0.0, 1, 0.9)).anchors_px(anchor).tolist() == [point]
