"""Brightness, contrast and sharpness of a picture's lower part."""

from __future__ import annotations

import cv2
import numpy as np

from sightline.vision.sight import sight_of


def road(level=110, seed=1):
    noise = np.random.default_rng(seed).normal(0, 25, (360, 640, 1))
    return np.clip(level + np.repeat(noise, 3, axis=2), 0, 255).astype(np.uint8)


def test_a_darker_picture_is_darker():
    assert sight_of(road(30))[0] < sight_of(road(110))[0] - 60


def test_a_blurred_picture_is_less_sharp_but_as_bright():
    sharp, soft = sight_of(road()), sight_of(cv2.GaussianBlur(road(), (0, 0), 4))
    assert soft[2] < 0.3 * sharp[2]
    assert abs(soft[0] - sharp[0]) < 2


def test_the_sky_does_not_count():
    image = road()
    image[:140] = 255
    assert sight_of(image) == sight_of(road())


def test_sizes_compare():
    image = cv2.GaussianBlur(road(), (0, 0), 3)
    large = cv2.resize(image, (1280, 720), interpolation=cv2.INTER_LINEAR)
    assert abs(sight_of(large)[2] / sight_of(image)[2] - 1) < 0.2
