"""People walk where they mean to, keep apart and wait where they said."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.sim.crowd import STEP_S, Goal, Walker, walk

NOTHING = np.zeros((0, 2)), np.zeros(0)


def one(start_s: float = 0.0, *goals: Goal) -> Walker:
    return Walker(start_s, (0.0, 10.0), goals or (Goal((8.0, 10.0)),), 1.4)


def test_somebody_alone_walks_straight_at_their_speed() -> None:
    (path,) = walk([one()], *NOTHING, from_s=0.0, to_s=3.0)

    assert path is not None
    np.testing.assert_allclose(path.places_m[:, 1], 10.0)
    place_m, heading, speed_mps, _ = path.at(2.0) or pytest.fail("not there")
    np.testing.assert_allclose(place_m, (2.8, 10.0), atol=0.05)
    np.testing.assert_allclose(heading, (1.0, 0.0))
    assert speed_mps == pytest.approx(1.4, abs=0.01)


def test_nobody_is_there_before_they_start_or_after_they_left() -> None:
    (path,) = walk([one(1.0, Goal((2.0, 10.0)))], *NOTHING, from_s=0.0, to_s=8.0)

    assert path is not None
    assert path.at(0.98) is None
    assert path.at(1.5) is not None
    assert path.at(4.0) is None


def test_who_starts_after_the_end_has_no_path() -> None:
    assert walk([one(9.0)], *NOTHING, from_s=0.0, to_s=3.0) == [None]


def test_a_visitor_waits_as_long_as_they_said_and_faces_what_they_look_at() -> None:
    visitor = one(0.0, Goal((3.0, 10.0), wait_s=4.0, face_m=(3.0, 20.0)), Goal((9.0, 10.0)))

    (path,) = walk([visitor], *NOTHING, from_s=0.0, to_s=12.0)

    assert path is not None
    near = np.sqrt(((path.places_m - (3.0, 10.0)) ** 2).sum(axis=1)) < 0.5
    assert near.sum() * STEP_S == pytest.approx(4.6, abs=0.7)
    _, heading, speed_mps, _ = path.at(5.0) or pytest.fail("not there")
    assert heading[1] > 0.97
    assert speed_mps < 0.1


def test_two_who_meet_step_aside() -> None:
    left, right = one(), Walker(0.0, (8.0, 10.02), (Goal((0.0, 10.02)),), 1.4)

    paths = walk([left, right], *NOTHING, from_s=0.0, to_s=6.0)

    first, second = (path.places_m for path in paths if path is not None)
    steps = min(len(first), len(second))
    assert np.sqrt(((first[:steps] - second[:steps]) ** 2).sum(axis=1)).min() > 0.35


def test_nobody_walks_through_a_tree() -> None:
    obstacle_m = np.array([[4.0, 10.05]])

    (path,) = walk([one()], obstacle_m, np.array([0.6]), from_s=0.0, to_s=8.0)

    assert path is not None
    assert np.sqrt(((path.places_m - obstacle_m) ** 2).sum(axis=1)).min() > 0.3


def test_headings_have_length_one_and_phases_never_go_back() -> None:
    (path,) = walk(
        [one(0.0, Goal((3.0, 10.0), wait_s=1.0), Goal((0.0, 4.0)))], *NOTHING, from_s=0.0, to_s=9.0
    )

    assert path is not None
    np.testing.assert_allclose((path.headings**2).sum(axis=1), 1.0)
    assert (np.diff(path.phases) >= 0).all()


def test_the_same_walkers_walk_the_same_way() -> None:
    walkers = [one(), Walker(0.3, (8.0, 9.5), (Goal((0.0, 11.0)),), 1.2)]

    first, second = (walk(walkers, *NOTHING, from_s=0.0, to_s=5.0) for _ in range(2))

    for one_path, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one_path.places_m, other.places_m)
