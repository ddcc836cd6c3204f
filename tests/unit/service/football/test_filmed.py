from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import sightline
from sightline.cli.main import app
from sightline.service.simulate import simulate


@pytest.mark.slow
def test_a_run_on_a_simulated_clip_is_scored_against_its_truth(tmp_path):
    simulate("football", tmp_path / "match", seconds=2.0, seed=3, size=(360, 640))
    sightline.analyze(tmp_path / "match" / "clip.mp4", tmp_path / "results", app="football", annotate=False)
    told = CliRunner().invoke(
        app,
        ["football", "evaluate", "filmed", str(tmp_path / "match"), str(tmp_path / "results"), "--json"],
    )
    found = json.loads(told.stdout)
    assert found["camera_share"] == 1.0
    assert found["camera_error_m"] < 1.0
    assert found["people_share"] > 0.5
    assert found["position_error_m"] < 1.5
    assert 0.0 <= found["ball_seen_share"] <= 1.0
