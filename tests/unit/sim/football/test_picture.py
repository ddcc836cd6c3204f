"""A drawn frame shows what its truth says."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.football.match import PitchSize
from sightline.sim.football import bodies, kits, picture
from sightline.sim.football.lens import Lens, lens
from sightline.sim.football.turf import lines
from sightline.sim.football.views import PinholeCamera

SIZE = (270, 480)
CAMERA = PinholeCamera(SIZE, 900.0, (0.0, -55.0, 16.0)).looking_at((0.0, 0.0, 0.0))
STILL = np.zeros(len(bodies.Joint))


@pytest.fixture(scope="module")
def scenery():
    return picture.look(np.random.default_rng(2), PitchSize(), weather="cloud", scale_px_m=4.0)


def standing(track_id, place_m, kind="player", kit=kits.KITS[1]):
    return picture.Figure(track_id, kind, kits.Person(kit), STILL, place_m, -np.pi / 2)


def test_lines_are_where_the_camera_puts_them():
    rows, columns, cover = lines(CAMERA, PitchSize(), 0.12)
    whole = np.zeros(SIZE, np.uint8)
    whole[rows, columns] = cover
    (x, y), *_ = CAMERA.project(np.array([[0.0, 9.15, 0.0]]))[0]
    assert whole[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].max() > 60
    (x, y), *_ = CAMERA.project(np.array([[4.0, 2.0, 0.0]]))[0]
    assert whole[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].max() == 0


def test_a_box_holds_all_that_changes_when_somebody_steps_in(scenery):
    empty, _ = picture.draw(scenery, CAMERA, [])
    full, seen = picture.draw(scenery, CAMERA, [standing(4, (3.0, 2.0))])
    changed = np.abs(full.astype(int) - empty).max(axis=2) > 40
    ys, xs = np.nonzero(changed)
    x1, y1, x2, y2 = seen[0].box_px
    assert seen[0].track_id == 4
    assert seen[0].visibility > 0.99
    assert x1 - 1.5 <= xs.min()
    assert xs.max() + 1 <= x2 + 1.5
    assert y1 - 1.5 <= ys.min()
    assert ys.max() + 1 <= y2 + 2.5


def test_who_stands_behind_somebody_is_hidden_in_part(scenery):
    near, far = standing(1, (0.0, 0.0)), standing(2, (0.1, 1.2))
    _, seen = picture.draw(scenery, CAMERA, [far, near])
    shares = {one.track_id: one.visibility for one in seen}
    assert shares[1] > 0.99
    assert 0.05 < shares[2] < 0.8


def test_outlines_tell_the_boxes_that_drawing_gives(scenery):
    figures = [standing(1, (0.0, 0.0)), standing(2, (5.0, -3.0)), standing(3, (-9.0, 4.0), "goalkeeper")]
    ball = (np.array([1.0, -1.0, 0.11]), np.zeros(3))
    _, drawn = picture.draw(scenery, CAMERA, figures, ball)
    told = picture.outlines(CAMERA, figures, ball)
    assert [(one.track_id, one.kind) for one in told] == [(one.track_id, one.kind) for one in drawn]
    for ours, theirs in zip(told, drawn, strict=True):
        np.testing.assert_allclose(ours.box_px, theirs.box_px, atol=1.2)


def test_staff_are_drawn_but_not_told(scenery):
    bench = picture.Figure(0, "staff", kits.Person(kits.STAFF_KITS[0]), STILL, (0.0, 0.0), 0.0)
    _, seen = picture.draw(scenery, CAMERA, [bench])
    assert seen == []


def test_the_ball_is_told_first_and_as_large_as_it_is(scenery):
    _, seen = picture.draw(
        scenery, CAMERA, [standing(1, (3.0, 0.0))], (np.array([0.0, 0.0, 0.11]), np.zeros(3))
    )
    ball = seen[0]
    assert ball.kind == "ball"
    _, depths_m = CAMERA.project(np.array([[0.0, 0.0, 0.11]]))
    assert ball.box_px[2] - ball.box_px[0] == pytest.approx(0.22 * CAMERA.focal_px / depths_m[0], abs=0.5)


@pytest.mark.parametrize(
    "camera",
    [
        PinholeCamera(SIZE, 300.0, (0.0, -36.0, 2.0)).looking_at((0, 0, 1)),
        PinholeCamera(SIZE, 300.0, (60.0, 40.0, 9.0)).looking_at((0, 0, 0)),
    ],
)
def test_any_place_of_the_camera_can_be_drawn(scenery, camera):
    image, _ = picture.draw(scenery, camera, [standing(1, (0.0, 0.0))])
    assert image.shape == (*SIZE, 3)


def test_a_clean_lens_changes_nothing():
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    np.testing.assert_array_equal(Lens().see(image.copy(), np.random.default_rng(0)), image)


def test_lenses_drawn_by_lot_keep_the_size(scenery):
    image, _ = picture.draw(scenery, CAMERA, [])
    for seed in range(12):
        rng = np.random.default_rng(seed)
        found = lens(rng, rain=seed % 3 == 0).see(image.copy(), rng)
        assert found.shape == image.shape
        assert found.dtype == np.uint8
