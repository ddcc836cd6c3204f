"""People are cut out along their outline and put before other scenes with labels that fit."""

import cv2
import numpy as np
import pytest

from training.augment import IGNORE
from training.pictures.cutouts import SIZE, CutOut, Scene, cut_out, put


@pytest.fixture
def person(rng):
    """A light body with a head on a dark, uneven ground, and its box."""
    image = rng.integers(20, 60, (200, 160, 3)).astype(np.uint8)
    cv2.ellipse(image, (80, 120), (25, 60), 0, 0, 360, (200, 210, 220), -1)
    cv2.circle(image, (80, 45), 18, (180, 200, 230), -1)
    return image, np.array([55, 27, 105, 180], np.float32)


def test_a_person_is_cut_out_along_the_outline(person):
    image, box = person
    found = cut_out(image, box)
    assert found is not None
    assert found.alpha[90, 25] > 0.9  # the body's middle
    assert max(found.alpha[0, 0], found.alpha[0, -1], found.alpha[-1, 0], found.alpha[-1, -1]) < 0.1


def test_a_box_without_anything_in_it_is_no_person(rng):
    assert cut_out(np.full((100, 100, 3), 90, np.uint8), np.array([20, 20, 70, 90], np.float32)) is None


def test_the_label_of_a_person_put_in_lies_around_what_changed(rng):
    alpha = np.zeros((90, 60), np.float32)
    alpha[10:80, 20:40] = 1
    white = CutOut(np.full((90, 60, 3), 255, np.uint8), alpha)
    for _ in range(12):
        scene = Scene(np.zeros((*SIZE, 3), np.uint8))
        put(rng, scene, white)
        image, boxes, classes = scene.labelled()
        assert len(boxes) == 1
        if classes[0] == IGNORE:
            continue
        rows, columns = np.flatnonzero(image.max(2).max(1) > 90), np.flatnonzero(image.max(2).max(0) > 90)
        np.testing.assert_allclose(boxes[0], [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], atol=6)


def test_who_is_hidden_behind_another_is_not_asked_for():
    scene = Scene(np.zeros((*SIZE, 3), np.uint8))
    scene.label(np.array([100, 100, 150, 250], np.float32), 0)
    scene.label(np.array([300, 100, 350, 250], np.float32), 0)
    mask = np.zeros(SIZE, np.float32)
    mask[80:260, 110:200] = 1
    scene.cover(mask)
    assert scene.labelled()[2].tolist() == [IGNORE, 0]


def test_a_box_mostly_outside_the_picture_is_not_asked_for():
    scene = Scene(np.zeros((*SIZE, 3), np.uint8))
    scene.label(np.array([-90, 0, 10, 100], np.float32), 0)
    image, boxes, classes = scene.labelled()
    assert classes.tolist() == [IGNORE]
    assert boxes.tolist() == [[0, 0, 10, 100]]
    assert image.shape == (*SIZE, 3)
