"""What is drawn over a drive."""

from __future__ import annotations

import numpy as np

from sightline.stages.road.overlay import RoadOverlay
from sightline.testing.tables import MemoryTables

REPORT = {
    "list": [{"hazard_id": 4, "severity": "high"}],
    "region": {"corners_px": [[80, 60], [120, 60], [200, 119], [0, 119]]},
}


def tables():
    stored = MemoryTables()
    rows = 3
    stored.add("tracks", {
        "frame": np.arange(rows), "t_s": np.arange(rows) / 10, "track_id": np.ones(rows, int),
        "x1_px": [84.0] * rows, "y1_px": [70.0] * rows, "x2_px": [110.0] * rows, "y2_px": [90.0] * rows,
        "score": [0.9] * rows, "class_id": [3] * rows, "class_name": ["D40"] * rows, "quality": ["seen"] * rows,
    })  # fmt: skip
    stored.add("events", {
        "frame": [1], "t_s": [0.1], "kind": ["hazard"], "track_id": [1], "value": [4.0], "class_name": ["D40"],
        "end_frame": [2], "end_t_s": [0.2],
    })  # fmt: skip
    return stored


def drawn(overlay, frame):
    picture = np.zeros((120, 200, 3), np.uint8)
    overlay.draw(picture, frame, frame / 10)
    return picture


def test_a_hazard_gets_its_colour_when_it_is_confirmed():
    overlay = RoadOverlay((120, 200), tables(), REPORT)
    before, after = drawn(overlay, 0), drawn(overlay, 1)
    red = (49, 49, 224)
    assert not (before == red).all(axis=2).any()
    assert (after == red).all(axis=2).any()


def test_the_region_is_outlined():
    assert (drawn(RoadOverlay((120, 200), tables(), REPORT), 0)[60, 85:115] > 0).any()


def test_boxes_stay_through_frames_that_were_left_out_but_not_for_long():
    overlay = RoadOverlay((120, 200), tables(), REPORT)
    shown = [(drawn(overlay, frame)[70:91, 80:111] > 0).any() for frame in range(7)]
    assert shown == [True, True, True, True, True, False, False]
