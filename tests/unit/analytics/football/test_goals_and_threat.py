from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.football.events.event import FootballEvent
from sightline.analytics.football.expected_goals import PENALTY, ShotKind, expected_goals, shot_geometry
from sightline.analytics.football.match import PitchSize, Team
from sightline.analytics.football.pressing import passes_per_defence
from sightline.analytics.football.threat import cells_of, fit_threat, public_grid
from unit.analytics.football.matches import two_teams


def test_the_spot_is_eleven_metres_off_and_sees_the_goal_wide():
    distance_m, angle_deg = shot_geometry(np.array([[41.5, 0.0]]))
    assert distance_m[0] == pytest.approx(11.0)
    assert angle_deg[0] == pytest.approx(2 * np.degrees(np.arctan(3.66 / 11)))


def test_chances_fall_with_distance_and_narrow_angles():
    chance = expected_goals(np.array([[46.0, 0], [36, 0], [26, 0], [46, 20.0]]))
    assert (np.diff(chance[:3]) < 0).all()
    assert chance[3] < chance[0]
    assert ((chance > 0) & (chance < 1)).all()


def test_both_directions_and_both_sides_are_alike():
    points = np.array([[40.0, 7.0]])
    assert expected_goals(points) == pytest.approx(expected_goals(-points, attacks=-1))
    assert expected_goals(points) == pytest.approx(expected_goals(points * (1, -1)))


def test_the_model_gives_what_its_source_gives():
    """Standardise, weigh, squash, by hand from the published numbers."""
    distance, angle = 11.0, 2 * np.degrees(np.arctan(3.66 / 11))
    odds = -2.431934835054635 - 0.6108847292678112 * (distance - 18.610252422407328) / 52.86317816375148**0.5
    odds += 0.31690681366731754 * (angle - 22.34941514934875) / 185.6593693612403**0.5
    assert expected_goals(np.array([[41.5, 0.0]]))[0] == pytest.approx(1 / (1 + np.exp(-odds)))


def test_a_penalty_has_one_value_and_an_unknown_place_none():
    points = np.array([[41.5, 0.0], [np.nan, np.nan]])
    for kind in ShotKind:
        assert np.isnan(expected_goals(points, kind)[1])
    assert expected_goals(points, ShotKind.PENALTY)[0] == PENALTY


def test_the_public_grid_is_symmetric_and_grows_towards_the_goal():
    values = public_grid().values
    assert values.shape == (8, 12)
    assert (values == values[::-1]).all()
    assert (np.diff(values[3]) > -0.001).all()
    assert public_grid().at(np.array([[52.0, 0.0]]))[0] == values.max()


def test_threat_is_gained_towards_the_goal_and_turns_with_the_team():
    grid = public_grid()
    start, end = np.array([[0.0, 5.0]]), np.array([[45.0, 2.0]])
    assert grid.gained(start, end)[0] > 0
    assert grid.gained(-start, -end, attacks=-1) == pytest.approx(grid.gained(start, end))
    assert np.isnan(grid.at(np.array([[np.nan, 0.0]])))[0]


def test_places_off_the_pitch_count_as_its_nearest_cell():
    found = cells_of(np.array([[-60.0, 40.0], [52.5, -34.0]]), (105, 68), (16, 12))
    assert found.tolist() == [[0, 11], [15, 0]]


def slow_threat(start, end, shots, goals, completed, *, columns, rows, tolerance):
    """The published iteration, cell by cell."""
    where = lambda points: [tuple(cell) for cell in cells_of(points, (105.0, 68.0), (columns, rows)).tolist()]  # noqa: E731
    first, last = where(start), where(end)
    cells = [(column, row) for row in range(rows) for column in range(columns)]
    count = {cell: [0, 0, 0] for cell in cells}
    moves: dict = {cell: {} for cell in cells}
    for place, cell in enumerate(first):
        if shots[place]:
            count[cell][0] += 1
            count[cell][1] += int(goals[place])
        else:
            count[cell][2] += 1
            if completed[place]:
                moves[cell][last[place]] = moves[cell].get(last[place], 0) + 1
    values = dict.fromkeys(cells, 0.0)
    while True:
        better = {}
        for cell in cells:
            tried, scored, moved = count[cell]
            total = tried + moved
            shoots = tried / total if total else 0.0
            scores = scored / tried if tried else 0.0
            payoff = (
                sum(number / moved * values[goal] for goal, number in moves[cell].items()) if moved else 0.0
            )
            better[cell] = shoots * scores + (moved / total if total else 0.0) * payoff
        gain = max(better[cell] - values[cell] for cell in cells)
        values = better
        if gain <= tolerance:
            return np.array([values[cell] for cell in cells]).reshape(rows, columns)


def test_a_fitted_grid_equals_the_iteration_cell_by_cell(rng):
    count = 3000
    start, end = rng.uniform((-52, -33), (52, 33), (2, count, 2))
    shots = rng.random(count) < 0.1 + 0.2 * (start[:, 0] > 30)
    goals, completed = rng.random(count) < 0.2, rng.random(count) < 0.8
    fitted = fit_threat(start, end, shots=shots, goals=goals, completed=completed, cells=(8, 6))
    slow = slow_threat(start, end, shots, goals, completed, columns=8, rows=6, tolerance=1e-5)
    assert fitted.values == pytest.approx(slow, abs=1e-12)
    assert fitted.values.max() > 0


def test_a_grid_of_no_events_is_worth_nothing():
    nothing = np.zeros((0, 2))
    mask = np.zeros(0, bool)
    assert (fit_threat(nothing, nothing, shots=mask, goals=mask, completed=mask).values == 0).all()


def test_passes_per_defence_counts_only_the_opponents_part_of_the_pitch():
    match = two_teams(count=10)
    events = [
        FootballEvent("pass", 1, 0.2, team="away", x_m=30.0, y_m=0.0),
        FootballEvent("pass", 2, 0.4, team="away", x_m=-30.0, y_m=0.0),
        FootballEvent("pass", 2, 0.4, team="home", x_m=30.0, y_m=0.0),
        FootballEvent("interception", 3, 0.6, team="home", x_m=20.0, y_m=0.0),
        FootballEvent("interception", 3, 0.6, team="home", x_m=-40.0, y_m=0.0),
    ]
    assert passes_per_defence(match, events, Team.HOME) == (1.0, 1, 1)
    assert np.isnan(passes_per_defence(match, [], Team.AWAY)[0])
    assert match.pitch == PitchSize()
