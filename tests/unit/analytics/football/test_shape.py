from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from sightline.analytics.football.ends import find_change, find_ends, find_keeper
from sightline.analytics.football.events.event import FootballEvent
from sightline.analytics.football.lines import find_shape, hull_areas, outfield
from sightline.analytics.football.match import Team
from sightline.analytics.football.physical import measure_motion
from sightline.analytics.football.pitch_control import ControlSettings, control_grid, pitch_control
from sightline.analytics.football.pressing import pressing_intensity, pressing_on_passes, velocities
from unit.analytics.football.matches import eleven, make_match, turned, two_teams


def test_hulls_equal_those_of_a_reference(rng):
    points = rng.uniform(-30, 30, (60, 10, 2))
    assert hull_areas(points) == pytest.approx([ConvexHull(row).volume for row in points], abs=1e-9)


def test_hulls_leave_out_who_is_not_seen_and_count_a_place_once(rng):
    points = rng.uniform(-30, 30, (1, 9, 2))
    seen = np.concatenate([points, points[:, :2], np.full((1, 2, 2), np.nan)], axis=1)
    assert hull_areas(seen) == pytest.approx(hull_areas(points))


def test_points_on_a_side_of_the_hull_add_nothing():
    square = np.array([[0, 0], [4, 0], [4, 4], [0, 4.0]])
    more = np.concatenate([square, [[2, 0], [1, 0], [4, 2], [2, 2]]])
    assert hull_areas(more[None])[0] == 16.0


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_have_no_hull(count):
    assert np.isnan(hull_areas(np.zeros((1, count, 2)) + np.arange(count)[:, None]))[0]


def test_shape_equals_plain_numpy():
    match = two_teams("4-3-3", noise_m=4.0, count=20)
    shape = find_shape(match, Team.HOME)
    points = match.positions_m[:, outfield(match, Team.HOME)]
    assert shape.length_m == pytest.approx(np.ptp(points[:, :, 0], axis=1))
    assert shape.width_m == pytest.approx(np.ptp(points[:, :, 1], axis=1))
    assert shape.height_m == pytest.approx(np.sort(points[:, :, 0], axis=1)[:, :4].mean(axis=1) + 52.5)
    middle = points.mean(axis=1, keepdims=True)
    assert shape.stretch_m == pytest.approx(np.linalg.norm(points - middle, axis=2).mean(axis=1))


def test_shape_is_the_same_after_a_change_of_ends():
    match = two_teams(count=20)
    for team in Team:
        before, after = find_shape(match, team), find_shape(turned(match), team)
        assert after.height_m == pytest.approx(before.height_m)
        assert after.hull_m2 == pytest.approx(before.hull_m2)


@pytest.mark.parametrize("people", [0, 1, 2])
def test_a_team_of_nearly_nobody_has_no_shape(people):
    shape = find_shape(make_match(np.zeros((3, people, 2)), keepers=False), Team.HOME)
    assert np.isnan(shape.length_m).all()
    assert np.isnan(shape.middle_m).all()


def test_ends_are_told_by_most_frames_not_by_the_first():
    home, away = np.tile(eleven("4-4-2"), (100, 1, 1)), np.tile(eleven("4-4-2", way=-1), (100, 1, 1))
    assert find_ends(home, away).home_attacks == 1
    wrong = slice(0, 20)
    home[wrong], away[wrong] = -home[wrong], -away[wrong]
    assert find_ends(home, away).home_attacks == 1
    assert find_ends(home, away).agreement == pytest.approx(0.8)


def test_ends_that_frames_do_not_agree_on_are_not_guessed(rng):
    home, away = rng.uniform(-50, 50, (2, 400, 11, 2))
    assert find_ends(home, away).home_attacks == 0
    assert find_ends(home[:, :0], away).frames == 0


def test_goalkeepers_outvote_the_others():
    home, away = np.tile(eleven("4-4-2"), (10, 1, 1)), np.tile(eleven("4-4-2", way=-1), (10, 1, 1))
    keepers = np.tile([48.0, -48.0], (10, 1))
    assert find_ends(home, away, keepers_m=keepers).home_attacks == -1


@pytest.mark.parametrize(
    ("keepers", "way"),
    [((np.nan, -48.0), -1), ((-48.0, np.nan), 1), ((np.nan, 48.0), 1), ((np.nan, -10.0), 0)],
)
def test_one_goalkeeper_tells_the_ends_where_he_guards_a_goal(keepers, way):
    nobody = np.empty((10, 0, 2))
    assert find_ends(nobody, nobody, keepers_m=np.tile(keepers, (10, 1))).home_attacks == way


