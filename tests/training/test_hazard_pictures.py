"""Potholes that are put into roads are labelled where they are and shrink with distance."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from training.pictures.hazard import POTHOLE, Cutout, Road, render_hazard_picture


@pytest.fixture
def road(tmp_path):
    cv2.imwrite(str(tmp_path / "road.png"), np.full((300, 400, 3), 130, np.uint8))
    there = np.array([(10, 200, 60, 260)], np.float32), np.array([2], np.int32)
    return Road(tmp_path / "road.png", 0.2, 0.05, 0.95, 0.5, *there)


@pytest.fixture
def cutouts():
    mask = cv2.ellipse(np.zeros((60, 90), np.uint8), (45, 30), (36, 22), 0, 0, 360, 255, -1)
    image = np.full((60, 90, 3), 150, np.uint8)
    image[mask > 0] = 40
    return [Cutout(image, mask, flat=False)]


def test_the_same_seed_gives_the_same_picture(road, cutouts):
    first = render_hazard_picture(np.random.default_rng(1), road, cutouts)
    again = render_hazard_picture(np.random.default_rng(1), road, cutouts)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)


def test_labels_of_the_background_stay_and_new_ones_hold_what_changed(road, cutouts):
    plain = cv2.imread(str(road.path))
    seen = 0
    for seed in range(12):
        image, boxes, classes = render_hazard_picture(np.random.default_rng(seed), road, cutouts)
        assert classes[0] == 2
        assert (classes[1:] == POTHOLE).all()
        changed = np.abs(image.astype(int) - plain).max(-1) > 30
        inside = np.zeros_like(changed)
        for x1, y1, x2, y2 in boxes[1:].astype(int):
            assert changed[y1:y2, x1:x2].mean() > 0.3
            inside[max(y1 - 3, 0) : y2 + 3, max(x1 - 3, 0) : x2 + 3] = True
            seen += 1
        assert not (changed & ~inside).any()
    assert seen > 6


def test_a_road_narrows_to_its_vanishing_point(road):
    assert road.depth(1.0) == pytest.approx(1)
    assert road.depth(0.2) == 0
    assert road.edges(0.2) == pytest.approx((0.5, 0.5))
    assert road.edges(1.0) == pytest.approx((0.05, 0.95))
