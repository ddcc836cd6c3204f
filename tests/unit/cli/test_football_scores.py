from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sightline.cli.football.app import app

FORMATS = "football/formats"


def run(*arguments):
    done = CliRunner().invoke(app, ["evaluate", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.output


def test_formations_and_distances_are_scored_without_data():
    found = json.loads(run("formation", "--draws", 1, "--json"))
    assert found["drawn"]["displaced_in_each_look"]["first"]["share"] >= 0.95
    assert found["tracking"] is None
    assert "displaced for good" in run("formation", "--draws", 1)
    assert "shuttle" in run("physical")


@pytest.mark.data
@pytest.mark.slow
def test_a_recorded_match_is_scored(data_dir):
    tracking = data_dir / "football" / "tracab"
    found = json.loads(run("interop", "--tracking", tracking, "--json"))
    assert found["tracab"]["player_error_m"] <= 0.01
    assert all(part["read"] == part["written"] for part in found["statsbomb"].values())
    assert "sportscode" in run("interop", "--tracking", tracking)
    told = json.loads(run("physical", "--tracking", tracking, "--json"))["tracking"]
    assert len(told["players"]) == 22
