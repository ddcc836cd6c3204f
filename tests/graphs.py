"""Tiny ONNX graphs for tests: one that answers fixed tensors, one that computes something of its input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")


def constant_graph(
    path: Path,
    outputs: Mapping[str, Any],
    *,
    input_shape: Sequence[int | str] = (1, 3, 64, 64),
    dtype: type[np.generic] = np.float32,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write a graph that answers `outputs` whatever picture it is given."""
    from onnx import helper, numpy_helper

    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    # the input must be used, or a runtime may take it away: add nought times its mean
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=onnx.TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nought"], ["nothing"]),
    ]
    stored = [numpy_helper.from_array(np.float32(0), "nought")]
    infos = []
    for name, value in outputs.items():
        array = np.asarray(value, np.float32)
        stored.append(numpy_helper.from_array(array, f"{name}_stored"))
        nodes.append(helper.make_node("Add", [f"{name}_stored", "nothing"], [name]))
        infos.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, array.shape))
    taken = helper.make_tensor_value_info("images", kind, input_shape)
    return _save(path, nodes, taken, infos, stored, metadata)


def focus_graph(path: Path, *, size: tuple[int, int] = (32, 48), seed: int = 0) -> Path:
    """Write YOLOX's first layer: even and odd rows and columns stacked, then a 3x3 convolution."""
    from onnx import helper, numpy_helper

    weights = np.random.default_rng(seed).normal(0, 0.05, (4, 12, 3, 3)).astype(np.float32)
    stored = [numpy_helper.from_array(weights, "kernel")]
    for name, value in {
        "rows": [2],
        "columns": [3],
        "zero": [0],
        "one": [1],
        "two": [2],
        "end": [2**31],
    }.items():
        stored.append(numpy_helper.from_array(np.array(value, np.int64), name))
    nodes, parts = [], []
    for y, x in ((0, 0), (1, 0), (0, 1), (1, 1)):
        start_y, start_x = ("zero", "one")[y], ("zero", "one")[x]
        nodes.append(helper.make_node("Slice", ["images", start_y, "end", "rows", "two"], [f"y{y}{x}"]))
        nodes.append(helper.make_node("Slice", [f"y{y}{x}", start_x, "end", "columns", "two"], [f"p{y}{x}"]))
        parts.append(f"p{y}{x}")
    nodes.append(helper.make_node("Concat", parts, ["stacked"], axis=1))
    nodes.append(helper.make_node("Conv", ["stacked", "kernel"], ["out"], kernel_shape=[3, 3], pads=[1] * 4))
    taken = helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, (1, 3, *size))
    out = helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, (1, 4, size[0] // 2, size[1] // 2))
    return _save(path, nodes, taken, [out], stored, None)


def dynamic_int8_graph(
    path: Path,
    *,
    size: Sequence[int] = (24, 32),
    sums_are_read: bool = False,
    zero: int | None = None,
    kernel_scale: Any = 0.01,
) -> Path:
    """Write a convolution, its weights stored in int8 and its input rounded to int8 while it runs.

    Args:
        path: Of the file.
        size: `(height, width)` of the picture; of any other number of axes too.
        sums_are_read: Whether the whole-number sums are an output too.
        zero: Zero point to take from the input; the one that it was rounded with where it is None.
        kernel_scale: What one step of the weights is worth.
    """
    from onnx import helper, numpy_helper

    rng = np.random.default_rng(5)
    stored = [
        numpy_helper.from_array(rng.integers(0, 256, (4, 3, *[3] * len(size))).astype(np.uint8), "kernel"),
        numpy_helper.from_array(np.uint8(120), "kernel_zero"),
        numpy_helper.from_array(np.asarray(kernel_scale, np.float32), "kernel_scale"),
        numpy_helper.from_array(np.uint8(zero or 0), "other_zero"),
    ]
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["images"], ["bytes", "scale", "zero"]),
        helper.make_node(
            "ConvInteger",
            ["bytes", "kernel", "zero" if zero is None else "other_zero", "kernel_zero"],
            ["sums"],
            pads=[1, 1] * len(size),
            strides=[2] * len(size),
        ),
        helper.make_node("Cast", ["sums"], ["real"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", ["scale", "kernel_scale"], ["scales"]),
        helper.make_node("Mul", ["real", "scales"], ["out"]),
    ]
    half = (1, 4, *(length // 2 for length in size))
    outputs = [helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, None)]
    if sums_are_read:
        outputs.append(helper.make_tensor_value_info("sums", onnx.TensorProto.INT32, half))
    taken = helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, (1, 3, *size))
    return _save(path, nodes, taken, outputs, stored, None)


def _save(
    path: Path, nodes: Any, taken: Any, outputs: Any, stored: Any, metadata: Mapping[str, str] | None
) -> Path:
    from onnx import helper

    graph = helper.make_graph(nodes, "test", [taken], outputs, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, value in (metadata or {}).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    path.write_bytes(model.SerializeToString())
    return path
