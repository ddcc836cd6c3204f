"""Dressed figures and what stands on the square."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.sim.body import Build, place, pose
from sightline.sim.camera import Camera
from sightline.sim.figure import Figure, draw, shadow
from sightline.sim.light import Sun
from sightline.sim.props import bench, darkness, kiosk, lamp, planter, tree
from sightline.sim.wardrobe import Wardrobe, dress

CAMERA = Camera((360, 640), 690.0, (0.0, 0.0, 5.2), tilt_deg=15.0)
SUN = Sun.at(azimuth_deg=-130, height_deg=52, shadow=0.4)
PLAIN = Wardrobe(
    skin=(120, 150, 200), hair=(20, 20, 20), top=(40, 40, 200), legs=(160, 60, 40), shoes=(20, 20, 20)
)


def standing(ahead_m: float = 14.0, across_m: float = 0.0, heading: tuple = (0.0, -1.0)) -> np.ndarray:
    points_m = pose(Build(), phase=0.0, speed_mps=0.0, t_s=0.0)
    return place(points_m, np.array([across_m, ahead_m]), np.array(heading))


@pytest.mark.parametrize("ahead_m", [10.0, 14.0, 22.0])
def test_a_figure_is_as_tall_in_the_picture_as_its_body_is(ahead_m: float) -> None:
    sprite = draw(Figure(Build(), PLAIN), standing(ahead_m), CAMERA, (0.3, -0.6))
    ends_px, _ = CAMERA.project(np.array([[0.0, ahead_m, 0.0], [0.0, ahead_m, 1.72]]))

    assert sprite.box_px is not None
    a_toe_px = 0.06 * (ends_px[0, 1] - ends_px[1, 1])
    assert sprite.box_px[3] == pytest.approx(ends_px[0, 1], abs=a_toe_px)
    assert sprite.box_px[1] == pytest.approx(ends_px[1, 1], abs=4)


def test_clothes_are_where_they_are_worn() -> None:
    sprite = draw(Figure(Build(), PLAIN), standing(), CAMERA, (0.3, -0.6))
    x1, y1, x2, y2 = (round(side) for side in sprite.box_px or ())
    column = (x1 + x2) // 2 - sprite.left
    chest = sprite.colour[round(y1 + 0.3 * (y2 - y1)) - sprite.top, column]
    thigh = sprite.colour[round(y1 + 0.62 * (y2 - y1)) - sprite.top, column - 2 : column + 3].max(axis=0)

    assert chest[2] > 2 * chest[0], "a red top"
    assert thigh[0] > 2 * thigh[2], "blue trousers"


@pytest.mark.parametrize(
    ("case", "heading", "skin_shows"), [("facing us", (0.0, -1.0), True), ("turned away", (0.0, 1.0), False)]
)
def test_a_face_shows_only_from_the_front(case: str, heading: tuple, skin_shows: bool) -> None:
    sprite = draw(Figure(Build(), PLAIN), standing(12.0, heading=heading), CAMERA, (0.0, -0.5))
    x1, y1, x2, y2 = sprite.box_px or (0, 0, 0, 0)
    head = sprite.colour[
        int(y1) - sprite.top + 5 : int(y1 + 0.09 * (y2 - y1)) - sprite.top, round((x1 + x2) / 2) - sprite.left
    ]

    assert bool(head[:, 2].max() > 100) == skin_shows


def test_a_shadow_falls_away_from_the_sun() -> None:
    found = shadow(Figure(Build(), PLAIN), standing(), SUN, CAMERA.ground_to_image())
    feet_px, _ = CAMERA.project(np.array([[0.0, 14.0, 0.0]]))

    assert found is not None
    left, _, dark = found
    middle = left + np.average(np.arange(dark.shape[1]), weights=dark.sum(axis=0))
    assert middle > feet_px[0, 0] + 5
    assert dark.max() == pytest.approx(SUN.shadow, abs=0.01)


def test_the_same_lot_gives_the_same_clothes_and_other_lots_others() -> None:
    assert dress(np.random.default_rng(3)) == dress(np.random.default_rng(3))
    assert len({dress(np.random.default_rng(seed))[1].top for seed in range(20)}) > 10


def test_everybody_can_be_drawn_from_every_side() -> None:
    for seed in range(40):
        figure = Figure(*dress(np.random.default_rng(seed)))
        turn = 2 * np.pi * seed / 40
        points_m = pose(figure.build, phase=seed / 40, speed_mps=1.3, t_s=0.0)
        placed_m = place(points_m, np.array([0.0, 20.0]), np.array([np.cos(turn), np.sin(turn)]))
        sprite = draw(figure, placed_m, CAMERA, (0.3, -0.6))
        assert sprite.box_px is not None
        assert 0.08 < sprite.alpha.sum() / sprite.alpha.size < 0.9


def test_props_stand_where_their_foot_is_and_darken_the_ground_beside_them() -> None:
    rng = np.random.default_rng(1)
    props = [
        lamp((0.0, 15.0)),
        kiosk(rng, (0.0, 20.0)),
        planter(rng, (0.0, 15.0), half_m=(1.0, 0.4)),
        bench((0.0, 15.0)),
    ]
    for prop in props:
        sprite = prop.draw(CAMERA, (0.3, -0.6))
        foot_px, _ = CAMERA.project(np.array([[*prop.foot_m, 0.0]]))
        x1, _, x2, y2 = sprite.box_px or (0, 0, 0, 0)
        assert x1 < foot_px[0, 0] < x2
        assert y2 > foot_px[0, 1] - 3
        dark = darkness([prop], SUN, CAMERA)
        assert 0 < (dark > 0.2).mean() < 0.2


@pytest.mark.slow
def test_a_tree_has_a_trunk_and_a_crown_wider_than_it() -> None:
    sprite = tree(np.random.default_rng(1), (0.0, 20.0), height_m=5.0, crown_m=1.5).draw(CAMERA, (0.3, -0.6))
    widths = sprite.alpha.sum(axis=1)

    assert widths[: len(widths) // 3].max() > 5 * widths[-len(widths) // 4 :].mean()
