"""How tightly the way bends, by GPS, and the region that bends with it."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.earth import GeoOrigin
from sightline.analytics.road.camera import RoadCamera
from sightline.analytics.road.gps import Fix, GpsTrack
from sightline.analytics.road.region import RoadRegion, straightened
from unit.analytics.road.views import picture_of

CAMERA = RoadCamera((720, 1280), focal_px=900.0, height_m=1.3, pitch_deg=5.0)
RADIUS_M, SPEED_MPS = 69.0, 11.0


def fixes(*, bend_per_m, noise_m=0.0, speed_mps=SPEED_MPS, seconds=20, seed=0):
    """A car on a circle to the left (a straight line for 0), a fix a second."""
    times = np.arange(seconds + 1.0)
    way_m = times * speed_mps
    turn = way_m * bend_per_m
    points = (
        np.c_[np.cos(turn) - 1, np.sin(turn)] / bend_per_m if bend_per_m else np.c_[way_m * 0, way_m]
    ) + np.random.default_rng(seed).normal(0, 1, (len(times), 2)) * noise_m
    degrees = GeoOrigin(50.0, 8.0).degrees(points)
    return [Fix(t_s, lat, lon) for t_s, (lon, lat) in zip(times.tolist(), degrees.tolist(), strict=True)]


@pytest.mark.parametrize("bend_per_m", [1 / RADIUS_M, -1 / RADIUS_M, 1 / 300])
def test_a_bend_is_measured_and_left_is_positive(bend_per_m):
    found = GpsTrack(fixes(bend_per_m=bend_per_m)).at(10.4).bend_per_m
    assert found == pytest.approx(bend_per_m, rel=0.1)


def test_noisy_fixes_tell_a_tight_bend():
    found = [
        GpsTrack(fixes(bend_per_m=1 / RADIUS_M, noise_m=1.5, seed=seed)).at(10.0).bend_per_m
        for seed in range(40)
    ]
    assert np.quantile(np.abs(np.array(found) * RADIUS_M - 1), 0.9) < 0.15


@pytest.mark.parametrize("speed_mps", [3.0, 11.0, 30.0])
def test_noisy_fixes_make_up_no_bend_at_any_speed(speed_mps):
    given = (fixes(bend_per_m=0.0, noise_m=1.5, seed=seed, speed_mps=speed_mps) for seed in range(40))
    found = [GpsTrack(fixes_of).at(10.0).bend_per_m for fixes_of in given]
    assert np.mean(np.array(found) == 0) >= 0.9
    assert np.mean(np.abs(found)) * 15**2 / 2 < 0.1  # metres at the region's far end


@pytest.mark.parametrize(
    ("given", "t_s"),
    [
        (fixes(bend_per_m=1 / RADIUS_M, seconds=3), 1.0),
        (fixes(bend_per_m=0.0, speed_mps=0.05, noise_m=0.01), 10.0),
    ],
    ids=["too few fixes", "a car that stands"],
)
def test_what_tells_no_bend_is_straight(given, t_s):
    assert GpsTrack(given).at(t_s).bend_per_m == 0.0


def seen_at(ahead_m, left_m, size_m=0.3):
    """The box of a thing on the road."""
    corners = [(ahead_m - size_m, left_m + size_m), (ahead_m + size_m, left_m - size_m)]
    (x1, y1), (x2, y2) = picture_of(CAMERA, np.array(corners))
    return [x1, y2, x2, y1]


def on_circle(ahead_m, left_m):
    """A place so far along a bend to the left, and so far left of the car's own way."""
    turn = ahead_m / RADIUS_M
    radius = RADIUS_M - left_m
    return radius * np.sin(turn), RADIUS_M - radius * np.cos(turn)


def test_a_thing_beside_a_bend_is_off_the_bent_region_and_a_hazard_on_it_is_not():
    region = RoadRegion.of_camera(CAMERA)
    boxes = np.array(
        [seen_at(*on_circle(ahead_m, left_m)) for left_m in (-3.0, 4.5) for ahead_m in (11, 12, 13)]
    )
    beside, on_it = [True] * 3 + [False] * 3, [False] * 3 + [True] * 3
    assert region.holds(boxes).tolist() == beside
    assert region.holds(boxes, bend_per_m=1 / RADIUS_M).tolist() == on_it


def test_a_region_that_was_drawn_or_has_no_camera_stays_as_it_is():
    boxes = np.array([seen_at(12.0, left_m) for left_m in np.arange(-6.0, 6.0)])
    for region in (
        RoadRegion.of_picture((720, 1280)),
        RoadRegion.given((720, 1280), [0.4, 0.5, 0.6, 0.5, 1, 1, 0, 1]),
    ):
        assert (region.holds(boxes) == region.holds(boxes, bend_per_m=0.02)).all()


def test_points_are_straightened_by_how_far_the_bend_has_left_the_tangent():
    ahead_m = np.array([4.0, 8.0, 15.0])
    bent = picture_of(CAMERA, np.c_[ahead_m, ahead_m**2 / 2 / RADIUS_M])
    straight = picture_of(CAMERA, np.c_[ahead_m, ahead_m * 0])
    np.testing.assert_allclose(straightened(CAMERA, bent, 1 / RADIUS_M), straight, atol=0.01)
    above = np.array([[640.0, CAMERA.horizon_px], [640.0, 0.0]])
    np.testing.assert_array_equal(straightened(CAMERA, above, 1 / RADIUS_M), above)
