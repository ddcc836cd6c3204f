"""The numbered points of keypoint networks."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pitches import SIZE
from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.keypoints import numbered_point, numbered_points
from sightline.core.errors import CalibrationError


def test_there_are_73_all_in_different_places():
    places = numbered_points(SIZE)
    assert list(places) == list(range(1, 74))
    assert len(set(places.values())) == 73


@pytest.mark.parametrize(
    ("number", "place"),
    [
        (1, (-52.5, 34.0, 0.0)),
        (12, (-52.5, 3.66, 2.44)),
        (29, (0.0, -34.0, 0.0)),
        (45, (-41.5, 0.0, 0.0)),
        (51, (0.0, 0.0, 0.0)),
        (57, (41.5, 0.0, 0.0)),
        (73, (47.0, -34.0, 0.0)),
    ],
)
def test_numbers_run_from_the_far_side_to_the_near_one(number, place):
    assert numbered_point(number, SIZE) == pytest.approx(place)


def test_points_follow_the_size_of_the_pitch():
    assert numbered_point(3, PitchSize(100.0, 64.0)) == (50.0, 32.0, 0.0)


def test_an_unknown_number_is_refused():
    with pytest.raises(CalibrationError, match="no keypoint 74"):
        numbered_point(74, SIZE)


@pytest.mark.data
def test_every_number_agrees_with_the_homography_of_the_others(data_dir):
    import cv2

    frames = json.loads((data_dir / "football/calibration/tsworldcup_keypoints.json").read_text())
    places, off = numbered_points(SIZE), {}
    for frame in list(frames.values())[::12]:
        numbers = [int(number) for number in frame["kp"]]
        pixels = np.array([[at["x"] * 960, at["y"] * 540] for at in frame["kp"].values()])
        metres = np.array([places[number][:2] for number in numbers])
        for left_out, number in enumerate(numbers):
            others = np.arange(len(numbers)) != left_out
            matrix, _ = cv2.findHomography(metres[others], pixels[others], cv2.RANSAC, 5.0)
            if matrix is not None:
                x, y, scale = matrix @ [*metres[left_out], 1.0]
                off.setdefault(number, []).append(
                    np.hypot(x / scale - pixels[left_out, 0], y / scale - pixels[left_out, 1])
                )
    often = {number: float(np.median(values)) for number, values in off.items() if len(values) >= 10}
    assert len(often) >= 30
    assert max(often.values()) < 8.0
