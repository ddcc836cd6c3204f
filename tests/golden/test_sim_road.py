"""The road scene of seed 7 stays what it is; rewrite with `REWRITE_GOLDEN=1` and look at the diff."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from sightline.ports import SceneOptions
from sightline.sim.road.scene import RoadScene

GOLDEN = Path(__file__).with_name("sim_road.json")
pytestmark = pytest.mark.slow
AT_S = 4.0


def told() -> dict:
    """The hazards, what of them is in sight after four seconds, and the first frame in a few coarse pixels."""
    scene = RoadScene(SceneOptions(seed=7))
    shot = next(scene.shots())
    return {
        "hazards": scene.events()["hazards"],
        "seen": {
            str(item.track_id): [round(value, 1) for value in (*item.box_px, item.visibility)]
            for item in scene.seen(AT_S)
        },
        "grey": cv2.resize(shot.image, (8, 5), interpolation=cv2.INTER_AREA).mean(axis=2).round().tolist(),
    }


def test_the_drive_of_seed_seven_is_the_one_we_know() -> None:
    found = told()
    if os.environ.get("REWRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n")
    known = json.loads(GOLDEN.read_text())

    assert len(found["hazards"]) == len(known["hazards"])
    for mine, theirs in zip(found["hazards"], known["hazards"], strict=True):
        assert mine["kind"] == theirs["kind"]
        assert mine["passes"] == theirs["passes"]
        for name in ("s_m", "d_m", "length_m", "width_m"):
            assert mine[name] == pytest.approx(theirs[name], abs=0.03)
    assert found["seen"].keys() == known["seen"].keys()
    for track_id, box in known["seen"].items():
        np.testing.assert_allclose(found["seen"][track_id], box, atol=0.8)
    np.testing.assert_allclose(found["grey"], known["grey"], atol=3)
