from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import sightline
from sightline.cli.main import app
from sightline.service.simulate import simulate
from sightline.vision.zoo import Zoo


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


@pytest.mark.slow
@pytest.mark.parametrize("pitch_model", ["sightline-pitch-n", None])
def test_the_manifest_names_the_models_beside_the_detector(tmp_path, pitch_model):
    simulate("football", tmp_path / "match", seconds=0.4, seed=3, size=(360, 640))
    results = sightline.analyze(
        tmp_path / "match" / "clip.mp4",
        tmp_path / "results",
        app="football",
        annotate=False,
        settings={"pitch_model": pitch_model},
    )
    sha256 = {entry.name: entry.files[0].sha256 for entry in Zoo(tmp_path).entries() if entry.files}
    more = results.provenance["more_models"]
    assert {role: (model["name"], model["sha256"]) for role, model in more.items()} == (
        {"pitch": (pitch_model, sha256[pitch_model])} if pitch_model else {}
    )
