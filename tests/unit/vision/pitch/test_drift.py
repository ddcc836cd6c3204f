"""How the picture moves from one frame to the next."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sightline.core.errors import SettingsError
from sightline.core.frames import Frame
from sightline.vision.pitch.drift import Drift


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(4)
    rough = rng.uniform(0, 255, (90, 160, 3)).astype(np.uint8)
    return cv2.resize(rough, (960, 540), interpolation=cv2.INTER_CUBIC)


def moved(scene, motion):
    return cv2.warpPerspective(scene, motion, (960, 540), borderMode=cv2.BORDER_REFLECT)


MOTION = np.array([[1.01, 0.004, 6.0], [-0.003, 1.01, -4.0], [4e-6, 2e-6, 1.0]])


def test_a_turn_and_zoom_are_measured_in_source_pixels(scene):
    drift = Drift()
    assert drift.follow(Frame(scene, 0, 0, (1080, 1920))) is None
    found = drift.follow(Frame(moved(scene, MOTION), 1, 1, (1080, 1920)))
    at = np.array([[400.0, 300.0, 1.0], [1500.0, 900.0, 1.0]])
    expected = (at / [2, 2, 1]) @ MOTION.T
    seen = at @ found.T
    assert seen[:, :2] / seen[:, 2:] == pytest.approx(expected[:, :2] / expected[:, 2:] * 2, abs=2.0)


def test_a_cut_is_no_motion(scene):
    drift = Drift()
    drift.follow(Frame.from_image(scene))
    other = np.random.default_rng(8).uniform(0, 255, (90, 160, 3)).astype(np.uint8)
    assert drift.follow(Frame.from_image(cv2.resize(other, (960, 540)), index=1)) is None


def test_an_empty_picture_is_no_motion():
    drift = Drift()
    flat = np.full((540, 960, 3), 90, np.uint8)
    assert drift.follow(Frame.from_image(flat)) is None
    assert drift.follow(Frame.from_image(flat, index=1)) is None


def test_a_memory_that_was_stored_goes_on_as_if_nothing_had_been(scene):
    drift = Drift()
    drift.follow(Frame.from_image(scene))
    again = Drift.from_bytes(drift.to_bytes())
    after = Frame.from_image(moved(scene, MOTION), index=1)
    assert np.array_equal(drift.follow(after), again.follow(after))
    assert drift.to_bytes() == again.to_bytes()


@pytest.mark.parametrize("data", [b"", b"other", b"SLPD\x02\x00\x00\x00\x02\x00\x00\x00abc"])
def test_a_damaged_memory_is_refused(data):
    with pytest.raises(SettingsError, match="damaged"):
        Drift.from_bytes(data)
