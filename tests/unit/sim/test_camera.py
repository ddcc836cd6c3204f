"""The camera, its ground plane, and what turning it does to a picture."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.sim.camera import Camera, CameraMotion

CAMERA = Camera((360, 640), 690.0, (1.0, -2.0, 5.2), pan_deg=7.0, tilt_deg=15.0, roll_deg=3.0)
POINTS_M = np.array([[0.0, 12.0, 0.0], [3.0, 20.0, 0.0], [-4.0, 15.0, 0.0], [2.0, 9.0, 0.0]])


def test_a_point_straight_ahead_is_in_the_middle_of_the_picture() -> None:
    level = Camera((360, 640), 500.0, (0.0, 0.0, 2.0))

    points_px, depths_m = level.project(np.array([[0.0, 10.0, 2.0]]))

    np.testing.assert_allclose(points_px, [[320, 180]])
    np.testing.assert_allclose(depths_m, [10.0])


@pytest.mark.parametrize(
    ("case", "point_m", "expected_px"),
    [
        ("right of the axis is right in the picture", (1.0, 10.0, 2.0), (370, 180)),
        ("higher is nearer the top", (0.0, 10.0, 3.0), (320, 130)),
        ("twice as far is half as much off the middle", (1.0, 20.0, 2.0), (345, 180)),
    ],
)
def test_axes_point_where_they_should(case: str, point_m: tuple, expected_px: tuple) -> None:
    level = Camera((360, 640), 500.0, (0.0, 0.0, 2.0))

    points_px, _ = level.project(np.array([point_m]))

    np.testing.assert_allclose(points_px[0], expected_px)


def test_tilting_down_lifts_what_is_seen_and_panning_right_moves_it_left() -> None:
    level = Camera((360, 640), 500.0, (0.0, 0.0, 2.0))
    ahead = np.array([[0.0, 10.0, 2.0]])

    assert level.turned(tilt_deg=5).project(ahead)[0][0, 1] < 180
    assert level.turned(pan_deg=5).project(ahead)[0][0, 0] < 320


def test_the_ground_homography_agrees_with_the_projection() -> None:
    points_px, _ = CAMERA.project(POINTS_M)

    np.testing.assert_allclose(CAMERA.ground_to_image().project(POINTS_M[:, :2]), points_px, atol=1e-9)
    np.testing.assert_allclose(CAMERA.image_to_ground().project(points_px), POINTS_M[:, :2], atol=1e-9)


def test_a_point_behind_the_camera_has_no_pixels() -> None:
    points_px, depths_m = CAMERA.project(np.array([[0.0, -30.0, 1.0]]))

    assert np.isnan(points_px).all()
    assert depths_m[0] < 0


def test_one_picture_map_moves_near_and_far_points_alike_when_the_camera_turns_and_zooms() -> None:
    other = CAMERA.turned(pan_deg=2.0, tilt_deg=-1.0, roll_deg=0.5, zoom=1.3)
    points_m = np.array([[0.0, 6.0, 1.0], [1.0, 30.0, 4.0], [-3.0, 14.0, 0.0]])
    here, _ = CAMERA.project(points_m)
    there, _ = other.project(points_m)

    mapped = np.c_[here, np.ones(3)] @ CAMERA.picture_map(other).T

    np.testing.assert_allclose(mapped[:, :2] / mapped[:, 2:], there, atol=1e-8)


def test_a_widened_camera_sees_the_same_shifted_by_its_margin() -> None:
    here, _ = CAMERA.project(POINTS_M)

    np.testing.assert_allclose(CAMERA.widened(10).project(POINTS_M)[0], here + 10)


def test_a_still_camera_never_moves() -> None:
    motion = CameraMotion(CAMERA)

    assert motion.still
    assert motion.margin_px() == 0
    assert motion.at(3.7) == CAMERA


def test_a_shake_has_the_deviation_asked_for_and_repeats_with_its_seed() -> None:
    motion = CameraMotion(CAMERA, shake_px=2.0, seed=4)
    times_s = np.arange(0, 60, 0.04)
    pans_px = [np.tan(np.deg2rad(motion.at(t).pan_deg - CAMERA.pan_deg)) * CAMERA.focal_px for t in times_s]

    assert np.std(pans_px) == pytest.approx(2.0, rel=0.25)
    assert motion.at(1.5) == CameraMotion(CAMERA, shake_px=2.0, seed=4).at(1.5)
    assert motion.at(1.5) != CameraMotion(CAMERA, shake_px=2.0, seed=5).at(1.5)


@pytest.mark.parametrize(("shake_px", "sweep_deg"), [(3.0, 0.0), (0.0, 6.0), (2.0, 4.0)])
def test_the_margin_holds_all_that_a_moving_camera_ever_sees(shake_px: float, sweep_deg: float) -> None:
    rest = Camera((360, 640), 690.0, (0.0, 0.0, 5.2), tilt_deg=15.0)
    motion = CameraMotion(rest, shake_px=shake_px, sweep_deg=sweep_deg, seed=1)
    wide = rest.widened(motion.margin_px())
    corners = np.array([[0, 0, 1], [640, 0, 1], [640, 360, 1], [0, 360, 1]], float)
    for t_s in np.arange(0, 30, 0.2):
        mapped = corners @ motion.at(t_s).picture_map(wide).T
        seen = mapped[:, :2] / mapped[:, 2:]
        assert (seen >= 0).all()
        assert (seen <= (wide.size[1], wide.size[0])).all()
