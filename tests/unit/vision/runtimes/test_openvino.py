from __future__ import annotations

import numpy as np
import openvino as ov
import pytest

from graphs import constant_graph, focus_graph
from sightline.core.errors import (
    InferenceFailedError,
    ModelInputError,
    WeightsInvalidError,
    WeightsMissingError,
)
from sightline.ports import ImageInput, ModelOptions
from sightline.vision.runtimes.openvino import OpenvinoRuntime
from sightline.vision.runtimes.openvino_graph import fold_focus

SIZE = (32, 48)


def picture(seed, size=SIZE):
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def answers(weights, *, threads=1, in_flight=4, precision="f32"):
    runtime = OpenvinoRuntime()
    runtime.open(
        weights, ImageInput(), ModelOptions(threads=threads, in_flight=in_flight, precision=precision)
    )
    pending = [runtime.submit(picture(seed)) for seed in range(8)]
    found = [each.result()[0].tobytes() for each in pending]
    runtime.close()
    return found


@pytest.mark.parametrize("precision", ["f32", "bf16", "int8"])
def test_answers_are_the_same_bytes_whatever_is_under_way(tmp_path, precision):
    weights = focus_graph(tmp_path / "focus.onnx")
    alone = answers(weights, in_flight=1, precision=precision)
    for threads, in_flight in ((1, 4), (1, 8), (2, 1), (2, 4), (2, 8)):
        assert answers(weights, threads=threads, in_flight=in_flight, precision=precision) == alone


def test_the_first_layer_of_yolox_is_folded_and_computes_the_same(tmp_path):
    core, image = ov.Core(), picture(1).transpose(2, 0, 1)[None].astype(np.float32)
    results = []
    for fold in (False, True):
        model = core.read_model(focus_graph(tmp_path / "focus.onnx"))
        if fold:
            assert fold_focus(model)
            assert "Slice" not in {layer.get_type_name() for layer in model.get_ordered_ops()}
        compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        results.append(compiled([image])[0].copy())
    np.testing.assert_allclose(results[0], results[1], rtol=1e-4, atol=1e-3)


def test_a_graph_without_that_layer_is_left_alone(tmp_path):
    model = ov.Core().read_model(constant_graph(tmp_path / "plain.onnx", {"out": np.ones((1, 2))}))
    before = len(model.get_ordered_ops())
    assert not fold_focus(model)
    assert len(model.get_ordered_ops()) == before


def test_outputs_are_read_without_a_copy_and_then_gone(tmp_path):
    runtime = OpenvinoRuntime()
    runtime.open(constant_graph(tmp_path / "c.onnx", {"out": [[3.0]]}), ImageInput(), ModelOptions())
    seen = []
    pending = runtime.submit(picture(0, (64, 64)), lambda outputs: seen.append(outputs[0]) or "read")
    assert pending.result() == "read"
    assert pending.result() == "read"
    assert len(seen) == 1
    assert not seen[0].flags.owndata
    runtime.close()


def test_a_failure_to_read_the_outputs_is_raised_by_its_own_request_only(tmp_path):
    def fail(outputs):
        raise InferenceFailedError("no numbers")

    runtime = OpenvinoRuntime()
    weights = constant_graph(tmp_path / "c.onnx", {"out": [[3.0]]})
    runtime.open(weights, ImageInput(), ModelOptions(in_flight=1))
    image = picture(0, (64, 64))
    bad, good = runtime.submit(image, fail), runtime.submit(image)
    assert good.result()[0].tolist() == [[3.0]]
    with pytest.raises(InferenceFailedError, match="no numbers"):
        bad.result()
    runtime.close()


def test_a_picture_of_another_size_is_refused(tmp_path):
    runtime = OpenvinoRuntime()
    runtime.open(constant_graph(tmp_path / "c.onnx", {"out": [[3.0]]}), ImageInput(), ModelOptions())
    with pytest.raises(ModelInputError, match=r"\(64, 64, 3\), got \(8, 8, 3\)"):
        runtime.submit(np.zeros((8, 8, 3), np.uint8))
    runtime.close()
    with pytest.raises(InferenceFailedError, match="not open"):
        runtime.submit(np.zeros((64, 64, 3), np.uint8))


def test_a_free_input_size_must_be_given(tmp_path):
    weights = constant_graph(tmp_path / "free.onnx", {"out": [[1.0]]}, input_shape=("n", 3, "h", "w"))
    runtime = OpenvinoRuntime()
    assert runtime.read(weights).inputs[0].shape == (-1, 3, -1, -1)
    with pytest.raises(ModelInputError, match="free"):
        runtime.open(weights, ImageInput(), ModelOptions())
    runtime.open(weights, ImageInput(), ModelOptions(input_size=(16, 24)))
    assert runtime.submit(np.zeros((16, 24, 3), np.uint8)).result()[0].tolist() == [[1.0]]
    runtime.close()


def test_an_xml_needs_its_bin(tmp_path):
    model = ov.Core().read_model(focus_graph(tmp_path / "focus.onnx"))
    ov.save_model(model, tmp_path / "m.xml")
    assert OpenvinoRuntime().read(tmp_path / "m.xml").outputs[0].shape == (1, 4, 16, 24)
    whole = (tmp_path / "m.bin").read_bytes()
    (tmp_path / "m.bin").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsInvalidError, match=r"m\.xml"):
        OpenvinoRuntime().open(tmp_path / "m.xml", ImageInput(), ModelOptions())
    (tmp_path / "m.bin").unlink()
    with pytest.raises(WeightsMissingError, match=r"m\.bin; it belongs beside m\.xml"):
        OpenvinoRuntime().read(tmp_path / "m.xml")
