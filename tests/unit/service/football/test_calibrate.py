"""Camera files from drawn lines, keypoints and clicked points, and what scores them."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from pitches import SIZE, camera_at, drawn_through, painted
from sightline.analytics.pitch.camera_file import camera_file
from sightline.analytics.pitch.keypoints import numbered_points
from sightline.analytics.pitch.markings import markings_of
from sightline.core.errors import (
    AnalysisError,
    CalibrationError,
    OutputUnwritableError,
    SightlineError,
    SourceUnavailableError,
    UnsupportedFormatError,
)
from sightline.service.football.calibrate import (
    calibrate_keypoints,
    calibrate_lines,
    calibrate_points,
    sequences,
)
from sightline.service.football.evaluate.calibration import (
    evaluate_calibration,
    evaluate_stability,
    reliability,
)
from sightline.service.football.evaluate.camera_quality import evaluate_camera_quality, ground_error_m
from sightline.service.football.evaluate.pitch_lines import evaluate_pitch_lines, people_agree

CAMERA = camera_at(pan=28.0, focal=1300.0)


def write(path, data):
    path.write_text(json.dumps(data))
    return path


def lines_json(camera, noise_px=0.5, seed=0):
    drawn = drawn_through(camera, noise_px, seed)
    return {
        name: [{"x": x / 959, "y": y / 539} for x, y in np.clip(points, 0, [959, 539])]
        for name, points in drawn.items()
    }


def keypoints_json(camera, rng):
    points = {}
    for number, place in numbered_points(SIZE).items():
        x, y = camera.project(np.array([place]))[0] + rng.normal(0, 1, 2)
        if 0 < x < 959 and 0 < y < 539:
            points[str(number)] = {"x": x / 960, "y": y / 540, "p": 0.8}
    return {"kp": points, "lines": {}}


def clicks_json(camera, names, picture=(540, 960)):
    places = markings_of(SIZE)
    points = [
        {"at": camera.project(np.array([places.point(name)]))[0].tolist(), "point": name} for name in names
    ]
    return {"image_size": list(picture), "points": points}


BOX = [f"right {area} area {end}" for area in ("penalty", "goal") for end in ("top", "bottom")]


@pytest.fixture
def lines(tmp_path):
    pictures = {
        f"{number:05d}": lines_json(camera_at(pan=20.0 + 4 * number), seed=number) for number in range(4)
    }
    return write(tmp_path / "lines.json", pictures)


def test_drawn_lines_become_soccernet_cameras(lines, tmp_path):
    made = calibrate_lines(lines, tmp_path / "cameras.json", SIZE)
    assert (made.pictures, made.cameras) == (4, 4)
    assert made.quality > 0.8
    file = camera_file(json.loads(made.path.read_text()))
    assert list(file.names.values()) == ["00000", "00001", "00002", "00003"]
    assert file.frames[1].camera.pan_deg == pytest.approx(24.0, abs=0.5)


def test_the_same_lines_give_the_same_bytes(lines, tmp_path):
    first = calibrate_lines(lines, tmp_path / "a.json", SIZE).path.read_bytes()
    assert calibrate_lines(lines, tmp_path / "b.json", SIZE).path.read_bytes() == first


def test_a_single_picture_is_called_after_its_file(tmp_path):
    path = write(tmp_path / "still.json", lines_json(CAMERA))
    made = calibrate_lines(path, tmp_path / "cameras.json", SIZE)
    assert list(json.loads(made.path.read_text())) == ["still"]


def test_cameras_worse_than_asked_are_left_out(tmp_path):
    pictures = {"1": lines_json(CAMERA), "2": lines_json(CAMERA, noise_px=15.0)}
    made = calibrate_lines(write(tmp_path / "l.json", pictures), tmp_path / "c.json", SIZE, least_quality=0.6)
    assert (made.pictures, made.cameras) == (2, 1)


def test_keypoints_of_a_sequence_become_smooth_cameras(tmp_path):
    rng = np.random.default_rng(3)
    cameras = [camera_at(pan=22.0 + 0.2 * frame, focal=1500.0) for frame in range(6)]
    data = {f"shot-{frame:03d}": keypoints_json(camera, rng) for frame, camera in enumerate(cameras)}
    data["shot-003"] = {"kp": {}, "lines": {}}
    made = calibrate_keypoints(write(tmp_path / "k.json", data), tmp_path / "c.json", SIZE)
    written = json.loads(made.path.read_text())
    assert made.cameras == 6
    assert [written[f"shot-{frame:03d}"]["source"] for frame in (2, 3)] == ["seen", "propagated"]
    assert written["shot-003"]["pan_degrees"] == pytest.approx(22.6, abs=0.5)


def test_clicked_points_become_a_fixed_camera(tmp_path):
    clicks = clicks_json(CAMERA, [*BOX, "right corner top", "right penalty spot"])
    clicks["points"].append(
        {"at": CAMERA.project(np.array([[30.0, 0.0, 0.0]]))[0].tolist(), "metres": [30, 0]}
    )
    made = calibrate_points(write(tmp_path / "p.json", clicks), tmp_path / "c.json", SIZE)
    file = camera_file(json.loads(made.path.read_text()))
    assert file.picture == (540, 960)
    spots = np.array([[500.0, 350.0], [700.0, 450.0]])
    assert file.fixed.camera.to_ground(spots) == pytest.approx(CAMERA.to_ground(spots), abs=0.2)


def test_names_that_differ_in_their_last_number_are_a_sequence():
    names = ["a-1-01", "a-1-02", "b-2", "b-3"]
    assert sequences(names) == [("a-1-", ["a-1-01", "a-1-02"]), ("b-", ["b-2", "b-3"])]


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        ({"1": {"Half way line": [{"x": 0, "y": 0}]}}, CalibrationError, "1: no pitch marking"),
        ({"1": {"Middle line": [{"x": 0}]}}, UnsupportedFormatError, "'Middle line' cannot be read"),
        (
            {"1": {"Middle line": [{"x": 0, "y": float("nan")}, {"x": 1, "y": 1}]}},
            CalibrationError,
            "not a number",
        ),
        (
            {"1": {"Middle line": [{"x": 480, "y": 200}, {"x": 480, "y": 300}]}},
            CalibrationError,
            "far outside",
        ),
        ({"1": 5}, UnsupportedFormatError, "1 cannot be read"),
        (
            {"1": {"Middle line": [{"x": 0.1, "y": 0.1}, {"x": 0.2, "y": 0.2}]}},
            CalibrationError,
            "no picture shows",
        ),
        ([], UnsupportedFormatError, "no JSON object"),
    ],
)
def test_wrong_lines_are_refused_in_one_line_with_a_hint(tmp_path, data, kind, said):
    with pytest.raises(kind, match=said) as caught:
        calibrate_lines(write(tmp_path / "l.json", data), tmp_path / "c.json", SIZE)
    assert caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"image_size": [540, 960], "points": []}, "0 points, a camera needs 4"),
        (clicks_json(CAMERA, BOX[:3]), "3 points, a camera needs 4"),
        ({"points": [{"at": [1, 2], "point": "centre spot"}]}, "not a list of clicked points"),
        (
            {"image_size": [540, 960], "points": [{"at": [1, 2], "point": "middle"}]},
            "no pitch point is called 'middle'",
        ),
        (
            {"image_size": [540, 960], "points": [{"at": [1, 2], "metres": [1]}] * 4},
            "not a list of clicked points",
        ),
        (
            {"image_size": [540, 960], "points": [{"at": [2000, 2], "metres": [1, 1]}] * 4},
            "outside the picture",
        ),
    ],
)
def test_wrong_clicks_are_refused_with_a_hint(tmp_path, data, said):
    with pytest.raises(SightlineError, match=said) as caught:
        calibrate_points(write(tmp_path / "p.json", data), tmp_path / "c.json", SIZE)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"1": {"kp": {"99": {"x": 0.5, "y": 0.5}}}}, "no keypoint 99"),
        ({"1": {"kp": {"one": {"x": 0.5, "y": 0.5}}}}, "cannot be read"),
        ({"1": {"kp": {"1": {"x": None, "y": 0.5}}}}, "cannot be read"),
        ({"1": {"points": {}}}, "cannot be read"),
        ({"1": {"kp": {"1": {"x": float("nan"), "y": 0.5}}}}, "not a number"),
    ],
)
def test_wrong_keypoints_are_refused_with_a_hint(tmp_path, data, said):
    with pytest.raises(SightlineError, match=said) as caught:
        calibrate_keypoints(write(tmp_path / "k.json", data), tmp_path / "c.json", SIZE)
    assert caught.value.hint


def test_files_that_are_not_there_or_no_json_are_refused(tmp_path):
    with pytest.raises(SourceUnavailableError):
        calibrate_lines(tmp_path / "none.json", tmp_path / "c.json", SIZE)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(UnsupportedFormatError, match="not JSON"):
        calibrate_lines(tmp_path / "bad.json", tmp_path / "c.json", SIZE)


def test_a_folder_that_cannot_be_written_is_said(lines, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputUnwritableError):
        calibrate_lines(lines, tmp_path / "file" / "c.json", SIZE)


def test_cameras_are_scored_beside_another_programs(lines, tmp_path):
    peers = {f"{number:05d}": camera_at(pan=20.0 + 4 * number).to_soccernet() for number in range(3)}
    peers["00001"] |= {"pan_degrees": 35.0}
    found = evaluate_calibration(lines, write(tmp_path / "peers.json", peers))
    whole = found["halves"]["all"]
    assert whole["ours"]["jac5"]["value"] > 0.95
    assert whole["peer"]["completeness"] == 0.75
    assert whole["peer"]["jac5"]["value"] < whole["ours"]["jac5"]["value"]
    assert sum(part["pictures"] for name, part in found["halves"].items() if name != "all") == 4
    assert whole["ours"]["jac5"]["low"] <= whole["ours"]["jac5"]["value"] <= whole["ours"]["jac5"]["high"]


def test_cameras_of_other_pictures_are_no_score(lines, tmp_path):
    peers = write(tmp_path / "peers.json", {"09999": CAMERA.to_soccernet()})
    with pytest.raises(AnalysisError, match="no picture has a camera"):
        evaluate_calibration(lines, peers)


def test_stillness_is_measured_beside_frames_on_their_own(tmp_path):
    rng = np.random.default_rng(3)
    data = {
        f"{shot}-{frame:03d}": keypoints_json(camera_at(pan=shot + 0.2 * frame, focal=1500.0), rng)
        for shot in (22, 30)
        for frame in range(6)
    }
    found = evaluate_stability(write(tmp_path / "k.json", data))
    assert (found["frames"], found["sequences"]) == (12, 2)
    ratios = found["halves"]["all"]["smooth_over_ransac"]
    assert ratios["jitter"]["value"] < 0.5
    assert ratios["residual_mean"]["value"] < 1.3
    assert found["halves"]["all"]["steadied_over_ransac"]["jitter"]["value"] < 0.5


def test_quality_is_compared_with_the_truth_of_simulated_drawings(lines, tmp_path):
    cameras = {f"{number:05d}": camera_at(pan=20.0 + 4 * number).to_soccernet() for number in range(4)}
    found = evaluate_camera_quality(lines, write(tmp_path / "c.json", cameras))
    assert sum(part["drawings"] for part in found["halves"].values()) >= 3
    for part in found["halves"].values():
        assert 0 <= part["brier"] <= 1
        assert part["error_median_m"] < 2.0


def test_the_error_on_the_ground_is_nothing_for_the_same_camera():
    assert ground_error_m(CAMERA, CAMERA, SIZE) == pytest.approx(0.0, abs=1e-9)
    assert ground_error_m(CAMERA, replace(CAMERA, pan_deg=26.0), SIZE) > 0.5
    assert ground_error_m(replace(CAMERA, tilt_deg=150.0), CAMERA, SIZE) is None


def test_scores_are_gathered_by_quality():
    rows = reliability(np.array([0.05, 0.1, 0.95, 1.0]), np.array([0.0, 0.5, 1.0, 1.0]))
    assert [(row["from"], row["pictures"], row["score"]) for row in rows] == [(0.0, 2, 0.25), (0.8, 2, 1.0)]


def standing(camera, places, height_m=1.8):
    feet = camera.project(np.column_stack([places, np.zeros(len(places))]))
    heads = camera.project(np.column_stack([places, np.full(len(places), height_m)]))
    return np.column_stack([feet[:, 0] - 5, heads[:, 1], feet[:, 0] + 5, feet[:, 1]])


def test_people_agree_with_the_true_camera_and_not_with_another():
    places = np.array([[30.0, y] for y in np.linspace(-15, 15, 8)])
    boxes = standing(CAMERA, places)
    inside, height = people_agree(CAMERA, boxes, SIZE)
    assert (inside, height) == (1.0, pytest.approx(1.0))
    nearer = replace(CAMERA, focal_px=CAMERA.focal_px * 2)
    assert people_agree(nearer, boxes, SIZE)[1] < 0.8


@pytest.mark.slow
def test_pictures_are_counted_by_whether_their_lines_tell_the_camera(tmp_path):
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.mkdir()
    labels.mkdir()
    camera = camera_at(pan=26.0, tilt=77.0, focal=1200.0)
    cv2.imwrite(str(images / "game_1.png"), painted(camera, (540, 960), noise=2))
    cv2.imwrite(str(images / "game_2.png"), np.full((540, 960, 3), 120, np.uint8))
    boxes = standing(camera, np.array([[30.0, y] for y in np.linspace(-15, 10, 8)]))
    rows = [
        f"2 {(x1 + x2) / 1920} {(y1 + y2) / 1080} {(x2 - x1) / 960} {(y2 - y1) / 540}"
        for x1, y1, x2, y2 in boxes
    ]
    (labels / "game_1.txt").write_text("\n".join(rows))
    found = evaluate_pitch_lines(images, labels)
    assert (found["pictures"], found["with_camera"]["value"], found["checked_by_people"]) == (2, 0.5, 1)
    assert found["right_of_checked"]["value"] == 1.0
    assert found["height_ratio"] == pytest.approx(1.0, abs=0.1)
