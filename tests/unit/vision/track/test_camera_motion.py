"""Camera motion between pictures whose displacement is known."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from sightline.core.errors import SettingsError
from sightline.core.frames import Frame
from sightline.vision.track.camera_motion import CameraMotion

NOBODY = np.zeros((0, 4), np.float32)
HEIGHT, WIDTH = 240, 320


@pytest.fixture(scope="module")
def scenery():
    """A picture with texture at the scale that corners need."""
    noise = np.random.default_rng(3).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    return cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def seen(image, index=0, size=(HEIGHT, WIDTH)):
    return Frame(image, index, Fraction(index, 30), size)


def warped(image, matrix):
    return cv2.warpAffine(image, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)


def where(matrix, points):
    return points @ matrix[:, :2].T + matrix[:, 2]


POINTS = np.array([[60.0, 60.0], [260.0, 60.0], [160.0, 180.0]])
MOTIONS = {
    "shift": np.array([[1.0, 0.0, 6.0], [0.0, 1.0, -4.0]]),
    "turn": np.array(cv2.getRotationMatrix2D((160, 120), 2.0, 1.0)),
    "zoom": np.array(cv2.getRotationMatrix2D((160, 120), 0.0, 1.04)),
}


@pytest.mark.parametrize("name", MOTIONS)
def test_shift_turn_and_zoom_are_found_to_a_third_of_a_pixel(scenery, name):
    camera = CameraMotion()
    camera.follow(seen(scenery), NOBODY)
    found = camera.follow(seen(warped(scenery, MOTIONS[name]), 1), NOBODY)
    assert np.abs(where(found, POINTS) - where(MOTIONS[name], POINTS)).max() < 0.35


def test_motion_is_told_in_source_pixels_however_small_the_picture(scenery):
    camera = CameraMotion()
    camera.follow(seen(scenery, size=(HEIGHT * 3, WIDTH * 3)), NOBODY)
    found = camera.follow(seen(warped(scenery, MOTIONS["turn"]), 1, (HEIGHT * 3, WIDTH * 3)), NOBODY)
    assert np.abs(where(found, POINTS * 3) - where(MOTIONS["turn"], POINTS) * 3).max() < 1.0


def test_what_moves_in_the_boxes_does_not_count(scenery):
    box = np.array([[20, 10, 300, 200]], np.float32)
    later = scenery.copy()
    later[10:200, 20:300] = np.roll(scenery[10:200, 20:300], 5, axis=1)
    shifts = []
    for boxes in (box, NOBODY):
        camera = CameraMotion()
        camera.follow(seen(scenery), boxes)
        shifts.append(np.abs(where(camera.follow(seen(later, 1), boxes), POINTS) - POINTS).max())
    assert shifts[0] < 0.1
    assert shifts[1] > 4.0


@pytest.mark.parametrize(
    "after",
    [
        np.zeros((HEIGHT, WIDTH, 3), np.uint8),
        np.random.default_rng(9).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8),
        np.zeros((20, 30, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
    ],
    ids=["black", "cut", "other size", "one pixel"],
)
def test_without_certainty_the_camera_stands_still(scenery, after):
    camera = CameraMotion()
    assert (camera.follow(seen(scenery), NOBODY) == np.eye(2, 3)).all()
    assert (camera.follow(seen(after, 1, after.shape[:2]), NOBODY) == np.eye(2, 3)).all()


def test_a_restored_camera_goes_on_as_if_nothing_had_been(scenery):
    first, second = CameraMotion(), CameraMotion()
    first.follow(seen(scenery), NOBODY)
    state = first.to_bytes()
    second = CameraMotion.from_bytes(state)
    assert second.to_bytes() == state
    later = seen(warped(scenery, MOTIONS["zoom"]), 1)
    assert (first.follow(later, NOBODY) == second.follow(later, NOBODY)).all()
    assert first.to_bytes() == second.to_bytes()


@pytest.mark.parametrize("state", [b"", b"XXXX" + bytes(12), CameraMotion().to_bytes() + b"x"])
def test_a_damaged_snapshot_is_refused(state):
    with pytest.raises(SettingsError, match="damaged"):
        CameraMotion.from_bytes(state)
