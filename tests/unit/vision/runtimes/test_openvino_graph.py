"""What is done to a graph before it is compiled leaves its answers as they were."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest

from graphs import constant_graph, dynamic_int8_graph
from sightline.core.errors import ModelInputError
from sightline.ports import ClassScores, ImageInput, ModelOptions
from sightline.vision.runtimes.onnx import OnnxRuntime
from sightline.vision.runtimes.openvino import OpenvinoRuntime
from sightline.vision.runtimes.openvino_graph import (
    chain_pools,
    cut_last_transposes,
    pick_classes,
    undo_dynamic_quantisation,
    with_preprocessing,
)

op = ov.opset13


def answer(model, value, precision="f32"):
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": precision})
    return [found.copy() for found in compiled([value]).values()]


def pyramid(widths, *, stride=1):
    taken = op.parameter([1, 4, 20, 24], np.float32)
    pools = [
        op.max_pool(taken, [stride, stride], [1, 1], [w // 2, w // 2], [w // 2, w // 2], [w, w]).output(0)
        for w in widths
    ]
    return ov.Model([op.result(op.concat(pools, 1))], [taken])


def rows_of_classes(count):
    """A cell's four numbers and its class scores, turned at the end as YOLOX does."""
    taken = op.parameter([1, 4 + count, 30], np.float32)
    turned = op.transpose(op.add(taken, op.constant(np.float32(0))), op.constant(np.array([0, 2, 1])))
    return ov.Model([op.result(turned)], [taken])


@pytest.mark.parametrize(
    ("widths", "kernels"), [((5, 9, 13), [5, 5, 5]), ((13, 5, 9), [5, 5, 5]), ((3, 9), [3, 7]), ((5,), [5])]
)
def test_wide_pools_are_made_of_narrow_ones_and_give_the_same_bytes(widths, kernels):
    value = np.random.default_rng(1).normal(size=(1, 4, 20, 24)).astype(np.float32)
    model = pyramid(widths)
    before = answer(model, value)
    assert chain_pools(model) == len(widths) - 1
    assert answer(model, value)[0].tobytes() == before[0].tobytes()
    pools = [layer for layer in model.get_ordered_ops() if layer.get_type_name() == "MaxPool"]
    assert sorted(layer.get_attributes()["kernel"][0] for layer in pools) == kernels


def test_pools_that_step_are_left_alone():
    assert chain_pools(pyramid((5, 9), stride=2)) == 0


def test_a_last_transposition_is_left_to_the_reader():
    model = rows_of_classes(3)
    value = np.random.default_rng(2).normal(size=(1, 7, 30)).astype(np.float32)
    before = answer(model, value)[0]
    assert cut_last_transposes(model) == ((0, 2, 1),)
    after = answer(model, value)[0]
    assert after.shape == (1, 7, 30)
    np.testing.assert_array_equal(after.transpose(0, 2, 1), before)


@pytest.mark.parametrize("precision", ["f32", "bf16"])
@pytest.mark.parametrize("count", [1, 3, 80, 256])
def test_the_best_class_is_picked_as_numpy_picks_it(count, precision):
    rng = np.random.default_rng(count)
    value = (
        rng.integers(0, 9, (1, 4 + count, 30)).astype(np.float32) / 16
    )  # many are equal, and exact in bf16
    value[0, 4:, 7] = 0
    model = rows_of_classes(count)
    (order,) = cut_last_transposes(model)
    pick_classes(model, ClassScores(axis=2, first=4), order)
    found = answer(model, value, precision)[0].transpose(order)[0]
    assert found.shape == (30, 6)
    np.testing.assert_array_equal(found[:, :4], value[0, :4].T)
    np.testing.assert_array_equal(found[:, 4], value[0, 4:].max(axis=0))
    np.testing.assert_array_equal(found[:, 5], value[0, 4:].argmax(axis=0))


def test_a_score_that_is_no_number_is_not_passed_over():
    value = np.full((1, 9, 30), 0.25, np.float32)
    value[0, 4, 3], value[0, 8, 5], value[0, 6, 9] = np.nan, np.nan, np.inf
    model = rows_of_classes(5)
    cut_last_transposes(model)
    pick_classes(model, ClassScores(axis=1, first=4), None)
    found = answer(model, value)[0][0]
    assert np.flatnonzero(~np.isfinite(found[4])).tolist() == [3, 5, 9]


def test_what_the_runtime_answers_is_what_the_file_declares_but_for_the_classes(tmp_path):
    stored = np.random.default_rng(3).random((1, 6, 9), np.float32)
    weights, image = constant_graph(tmp_path / "c.onnx", {"out": stored}), np.zeros((64, 64, 3), np.uint8)
    runtime = OpenvinoRuntime()
    runtime.open(weights, ImageInput(), ModelOptions(), ClassScores(axis=2, first=5))
    found = runtime.submit(image).result()[0]
    runtime.close()
    np.testing.assert_array_equal(found[..., :5], stored[..., :5])
    np.testing.assert_array_equal(found[..., 5], stored[..., 5:].max(axis=2))
    np.testing.assert_array_equal(found[..., 6], stored[..., 5:].argmax(axis=2))
    with pytest.raises(ModelInputError, match="pick"):
        OnnxRuntime().open(weights, ImageInput(), ModelOptions(), ClassScores(axis=2, first=5))


