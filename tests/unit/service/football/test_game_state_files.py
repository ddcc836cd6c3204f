from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sightline.cli.football.app import app
from sightline.core.errors import SourceUnavailableError, UnsupportedFormatError
from sightline.service.football.evaluate.game_state import evaluate_game_states, read_game_state


def person(frame, track_id=1, *, x_m=0.0, role="player", team="left", jersey="8", **more):
    return {
        "image_id": f"1021{frame:06d}",
        "track_id": track_id,
        "attributes": {"role": role, "team": team, "jersey": jersey},
        "bbox_pitch": {"x_bottom_middle": x_m, "y_bottom_middle": 3.0},
        **more,
    }


@pytest.fixture
def file(tmp_path):
    def write(entries, key="predictions"):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        path.write_text(json.dumps({key: entries}), encoding="utf-8")
        return path

    return write


def test_the_truth_against_itself_scores_one(file):
    people = [person(frame, track_id, x_m=10.0 * track_id) for frame in (1, 2) for track_id in (1, 2)]
    scores = evaluate_game_states(file(people, "annotations"), file(people))
    assert (scores["hota"], scores["people"]) == (1.0, {"truth": 4, "found": 4})


@pytest.mark.parametrize(
    ("change", "hota"), [({"x_m": 60.0}, 0.0), ({"team": "right"}, 0.0), ({"jersey": 8}, 1.0)]
)
def test_who_is_elsewhere_or_somebody_else_is_not_found(file, change, hota):
    assert evaluate_game_states(file([person(1)]), file([person(1, **change)]))["hota"] == hota


def test_of_a_referee_neither_team_nor_number_is_asked(file):
    truth = file([person(1, role="referee", team=None, jersey=None)])
    assert evaluate_game_states(truth, file([person(1, role="referee")]))["hota"] == 1.0


def test_only_people_with_a_place_are_read(file):
    rest = [
        person(1, 2, role="ball"),
        {**person(1, 3), "bbox_pitch": None},
        {"image_id": "1021000001", "supercategory": "pitch", "lines": {}},
    ]
    state = read_game_state(file([person(1), *rest]))
    assert (state.frames.tolist(), state.track_ids.tolist()) == ([1], [1])


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([person(1), person(1)], "track 1 twice in frame 1"),
        ([{**person(1), "track_id": "x"}], "not a file of game states"),
        ([{**person(1), "bbox_pitch": {}}], "not a file of game states"),
        ("nothing", "not a file of game states"),
    ],
)
def test_what_is_no_game_state_is_refused(file, entries, said):
    with pytest.raises(UnsupportedFormatError, match=said):
        read_game_state(file(entries))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SourceUnavailableError):
        read_game_state(tmp_path / "none.json")


def test_the_command_prints_the_measures(file):
    done = CliRunner().invoke(app, ["evaluate", "game-state", str(file([person(1)])), str(file([person(1)]))])
    assert done.exit_code == 0
    assert "hota" in done.output
