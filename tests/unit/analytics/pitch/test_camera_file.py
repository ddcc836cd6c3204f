"""Cameras as files hold them."""

from __future__ import annotations

import numpy as np
import pytest

from pitches import camera_at
from sightline.analytics.pitch.camera_file import camera_file
from sightline.core.errors import CalibrationError

ONE = camera_at().to_soccernet()


def test_a_single_camera_is_every_frames():
    file = camera_file(ONE)
    assert file.fixed.camera.pan_deg == 25.0
    assert (file.picture, file.fixed.quality) == ((540, 960), 1.0)


def test_what_calibrate_writes_says_its_picture_and_quality():
    file = camera_file({"format": 1, "image_size": [720, 1280], "camera": ONE, "quality": 0.7})
    assert (file.picture, file.fixed.quality) == ((720, 1280), 0.7)


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["00007", "00012"], [7, 12]),
        (["clip-IMG_001", "clip-IMG_002"], [1, 2]),
        (["left 1", "right 1"], [0, 1]),
        (["first", "second"], [0, 1]),
    ],
)
def test_frames_are_numbered_by_their_names_or_by_their_order(names, numbers):
    file = camera_file({name: ONE | {"quality": 0.5} for name in names})
    assert list(file.frames) == numbers
    assert [file.names[number] for number in numbers] == names
    assert {one.quality for one in file.frames.values()} == {0.5}


def test_a_homography_may_stand_for_a_camera():
    file = camera_file({"homography": np.diag([0.1, 0.1, 1.0]).tolist(), "image_size": [720, 1280]})
    assert file.homography.project(np.array([[10.0, 20.0]])).tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "not a camera file"),
        ({}, "not a camera file"),
        ({"a": 1}, "not a camera file"),
        ({"a": {"pan_degrees": 1.0}}, "no x_focal_length"),
        (ONE | {"quality": 2}, "quality is 2"),
        (ONE | {"image_size": "big"}, "image_size"),
        ({"homography": [["x"]]}, "not a matrix"),
        ({"homography": [[1, 0, 0], [0, 1, 0], [0, 0, 0]]}, "singular"),
    ],
)
def test_what_is_no_camera_file_is_refused_with_a_hint(data, said):
    with pytest.raises(CalibrationError, match=said) as caught:
        camera_file(data)
    assert caught.value.hint
