"""The people scene of seed 7 stays what it is; rewrite with `REWRITE_GOLDEN=1` and look at the diff."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from sightline.ports import SceneOptions
from sightline.sim.people import PeopleScene

GOLDEN = Path(__file__).with_name("sim_people.json")
pytestmark = pytest.mark.slow


def told() -> dict:
    """What happens in the clip, and the first frame in a few coarse pixels."""
    scene = PeopleScene(SceneOptions(seed=7))
    shot = next(scene.shots())
    events = scene.events()
    return {
        "lines": events["lines"],
        "crossings": [[item["track_id"], item["direction"], item["frame"]] for item in events["crossings"]],
        "dwells": [
            [item["track_id"], item["frame"], item["end_frame"], item["complete"]]
            for item in events["dwells"]
        ],
        "first_frame": {
            str(item.track_id): [round(value, 1) for value in (*item.box_px, item.visibility)]
            for item in shot.seen
        },
        "grey": cv2.resize(shot.image, (8, 5), interpolation=cv2.INTER_AREA).mean(axis=2).round().tolist(),
    }


def test_the_clip_of_seed_seven_is_the_one_we_know() -> None:
    found = told()
    if os.environ.get("REWRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n")
    known = json.loads(GOLDEN.read_text())

    assert {name: found[name] for name in ("lines", "crossings", "dwells")} == {
        name: known[name] for name in ("lines", "crossings", "dwells")
    }
    assert found["first_frame"].keys() == known["first_frame"].keys()
    for track_id, box in known["first_frame"].items():
        np.testing.assert_allclose(found["first_frame"][track_id], box, atol=0.6)
    np.testing.assert_allclose(found["grey"], known["grey"], atol=3)
