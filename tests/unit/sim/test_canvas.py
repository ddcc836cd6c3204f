"""Drawing with soft edges, and the lens and sensor behind it."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.sim.canvas import Lens, Pad, Sensor, Sprite, lay, rounds, shade, shades, smear, window


def square(left: float, top: float, side: float, colour: tuple[float, float, float] = (10, 20, 30)) -> Sprite:
    pad = Pad((left, top, left + side, top + side))
    corners = [(left, top), (left + side, top), (left + side, top + side), (left, top + side)]
    pad.polygon(np.array(corners), colour)
    return pad.sprite()


def test_coverage_adds_up_to_the_area_and_the_box_is_as_fine_as_the_drawing() -> None:
    sprite = square(3.25, 7.5, 10.0)

    assert sprite.alpha.sum() == pytest.approx(100, rel=0.06)
    np.testing.assert_allclose(sprite.box_px, (3.25, 7.5, 13.25, 17.5), atol=0.26)


def test_an_empty_drawing_has_no_box() -> None:
    assert Pad((0, 0, 5, 5)).sprite().box_px is None


def test_a_laid_sprite_covers_what_is_under_it_and_nothing_else() -> None:
    image = np.full((30, 30, 3), 200, np.uint8)

    lay(image, square(10, 10, 8))

    assert image[14, 14].tolist() == [10, 20, 30]
    assert (image[:8] == 200).all()
    assert (image[:, 20:] == 200).all()


def test_half_a_cover_mixes_the_two() -> None:
    image = np.full((30, 30, 3), 200, np.uint8)
    sprite = square(10, 10, 8, (100, 100, 100))

    lay(image, sprite, np.full(sprite.size, 0.5, np.float32))

    assert image[14, 14].tolist() == [150, 150, 150]


@pytest.mark.parametrize(
    ("case", "left", "top", "shows"),
    [
        ("inside", 5, 5, True),
        ("over the left edge", -4, 5, True),
        ("over the lower right corner", 26, 26, True),
        ("wholly outside", 40, 5, False),
        ("wholly above", 5, -20, False),
    ],
)
def test_a_sprite_over_the_edge_is_cut(case: str, left: int, top: int, shows: bool) -> None:
    image = np.full((30, 30, 3), 200, np.uint8)
    sprite = square(left, top, 8)

    lay(image, sprite)

    assert (window(sprite, (30, 30)) is not None) == shows
    assert bool((image != 200).any()) == shows


def test_shade_darkens_by_its_share() -> None:
    image = np.full((10, 10, 3), 200, np.uint8)

    shade(image, 2, 2, np.full((3, 3), 0.25, np.float32))

    assert image[3, 3].tolist() == [150, 150, 150]
    assert image[6, 6].tolist() == [200, 200, 200]


def test_smearing_keeps_the_light_and_spreads_it_along_the_movement() -> None:
    sprite = square(20, 20, 6)

    smeared = smear(sprite, 6.0, 0.0)

    assert smeared.alpha.sum() == pytest.approx(sprite.alpha.sum(), rel=1e-3)
    columns, rows = (np.flatnonzero(smeared.alpha.sum(axis=axis) > 0.05) for axis in (0, 1))
    assert len(columns) > len(rows) + 3


def test_a_movement_under_half_a_pixel_is_not_smeared() -> None:
    sprite = square(20, 20, 6)

    assert smear(sprite, 0.3, 0.2) is sprite


def test_shading_levels_shrink_towards_the_light() -> None:
    pad = Pad((0, 0, 40, 40))
    outlines = rounds(pad, np.array([[20.0, 20.0]]), np.array([8.0]), levels=4, light_xy=(0.0, -1.0))[0]

    widths = [np.ptp(level[:, 0]) for level in outlines]
    middles = [level[:, 1].mean() for level in outlines]

    assert widths == sorted(widths, reverse=True)
    assert middles == sorted(middles, reverse=True)


def test_shades_run_from_dark_to_light_and_stay_in_range() -> None:
    found = shades((200, 250, 20), 5)

    assert [paint[0] for paint in found] == sorted(paint[0] for paint in found)
    assert max(max(paint) for paint in found) <= 255


def test_the_lens_darkens_the_corners_most() -> None:
    seen = Lens((60, 80), vignette=0.3).see(np.full((60, 80, 3), 200, np.uint8))

    assert seen[30, 40, 0] == 200
    assert 135 <= seen[0, 0, 0] <= 150


def test_noise_has_its_deviation_and_differs_between_frames_but_not_between_runs() -> None:
    grey = np.full((120, 160, 3), 128, np.uint8)
    sensor = Sensor((120, 160), sigma=3.0, seed=5)

    first, second = sensor.see(grey, 0), sensor.see(grey, 1)

    assert np.std(first.astype(float) - 128) == pytest.approx(3.0, rel=0.15)
    assert abs(np.corrcoef(first[:, :, 0].ravel(), second[:, :, 0].ravel())[0, 1]) < 0.9
    np.testing.assert_array_equal(first, Sensor((120, 160), sigma=3.0, seed=5).see(grey, 0))
    assert (first != Sensor((120, 160), sigma=3.0, seed=6).see(grey, 0)).any()


def test_no_noise_leaves_the_picture_as_it_is() -> None:
    grey = np.full((20, 20, 3), 128, np.uint8)

    np.testing.assert_array_equal(Sensor((20, 20), sigma=0.0, seed=5).see(grey, 3), grey)
