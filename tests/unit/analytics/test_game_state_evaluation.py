from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.evaluation.game_state import GameState, evaluate_game_state


def people(rng, count=4, frames=20):
    return GameState(
        np.repeat(np.arange(frames), count),
        np.tile(np.arange(count), frames),
        rng.uniform(-40, 40, (frames * count, 2)),
        [("player", "left", str(number)) for _ in range(frames) for number in range(count)],
    )


def shifted(state, distance_m, who=None):
    return GameState(
        state.frames, state.track_ids + 100, state.points_m + np.array([distance_m, 0.0]), who or state.who
    )


def test_the_truth_scores_one(rng):
    truth = people(rng)
    assert evaluate_game_state(truth, shifted(truth, 0.0))["hota"] == pytest.approx(1.0)


def test_five_metres_off_are_a_similarity_of_a_twentieth(rng):
    truth = people(rng)
    found = evaluate_game_state(truth, shifted(truth, 5.0))
    assert found["hota"] == pytest.approx(1 / 19, abs=1e-6)  # one of HOTA's nineteen thresholds is passed
    assert evaluate_game_state(truth, shifted(truth, 2.0))["hota"] > found["hota"]


@pytest.mark.parametrize(
    "who", [("goalkeeper", "left", "0"), ("player", "right", "0"), ("player", "left", None)]
)
def test_a_wrong_role_team_or_shirt_counts_as_nobody(rng, who):
    truth = people(rng, count=1)
    assert evaluate_game_state(truth, shifted(truth, 0.0, [who] * 20))["hota"] == 0.0


def test_a_changed_identity_costs_association_alone(rng):
    truth = people(rng, count=1)
    ids = np.where(truth.frames < 10, 1, 2)
    found = evaluate_game_state(truth, GameState(truth.frames, ids, truth.points_m, truth.who))
    assert found["det_a"] == pytest.approx(1.0)
    assert found["ass_a"] == pytest.approx(0.5)


def test_nothing_found_scores_nothing(rng):
    nobody = GameState(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 2)), [])
    assert evaluate_game_state(people(rng), nobody)["hota"] == 0.0
