"""Balls without weights, on small drawn scenes whose every place is known."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from graphs import constant_graph
from sightline.core.frames import Frame
from sightline.ports import ModelOptions
from sightline.vision.models.balls import BallsModel

SIZE = (180, 320)
RATE_HZ = 60
RED = (40, 40, 215)


def backdrop(seed=0):
    coarse = np.random.default_rng(seed).integers(90, 170, (9, 16, 3), dtype=np.uint8)
    return cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_LINEAR)


def thrown(t_s, *, start=(90.0, 150.0), speed=(110.0, -290.0), fall=600.0):
    return start[0] + speed[0] * t_s, start[1] + speed[1] * t_s + fall / 2 * t_s * t_s


def picture(index, places, *, shift=(0, 0), radius=8, colour=RED, seed=0):
    image = backdrop(seed).copy()
    for x, y in places:
        centre = (round(x * 16), round(y * 16))
        cv2.circle(image, centre, radius * 16, colour, cv2.FILLED, cv2.LINE_AA, 4)
    if shift != (0, 0):
        image = cv2.warpAffine(
            image, np.array([[1.0, 0, shift[0]], [0, 1, shift[1]]]), SIZE[::-1], borderMode=cv2.BORDER_REFLECT
        )
    noise = np.random.default_rng([3, index]).normal(0, 1.5, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def frame(index, image):
    return Frame.from_image(image, index=index, pts_s=Fraction(index, RATE_HZ))


def run(images, weights=None):
    model = BallsModel(weights, ModelOptions(min_score=0.1))
    model.open()
    return [model.submit(frame(index, image)).result() for index, image in enumerate(images)]


def middles(found):
    return (found.boxes_px[:, :2] + found.boxes_px[:, 2:]) / 2


def near(found, place, within=4.0):
    return len(found) > 0 and float(np.hypot(*(middles(found) - place).T).min()) <= within


def test_a_thrown_ball_is_found_in_nearly_every_frame():
    ways = [[thrown(index / RATE_HZ)] for index in range(50)]
    answers = run([picture(index, way) for index, way in enumerate(ways)])
    hits = [near(found, way[0]) for found, way in zip(answers, ways, strict=True)]
    assert np.mean(hits[5:]) >= 0.95
    best = [middles(found)[0] for found in answers[12:]]
    assert np.mean(np.hypot(*(np.array(best) - np.array(ways)[12:, 0]).T) < 4) >= 0.95


def test_a_scene_in_which_nothing_moves_has_no_balls():
    answers = run([picture(index, []) for index in range(40)])
    assert sum(len(found) for found in answers) == 0


def test_a_ball_that_flew_is_still_found_when_it_lies_still():
    def place(index):
        return thrown(min(index / RATE_HZ, 0.8))

    answers = run([picture(index, [place(index)]) for index in range(90)])
    assert np.mean([near(found, place(89)) for found in answers[60:]]) >= 0.9


@pytest.mark.parametrize("pixels", [1, 3])
def test_a_shaking_camera_does_not_hide_the_ball(pixels):
    rng = np.random.default_rng(5)
    shifts = (pixels * np.round(np.cumsum(rng.normal(0, 0.4, (60, 2)), axis=0))).clip(-9, 9)
    images = [picture(index, [thrown(index / RATE_HZ)], shift=tuple(shifts[index])) for index in range(50)]
    answers = run(images)
    hits = [
        near(found, np.add(thrown(index / RATE_HZ), shifts[index]), 6.0)
        for index, found in enumerate(answers)
    ]
    assert np.mean(hits[8:]) >= 0.75


def test_a_cut_starts_the_scene_anew():
    images = [picture(index, [], seed=0) for index in range(20)]
    images += [picture(20 + index, [thrown(index / RATE_HZ)], seed=9) for index in range(40)]
    answers = run(images)
    assert all(len(found) <= 3 for found in answers[20:23])
    hits = [near(found, thrown(index / RATE_HZ)) for index, found in enumerate(answers[20:])]
    assert np.mean(hits[6:]) >= 0.9


def test_equal_memories_are_equal_bytes_and_other_bytes_are_refused():
    one, other = (BallsModel(None, ModelOptions()) for _ in range(2))
    for index in range(12):
        image = picture(index, [thrown(index / RATE_HZ)])
        assert one.submit(frame(index, image)).result().scores.tolist() == (
            other.submit(frame(index, image)).result().scores.tolist()
        )
    assert one.snapshot() == other.snapshot()
    with pytest.raises(ValueError, match="memory"):
        one.restore(b"something else")


@pytest.fixture
def network(tmp_path):
    """A detector that always sees one ball, 16 px wide, in the middle of a picture."""
    output = np.zeros((1, 5, 84), np.float32)  # of strides 8, 16, 32 on 64 x 64
    output[0, :, 0] = (32, 32, 3.2, 3.2, 0.8)
    return constant_graph(tmp_path / "ball.onnx", {"detections": output}, metadata={"names": "{0: 'ball'}"})


def test_weights_are_asked_where_nothing_moves(network):
    first, *later = run([picture(index, []) for index in range(20)], network)
    assert len(first) == 0  # there is no scene yet
    for found in later:
        np.testing.assert_allclose(found.boxes_px, [[152, 82, 168, 98]], atol=0.5)
        np.testing.assert_allclose(found.scores, [0.8], atol=1e-5)


def test_weights_are_not_asked_where_a_ball_is_sure(network):
    ways = [thrown(index / RATE_HZ) for index in range(50)]
    answers = run([picture(index, [way]) for index, way in enumerate(ways)], network)
    assert all(near(found, way) for found, way in zip(answers[12:], ways[12:], strict=True))
    assert not any(
        near(found, (160, 90), 1.0)
        for found, way in zip(answers[12:], ways[12:], strict=True)
        if np.hypot(way[0] - 160, way[1] - 90) > 20
    )


def test_what_it_is_holds_the_weights(network):
    bare, taught = BallsModel(None, ModelOptions()).info, BallsModel(network, ModelOptions()).info
    assert bare.sha256 == ""
    assert len(taught.sha256) == 64
    assert taught.class_names == bare.class_names == ("ball",)
