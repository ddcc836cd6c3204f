"""Pose models and embedders on tensors written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from graphs import constant_graph
from sightline.core.detections import Detections
from sightline.core.errors import InferenceFailedError
from sightline.core.frames import Frame
from sightline.core.poses import COCO_17
from sightline.ports import ModelOptions
from sightline.vision.models.movenet import MovenetModel
from sightline.vision.models.osnet import OsnetModel
from sightline.vision.models.rtmpose import RtmposeModel
from sightline.vision.models.yolo_pose import YoloPoseModel

POINTS = 17


def opened(family, weights, **options):
    model = family(weights, ModelOptions(**options), "mine")
    model.open()
    return model


def frame(height, width, *, source=None):
    image = np.zeros((height, width, 3), np.uint8)
    return Frame.from_image(image) if source is None else Frame(image, 0, 0, source)


def regions(*boxes):
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.ones(len(boxes), np.float32),
        np.zeros(len(boxes), np.int32),
    )


# --- yolo-pose --------------------------------------------------------------------------------------------


def body(x, y):
    """All points at one place, the first one's visibility higher than one may be."""
    points = np.tile(np.array([x, y, 0.5], np.float32), (POINTS, 1))
    points[0, 2] = 1.0000002
    return points.ravel()


def pose_columns():
    raw = np.zeros((1, 56, 126), np.float32)
    raw[0, :, 5] = (32, 32, 20, 40, 0.8, *body(30, 20))
    raw[0, :, 6] = (33, 32, 20, 40, 0.9, *body(31, 20))  # the same person, better
    raw[0, :, 90] = (80, 32, 20, 40, 0.6, *body(80, 30))
    raw[0, :, 91] = (10, 32, 20, 40, 0.05, *body(10, 30))
    return raw


def pose_rows():
    raw = np.zeros((1, 20, 57), np.float32)
    raw[0, 0] = (70, 12, 90, 52, 0.6, 0, *body(80, 30))
    raw[0, 1] = (23, 12, 43, 52, 0.9, 0, *body(31, 20))
    return raw


@pytest.mark.parametrize("raw", [pose_columns(), pose_rows()], ids=["columns", "rows"])
def test_yolo_pose_gives_each_body_once_best_first(tmp_path, raw):
    model = opened(
        YoloPoseModel, constant_graph(tmp_path / "m.onnx", {"out": raw}, input_shape=(1, 3, 64, 96))
    )
    poses = model.submit(frame(640, 960)).result()
    assert poses.points_px[:, 3].tolist() == [[310, 200], [800, 300]]
    assert poses.scores[0].max() == 1
    assert model.info.skeleton == COCO_17
    model.close()


def test_yolo_pose_refuses_points_that_are_no_numbers(tmp_path):
    raw = pose_columns()
    raw[0, 20, 6] = np.nan
    model = opened(
        YoloPoseModel, constant_graph(tmp_path / "m.onnx", {"out": raw}, input_shape=(1, 3, 64, 96))
    )
    with pytest.raises(InferenceFailedError, match="not finite"):
        model.submit(frame(640, 960)).result()
    model.close()


# --- movenet ----------------------------------------------------------------------------------------------


def movenet(tmp_path, y=0.5, x=0.25):
    out = np.tile(np.array([y, x, 0.7], np.float32), (1, 1, POINTS, 1))
    path = constant_graph(tmp_path / "m.onnx", {"out": out}, input_shape=(1, 192, 192, 3), dtype=np.uint8)
    return opened(MovenetModel, path)


@pytest.mark.parametrize("source", [None, (960, 1280)])
def test_movenet_looks_at_the_whole_frame_centred(tmp_path, source):
    model = movenet(tmp_path)
    poses = model.submit(frame(480, 640, source=source)).result()
    # the picture is 640 wide, centred in a square of 640: 80 px of black above it
    expected = np.array([160, 240]) * (1 if source is None else 2)
    np.testing.assert_allclose(poses.points_px[0, 0], expected, atol=0.1)
    assert poses.scores[0, 0] == pytest.approx(0.7)
    model.close()


