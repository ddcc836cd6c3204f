from __future__ import annotations

import numpy as np
import pytest

from graphs import constant_graph, focus_graph
from sightline.core.errors import (
    InferenceFailedError,
    ModelInputError,
    WeightsInvalidError,
    WeightsMissingError,
)
from sightline.ports import ImageInput, ModelOptions
from sightline.vision.runtimes.onnx import OnnxRuntime
from sightline.vision.runtimes.openvino import OpenvinoRuntime

pytest.importorskip("onnxruntime")


def picture(seed, size=(32, 48)):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def answers(weights, *, threads=1, in_flight=4):
    runtime = OnnxRuntime()
    runtime.open(weights, ImageInput(), ModelOptions(threads=threads, in_flight=in_flight))
    pending = [runtime.submit(picture(seed)) for seed in range(8)]
    found = [each.result()[0].tobytes() for each in pending]
    runtime.close()
    return found


def test_answers_are_the_same_bytes_whatever_is_under_way(tmp_path):
    weights = focus_graph(tmp_path / "focus.onnx")
    alone = answers(weights, in_flight=1)
    for threads, in_flight in ((1, 8), (2, 1), (2, 4)):
        assert answers(weights, threads=threads, in_flight=in_flight) == alone


@pytest.mark.parametrize(
    "given", [ImageInput(), ImageInput(color="rgb"), ImageInput((1, 2, 3), (4, 5, 6), "rgb")], ids=str
)
def test_a_graph_with_channels_last_sees_the_same_pixels_on_both_runtimes(tmp_path, given):
    from onnx import TensorProto, helper

    taken = helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 4, 5, 3))
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, (1, 4, 5, 3))
    graph = helper.make_graph([helper.make_node("Identity", ["images"], ["out"])], "same", [taken], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "same.onnx").write_bytes(model.SerializeToString())
    image = picture(3, (4, 5))
    pixels = image[..., ::-1] if given.color == "rgb" else image
    expected = (pixels - np.array(given.mean, np.float32)) / np.array(given.std, np.float32)
    for runtime in (OnnxRuntime(), OpenvinoRuntime()):
        runtime.open(tmp_path / "same.onnx", given, ModelOptions())
        np.testing.assert_allclose(runtime.submit(image).result()[0][0], expected, atol=1e-4)
        runtime.close()


def test_a_free_input_size_must_be_given(tmp_path):
    weights = constant_graph(tmp_path / "free.onnx", {"out": [[1.0]]}, input_shape=(1, 3, "h", "w"))
    runtime = OnnxRuntime()
    with pytest.raises(ModelInputError, match="free"):
        runtime.open(weights, ImageInput(), ModelOptions())
    runtime.open(weights, ImageInput(), ModelOptions(input_size=(16, 24)))
    assert runtime.submit(np.zeros((16, 24, 3), np.uint8)).result()[0].tolist() == [[1.0]]
    with pytest.raises(ModelInputError, match="got"):
        runtime.submit(np.zeros((8, 8, 3), np.uint8))
    runtime.close()
    with pytest.raises(InferenceFailedError, match="not open"):
        runtime.submit(np.zeros((16, 24, 3), np.uint8))


def test_a_failure_to_read_the_outputs_is_raised_by_its_own_request(tmp_path):
    def fail(outputs):
        raise InferenceFailedError("no numbers")

    runtime = OnnxRuntime()
    runtime.open(
        constant_graph(tmp_path / "c.onnx", {"out": [[3.0]]}), ImageInput(), ModelOptions(in_flight=1)
    )
    bad, good = (runtime.submit(picture(0, (64, 64)), read) for read in (fail, None))
    assert good.result()[0].tolist() == [[3.0]]
    with pytest.raises(InferenceFailedError, match="no numbers"):
        bad.result()
    runtime.close()


@pytest.mark.parametrize(
    ("case", "content", "error"),
    [
        ("empty", b"", WeightsInvalidError),
        ("text", b"this is no graph", WeightsInvalidError),
        ("absent", None, WeightsMissingError),
    ],
)
@pytest.mark.parametrize("runtime", [OnnxRuntime, OpenvinoRuntime])
def test_files_that_are_no_graphs_are_named_with_a_hint(tmp_path, case, content, error, runtime):
    path = tmp_path / f"{case}.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=case) as raised:
        runtime().read(path)
    assert raised.value.hint
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("runtime", [OnnxRuntime, OpenvinoRuntime])
def test_a_truncated_graph_is_damaged(tmp_path, runtime):
    whole = focus_graph(tmp_path / "focus.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsInvalidError, match=r"cut\.onnx"):
        runtime().open(tmp_path / "cut.onnx", ImageInput(), ModelOptions())


@pytest.mark.parametrize("runtime", [OnnxRuntime, OpenvinoRuntime])
def test_a_name_that_is_not_text_is_damage_and_is_told_in_one_readable_line(tmp_path, runtime):
    whole = focus_graph(tmp_path / "focus.onnx").read_bytes()
    (tmp_path / "odd.onnx").write_bytes(whole.replace(b"Conv", b"C\xc3\x07v"))
    with pytest.raises(WeightsInvalidError, match=r"odd\.onnx") as raised:
        runtime().open(tmp_path / "odd.onnx", ImageInput(), ModelOptions())
    assert str(raised.value).isprintable()
