"""The road scene: what is drawn is what the truth says, and the truth is consistent with itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sightline.analytics.road.camera import RoadCamera, on_road
from sightline.analytics.road.gps import read_gpx
from sightline.analytics.road.kinds import HazardKind
from sightline.core.errors import SettingsError
from sightline.ports import SceneOptions
from sightline.sim.road.damage import Damage, paint
from sightline.sim.road.ring import ORIGIN, Drive, Ring, fixes, gpx_of
from sightline.sim.road.scene import RoadScene

STILL = {"bumps": 0.0, "lap_m": 144.0, "clutter": False, "shadows": False}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scene():
    return RoadScene(SceneOptions(seconds=60.0, seed=3, size=(360, 640), noise=0.0, settings=STILL))


def test_places_on_the_ring_and_before_the_car_are_each_others_way_back():
    ring = Ring(300.0)
    places = np.array([[120.0, 1.5], [131.0, -3.0]])
    car = ring.to_car(places, 118.0, -1.75)
    np.testing.assert_allclose(ring.from_car(car, 118.0, -1.75), places, atol=1e-9)
    assert (car[:, 1] > 0).all()


def test_the_ring_closes():
    ring = Ring(300.0)
    np.testing.assert_allclose(
        ring.on_earth(np.array([[0.0, 1.0]])), ring.on_earth(np.array([[300.0, 1.0]])), atol=1e-9
    )
    assert ring.bearing_deg(75.0) == pytest.approx(270.0)


def test_a_hazards_box_tells_its_size_and_distance(scene):
    camera = RoadCamera((360, 640), scene.rest.focal_px, 1.3, 4.0)
    checked = 0
    for t_s in np.arange(0.0, 13.0, 0.1):
        for seen in scene.seen(float(t_s)):
            damage = scene.damages[seen.track_id - 1]
            if seen.visibility < 1 or not 3 < seen.place_m[1] < 9:
                continue
            found = on_road(camera, np.array([seen.box_px]))
            assert found.places_m[0, 0] == pytest.approx(seen.place_m[1], abs=0.35)
            if damage.kind is HazardKind.D40:
                assert found.sizes_m[0].prod() ** 0.5 == pytest.approx(damage.extent.value, rel=0.12)
                checked += 1
    assert checked


def test_the_same_hazard_comes_by_every_lap(scene):
    met = {damage["hazard"]: damage["passes"] for damage in scene.events()["hazards"]}
    assert set(met.values()) <= {4, 5}
    lap_s = 144.0 / scene.chosen["speed_mps"]
    in_sight = [sorted(seen.track_id for seen in scene.seen(float(t_s))) for t_s in np.arange(0, lap_s, 0.25)]
    assert {number for each in in_sight for number in each} == set(met)


def test_where_the_truth_has_a_pothole_the_road_is_darker():
    options = SceneOptions(
        seconds=10.0, seed=5, size=(360, 640), noise=0.0, actors=6, settings={**STILL, "kinds": "D40"}
    )
    scene = RoadScene(options)
    bare = RoadScene(replace(options, actors=0))
    checked = 0
    for mine, plain in zip(scene.shots(), bare.shots(), strict=False):
        for seen in mine.seen:
            if seen.visibility < 1 or seen.place_m[1] > 9:
                continue
            x1, y1, x2, y2 = (round(edge) for edge in seen.box_px)
            changed = np.abs(mine.image.astype(int) - plain.image).max(axis=2) > 20
            assert changed[y1:y2, x1:x2].mean() > 0.35
            checked += 1
        if checked > 4:
            break
    assert checked > 4


@pytest.mark.parametrize("kind", ["D00", "D10", "D20", "D40"])
def test_a_damage_is_drawn_as_large_as_it_is(kind):
    size = {"D00": (2.5, 0.2), "D10": (0.2, 2.0), "D20": (1.5, 1.1), "D40": (0.7, 0.5)}[kind]
    patch = paint(Damage(1, HazardKind(kind), 20.0, -1.0, *size, (1, 2)), 80.0, (0.4, 0.2))
    spans = np.ptp(patch.outline_m, axis=0)
    np.testing.assert_allclose(spans, size, rtol=0.3, atol=0.06)
    assert patch.gain.min() < 0.8


def test_the_receivers_noise_is_as_large_as_it_is_told_and_without_noise_there_is_none():
    drive = Drive(Ring(432.0), 11.0, 1.0, np.zeros(0), np.zeros(5))
    true = fixes(drive, 600.0, noise_m=0.0, hz=1.0, seed=1)
    read = fixes(drive, 600.0, noise_m=2.0, hz=1.0, seed=1)
    off_m = ORIGIN.metres(read[:, 2:0:-1]) - ORIGIN.metres(true[:, 2:0:-1])
    assert 1.3 < off_m.std() < 2.7
    assert len(read_gpx(gpx_of(read))) == len(read)


def test_a_pothole_makes_the_car_pitch():
    calm = Drive(Ring(432.0), 10.0, 1.0, np.zeros(0), np.zeros(5))
    bumpy = Drive(Ring(432.0), 10.0, 1.0, np.array([50.0]), np.zeros(5))
    swing = [abs(bumpy.pitch_deg(t_s) - calm.pitch_deg(t_s)) for t_s in np.arange(4.0, 8.0, 0.05)]
    assert max(swing) > 0.2
    assert swing[0] == 0


@pytest.mark.parametrize(
    "settings", [{"light": "noon"}, {"kinds": "D44"}, {"lap_m": 1}, {"speed_mps": "fast"}, {"no": 1}]
)
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(SettingsError):
        RoadScene(SceneOptions(settings=settings))


@pytest.mark.parametrize("settings", [{"light": "night"}, {"light": "dusk"}, {"weather": "rain"}])
def test_light_and_weather_change_the_picture_and_not_the_truth(settings):
    options = SceneOptions(seconds=0.1, seed=3, size=(180, 320))
    plain, other = RoadScene(options), RoadScene(replace(options, settings=settings))
    one, two = next(plain.shots()), next(other.shots())
    assert np.abs(one.image.astype(int) - two.image).mean() > 5
    assert [seen.box_px for seen in one.seen] == [seen.box_px for seen in two.seen]
