"""What the road application makes of the rendered drive of seed 9 stays what it is; rewrite with `REWRITE_GOLDEN=1`.

New hazard weights change it on purpose: look at the diff, and at docs/accuracy/road.md.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sightline.bootstrap import build_platform
from sightline.service.execute import execute
from sightline.service.results import Results
from sightline.service.simulate import simulate
from sightline.service.submit import AnalyzeRequest, submit
from sightline.settings import read_settings

GOLDEN = Path(__file__).with_name("road_drive.json")
pytestmark = pytest.mark.slow
CAMERA = {"camera_height_m": 1.3, "camera_pitch_deg": 4.0, "camera_focal_px": 0.8 * 640}
SCORES = {"confirm_score": 0.2, "keep_score": 0.1}


def told(folder: Path) -> dict:
    """The application's hazards, and how many frames it judged."""
    drive = simulate("road", folder / "drive", seconds=8, fps=10, seed=9)
    platform = build_platform(read_settings(home=folder / "home", precision="f32"))
    settings = {**CAMERA, **SCORES, "gpx": str(drive.paths["gpx"])}
    request = AnalyzeRequest(drive.clip, "road", folder / "out", annotate=False, settings=settings)
    execute(platform, submit(platform, request).id)
    rows = [row for batch in Results(folder / "out").tables.batches("hazards") for row in batch.to_pylist()]
    return {
        "hazards": [
            {
                "kind": row["class_name"],
                "frame": row["frame"],
                "visits": row["visits"],
                "hits": row["hits"],
                "confidence": round(row["confidence"], 3),
                "box_px": [round(row[edge], 1) for edge in ("x1_px", "y1_px", "x2_px", "y2_px")],
                "extent": None if row["extent"] is None else round(row["extent"], 3),
                "severity": row["severity"],
                "place": [round(row[name], 6) for name in ("latitude_deg", "longitude_deg")],
            }
            for row in rows
        ]
    }


def test_the_hazards_of_the_drive_of_seed_nine_are_the_ones_we_know(tmp_path):
    found = told(tmp_path)
    if os.environ.get("REWRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n")
    known = json.loads(GOLDEN.read_text())

    assert known["hazards"]
    assert [row["kind"] for row in found["hazards"]] == [row["kind"] for row in known["hazards"]]
    for mine, theirs in zip(found["hazards"], known["hazards"], strict=True):
        for name in ("visits", "severity"):
            assert mine[name] == theirs[name]
        assert mine["frame"] == pytest.approx(theirs["frame"], abs=1)
        assert mine["hits"] == pytest.approx(theirs["hits"], abs=2)
        assert mine["confidence"] == pytest.approx(theirs["confidence"], abs=0.02)
        assert mine["box_px"] == pytest.approx(theirs["box_px"], abs=2)
        assert (mine["extent"] is None) == (theirs["extent"] is None)
        assert mine["extent"] == theirs["extent"] or mine["extent"] == pytest.approx(
            theirs["extent"], rel=0.03
        )
        assert mine["place"] == pytest.approx(theirs["place"], abs=5e-6)
