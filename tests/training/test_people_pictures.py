"""Drawn people: boxes lie on what was drawn, and a square gives more than one picture."""

import numpy as np
import pytest

from training.pictures.people import SIZE, Painter


@pytest.mark.slow
def test_a_square_gives_several_pictures_with_people_in_them(tmp_path):
    painter = Painter(tmp_path)
    pictures = [painter(np.random.default_rng((3, number))) for number in range(2)]
    for image, boxes, classes in pictures:
        assert image.shape == (*SIZE, 3)
        assert len(boxes) == len(classes)
        assert (boxes >= 0).all()
        assert (boxes <= np.array([SIZE[1], SIZE[0]] * 2)).all()
    assert any((classes == 0).any() for _, _, classes in pictures)
    (first, *_), (second, *_) = pictures
    same_ground = np.abs(first.astype(int) - second).max(axis=2) < 25
    assert same_ground.mean() > 0.8
    assert not same_ground.all()
