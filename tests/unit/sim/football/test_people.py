"""Bodies keep their bones, stand on the ground, and are dressed as their team is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sightline.sim.body import Ball
from sightline.sim.football import bodies, kits
from sightline.sim.football.views import PinholeCamera

NAMES = sorted(bodies.ACTIONS)
CAMERA = PinholeCamera((720, 1280), 9000.0, (0.0, -60.0, 14.0)).looking_at((0.0, 0.0, 0.9))


def shown(postures, heading_rad=0.0, height_m=1.8):
    shapes = bodies.shape(postures, np.full(len(postures), height_m))
    ahead = np.tile([np.cos(heading_rad), np.sin(heading_rad)], (len(postures), 1))
    return CAMERA.project(bodies.place(shapes, np.zeros((len(postures), 2)), ahead))


@pytest.mark.parametrize("name", NAMES)
def test_limbs_are_as_long_in_every_posture(name):
    running = bodies.gait(np.full(8, 5.0), np.arange(8) / 8) + bodies.action(name)
    points = bodies.shape(running, np.full(8, 1.8))
    for start, end, share in (("KNEE_L", "ANKLE_L", 0.246), ("UPPER_ARM_R", "ELBOW_R", 0.172)):
        lengths = np.sqrt(((points[:, Ball[start]] - points[:, Ball[end]]) ** 2).sum(axis=1))
        np.testing.assert_allclose(lengths, share * 1.8, rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_sinks_into_the_ground(name):
    postures = bodies.gait(np.full(8, 3.0), np.arange(8) / 8) + bodies.action(name)
    feet = bodies.shape(postures, np.full(8, 1.8))[:, [Ball.TOE_L, Ball.TOE_R, Ball.HEEL_L, Ball.HEEL_R], 2]
    assert feet.min() > 0


def test_a_runner_swings_legs_farther_than_a_walker():
    phases = np.arange(16) / 16
    reach = []
    for speed in (1.2, 4.0, 8.0):
        points = bodies.shape(bodies.gait(np.full(16, speed), phases), np.full(16, 1.8))
        reach.append(np.ptp(points[:, Ball.ANKLE_L, 1]))
    assert reach[0] < reach[1] < reach[2]


@pytest.mark.parametrize("pattern", kits.PATTERNS)
def test_every_pattern_can_be_drawn_and_stays_on_the_person(pattern):
    kit = kits.Kit(kits.RED, kits.WHITE, kits.BLACK, kits.RED, pattern)
    points_px, depths_m = shown(np.zeros((1, len(bodies.Joint))), heading_rad=np.pi / 2)
    who = kits.Person(kit, number=10)
    sprite = kits.draw(who, points_px[0], depths_m[0], CAMERA.focal_px, (0.0, -1.0))
    box = kits.extent(who, points_px[0], depths_m[0], CAMERA.focal_px)
    np.testing.assert_allclose(sprite.box_px, box, atol=1.1)
    assert (sprite.colour <= 255 * sprite.alpha[:, :, None] + 1).all()


def test_a_number_shows_on_the_back_only():
    plain = kits.Kit(kits.RED, kits.RED, kits.RED, kits.RED, "plain", kits.WHITE)
    white = []
    for heading in (np.pi / 2, -np.pi / 2):
        points_px, depths_m = shown(np.zeros((1, len(bodies.Joint))), heading_rad=heading)
        who = kits.Person(plain, number=8, skin=kits.RED, hair=kits.RED, boots=kits.RED)
        sprite = kits.draw(who, points_px[0], depths_m[0], CAMERA.focal_px, (0.0, -1.0))
        white.append(int((sprite.colour[:, :, 0] > 150).sum()))
    assert white[0] > 20
    assert white[1] == 0


def test_teams_officials_and_keepers_can_be_told_apart_by_eye():
    for seed in range(20):
        home, away, first, second, referee = kits.choose(np.random.default_rng(seed))
        assert kits.distance(home.shirt, away.shirt) >= 45
        assert min(kits.distance(kit.shirt, referee.shirt) for kit in (home, away)) >= 45
        assert min(kits.distance(kit.shirt, first.shirt) for kit in (home, away)) >= 45
        assert first != second


def test_the_kits_on_offer_are_many_and_unlike():
    assert len(kits.KITS) >= 20
    assert len(set(kits.KITS)) == len(kits.KITS)


def test_the_distance_of_colours_is_that_of_lab():
    grey, lighter = (100.0, 100.0, 100.0), (130.0, 130.0, 130.0)
    lab = cv2.cvtColor(np.float32([[grey, lighter]]) / 255, cv2.COLOR_BGR2LAB)[0]
    assert kits.distance(grey, lighter) == pytest.approx(float(lab[1, 0] - lab[0, 0]), abs=1e-3)
