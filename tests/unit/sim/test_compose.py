"""What stands nearer hides what is behind it, and visibility says by how much."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.sim.backdrop import View, assemble
from sightline.sim.camera import Camera
from sightline.sim.canvas import Pad, Sprite
from sightline.sim.compose import Item, compose, light_at, throw_shadow
from sightline.sim.props import Prop

CAMERA = Camera((120, 160), 150.0, (0.0, 0.0, 3.0), tilt_deg=12.0)


def block(x1: float, y1: float, x2: float, y2: float, colour: tuple = (0, 0, 250)) -> Sprite:
    pad = Pad((x1, y1, x2, y2))
    pad.polygon(np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)]), colour)
    return pad.sprite()


def view(*props: tuple[float, Sprite], dark: float = 0.0, camera: Camera = CAMERA) -> View:
    """A grey view with sprites standing at the given distances ahead."""
    ground = np.full((120, 160, 3), 128, np.uint8)
    shadow = np.full((120, 160), dark, np.float32)
    standing = [(Prop("wall", (0.0, ahead_m), 0.0), sprite) for ahead_m, sprite in props]
    return View(assemble(CAMERA, ground, shadow, [], standing), camera)


@pytest.mark.parametrize(
    ("case", "wall_m", "item_m", "expected"),
    [
        ("nothing in the way", None, 10.0, 1.0),
        ("half behind a wall", 8.0, 10.0, 0.5),
        ("in front of the wall", 8.0, 6.0, 1.0),
    ],
)
def test_a_prop_hides_what_is_behind_it(
    case: str, wall_m: float | None, item_m: float, expected: float
) -> None:
    wall = [] if wall_m is None else [(wall_m, block(50, 0, 90, 120, (0, 200, 0)))]
    scene = view(*wall)

    (seen,) = compose(scene.picture(), scene, [Item(1, block(40, 40, 60, 80), (0.0, item_m))])

    assert seen.visibility == pytest.approx(expected, abs=0.03)
    np.testing.assert_allclose(seen.box_px, (40, 40, 60, 80), atol=0.26)


def test_the_nearer_of_two_hides_the_other_whichever_comes_first() -> None:
    far, near = Item(1, block(40, 40, 60, 80), (0.0, 12.0)), Item(2, block(50, 40, 70, 80), (0.0, 8.0))
    for items in ([far, near], [near, far]):
        scene = view()
        image = scene.picture()
        seen = {one.track_id: one.visibility for one in compose(image, scene, items)}
        assert seen[1] == pytest.approx(0.5, abs=0.03)
        assert seen[2] == 1.0


def test_what_is_outside_the_picture_is_cut_from_box_and_visibility() -> None:
    scene = view()

    (seen,) = compose(scene.picture(), scene, [Item(1, block(-10, 40, 10, 80), (0.0, 10.0))])

    assert seen.visibility == pytest.approx(0.5, abs=0.03)
    np.testing.assert_allclose(seen.box_px, (0, 40, 10, 80), atol=0.26)
    np.testing.assert_allclose(seen.full_box_px, (-10, 40, 10, 80), atol=0.26)


def test_what_is_wholly_outside_is_not_seen() -> None:
    scene = view()

    assert compose(scene.picture(), scene, [Item(1, block(200, 40, 220, 80), (0.0, 10.0))]) == []


def test_items_are_told_in_order_of_id() -> None:
    scene = view()
    items = [
        Item(number, block(10 * number, 40, 10 * number + 5, 60), (0.0, 20.0 - number))
        for number in (3, 1, 2)
    ]

    assert [seen.track_id for seen in compose(scene.picture(), scene, items)] == [1, 2, 3]


def test_a_turned_camera_moves_the_props_that_hide_with_it() -> None:
    turned = CAMERA.turned(pan_deg=4.0)
    scene = view((8.0, block(50, 0, 90, 120, (0, 200, 0))), camera=turned)
    green = np.flatnonzero(scene.picture()[60, :, 1] > 170)
    left, right = float(green[0]), float(green[-1] + 1)
    middle = (left + right) / 2

    (seen,) = compose(scene.picture(), scene, [Item(1, block(middle - 5, 50, middle + 5, 70), (0.0, 10.0))])

    assert left < 45
    assert seen.visibility < 0.05


def test_shadows_fall_on_open_ground_and_never_twice() -> None:
    dark = np.full((20, 20), 0.4, np.float32)
    open_ground, in_shade = view(), view(dark=0.4)
    behind_wall = view((8.0, block(40, 30, 90, 110, (0, 200, 0))))
    for scene, expected in ((open_ground, 77), (in_shade, 128), (behind_wall, None)):
        image = scene.picture()
        before = image[60, 60].tolist()
        throw_shadow(image, scene, 50, 50, dark)
        assert image[60, 60, 0] == pytest.approx(before[0] if expected is None else expected, abs=1)


def test_it_is_darker_in_a_shadow() -> None:
    assert light_at(view(), (0.0, 12.0)) == 1.0
    assert light_at(view(dark=0.4), (0.0, 12.0)) == pytest.approx(0.7, abs=0.01)
