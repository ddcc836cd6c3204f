"""Simulated matches are read back, and what is seen of them is scored."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sightline.analytics.evaluation.mot import MotTable
from sightline.analytics.football.teams import KitRows
from sightline.core.errors import SourceUnavailableError, UnsupportedFormatError
from sightline.service.football.evaluate.simulated import score
from sightline.service.football.simulated import match_facts, match_of
from sightline.service.football.simulated_sight import SightNoise, see

EXACT = SightNoise(
    miss=0.0, hidden=0.05, edge=0.0, false_people=0.0, confused=0.0, ball_miss=0.0, false_balls=0.0, ball_px=0.0,
    pan_deg=0.0, drift_deg=0.0, zoom=0.0, kit_every=10,
)  # fmt: skip


@pytest.fixture(scope="module")
def sight():
    return see(4, seconds=6.0, size=(360, 640), noise=EXACT)


@pytest.mark.slow
def test_a_match_seen_without_error_scores_near_the_top(sight):
    found = score(sight, 4)
    assert found.hota_tracks > 0.8
    assert found.position_error_m < 0.35
    assert found.team_time_share > 0.9
    assert found.team_seen_share > 0.9
    assert found.ball_share > 0.9


@pytest.mark.slow
def test_worse_sight_scores_worse(sight):
    blurred = replace(sight, cameras=np.roll(sight.cameras, 25, axis=0))
    assert score(blurred, 4).position_error_m > score(sight, 4).position_error_m


@pytest.mark.slow
def test_nobody_seen_scores_nothing_and_breaks_nothing(sight):
    nobody = MotTable(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 4)), np.zeros(0), np.zeros(0, int))
    kits = KitRows(np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros(0))
    found = score(replace(sight, tracks=nobody, kits=kits), 4)
    assert found.hota == 0.0
    assert np.isnan(found.position_error_m)
    assert np.isnan(found.distance_error)


def test_a_folder_without_truth_is_refused(tmp_path):
    with pytest.raises(SourceUnavailableError):
        match_of(tmp_path)


@pytest.mark.parametrize("text", ["[]", "not json", json.dumps({"players": []})])
def test_a_truth_of_another_form_is_refused(tmp_path, text):
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "match.json").write_text(text)
    with pytest.raises(UnsupportedFormatError):
        match_of(tmp_path)


def test_facts_are_given_as_they_were_written(tmp_path):
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth" / "match.json").write_text('{"frames": 3}')
    assert match_facts(tmp_path) == {"frames": 3}
