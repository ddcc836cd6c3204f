"""Scores of hazards on simulated drives: perfect boxes score perfectly, and what is wrong is counted."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sightline.analytics.road.region import RoadRegion
from sightline.core.errors import SettingsError, SourceUnavailableError
from sightline.service.road.evaluate.drives import evaluate_drives, evaluate_geojson
from sightline.service.road.evaluate.simulated import BoxNoise, drive

PERFECT = BoxNoise(edge_px=0.0, edge_share=0.0, miss=0.0, confusion=0.0, false_a_frame=0.0, things=False)
SHORT = {"lap_m": 216.0, "bumps": 0.0}


@pytest.mark.slow
def test_perfect_boxes_give_every_hazard_once_in_every_pass():
    done = drive(3, laps=2, hz=12.0, noise=PERFECT, gps_noise_m=0.0, **SHORT)
    by_truth = {hazard["hazard"]: set() for hazard in done.truth}
    for event in done.events:
        by_truth[done.meant[event.event_id]].add(event.hazard_id)
    assert all(len(hazards) == 1 for hazards in by_truth.values())
    assert len({event.hazard_id for event in done.events}) == len(done.truth)
    assert np.median(done.gps_m) < 0.6


@pytest.mark.slow
def test_scores_of_noisy_drives_have_intervals_and_name_the_detector():
    found = evaluate_drives(drives=2, first_seed=5, laps=1, hz=12.0)
    assert "no network" in found["detector"]
    assert 0.8 < found["counts"]["ratio"] < 1.25
    low, high = found["counts"]["interval95"]
    assert low <= found["counts"]["ratio"] <= high
    assert {row["kind"] for row in found["sizes"]} >= {"all"}
    assert found["places"]["hazards"]["median_m"] < 2 * found["places"]["gps_alone"]["median_m"] + 1
    assert found["off_road"]["boxes"] > 100
    json.dumps(found)


@pytest.mark.slow
def test_things_beside_a_bend_are_told_where_the_region_is_straight_and_only_there(monkeypatch):
    bending = drive(10)
    assert bending.beside == frozenset()
    holds = RoadRegion.holds
    monkeypatch.setattr(RoadRegion, "holds", lambda self, boxes_px, **_: holds(self, boxes_px))
    straight = drive(10)
    assert len(straight.beside) == 2
    assert straight.things == bending.things


@pytest.mark.slow
def test_a_hazard_whose_best_box_is_a_stray_one_is_no_thing_beside_the_road():
    found = evaluate_drives(drives=1, first_seed=511)
    assert found["counts"]["false"] == 1
    assert found["off_road"]["events"]["right"] == 0


def test_no_drives_are_refused():
    with pytest.raises(SettingsError):
        evaluate_drives(drives=0)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ('{"type": "FeatureCollection", "features": []}', 0),
        ('{"type": "FeatureCollection"}', 1),
        ("{", 1),
    ],
)
def test_a_geojson_file_is_checked(tmp_path, text, faults):
    path = tmp_path / "h.geojson"
    path.write_text(text)
    assert len(evaluate_geojson(path)["faults"]) == faults


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceUnavailableError):
        evaluate_geojson(tmp_path / "gone.geojson")
