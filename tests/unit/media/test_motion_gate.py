"""Frames in which nothing moved are told from frames in which something did."""

import numpy as np
import pytest

from sightline.media.motion_gate import MotionGate


def scene(rng: np.random.Generator, *, at: int | None = None, side: int = 16) -> np.ndarray:
    image = np.full((180, 320, 3), 90, np.int16) + rng.normal(0, 4, (180, 320, 3)).astype(np.int16)
    if at is not None:
        image[80 : 80 + side, at : at + side] = 200
    return image.clip(0, 255).astype(np.uint8)


def test_noise_alone_does_not_pass_but_the_first_frame_does(rng):
    gate = MotionGate()
    assert [gate.moved(scene(rng)) for _ in range(6)] == [True, False, False, False, False, False]


def test_a_person_who_walks_in_passes(rng):
    gate = MotionGate()
    gate.moved(scene(rng))
    assert gate.moved(scene(rng, at=100))
    assert not gate.moved(scene(rng, at=100))
    assert gate.moved(scene(rng, at=120))


def test_slow_movement_is_caught_once_it_has_gone_far_enough(rng):
    gate = MotionGate()
    passed = [gate.moved(scene(rng, at=100 + number)) for number in range(20)]
    assert passed[0]
    assert 2 <= sum(passed[1:]) <= 19


def test_after_a_reset_the_next_frame_passes(rng):
    gate = MotionGate()
    still = scene(rng)
    assert [gate.moved(still), gate.moved(still)] == [True, False]
    gate.reset()
    assert gate.moved(still)


@pytest.mark.parametrize("size", [(3, 200), (200, 3), (1, 1)])
def test_any_shape_is_taken(size):
    gate = MotionGate()
    assert gate.moved(np.zeros((*size, 3), np.uint8))
    assert gate.moved(np.full((*size, 3), 200, np.uint8))


def test_a_picture_of_another_shape_passes():
    gate = MotionGate()
    gate.moved(np.zeros((90, 160, 3), np.uint8))
    assert gate.moved(np.zeros((90, 90, 3), np.uint8))
