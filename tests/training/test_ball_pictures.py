"""Drawn balls: the same seed gives the same picture, and labels fit what is drawn."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from training.pictures.backgrounds import Background, plain_wall
from training.pictures.ball import render_ball_crop
from training.pictures.cutouts import CutOut
from training.pictures.spheres import KINDS, draw_ball, draw_skin, smear

LIGHT = np.array([0.0, -0.6, 0.8])


@pytest.fixture
def background(tmp_path, rng):
    image = cv2.resize(rng.uniform(0, 255, (20, 30, 3)).astype(np.uint8), (300, 200))
    cv2.imwrite(str(tmp_path / "a.png"), image)
    people = np.array([(100, 50, 160, 190)], np.float32)
    balls = np.array([(20, 20, 44, 44)], np.float32)
    return Background(tmp_path / "a.png", people, balls, np.zeros((0, 4), np.float32))


def test_the_same_seed_gives_the_same_picture(background):
    first = render_ball_crop(np.random.default_rng(4), background, (120, 160))
    again = render_ball_crop(np.random.default_rng(4), background, (120, 160))
    other = render_ball_crop(np.random.default_rng(5), background, (120, 160))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert (first[0] != other[0]).any()


@pytest.mark.parametrize("seed", range(6))
def test_labels_lie_in_the_picture(background, seed):
    image, boxes, classes = render_ball_crop(
        np.random.default_rng(seed), background if seed % 2 else None, (120, 160)
    )
    assert image.shape == (120, 160, 3)
    assert image.dtype == np.uint8
    assert len(boxes) == len(classes)
    assert set(classes.tolist()) <= {0, -1}
    assert (boxes >= 0).all()
    assert (boxes <= [160, 120, 160, 120]).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()


def test_someone_before_a_wall_is_drawn_and_no_ball():
    person = CutOut(np.full((60, 30, 3), 255, np.uint8), np.ones((60, 30), np.float32))
    differing = 0
    for seed in range(4):
        alone = render_ball_crop(np.random.default_rng(seed), None, (120, 160))
        with_person = render_ball_crop(np.random.default_rng(seed), None, (120, 160), person)
        assert set(with_person[2].tolist()) <= {0, -1}
        assert with_person[0].shape == alone[0].shape
        differing += bool((with_person[0] != alone[0]).any())
    assert differing == 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_ball_is_as_large_as_asked_and_lit_from_its_side(rng, kind):
    skin = draw_skin(rng, (kind,))
    ball = draw_ball(rng, skin, 12.0, LIGHT)
    rows = np.flatnonzero((ball[..., 3] > 0.5).any(1))
    assert abs(len(rows) - 24) <= 4
    assert abs((rows[0] + rows[-1] + 1) / 2 - ball.shape[0] / 2) <= 2
    assert ball.min() >= 0
    assert ball.max() <= 1.0001


def test_a_ball_lit_from_above_is_brighter_above(rng):
    skin = draw_skin(np.random.default_rng(1), ("plain",))
    ball = draw_ball(rng, skin, 16.0, LIGHT)
    solid = ball[..., 3] > 0.9
    middle = ball.shape[0] // 2
    assert ball[:middle][solid[:middle]][:, :3].mean() > ball[middle:][solid[middle:]][:, :3].mean()


def test_movement_makes_a_ball_longer_and_fainter_along_its_way(rng):
    ball = draw_ball(rng, draw_skin(rng, ("plain",)), 8.0, LIGHT)
    moved = smear(ball, (14.0, 0.0))
    alpha = moved[..., 3]
    wide, high = np.flatnonzero((alpha > 0.05).any(0)), np.flatnonzero((alpha > 0.05).any(1))
    assert len(wide) > len(high) + 8
    assert alpha.sum() == pytest.approx(ball[..., 3].sum(), rel=0.02)
    assert smear(ball, (0.1, 0.0)) is ball


def test_a_wall_depends_on_its_seed_alone():
    walls = [plain_wall(np.random.default_rng(seed), (60, 80)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(walls[0], walls[1])
    assert (walls[0] != walls[2]).any()
