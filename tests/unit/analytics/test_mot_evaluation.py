"""Tracking scores against cases that can be worked out by hand."""

import numpy as np
import pytest

from sightline.analytics.evaluation.mot import MotTable, evaluate_mot
from sightline.core.errors import AnalysisError

BOX = (0.0, 0.0, 10.0, 10.0)
FAR = (100.0, 0.0, 110.0, 10.0)


def table(*rows):
    """Rows of `(frame, id)` or `(frame, id, box)`."""
    return MotTable.of(
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] if len(row) > 2 else BOX for row in rows],
    )


FOUR_FRAMES = [(frame, 1) for frame in range(4)]


def test_tracks_equal_to_the_truth_score_one_everywhere():
    truth = table(*FOUR_FRAMES, *[(frame, 2, FAR) for frame in range(4)])
    scores = evaluate_mot(truth, truth)
    rates = ("hota", "det_a", "ass_a", "loc_a", "mota", "motp", "idf1", "idp", "idr", "det_re", "ass_pr")
    assert {name: getattr(scores, name) for name in rates} == pytest.approx(dict.fromkeys(rates, 1.0))
    assert (scores.id_switches, scores.false_positives, scores.false_negatives) == (0, 0, 0)
    assert (scores.mostly_tracked, scores.mostly_lost, scores.truth_ids, scores.frames) == (2, 0, 2, 4)


def test_a_changed_identity_halfway_halves_association_and_leaves_detection_whole():
    scores = evaluate_mot(table(*FOUR_FRAMES), table((0, 5), (1, 5), (2, 6), (3, 6)))
    assert scores.det_a == pytest.approx(1.0)
    assert scores.ass_a == pytest.approx(2 / (4 + 2 - 2))
    assert scores.hota == pytest.approx(0.5**0.5)
    assert scores.id_switches == 1
    assert scores.mota == pytest.approx(1 - 1 / 4)
    assert scores.idf1 == pytest.approx(2 * 2 / (4 + 4))


def test_a_track_that_ends_early_loses_recall_alone():
    scores = evaluate_mot(table(*FOUR_FRAMES), table((0, 5), (1, 5), (2, 5)))
    assert (scores.det_re, scores.det_pr) == pytest.approx((0.75, 1.0))
    assert (scores.ass_re, scores.ass_pr) == pytest.approx((0.75, 1.0))
    assert scores.hota == pytest.approx(0.75)
    assert scores.false_negatives == 1
    assert scores.idr == pytest.approx(0.75)
    assert scores.mostly_tracked == 0


def test_boxes_where_nobody_is_count_as_false_positives():
    scores = evaluate_mot(table(*FOUR_FRAMES), table(*FOUR_FRAMES, (0, 9, FAR), (7, 9, FAR)))
    assert scores.false_positives == 2
    assert scores.det_a == pytest.approx(4 / 6)
    assert scores.idp == pytest.approx(4 / 6)
    assert scores.mota == pytest.approx(1 - 2 / 4)
    assert scores.frames == 8


def test_hota_counts_the_overlaps_up_to_that_of_the_boxes():
    truth, tracks = table((0, 1)), table((0, 1, (0.0, 0.0, 10.0, 6.2)))
    scores = evaluate_mot(truth, tracks)
    assert scores.hota == pytest.approx(12 / 19)
    assert scores.motp == pytest.approx(0.62)
    assert evaluate_mot(truth, tracks, iou=0.7).true_positives == 0


def test_a_standing_match_is_kept_though_another_box_fits_better():
    near = (0.0, 0.0, 10.0, 8.0)
    scores = evaluate_mot(table((0, 1), (1, 1)), table((0, 5), (1, 5, near), (1, 6)))
    assert scores.id_switches == 0
    assert scores.motp == pytest.approx((1.0 + 0.8) / 2)


def test_a_track_found_again_counts_as_a_fragment_not_as_a_switch():
    others = [(frame, 2, FAR) for frame in range(4)]
    scores = evaluate_mot(table(*FOUR_FRAMES, *others), table((0, 5), (1, 5), (3, 5), *others))
    assert (scores.fragmentations, scores.id_switches) == (1, 0)


@pytest.mark.parametrize(
    ("truth", "tracks", "misses", "wrong"),
    [([], [], 0, 0), (FOUR_FRAMES, [], 4, 0), ([], FOUR_FRAMES, 0, 4)],
)
def test_an_empty_side_is_scored_not_refused(truth, tracks, misses, wrong):
    scores = evaluate_mot(table(*truth), table(*tracks))
    assert (scores.false_negatives, scores.false_positives) == (misses, wrong)
    assert (scores.hota, scores.idf1) == (0.0, 0.0)
    assert np.isfinite(list(scores.to_json().values())).all()


def test_the_order_of_rows_and_the_names_of_identities_change_nothing(rng):
    frames, ids = np.repeat(np.arange(30), 6), np.tile(np.arange(6), 30)
    corners = rng.uniform(0, 60, (180, 2))
    truth = MotTable.of(frames, ids, np.hstack((corners, corners + 20)))
    moved = truth.boxes_px + rng.normal(0, 2, (180, 4))
    tracks = MotTable.of(frames, ids, moved)
    order = rng.permutation(180)
    renamed = MotTable.of(frames[order], ids[order] * 7 + 3, moved[order])
    assert evaluate_mot(truth, renamed).to_json() == pytest.approx(evaluate_mot(truth, tracks).to_json())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(2, 4), (2, 4, FAR)], "tracks: identity 4 occurs twice in frame 2"),
        ([(0, -1)], "tracks: a box has no identity"),
    ],
)
def test_tables_that_are_no_tracks_are_refused(rows, message):
    with pytest.raises(AnalysisError, match=message):
        evaluate_mot(table(*FOUR_FRAMES), table(*rows))


def test_scores_become_plain_numbers_for_json():
    scores = evaluate_mot(table(*FOUR_FRAMES), table(*FOUR_FRAMES)).to_json()
    assert {type(value) for value in scores.values()} == {int, float}
