"""The values that cross borders are checked at birth and cannot be changed afterwards."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from sightline.core.arrays import frozen, same_rows
from sightline.core.detections import Detections
from sightline.core.events import EventKind, RunEvent
from sightline.core.frames import Frame
from sightline.core.media import Segment
from sightline.core.models import ModelInfo, Task
from sightline.core.packets import Packet
from sightline.core.poses import COCO_17, Poses, Skeleton
from sightline.core.time import SystemClock
from sightline.core.tracks import Tracks


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def detections(count: int = 3) -> Detections:
    return Detections(
        boxes(*((10 * n, 0, 10 * n + 5, 8) for n in range(count))),
        np.linspace(0.9, 0.5, count),
        np.arange(count),
    )


# --- arrays -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "shape", "dtype", "message"),
    [
        (np.zeros((2, 3)), (None, 4), np.float32, r"must have shape \(n, 4\), got \(2, 3\)"),
        (np.zeros(3), (None, 4), np.float32, r"got \(3,\)"),
        (np.zeros((2, 4, 1)), (2, 4), np.float32, r"must have shape \(2, 4\)"),
        (np.array([1.5]), (None,), np.int32, "must be integers"),
    ],
)
def test_an_array_of_the_wrong_shape_or_kind_is_refused(values, shape, dtype, message):
    with pytest.raises(ValueError, match=message):
        frozen("x", values, shape, dtype)


def test_a_frozen_array_cannot_be_written_to_and_does_not_freeze_its_original():
    original = np.zeros(3, np.float32)
    array = frozen("x", original, (None,), np.float32)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
    original[0] = 1
    assert np.shares_memory(array, original)


def test_an_empty_list_takes_the_promised_shape():
    assert frozen("x", [], (None, 4), np.float32).shape == (0, 4)
    assert frozen("x", [], (None,), np.int64).dtype == np.int64


def test_rows_of_different_number_are_named():
    with pytest.raises(ValueError, match="a 2, b 3"):
        same_rows(a=np.zeros(2), b=np.zeros(3))


# --- detections -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "given", "message"),
    [
        ("rows differ", (boxes((0, 0, 1, 1)), [0.5, 0.5], [0]), "rows differ"),
        ("not finite", (boxes((0, 0, np.nan, 1)), [0.5], [0]), "finite"),
        ("turned round", (boxes((5, 0, 1, 1)), [0.5], [0]), "x2 >= x1"),
        ("score above 1", (boxes((0, 0, 1, 1)), [1.5], [0]), r"0\.\.1"),
        ("score below 0", (boxes((0, 0, 1, 1)), [-0.5], [0]), r"0\.\.1"),
        ("score not a number", (boxes((0, 0, 1, 1)), [np.nan], [0]), r"0\.\.1"),
        ("class not whole", (boxes((0, 0, 1, 1)), [0.5], [0.5]), "integers"),
    ],
)
def test_wrong_detections_are_refused(case, given, message):
    with pytest.raises(ValueError, match=message):
        Detections(*(np.asarray(part) for part in given))


def test_a_box_without_area_is_a_box():
    assert len(Detections(boxes((3, 3, 3, 3)), np.array([1.0]), np.array([0]))) == 1


def test_rows_are_chosen_by_mask_slice_and_index():
    found = detections()
    assert found[found.scores > 0.6].class_ids.tolist() == [0, 1]
    assert found[1:].class_ids.tolist() == [1, 2]
    assert found[np.array([2, 0])].class_ids.tolist() == [2, 0]


@pytest.mark.parametrize(("min_score", "left"), [(0.0, 3), (0.7, 2), (0.71, 1), (1.0, 0)])
def test_the_lowest_score_is_kept_inclusively(min_score, left):
    assert len(detections().above(min_score)) == left


def test_nothing_found_is_one_shared_value():
    assert Detections.empty() is Detections.empty()
    assert len(Detections.empty().above(0.5)) == 0


def test_supervision_detections_without_scores_and_classes_come_in():
    foreign = SimpleNamespace(xyxy=np.array([[0, 0, 1, 1]]), confidence=None, class_id=None)
    found = Detections.from_supervision(foreign)
    assert (found.scores.tolist(), found.class_ids.tolist()) == ([1.0], [0])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_supervision_takes_and_gives_the_same_rows():
    pytest.importorskip("supervision")
    found = detections()
    back = Detections.from_supervision(found.to_supervision())
    assert back.boxes_px.tolist() == found.boxes_px.tolist()
    tracks = Tracks(found.boxes_px, found.scores, found.class_ids, np.array([2, 5, 9]))
    again = Tracks.from_supervision(tracks.to_supervision())
    assert again.track_ids.tolist() == [2, 5, 9]
    assert again.scores.tolist() == tracks.scores.tolist()


# --- tracks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "fine"), [([1, 2, 7], True), ([0, 1, 2], False), ([1, 1, 2], False), ([3, 2, 5], False)]
)
def test_track_ids_start_at_one_and_rise(ids, fine):
    found = detections()
    make = (found.boxes_px, found.scores, found.class_ids, np.array(ids))
    if fine:
        assert len(Tracks(*make)) == 3
        return
    with pytest.raises(ValueError, match="strictly rising"):
        Tracks(*make)


def test_unconfirmed_foreign_tracks_are_left_out_and_the_rest_sorted():
    foreign = SimpleNamespace(
        xyxy=np.array([[0, 0, 1, 1], [2, 2, 3, 3], [4, 4, 5, 5]], np.float32),
        confidence=None,
        class_id=None,
        tracker_id=np.array([7, -1, 3]),
    )
    tracks = Tracks.from_supervision(foreign)
    assert tracks.track_ids.tolist() == [3, 7]
    assert tracks.boxes_px[:, 0].tolist() == [4, 0]


def test_foreign_detections_without_identities_are_no_tracks():
    foreign = SimpleNamespace(xyxy=np.zeros((1, 4)), confidence=None, class_id=None, tracker_id=None)
    assert Tracks.from_supervision(foreign) is Tracks.empty()


def test_tracks_are_chosen_like_detections():
    found = detections()
    tracks = Tracks(found.boxes_px, found.scores, found.class_ids, np.array([1, 2, 3]))
    assert tracks[tracks.track_ids > 1].track_ids.tolist() == [2, 3]


# --- poses ------------------------------------------------------------------------------------------------


def test_a_pose_has_a_point_for_each_of_its_skeleton():
    with pytest.raises(ValueError, match=r"\(n, 17, 2\)"):
        Poses(np.zeros((1, 5, 2)), np.zeros((1, 5)))
    with pytest.raises(ValueError, match=r"0\.\.1"):
        Poses(np.zeros((1, 17, 2)), np.full((1, 17), 2.0))
    with pytest.raises(ValueError, match="rows differ"):
        Poses(np.zeros((2, 17, 2)), np.zeros((1, 17)))


def test_points_are_found_by_name():
    assert COCO_17.index("nose") == 0
    with pytest.raises(KeyError, match="coco_17 has no point 'tail'"):
        COCO_17.index("tail")


def test_the_bones_join_points_that_exist():
    assert all(0 <= end < len(COCO_17.points) for bone in COCO_17.bones for end in bone)
    assert len(Poses.empty(Skeleton("dot", ("dot",), ()))) == 0


# --- frames, packets, media -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "image", "index", "source_size"),
    [
        ("grey", np.zeros((4, 4), np.uint8), 0, (4, 4)),
        ("four channels", np.zeros((4, 4, 4), np.uint8), 0, (4, 4)),
        ("not bytes", np.zeros((4, 4, 3), np.float32), 0, (4, 4)),
        ("before the first", np.zeros((4, 4, 3), np.uint8), -1, (4, 4)),
        ("no source", np.zeros((4, 4, 3), np.uint8), 0, (0, 4)),
    ],
)
def test_a_wrong_frame_is_refused(case, image, index, source_size):
    with pytest.raises(ValueError, match=r"must be"):
        Frame(image=image, index=index, pts_s=Fraction(0), source_size=source_size)


def test_a_smaller_picture_knows_its_way_back_to_the_source():
    frame = Frame(
        image=np.zeros((90, 160, 3), np.uint8),
        index=3,
        pts_s=Fraction(1001, 10_000),
        source_size=(1080, 1920),
    )
    assert frame.to_source == (12.0, 12.0)
    assert frame.t_s == 0.1001
    assert Frame.from_image(np.zeros((9, 16, 3), np.uint8)).to_source == (1.0, 1.0)


def test_a_packet_gains_findings_without_changing():
    packet = Packet(0, 4, Fraction(1), Frame.from_image(np.zeros((2, 2, 3), np.uint8), index=4))
    more = packet.with_found("a", 1).with_found("b", 2)
    assert (dict(packet.found), dict(more.found)) == ({}, {"a": 1, "b": 2})
    with pytest.raises(TypeError):
        more.found["c"] = 3


def test_a_finding_leaves_all_else_of_a_packet_as_it_was():
    frame = Frame.from_image(np.zeros((2, 2, 3), np.uint8), index=4)
    packet = Packet(3, 4, Fraction(1), frame, {"a": 1}, "stride", "decode", ends_segment=True)
    assert packet.with_found("b", 2) == replace(packet, found={"a": 1, "b": 2})


def test_a_failed_packet_keeps_its_place_and_nothing_else():
    packet = Packet(2, 4, Fraction(1), Frame.from_image(np.zeros((2, 2, 3), np.uint8), index=4))
    failed = packet.with_found("a", 1).with_failure("detect: inference_failed")
    assert (failed.segment, failed.index, failed.pts_s) == (2, 4, Fraction(1))
    assert (failed.frame, dict(failed.found), failed.failed) == (None, {}, "detect: inference_failed")
    assert packet.wants_work
    assert not failed.wants_work


def test_a_segment_ends_where_the_next_begins():
    assert Segment(1, 250, 240, Fraction(10), None).end_frame == 490


def test_events_and_models_are_plain_values():
    event = RunEvent("r", EventKind.STAGE_STARTED, "infer", 0.0)
    assert (event.cursor, dict(event.details), event.kind) == (0, {}, "stage_started")
    assert ModelInfo("m", "yolox", Task.DETECT).precision == "f32"


def test_the_systems_clock_moves_on():
    clock = SystemClock()
    before = clock.monotonic_s()
    clock.sleep_s(0)
    assert clock.monotonic_s() >= before
    assert clock.now_s() > 1_600_000_000


@pytest.mark.slow
def test_the_core_needs_nothing_heavier_than_numpy_and_arrow():
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, sightline.core.detections, sightline.core.poses, sightline.core.runs, sightline.ports;"
            "print([m for m in ('cv2','av','openvino','pydantic','sqlalchemy','rich') if m in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "[]"
