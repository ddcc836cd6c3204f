"""A label needs two detectors that agree; one alone makes a region unsure."""

from __future__ import annotations

import numpy as np

from sightline.core.detections import Detections
from training.data.pseudo import BALL, PERSON, agree

IGNORED = -1


def found(*rows):
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int32))


def test_two_detectors_that_agree_make_a_label_between_their_boxes():
    boxes, classes = agree([found((0, 0, 10, 30, 0.9, PERSON)), found((2, 0, 12, 30, 0.3, PERSON)), found()])
    assert classes.tolist() == [PERSON]
    np.testing.assert_allclose(boxes, [[0.5, 0, 10.5, 30]], atol=1e-5)


def test_one_detector_alone_makes_an_unsure_region():
    boxes, classes = agree([found((0, 0, 10, 30, 0.9, PERSON)), found((50, 0, 60, 30, 0.5, PERSON)), found()])
    assert classes.tolist() == [IGNORED, IGNORED]
    assert len(boxes) == 2


def test_two_boxes_of_one_detector_do_not_agree_with_each_other():
    _, classes = agree([found((0, 0, 10, 30, 0.9, PERSON), (1, 0, 11, 30, 0.8, PERSON)), found()])
    assert PERSON not in classes.tolist()


def test_a_person_and_a_ball_do_not_agree():
    _, classes = agree([found((0, 0, 10, 10, 0.9, PERSON)), found((0, 0, 10, 10, 0.9, BALL))])
    assert set(classes.tolist()) == {IGNORED}


def test_a_faint_box_is_neither_label_nor_region():
    boxes, classes = agree([found((0, 0, 10, 30, 0.16, PERSON)), found((0, 0, 10, 30, 0.16, PERSON))])
    assert len(boxes) == len(classes) == 0


def test_two_people_side_by_side_are_two_labels():
    one, other = (0, 0, 10, 30, 0.9, PERSON), (8, 0, 18, 30, 0.6, PERSON)
    _, classes = agree([found(one, other), found(one, other), found()])
    assert classes.tolist() == [PERSON, PERSON]
