"""Both runtimes, on a tiny graph made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline import plugins
from sightline.ports import ImageInput, ModelOptions
from sightline.testing.contracts import RuntimeContract

onnx = pytest.importorskip("onnx")


def tiny_graph(path: Path, size: tuple[int, int]) -> Path:
    """Write a graph of one convolution with seeded weights: `(1, 3, h, w)` -> `(1, 4, h, w)`."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.01, (4, 3, 3, 3)).astype(np.float32)
    node = helper.make_node("Conv", ["images", "w"], ["out"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    graph = helper.make_graph(
        [node],
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, *size])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 4, *size])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


class _Tiny(RuntimeContract):
    NAME = ""

    def make(self) -> Any:
        return plugins.load("runtimes", self.NAME)()

    def weights(self, folder: Path) -> Path:
        return tiny_graph(folder / "tiny.onnx", self.SIZE)


class TestOpenvino(_Tiny):
    NAME = "openvino"


class TestOnnx(_Tiny):
    NAME = "onnx"


def test_every_runtime_is_tested_here():
    assert set(plugins.names("runtimes")) == {"openvino", "onnx"}


def test_both_runtimes_compute_the_same(tmp_path):
    weights = tiny_graph(tmp_path / "tiny.onnx", RuntimeContract.SIZE)
    picture = np.random.default_rng(3).integers(0, 256, (*RuntimeContract.SIZE, 3), dtype=np.uint8)
    given = ImageInput(mean=(10, 20, 30), std=(2, 3, 4), color="rgb")
    answers = []
    for name in ("openvino", "onnx"):
        runtime = plugins.load("runtimes", name)()
        runtime.open(weights, given, ModelOptions())
        answers.append(runtime.submit(picture).result()[0])
        runtime.close()
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-4)
