from __future__ import annotations

import shutil

import pytest

from sightline.analytics.football.match import Role, Team
from sightline.core.errors import AnalysisError, SourceUnavailableError, UnsupportedFormatError
from sightline.service.football.evaluate.ball import evaluate_ball, read_cameras
from sightline.service.football.evaluate.events import evaluate_events
from sightline.service.football.recorded import read_recorded

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def folder(data_dir):
    return data_dir / "football" / "tracab"


def test_a_recorded_match_is_read_with_its_feed(folder):
    recorded = read_recorded(folder)
    match = recorded.match
    assert len(match) == 4500
    assert len(match.columns(Team.HOME)) == len(match.columns(Team.AWAY)) == 11
    assert len(match.columns(Team.HOME, role=Role.GOALKEEPER)) == 1
    assert (match.periods[0].number, match.periods[0].home_attacks) == (1, 1)
    assert sum(event.kind == "pass" for event in recorded.feed) == 38
    assert match.alive is not None
    assert match.alive.sum() == 2928
    assert recorded.formations == {"home": "4231", "away": "4231"}


@pytest.mark.slow
def test_events_of_the_recorded_match_are_as_good_as_promised(folder):
    scores = evaluate_events(folder)
    assert scores["passes"]["pooled"]["any@2s"]["f1"] >= 0.92
    assert scores["passes"]["pooled"]["passer@2s"]["f1"] >= 0.80
    assert scores["possession"]["pooled"]["agreement"] >= 0.90
    assert scores["alive"]["pooled"]["agreement"] >= 0.90
    assert (scores["shots"]["true"], scores["shots"]["right"], scores["shots"]["found"]) == (1, 1, 1)


@pytest.mark.slow
def test_gaps_of_the_recorded_ball_are_filled_as_well_as_promised(folder):
    rows = {
        (row["gap_s"], row["fill"]): row["median_m"]
        for row in evaluate_ball(folder, every=50)["gaps"]["rows"]
    }
    assert rows[1.0, "physics"] <= 0.30
    assert rows[2.0, "physics"] <= 1.0
    assert all(rows[gap_s, "physics"] < rows[gap_s, "pchip"] for gap_s in (0.4, 1.0, 2.0))


def test_what_cannot_be_scored_is_refused(folder, tmp_path):
    with pytest.raises(AnalysisError, match="one fold"):
        evaluate_events(folder, folds=1)
    with pytest.raises(AnalysisError, match="one fold"):
        evaluate_ball(folder, folds=1)
    with pytest.raises(SourceUnavailableError):
        read_recorded(tmp_path)
    (tmp_path / "tracking.parquet").write_bytes(b"no")
    with pytest.raises(UnsupportedFormatError):
        read_recorded(tmp_path)


def test_a_folder_without_a_feed_has_no_events_to_score(folder, tmp_path):
    for name in ("tracking.parquet", "home_players.parquet", "away_players.parquet", "metadata.json"):
        shutil.copyfile(folder / name, tmp_path / name)
    assert read_recorded(tmp_path).feed == ()
    with pytest.raises(AnalysisError, match="no events"):
        evaluate_events(tmp_path)


def test_cameras_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(SourceUnavailableError):
        read_cameras(tmp_path / "none.json")
    (tmp_path / "cameras.json").write_text("[")
    with pytest.raises(UnsupportedFormatError, match="not JSON"):
        read_cameras(tmp_path / "cameras.json")
    (tmp_path / "cameras.json").write_text("[]")
    with pytest.raises(UnsupportedFormatError, match="no JSON object"):
        read_cameras(tmp_path / "cameras.json")
