"""Grass, and paint on it."""

from __future__ import annotations

import numpy as np
import pytest

from pitches import SIZE, camera_at, painted
from sightline.analytics.pitch.jaccard import distances_px, visible_polylines
from sightline.analytics.pitch.markings import Segment, markings_of
from sightline.vision.pitch.paint import find_paint, grass_mask

CAMERA = camera_at(pan=25.0, tilt=77.0, focal=1100.0)


def lines_of(picture):
    shown = visible_polylines(CAMERA.scaled(picture[1] / 960), markings_of(SIZE), size=picture)
    return [line for line in shown.values() if len(line) > 1]


@pytest.mark.parametrize("noise", [0, 6])
def test_paint_is_found_where_lines_were_drawn(noise):
    picture = (720, 1280)
    found = find_paint(painted(CAMERA, picture, noise=noise), picture)
    nearest = np.min([distances_px(found.points_px, line) for line in lines_of(picture)], axis=0)
    assert len(found.points_px) > 1500
    assert np.mean(nearest < 3.0) > 0.97


def test_most_of_the_drawn_lines_is_found():
    picture = (720, 1280)
    found = find_paint(painted(CAMERA, picture), picture)
    ground = [
        line
        for name, line in visible_polylines(CAMERA.scaled(4 / 3), markings_of(SIZE), size=picture).items()
        if len(line) > 1
        and not (
            isinstance(markings_of(SIZE).all[name], Segment) and not markings_of(SIZE).all[name].on_ground
        )
    ]
    apart = [np.linalg.norm(found.points_px[None] - line[:, None], axis=2).min(1) for line in ground]
    assert np.mean(np.concatenate(apart) < 4.0) > 0.85


def test_points_come_in_source_pixels_whatever_the_pictures_size():
    small, large = (540, 960), (1080, 1920)
    found = find_paint(painted(CAMERA, small), large)
    nearest = np.min([distances_px(found.points_px, line) for line in lines_of(large)], axis=0)
    assert np.mean(nearest < 5.0) > 0.95


def test_directions_run_along_the_lines():
    image = np.full((540, 960, 3), (70, 130, 60), np.uint8)
    image[300:303, 100:860] = 235
    found = find_paint(image, (540, 960))
    level = np.minimum(found.directions_rad, np.pi - found.directions_rad)
    middle = (found.points_px[:, 0] > 150) & (found.points_px[:, 0] < 800)
    assert middle.sum() > 500
    assert level[middle].max() < 0.1


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.zeros((540, 960, 3), np.uint8), id="black"),
        pytest.param(np.full((540, 960, 3), (120, 90, 200), np.uint8), id="a crowd's colour"),
    ],
)
def test_without_grass_there_is_no_paint(image):
    assert len(find_paint(image, (540, 960)).points_px) == 0


def test_players_are_not_paint():
    image = np.full((540, 960, 3), (70, 130, 60), np.uint8)
    for x in range(100, 900, 80):
        image[250:290, x : x + 16] = 240
    assert len(find_paint(image, (540, 960)).points_px) == 0


def test_grass_is_the_largest_green_region_with_its_holes_filled():
    image = np.full((540, 960, 3), 90, np.uint8)
    image[200:, :] = (70, 130, 60)
    image[350:380, 400:420] = 255
    image[20:60, 20:90] = (70, 130, 60)
    mask = grass_mask(image)
    assert mask[365, 410] == 255
    assert mask[40, 50] == 0
    assert mask[100, 500] == 0
