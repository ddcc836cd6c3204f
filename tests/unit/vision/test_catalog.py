from __future__ import annotations

import numpy as np
import pytest

from graphs import constant_graph
from sightline import plugins
from sightline.core.errors import (
    UnknownLayoutError,
    UnknownPluginError,
    WeightsInvalidError,
    WeightsMissingError,
)
from sightline.core.frames import Frame
from sightline.core.models import ModelInfo, Task
from sightline.ports import GraphInfo, ModelOptions, TensorInfo
from sightline.testing.fakes import FakeModel, plain_image
from sightline.vision.catalog import build_model, detect_layout, layouts, weightless
from sightline.vision.detect import decode_size, predict
from sightline.vision.zoo import Zoo


def graph(*outputs, size=(640, 640), channels_last=False, **metadata):
    shape = (1, *size, 3) if channels_last else (1, 3, *size)
    ports = tuple(TensorInfo(f"out{i}", shape, "f32") for i, shape in enumerate(outputs))
    return GraphInfo((TensorInfo("in", shape, "f32"),), ports, metadata)


LEVELS = ((80, 80), (40, 40), (20, 20))
CELLS = (6400, 1600, 400)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (graph((1, 3549, 85), size=(416, 416)), "yolox"),
        (graph((1, 8400, 6)), "yolox"),
        (graph((1, 84, 8400)), "yolo"),
        (graph((1, 5, 8400)), "yolo"),
        (graph((1, 5, 34000)), "yolo"),
        (graph((1, 300, 6)), "yolo"),
        (graph((1, 84, -1), size=(-1, -1), names="{0: 'a'}"), "yolo"),
        (graph((1, 56, 8400)), "yolo-pose"),
        (graph((1, 56, 8400), task="detect"), "yolo"),
        (graph((1, 56, 8400), names=str([str(i) for i in range(52)])), "yolo"),
        (graph((1, 300, 57)), "yolo-pose"),
        (graph(*((1, 80, *g) for g in LEVELS), *((1, 4, *g) for g in LEVELS)), "rtmdet"),
        (graph(*((1, n, 80) for n in CELLS), *((1, n, 32) for n in CELLS)), "nanodet"),
        (graph((1, 1, 200, 7), size=(256, 256)), "omz"),
        (graph((1, 1, 17, 3), size=(192, 192), channels_last=True), "movenet"),
        (graph((1, 17, 384), (1, 17, 512), size=(256, 192)), "rtmpose"),
        (graph((1, 512), size=(256, 128)), "osnet"),
    ],
    ids=str,
)
def test_a_layout_is_read_off_the_graph(given, expected):
    assert detect_layout(given, "m.onnx") == expected


@pytest.mark.parametrize(
    "given",
    [
        graph((1, 1000), size=(224, 224)),
        graph((1, 25200, 85)),
        graph((1, 3, 3)),
        graph((1, 84, 8400), task="segment"),
        graph((1, 300, 5), (1, 300)),
        graph(*((1, 80, *g) for g in LEVELS), *((1, 8, *g) for g in LEVELS)),
        graph(*((1, n, 80) for n in CELLS), *((1, n, 30) for n in CELLS)),
        GraphInfo((TensorInfo("ids", (1, 128), "i64"),), (TensorInfo("out", (1, 768), "f32"),)),
    ],
    ids=str,
)
def test_a_graph_of_no_family_comes_with_the_choices(given):
    with pytest.raises(UnknownLayoutError, match=r"m\.onnx fits no known model family: inputs") as raised:
        detect_layout(given, "m.onnx")
    for name in layouts():
        assert name in raised.value.hint


def test_a_graph_of_two_families_is_asked_about(monkeypatch):
    monkeypatch.setattr(plugins.load("models", "omz"), "matches", classmethod(lambda cls, given: True))
    with pytest.raises(UnknownLayoutError, match="several model families: omz, osnet") as raised:
        detect_layout(graph((1, 512), size=(256, 128)), "m.onnx")
    assert raised.value.hint == "choose one with --layout omz|osnet"


def test_families_with_and_without_weights_are_all_there_is():
    assert weightless() == ("balls", "hog", "motion")
    assert set(weightless()) | set(layouts()) == set(plugins.names("models"))


@pytest.fixture
def zoo(tmp_path):
    return Zoo(tmp_path / "models")


def osnet_file(path):
    return constant_graph(path, {"out": [[3.0, 4.0]]}, input_shape=(1, 3, 32, 16))


def test_a_file_needs_no_manifest(tmp_path, zoo):
    info = build_model(str(osnet_file(tmp_path / "who.onnx")), ModelOptions(), zoo).info
    assert (info.name, info.family, info.input_size) == ("who", "osnet", (32, 16))


def test_a_name_brings_what_the_zoo_knows(tmp_path, zoo):
    zoo.add(osnet_file(tmp_path / "who.onnx"), layout="osnet", licence="MIT")
    info = build_model("who", ModelOptions(), zoo).info
    assert (info.name, info.family, info.licence) == ("who", "osnet", "MIT")
    with pytest.raises(WeightsMissingError, match="yolox-nano"):
        build_model("yolox-nano", ModelOptions(), zoo)


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("nothing", ModelOptions(), UnknownPluginError, "no model is called 'nothing'"),
        ("absent.onnx", ModelOptions(), WeightsMissingError, "absent.onnx"),
        ("who.onnx", ModelOptions(layout="nonsense"), UnknownLayoutError, "no layout is called 'nonsense'"),
        ("who.onnx", ModelOptions(runtime="none"), UnknownPluginError, "none"),
        ("text.onnx", ModelOptions(), WeightsInvalidError, "text.onnx"),
    ],
)
def test_what_cannot_be_built_is_refused_with_a_hint(tmp_path, monkeypatch, name, options, error, words):
    zoo = Zoo(tmp_path / "models")
    osnet_file(tmp_path / "who.onnx")
    (tmp_path / "text.onnx").write_text("no graph")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words) as raised:
        build_model(name, options, zoo)
    assert raised.value.hint


def test_a_graph_that_is_not_of_the_layout_asked_for_is_refused_when_opened(tmp_path, zoo):
    model = build_model(str(osnet_file(tmp_path / "who.onnx")), ModelOptions(layout="yolox"), zoo)
    with pytest.raises(UnknownLayoutError, match="does not look like yolox"):
        model.open()


@pytest.mark.parametrize(
    ("family", "input_size", "expected"),
    [
        ("yolox", (416, 416), (234, 416)),
        ("omz", (256, 256), (256, 256)),
        ("osnet", (256, 128), None),
        ("motion", None, (270, 480)),
        ("hog", None, (360, 640)),
        ("somebody's own", None, None),
    ],
)
def test_the_size_to_decode_to_depends_on_the_family(family, input_size, expected):
    info = ModelInfo(name="m", family=family, task=Task.DETECT, input_size=input_size)
    assert decode_size(info, (1080, 1920)) == expected


@pytest.mark.parametrize("in_flight", [1, 2, 50])
def test_predict_answers_in_order_however_many_are_under_way(in_flight):
    model = FakeModel()
    model.open()
    frames = [Frame.from_image(plain_image(index), index=index) for index in range(9)]
    one_by_one = [model.submit(each).result().boxes_px.tolist() for each in frames]
    assert [found.boxes_px.tolist() for found in predict(model, frames, in_flight)] == one_by_one
    assert np.ptp(one_by_one) > 0
