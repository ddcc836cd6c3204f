"""Crossings and stays are decided on exact paths."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.sim.truth import (
    GroundLine,
    GroundZone,
    Seen,
    crossings,
    events_json,
    mot_lines,
    object_rows,
    stays,
    track_rows,
)

LINE = GroundLine("gate", (0.0, 0.0), (0.0, 10.0))
ZONE = GroundZone("square", ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)))
CLIP = {"frame_rate_hz": 10.0, "last_t_s": 9.0}


def path(*points: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Times and places of `(t_s, x_m, y_m)` corners."""
    rows = np.array(points)
    return rows[:, 0], rows[:, 1:]


@pytest.mark.parametrize(
    ("case", "points", "expected"),
    [
        ("left to right goes in", [(1, -1, 5), (3, 1, 5)], [("in", 2.0, 20)]),
        ("right to left goes out", [(1, 3, 5), (3, -1, 5)], [("out", 2.5, 25)]),
        ("between two frames belongs to the next", [(1, -1, 5), (1.1, 3, 5)], [("in", 1.025, 11)]),
        ("beyond the end is no crossing", [(1, -1, 12), (3, 1, 12)], []),
        (
            "touching and turning back is two",
            [(1, -1, 5), (3, 1, 5), (5, -1, 5)],
            [("in", 2.0, 20), ("out", 4.0, 40)],
        ),
        ("coming up to it and stopping is none", [(1, -3, 5), (3, -0.01, 5), (5, -0.01, 5)], []),
        ("before the clip does not count", [(-3, -1, 5), (-1, 1, 5)], []),
        ("after the clip does not count", [(9, -1, 5), (11, 1, 5)], []),
    ],
)
def test_crossings(case: str, points: list, expected: list) -> None:
    times_s, places_m = path(*points)

    found = crossings(LINE, 3, times_s, places_m, **CLIP)

    assert [(item.direction, pytest.approx(item.t_s), item.frame) for item in found] == expected
    assert all((item.rule, item.track_id) == ("gate", 3) for item in found)


def test_a_crossing_tells_where_it_happened() -> None:
    (item,) = crossings(LINE, 1, *path((1, -1, 2), (3, 1, 6)), **CLIP)

    assert (item.x_m, item.y_m) == (pytest.approx(0.0), pytest.approx(4.0))


@pytest.mark.parametrize(
    ("case", "points", "expected"),
    [
        ("in and out again", [(1, -2, 2), (3, 2, 2), (5, 6, 2)], [(2.0, 4.0, True)]),
        ("there when the clip begins", [(-2, 2, 2), (2, 2, 2), (4, 6, 2)], [(0.0, 3.0, False)]),
        ("there when the clip ends", [(1, -2, 2), (3, 2, 2), (20, 2, 2)], [(2.0, 9.0, False)]),
        ("gone before the clip", [(-9, 2, 2), (-8, 2, 2), (-6, 8, 2)], []),
        ("passing by", [(1, -2, 5), (5, 6, 5)], []),
        (
            "twice",
            [(1, -2, 2), (2, 2, 2), (3, -2, 2), (4, 2, 2), (5, -2, 2)],
            [(1.5, 2.5, True), (3.5, 4.5, True)],
        ),
    ],
)
def test_stays(case: str, points: list, expected: list) -> None:
    found = stays(ZONE, 3, *path(*points), **CLIP)

    assert [
        (pytest.approx(item.t_s), pytest.approx(item.end_t_s), item.complete) for item in found
    ] == expected
    assert all(item.dwell_s == pytest.approx(item.end_t_s - item.t_s) for item in found)


def test_a_zone_is_the_same_whichever_way_round_its_corners_go() -> None:
    turned = GroundZone("square", ZONE.polygon_m[::-1])
    times_s, places_m = path((1, -2, 2), (3, 2, 2), (5, 6, 2))

    assert stays(turned, 1, times_s, places_m, **CLIP) == stays(ZONE, 1, times_s, places_m, **CLIP)


SEEN = [
    Seen(1, (10.0, 20.0, 30.5, 60.0), (10.0, 20.0, 30.5, 60.0), 1.0, (0.5, 12.0)),
    Seen(2, (0.0, 20.0, 5.0, 60.0), (-15.0, 20.0, 5.0, 60.0), 0.05, (-6.0, 12.0)),
]


def test_mot_lines_count_frames_from_one_and_mark_what_is_hidden() -> None:
    assert mot_lines(0, SEEN) == [
        "1,1,10.00,20.00,20.50,40.00,1,1,1.0000\n",
        "1,2,0.00,20.00,5.00,40.00,0,1,0.0500\n",
    ]


def test_the_tracks_table_holds_what_counts_and_the_objects_table_everything() -> None:
    tracks, objects = track_rows(4, 0.16, SEEN, "person"), object_rows(4, 0.16, SEEN)

    assert tracks["track_id"].to_pylist() == [1]
    assert tracks["class_name"].to_pylist() == ["person"]
    assert objects["track_id"].to_pylist() == [1, 2]
    assert objects["full_x1_px"].to_pylist() == [10.0, -15.0]


def test_events_come_in_order_of_time_with_a_tally_for_each_line() -> None:
    there = crossings(LINE, 2, *path((4, -1, 5), (6, 1, 5)), **CLIP)
    back = crossings(LINE, 1, *path((1, 1, 5), (3, -1, 5)), **CLIP)

    told = events_json(there + back, [])

    assert told["lines"] == {"gate": {"in": 1, "out": 1}}
    assert [item["track_id"] for item in told["crossings"]] == [1, 2]
