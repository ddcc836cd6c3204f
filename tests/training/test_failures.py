"""The pictures of failures show what was missed and what is false, and nothing else."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from sightline.core.detections import Detections
from training.data.labelled import Labelled
from training.failures import COLOURS, FOUND, GROUND, drawn, drawn_plain, worst, wrong

LABELS = [[10, 10, 40, 40], [60, 60, 90, 90], [100, 10, 130, 40]]


def picture(place="a", domain="set", path="a.png", classes=(0, 1, 1)):
    boxes = np.array(LABELS, np.float32)
    return Labelled(Path(path), boxes, np.array(classes, np.int32), 240, 240, domain, place, (0, 1))


def answer(boxes, classes):
    scores = np.full(len(boxes), 0.9, np.float32)
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), scores, np.array(classes, np.int32))


def test_a_wrong_kind_is_a_miss_and_a_false_box():
    missed, false = wrong(picture(), answer([LABELS[0], LABELS[1], [200, 200, 220, 220]], [0, 0, 1]))
    assert missed.tolist() == [False, True, True]
    assert false.tolist() == [False, True, True]


def test_what_a_set_does_not_label_is_no_miss():
    missed, false = wrong(picture(classes=(0, 1, 2)), answer([], []))
    assert missed.tolist() == [True, True, False]
    assert not len(false)


def test_places_and_domains_share_the_tiles():
    nothing, all_found = answer([], []), answer(LABELS, [0, 1, 1])
    pictures = [picture(place=place, domain=domain) for place, domain in ("ax", "ax", "ax", "bx", "cy", "dy")]
    answers = [nothing, nothing, nothing, all_found, nothing, all_found]
    assert worst(pictures, answers, 4) == [0, 4, 3, 5]  # the second and third of place a wait for the others


def test_only_errors_are_drawn(tmp_path):
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.zeros((240, 240, 3), np.uint8))
    tile = drawn(picture(path=path), answer([LABELS[0], LABELS[2]], [0, 1]))
    assert tile.shape == (240, 240, 3)
    shown = {tuple(colour) for colour in tile.reshape(-1, 3).tolist()} - {(0, 0, 0)}
    assert shown == {COLOURS[1]}
    rows, columns = np.nonzero(tile.any(axis=2))
    # The label in the middle, and nothing of the two that were found.
    assert rows.min() >= 58
    assert columns.max() <= 92


def test_tiles_that_the_shares_leave_empty_are_filled():
    pictures = [picture(place=place) for place in "aaab"]
    assert worst(pictures, [answer([], [])] * 4, 4) == [0, 1, 3, 2]


def test_a_plain_drawing_needs_no_photograph_and_shows_what_was_found_too():
    tile = drawn_plain(picture(path="none.png"), answer([LABELS[0]], [0]))
    assert tile.shape == (240, 240, 3)
    shown = {tuple(colour) for colour in tile.reshape(-1, 3).tolist()}
    assert shown == {(255, 255, 255), GROUND, FOUND, COLOURS[1]}