def test_a_change_of_ends_within_a_period_is_found():
    home, away = np.tile(eleven("4-4-2"), (1600, 1, 1)), np.tile(eleven("4-4-2", way=-1), (1600, 1, 1))
    assert find_change(home, away) is None
    home[800:], away[800:] = -home[800:], -away[800:]
    assert find_change(home, away) == 800


def test_the_keeper_is_who_is_deepest_most_of_the_time():
    home = np.tile(eleven("4-4-2"), (50, 1, 1))
    assert find_keeper(home, np.ones(50, np.int64)) == 0
    assert find_keeper(-home, -np.ones(50, np.int64)) == 0
    assert find_keeper(home, np.zeros(50, np.int64)) is None
    assert find_keeper(home[:, :3], np.ones(50, np.int64)) is None


def test_who_is_near_controls_the_place():
    positions = np.tile([[-20.0, 0.0], [20.0, 0.0]], (2, 1, 1))
    match = make_match(positions, ball_m=np.array([[0, 0, 0.0], [np.nan] * 3]))
    settings = ControlSettings(columns=21, rows=5)
    control = pitch_control(match, np.zeros((2, 2, 2)), np.arange(2), settings)
    x = control_grid(match.pitch, settings)[0, :, 0]
    assert (control[:, :, (x < -5) & (x > -30)] > 0.5).all()
    assert (control[:, :, (x > 5) & (x < 30)] < 0.5).all()
    assert control[0] + control[0, :, ::-1] == pytest.approx(np.ones((5, 21)))


def test_speed_carries_control_ahead():
    match = make_match([[[0.0, 0.0]]], home=1, keepers=False)
    still = pitch_control(match, np.zeros((1, 1, 2)), np.zeros(1, int))
    fast = pitch_control(match, np.array([[[8.0, 0.0]]]), np.zeros(1, int))
    ahead = (control_grid(match.pitch)[..., 0] > 5) & (np.abs(control_grid(match.pitch)[..., 1]) < 3)
    assert fast[0][ahead].mean() > still[0][ahead].mean()


def test_nobody_controls_an_empty_pitch():
    match = make_match(np.full((1, 4, 2), np.nan))
    assert pitch_control(match, np.full((1, 4, 2), np.nan), np.zeros(1, int)) == pytest.approx(0.5)


def test_pressing_falls_with_distance_and_grows_with_numbers():
    places = np.array([[[0.0, 0.0], [50.0, 0.0], [2.0, 0.0], [20.0, 0.0], [np.nan, np.nan]]])
    match = make_match(places, home=2, keepers=False)
    near, far, unseen = pressing_intensity(match, np.zeros((1, 5, 2)), Team.HOME, np.zeros(1, int))[0]
    assert near > 0.5
    assert far < 0.05
    assert np.isnan(unseen)
    two = places.copy()
    two[0, 1] = [2.0, 3.0]
    more = pressing_intensity(
        make_match(two, home=2, keepers=False), np.zeros((1, 5, 2)), Team.HOME, np.zeros(1, int)
    )
    assert more[0, 0] > near


def test_pressing_is_told_of_the_opponent_who_passes():
    count = 50
    still = np.array([[0.0, 0.0], [30.0, 20.0], [1.5, 0.0], [25.0, -20.0]])
    match = make_match(np.tile(still, (count, 1, 1)), home=2, keepers=False)
    near, far = (match.players[column].player_id for column in (2, 3))
    passes = [
        FootballEvent("pass", 10, 0.4, team="away", player_id=near),
        FootballEvent("pass", 20, 0.8, team="away", player_id=far),
        FootballEvent("pass", 30, 1.2, team="home", player_id=match.players[0].player_id),
        FootballEvent("shot", 40, 1.6, team="away", player_id=near),
    ]
    pressed = pressing_on_passes(match, measure_motion(match), passes, Team.HOME)
    assert len(pressed) == 2
    assert pressed[0] > 0.8
    assert pressed[1] < 0.05
    assert len(pressing_on_passes(match, measure_motion(match), [], Team.AWAY)) == 0


def test_velocities_have_the_measured_speed_and_the_way():
    t_s = np.arange(50) / 5
    match = make_match(np.stack([3 * t_s, 0 * t_s], axis=1)[:, None], home=1)
    motion = measure_motion(match)
    assert velocities(match, motion.speeds_mps, row_s=motion.row_s)[10, 0] == pytest.approx([3.0, 0.0])