@pytest.mark.parametrize("precision", ["f32", "bf16"])
@pytest.mark.parametrize("size", [(64, 96), (33, 47)])
def test_a_picture_as_it_lies_gives_to_the_bit_what_its_planes_give(tmp_path, precision, size):
    rng = np.random.default_rng(5)
    weights = op.constant(rng.normal(size=(16, 3, 6, 6)).astype(np.float32))

    def first_layer():
        taken = op.parameter([1, 3, *size], np.float32)
        taken.set_friendly_name("images")
        found = op.relu(op.convolution(taken, weights, [2, 2], [2, 2], [2, 2], [1, 1]))
        return ov.Model([op.result(found)], [taken])

    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    plain = ov.Core().compile_model(first_layer(), "CPU", {"INFERENCE_PRECISION_HINT": precision})
    lying = ov.Core().compile_model(
        with_preprocessing(first_layer(), ImageInput()), "CPU", {"INFERENCE_PRECISION_HINT": precision}
    )

    wanted = plain(image.transpose(2, 0, 1)[None].astype(np.float32))[0]

    assert lying(image[None])[0].tobytes() == wanted.tobytes()
    assert "Transpose" not in {
        layer.get_rt_info()["layerType"].astype(str) for layer in lying.get_runtime_model().get_ordered_ops()
    }


@pytest.mark.parametrize("color", ["bgr", "rgb"])
@pytest.mark.parametrize("scale", [1.0, 58.0])
def test_a_picture_reaches_the_graph_in_its_colours_and_scale(tmp_path, color, scale):
    taken = op.parameter([1, 3, 8, 12], np.float32)
    taken.set_friendly_name("images")
    ov.save_model(
        ov.Model([op.result(op.add(taken, op.constant(np.float32(0))))], [taken]), tmp_path / "i.xml"
    )
    image = np.random.default_rng(4).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    image.flags.writeable = False  # as a frame's is
    runtime = OpenvinoRuntime()
    runtime.open(tmp_path / "i.xml", ImageInput(std=(scale,) * 3, color=color), ModelOptions())
    found = runtime.submit(image).result()[0][0]
    runtime.close()
    wanted = (image if color == "bgr" else image[..., ::-1]).transpose(2, 0, 1) / np.float32(scale)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_a_convolution_rounded_while_it_runs_becomes_a_plain_one(tmp_path):
    weights = dynamic_int8_graph(tmp_path / "int8.onnx")
    value = np.random.default_rng(6).uniform(-3, 5, (1, 3, 24, 32)).astype(np.float32)
    rounded = ov.Core().read_model(weights)
    before = answer(rounded, value)[0]
    plain = ov.Core().read_model(weights)
    assert undo_dynamic_quantisation(plain) == 1
    assert not any(layer.get_type_name() == "Round" for layer in plain.get_ordered_ops())
    after = answer(plain, value)[0]
    kernel = np.random.default_rng(5).integers(0, 256, (4, 3, 3, 3)).astype(np.float64)
    kernel = (kernel - 120) * np.float64(np.float32(0.01))
    padded = np.pad(value[0].astype(np.float64), ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::2, ::2]
    exact = np.einsum("chwij,ocij->ohw", windows, kernel)
    np.testing.assert_allclose(after[0], exact, atol=1e-4)
    step = 8 / 255  # of the rounding: from the least value to the greatest in 256 steps
    assert 0.001 < np.abs(before - after).max() < step / 2 * np.abs(kernel).sum(axis=(1, 2, 3)).max()


def test_sums_that_are_read_elsewhere_stay_whole_numbers(tmp_path):
    weights = dynamic_int8_graph(tmp_path / "int8.onnx", sums_are_read=True)
    assert undo_dynamic_quantisation(ov.Core().read_model(weights)) == 0


@pytest.mark.parametrize(
    "odd",
    [
        {"zero": 17},
        {"zero": 0},
        {"size": (32,)},
        {"size": (8, 12, 16)},
        {"kernel_scale": [[[[0.01]]], [[[0.02]]]]},
        {"kernel_scale": np.linspace(0.01, 0.02, 16)},
    ],
    ids=str,
)
def test_an_odd_convolution_is_left_as_it_is(tmp_path, odd):
    weights = dynamic_int8_graph(tmp_path / "odd.onnx", **odd)
    assert undo_dynamic_quantisation(ov.Core().read_model(weights)) == 0


def test_weights_with_a_scale_a_channel_keep_it(tmp_path):
    scale = np.float32([0.01, 0.02, 0.005, 0.03]).reshape(1, 4, 1, 1)
    weights = dynamic_int8_graph(tmp_path / "int8.onnx", kernel_scale=scale)
    value = np.random.default_rng(6).uniform(-3, 5, (1, 3, 24, 32)).astype(np.float32)
    plain = ov.Core().read_model(weights)
    assert undo_dynamic_quantisation(plain) == 1
    stored = answer(ov.Core().read_model(weights), value)[0]
    np.testing.assert_allclose(answer(plain, value)[0], stored, atol=0.01 * np.abs(stored).max())


def test_asked_for_int8_a_file_computes_as_it_is_stored(tmp_path):
    weights = dynamic_int8_graph(tmp_path / "int8.onnx")
    picture = np.random.default_rng(7).integers(0, 200, (24, 32, 3), np.uint8)  # in steps of 199/255

    def answered(runtime, precision):
        options = ModelOptions(threads=1, in_flight=1, precision=precision, class_names=())
        runtime.open(weights, ImageInput(), options)
        found = runtime.submit(picture).result()[0]
        runtime.close()
        return found

    stored = answered(OpenvinoRuntime(), "int8")
    np.testing.assert_allclose(stored, answered(OnnxRuntime(), "f32"), atol=1e-3)
    assert np.abs(stored - answered(OpenvinoRuntime(), "f32")).max() > 0.01
