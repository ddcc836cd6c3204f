"""A shirt's colour: the one that is there most, without grass, sleeves and numbers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sightline.vision.shirts import shirt_color

GRASS, RED, WHITE, GREEN = (40, 110, 45), (36, 28, 180), (230, 230, 230), (90, 150, 20)
BOX = (40.0, 20.0, 64.0, 80.0)


def lab(bgr):
    return cv2.cvtColor(np.array([[bgr]], np.float32) / 255, cv2.COLOR_BGR2LAB)[0, 0]


def standing(shirt, *, sleeves=None, sleeve_px=4, number=None):
    """A person of 24 x 60 px on grass: shirt between a sixth and a half of the height."""
    picture = np.full((100, 100, 3), GRASS, np.uint8)
    picture[28:50, 44:60] = shirt
    if sleeves is not None:
        picture[28:42, 44 : 44 + sleeve_px] = sleeves
        picture[28:42, 60 - sleeve_px : 60] = sleeves
    if number is not None:
        picture[33:43, 49:55] = number
    picture[50:80, 46:50] = picture[50:80, 54:58] = (150, 170, 200)
    return picture


@pytest.mark.parametrize(
    ("case", "worn", "colour"),
    [
        ("plain", {"shirt": RED}, RED),
        ("a number", {"shirt": RED, "number": WHITE}, RED),
        ("sleeves of another colour", {"shirt": RED, "sleeves": WHITE}, RED),
        ("green unlike the grass", {"shirt": GREEN}, GREEN),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_shirt_has_the_colour_that_most_of_it_has(case, worn, colour):
    del case
    found = shirt_color(standing(**worn), BOX)
    assert found is not None
    assert found[:3] == pytest.approx(lab(colour), abs=8.0)
    assert 0 < found[3] <= 1


def test_where_two_colours_share_a_shirt_it_gets_none_that_is_between_channels():
    """As much white as red: medians of single channels gave the lightness of one with the hue of the other."""
    red, white = lab(RED), lab(WHITE)
    for wide in range(2, 8):
        found = np.array(shirt_color(standing(RED, sleeves=WHITE, sleeve_px=wide), BOX)[:3])
        along = (found - red) @ (white - red) / ((white - red) @ (white - red))
        assert np.linalg.norm(found - red - along * (white - red)) < 15.0


def test_grass_is_no_part_of_a_shirt():
    plain, wide = standing(RED), (34.0, 20.0, 70.0, 80.0)
    found = shirt_color(plain, wide)
    assert found[:3] == pytest.approx(lab(RED), abs=6.0)
    assert found[3] < 0.85


def test_too_little_of_a_person_has_no_colour():
    assert shirt_color(standing(RED), (40.0, 20.0, 43.0, 24.0)) is None
    assert shirt_color(standing(RED), (200.0, 20.0, 240.0, 80.0)) is None