def test_movenet_gives_a_body_for_each_region(tmp_path):
    model = movenet(tmp_path, y=0.5, x=0.5)
    poses = model.submit(frame(480, 640), regions([100, 100, 200, 300], [300, 50, 400, 100])).result()
    np.testing.assert_allclose(poses.points_px[:, 0], [[150, 200], [350, 75]], atol=0.1)
    assert len(model.submit(frame(480, 640), regions()).result()) == 0
    model.close()


def test_movenet_refuses_points_that_are_no_numbers(tmp_path):
    model = movenet(tmp_path, y=np.nan)
    with pytest.raises(InferenceFailedError, match="not finite"):
        model.submit(frame(48, 64)).result()
    model.close()


# --- rtmpose ----------------------------------------------------------------------------------------------


def simcc(tmp_path, *, x=96, y=128, score=0.8, points=POINTS, fill=0.0):
    across, down = np.full((1, points, 384), fill, np.float32), np.full((1, points, 512), fill, np.float32)
    across[0, :, 2 * x] = score
    down[0, :, 2 * y] = 0.9
    path = constant_graph(
        tmp_path / "m.onnx", {"simcc_x": across, "simcc_y": down}, input_shape=(1, 3, 256, 192)
    )
    return opened(RtmposeModel, path)


def test_rtmpose_places_points_in_each_region_grown_by_a_quarter(tmp_path):
    model = simcc(tmp_path, x=0, y=0)
    found = model.submit(frame(480, 640), regions([200, 100, 260, 340])).result()
    # the region is 60 x 240, grown to 75 x 300, widened to the input's 3:4 = 225 x 300, around (230, 220)
    np.testing.assert_allclose(found.points_px[0, 0], [230 - 112.5, 220 - 150], atol=0.05)
    assert found.scores[0, 0] == pytest.approx(0.8)
    model.close()


def test_rtmpose_answers_in_source_pixels_of_a_smaller_frame(tmp_path):
    model = simcc(tmp_path)
    found = model.submit(frame(240, 320, source=(480, 640)), regions([200, 100, 260, 340])).result()
    np.testing.assert_allclose(found.points_px[0, 0], [230, 220], atol=0.5)
    model.close()


def test_rtmpose_takes_skeletons_of_any_number_of_points(tmp_path):
    model = simcc(tmp_path, points=26)
    assert len(model.info.skeleton.points) == 26
    assert model.submit(frame(48, 64)).result().points_px.shape == (1, 26, 2)
    assert model.submit(frame(48, 64), regions()).result().points_px.shape == (0, 26, 2)
    model.close()


def test_rtmpose_refuses_scores_that_are_no_numbers(tmp_path):
    model = simcc(tmp_path, fill=np.nan)
    with pytest.raises(InferenceFailedError, match="not finite"):
        model.submit(frame(48, 64)).result()
    model.close()


# --- osnet ------------------------------------------------------------------------------------------------


def osnet(tmp_path, vector):
    path = constant_graph(tmp_path / "m.onnx", {"out": [vector]}, input_shape=(1, 3, 32, 16))
    return opened(OsnetModel, path)


def test_osnet_gives_a_unit_row_for_each_region_even_outside_the_picture(tmp_path):
    model = osnet(tmp_path, [3.0, 4.0])
    boxes = regions([10, 10, 20, 40], [-50, -50, -10, -10], [700, 500, 800, 600])
    rows = model.submit(frame(480, 640), boxes).result()
    np.testing.assert_allclose(rows, [[0.6, 0.8]] * 3, atol=1e-6)
    assert rows.dtype == np.float32
    assert model.submit(frame(480, 640), regions()).result().shape == (0, 2)
    model.close()


@pytest.mark.parametrize("vector", [[0.0, 0.0], [np.nan, 1.0]])
def test_osnet_refuses_a_vector_without_a_direction(tmp_path, vector):
    model = osnet(tmp_path, vector)
    with pytest.raises(InferenceFailedError, match="not finite"):
        model.submit(frame(48, 64)).result()
    model.close()


def test_crops_need_full_frames():
    for family in (MovenetModel, RtmposeModel, OsnetModel):
        assert family.decode_size((64, 64), (480, 640)) is None
