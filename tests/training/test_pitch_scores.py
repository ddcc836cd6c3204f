"""The pitch's points give a camera back, and the report counts what it says."""

import numpy as np
import pytest

from sightline.analytics.pitch.camera import PitchCamera
from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.observed import middle_px
from sightline.analytics.pitch.points import boxed_points
from sightline.analytics.pitch.solve import solve_camera
from sightline.core.detections import Detections
from training.pitch_scores import SIZE, Judged, apart_px, report

PICTURE = (720, 1280)
NAMES = list(markings_of(SIZE).points)


@pytest.fixture
def camera():
    return PitchCamera(-28.0, 78.0, 0.0, 1500.0, np.array([0.0, -60.0, 18.0]), middle_px(PICTURE))


def boxes_around(camera, side_px=20.0):
    at = camera.project(np.array(list(markings_of(SIZE).points.values())))
    inside = np.flatnonzero(((at >= 0) & (at < PICTURE[::-1])).all(1))
    boxes = np.concatenate([at[inside] - side_px / 2, at[inside] + side_px / 2], axis=1)
    return Detections(
        boxes.astype(np.float32), np.full(len(inside), 0.9, np.float32), inside.astype(np.int32)
    )


def test_boxes_around_the_points_give_the_camera_back(camera):
    solved = solve_camera(boxed_points(boxes_around(camera), NAMES, SIZE, PICTURE), SIZE)
    assert apart_px(solved.camera, camera, PICTURE) < 1.0


def test_of_two_boxes_of_one_name_the_better_counts(camera):
    seen = boxes_around(camera)
    worse = Detections(seen.boxes_px[:1] + 300, np.array([0.4], np.float32), seen.class_ids[:1])
    both = Detections(
        np.concatenate([seen.boxes_px, worse.boxes_px]),
        np.concatenate([seen.scores, worse.scores]),
        np.concatenate([seen.class_ids, worse.class_ids]),
    )
    one, other = (boxed_points(found, NAMES, SIZE, PICTURE) for found in (seen, both))
    order = [np.argsort(each.points_m @ [1.0, 1e3, 1e6]) for each in (one, other)]
    np.testing.assert_allclose(one.points_px[order[0]], other.points_px[order[1]])


def test_three_points_are_too_few(camera):
    seen = boxes_around(camera)
    assert boxed_points(seen[np.arange(3)], NAMES, SIZE, PICTURE) is None


def test_the_report_counts_frames_by_what_was_found():
    frames = [
        Judged("a", 9, 0.9, True, 0.9, 4.0),
        Judged("a", 9, 0.9, False, 0.1, None),
        Judged("b", 9, 0.9, True, 0.1, None),
        Judged("b", 0, 0.0, None, 0.1, None),
    ]
    cells = [line.split("|")[2:4] for line in report(frames).splitlines()[2:]]
    counts = [int(count) for count, _ in cells]
    values = [float(value.split()[0]) for _, value in cells]
    assert counts == [4, 3, 3, 2, 1]
    assert values == [0.75, 0.667, 0.667, 0.5, 4.0]
