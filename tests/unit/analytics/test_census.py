from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.census import Census
from sightline.analytics.rows import TrackRows


def roll_of(made, **options):
    census = Census(**options)
    for batch in made:
        census.update(batch)
    return census.result()


def standing(*frames):
    return dict.fromkeys(frames, (50.0, 100.0))


def test_one_row_a_track(scene):
    roll = roll_of(scene({7: standing(3, 4, 5), 2: standing(0, 1, 4)}, frames=10))
    assert roll.track_ids.tolist() == [2, 7]
    assert roll.first_frames.tolist() == [0, 3]
    assert roll.last_frames.tolist() == [4, 5]
    assert roll.first_s.tolist() == pytest.approx([0.0, 0.3])
    assert roll.last_s.tolist() == pytest.approx([0.4, 0.5])
    assert roll.seen_frames.tolist() == [3, 3]
    assert roll.seen_s.tolist() == pytest.approx([0.3, 0.3])
    assert roll.life_s.tolist() == pytest.approx([0.5, 0.3])
    assert roll.coverage.tolist() == pytest.approx([0.6, 1.0])


def test_rows_filled_in_are_not_counted_as_seen_frames(scene):
    roll = roll_of(scene({1: standing(0, 1, 2)}, frames=3, seen=np.array([True, False, True])))
    assert roll.seen_frames.tolist() == [2]


def test_the_class_is_the_one_given_most_often_and_the_lowest_of_equals(scene):
    kinds = np.array([5, 3, 5, 3, 3, 7], np.int32)  # rows by frame: track 1, track 2, ...
    roll = roll_of(scene({1: standing(0, 1, 2), 2: standing(0, 1, 2)}, frames=3, class_ids=kinds))
    assert roll.class_ids.tolist() == [5, 3]
    kinds = np.array([9, 4], np.int32)
    assert roll_of(scene({1: standing(0, 1)}, frames=2, class_ids=kinds)).class_ids.tolist() == [4]


def test_keeping_drops_short_lives_and_other_classes(scene):
    kinds = np.array([0, 1, 0, 1, 0], np.int32)
    roll = roll_of(scene({1: standing(0, 1, 2), 2: standing(0, 1)}, frames=3, class_ids=kinds))
    assert roll.keeping(min_track_s=0.25).track_ids.tolist() == [1]
    assert roll.keeping(class_ids=frozenset({1})).track_ids.tolist() == [2]
    assert roll.keeping(class_ids=frozenset()).track_ids.tolist() == []


def test_selecting_gives_each_track_its_one_class(scene):
    kinds = np.array([5, 3, 5], np.int32)
    made = scene({1: standing(0, 1, 2)}, frames=3, class_ids=kinds)
    roll = roll_of(made)
    assert [kind for batch in made for kind in roll.select(batch).tracks.class_ids] == [5, 5, 5]


def test_selecting_drops_unsure_rows_and_unwanted_tracks(scene):
    scores = np.array([0.9, 0.9, 0.1, 0.9, 0.9, 0.9], np.float32)
    made = scene({1: standing(0, 1, 2), 2: standing(0, 1, 2)}, frames=3, scores=scores)
    roll = roll_of(made, min_score=0.5)
    assert roll.seen_frames.tolist() == [2, 3]
    first = roll[np.array([True, False])]
    chosen = TrackRows.joined(first.select(batch, min_score=0.5).tracks for batch in made)
    assert chosen.track_ids.tolist() == [1, 1]
    assert chosen.frames.tolist() == [0, 2]


def test_an_empty_roll_selects_nothing(scene):
    made = scene({1: standing(0)}, frames=1)
    empty = roll_of([])
    assert len(empty) == 0
    assert len(empty.select(made[0]).tracks) == 0
