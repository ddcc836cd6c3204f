"""Scores of rendered drives count what was found, told twice, told wrongly and left out."""

from __future__ import annotations

import json

import pytest

from sightline.bootstrap import build_platform
from sightline.service.road.evaluate.rendered import (
    DriveKind,
    RenderedDrive,
    evaluate_rendered,
    meant_by,
    scored,
)
from sightline.settings import read_settings


def hazard(number, kind="D40", extent=1.0):
    return {"hazard": number, "kind": kind, "extent": extent}


def told(kind="D40", extent=1.0):
    return {"class_name": kind, "extent": extent}


def test_what_was_found_twice_missed_and_false_is_told_apart():
    drive = RenderedDrive(
        1,
        500.0,
        [hazard(1), hazard(2), hazard(3, "D00", 4.0), hazard(4)],
        [told(extent=1.1), told(extent=1.3), told("D20"), told("D00", 4.4), told()],
        [1, 1, 2, 3, 0],
    )
    found = scored([drive])
    assert (found["recall"]["right"], found["recall"]["of"]) == (3, 4)
    assert {kind: (one["right"], one["of"]) for kind, one in found["recall_by_kind"].items()} == {
        "D00": (1, 1),
        "D40": (2, 3),
    }
    assert (found["precision"]["right"], found["precision"]["of"]) == (4, 5)
    assert (found["told_once"]["right"], found["told_once"]["of"]) == (2, 3)
    assert (found["kind_right"]["right"], found["kind_right"]["of"]) == (3, 4)
    assert found["false_a_km"] == 2.0
    assert found["size"]["measured"] == 3
    assert found["size"]["median_error"] == 0.1
    assert found["size"]["within_15_percent"]["right"] == 2


def test_hazards_of_the_same_number_on_two_roads_are_two():
    drives = [RenderedDrive(seed, 100.0, [hazard(1)], [told()], [1]) for seed in (1, 2)]
    found = scored(drives)
    assert (found["hazards"], found["recall"]["right"], found["told_once"]["right"]) == (2, 2, 2)


def test_nothing_told_has_no_sizes_and_no_precision():
    found = scored([RenderedDrive(1, 100.0, [hazard(1)], [], [])])
    assert found["precision"]["share"] is None
    assert found["size"]["median_error"] is None
    json.dumps(found, allow_nan=False)


def box(x1, y1, x2, y2, **more):
    return {"x1_px": x1, "y1_px": y1, "x2_px": x2, "y2_px": y2, **more}


def test_a_box_means_the_hazard_that_it_overlaps_most():
    truth = [box(0, 0, 10, 10, track_id=4), box(4, 0, 14, 10, track_id=5)]
    assert meant_by(box(3, 0, 13, 10), truth) == 5
    assert meant_by(box(20, 0, 30, 10), truth) == 0
    assert meant_by(box(0, 0, 100, 100), truth) == 0  # whatever holds everything means nothing


@pytest.mark.slow
def test_a_rendered_drive_is_scored_from_its_own_truth(tmp_path):
    platform = build_platform(read_settings(home=tmp_path))
    told_lines = []
    kind = DriveKind(seconds=6, fps=10, size=(360, 640), settings={"confirm_score": 0.2})
    found = evaluate_rendered(platform, kind, drives=1, first_seed=9, tell=told_lines.append)
    assert found["hazards"] >= 2
    assert found["driven_km"] == pytest.approx(0.065, abs=0.01)
    assert found["told"] == found["precision"]["of"] >= found["recall"]["right"]
    assert len(told_lines) == 1
