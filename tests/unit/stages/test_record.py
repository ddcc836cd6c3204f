"""The record stage writes what travelled by, with the documented schemas."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pyarrow as pa

from sightline.core.packets import Packet
from sightline.core.poses import COCO_17, Poses
from sightline.core.tables import TABLES
from sightline.core.tracks import Tracks
from sightline.stages.record import RecordStage

MARK = Packet(0, 3, Fraction(3), ends_segment=True)


def recorded(packets: list[Packet], *tables: str) -> tuple[Mapping[str, pa.RecordBatch], list[Packet]]:
    written: dict[int, Mapping[str, pa.RecordBatch]] = {}
    stage = RecordStage(written.__setitem__, tables=tables, class_names=lambda: ("person",))
    out = list(stage.process(packets))
    return written[0], out


def tracks(*ids: int, class_id: int = 0) -> Tracks:
    boxes = np.array([[number, 1, number + 2, 5] for number in ids], np.float32)
    return Tracks(boxes, np.full(len(ids), 0.5), np.full(len(ids), class_id), np.array(ids))


def test_rows_carry_frame_time_box_and_names() -> None:
    packet = Packet(0, 7, Fraction(7, 30)).with_found("tracks", tracks(2, 5))

    rows, _ = recorded([packet, MARK], "tracks")

    assert rows["tracks"].schema == TABLES["tracks"]
    assert rows["tracks"].to_pylist()[1] == {
        "frame": 7,
        "t_s": 7 / 30,
        "track_id": 5,
        "x1_px": 5.0,
        "y1_px": 1.0,
        "x2_px": 7.0,
        "y2_px": 5.0,
        "score": 0.5,
        "class_id": 0,
        "class_name": "person",
        "quality": "seen",
    }


def test_the_ledger_row_says_what_became_of_each_frame() -> None:
    packets = [
        Packet(0, 0, Fraction(0)),
        Packet(0, 1, Fraction(1), skipped="stride"),
        Packet(0, 2, Fraction(2), failed="decode"),
        MARK,
    ]

    rows, out = recorded(packets)

    assert [(row["status"], row["cause"]) for row in rows["frames"].to_pylist()] == [
        ("inferred", None),
        ("skipped", "stride"),
        ("failed", "decode"),
    ]
    assert out[-1].found["parts"] == {"frames": 3}


def test_a_class_without_a_name_gets_its_number() -> None:
    rows, _ = recorded(
        [Packet(0, 0, Fraction(0)).with_found("tracks", tracks(1, class_id=3)), MARK], "tracks"
    )

    assert rows["tracks"]["class_name"].to_pylist() == ["class_3"]


def test_a_pose_becomes_one_row_a_point() -> None:
    count = len(COCO_17.points)
    poses = Poses(np.ones((2, count, 2), np.float32), np.full((2, count), 0.5, np.float32))

    rows, _ = recorded([Packet(0, 0, Fraction(0)).with_found("poses", poses), MARK], "poses")

    assert rows["poses"].num_rows == 2 * count
    assert rows["poses"]["point"].to_pylist()[:2] == ["nose", "left_eye"]


def test_a_segment_in_which_nothing_was_found_has_empty_tables() -> None:
    rows, _ = recorded([Packet(0, 0, Fraction(0)), MARK], "detections", "tracks", "poses")

    assert [rows[name].num_rows for name in ("frames", "detections", "tracks", "poses")] == [1, 0, 0, 0]


def test_columns_found_under_a_tables_name_become_its_rows() -> None:
    packets = [
        Packet(0, 4, Fraction(4, 25)).with_found("kits", {"track_id": [3, 9], "l": [50.0, float("nan")]}),
        Packet(0, 5, Fraction(5, 25)),
        Packet(0, 6, Fraction(6, 25)).with_found("kits", {"track_id": np.array([3]), "l": np.array([7.0])}),
        Packet(0, 7, Fraction(7, 25)).with_found("kits", {}),
        MARK,
    ]

    rows, out = recorded(packets, "kits")

    assert rows["kits"].schema == TABLES["kits"]
    assert rows["kits"].select(["frame", "t_s", "track_id", "l", "share"]).to_pydict() == {
        "frame": [4, 4, 6],
        "t_s": [0.16, 0.16, 0.24],
        "track_id": [3, 9, 3],
        "l": [50.0, None, 7.0],
        "share": [None, None, None],
    }
    assert out[-1].found["parts"] == {"frames": 4, "kits": 3}


def test_a_segment_without_such_findings_has_an_empty_table() -> None:
    rows, _ = recorded([Packet(0, 0, Fraction(0)), MARK], "pitch")

    assert rows["pitch"].schema == TABLES["pitch"]
    assert rows["pitch"].num_rows == 0
