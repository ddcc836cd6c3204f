"""Changes to a graph before OpenVINO compiles it: pre-processing put inside, and work taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.errors import ModelInputError
from sightline.vision.runtimes.openvino_package import silent_openvino

if TYPE_CHECKING:
    from sightline.core.arrays import Float32
    from sightline.ports import ImageInput

ov = silent_openvino()


def fix_input_size(model: Any, input_size: tuple[int, int] | None) -> None:
    """Give a graph one picture of a fixed size: the one asked for, else its own.

    Raises:
        ModelInputError: The graph takes no pictures, or leaves its size free and none is given.
    """
    shape = model.inputs[0].partial_shape
    if len(model.inputs) != 1 or len(shape) != 4:
        raise ModelInputError(f"the graph takes {len(model.inputs)} inputs, the first of shape {shape}")
    if not shape.is_dynamic and input_size is None:
        return
    sizes = [dimension.get_length() if dimension.is_static else None for dimension in shape]
    rows, columns = (1, 2) if sizes[3] == 3 else (2, 3)
    if None in (sizes[rows], sizes[columns]) and input_size is None:
        raise ModelInputError(
            f"the graph leaves its input size free: {shape}", hint="give one, as in --input-size 640x640"
        )
    if input_size is not None:
        sizes[rows], sizes[columns] = input_size
    fixed = [sizes[0] or 1, *(size if size is not None else 3 for size in sizes[1:])]
    if shape.is_dynamic or fixed != [dimension.get_length() for dimension in shape]:
        model.reshape(fixed)


def with_preprocessing(model: Any, image_input: ImageInput) -> Any:
    """Let a graph take `(1, h, w, 3)` BGR bytes: conversion, colours, mean and scale become part of it."""
    channels_last = model.inputs[0].partial_shape[3] == 3
    changes = ov.preprocess.PrePostProcessor(model)
    picture = changes.input()
    picture.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    picture.tensor().set_color_format(ov.preprocess.ColorFormat.BGR)
    picture.model().set_layout(ov.Layout("NHWC" if channels_last else "NCHW"))
    steps = picture.preprocess()
    if model.inputs[0].element_type != ov.Type.u8:
        steps.convert_element_type(ov.Type.f32)
    if image_input.color == "rgb":
        steps.convert_color(ov.preprocess.ColorFormat.RGB)
    if image_input.mean != (0.0, 0.0, 0.0):
        steps.mean(list(image_input.mean))
    if image_input.std != (1.0, 1.0, 1.0):
        steps.scale(list(image_input.std))
    return changes.build()


def fold_focus(model: Any) -> bool:
    """Replace YOLOX's and YOLOv5's first layer by one convolution that computes the same.

    That layer cuts the picture into its even and odd rows and columns, stacks the four and convolves them.
    A convolution with a kernel of twice the size and a stride of two does so in one step; the slicing was a
    tenth of YOLOX-nano's time.

    Returns:
        Whether the graph had such a layer.
    """
    for layer in model.get_ordered_ops():
        if layer.get_type_name() != "Convolution" or not _is_plain(layer):
            continue
        stacked, kernel = layer.input_value(0).get_node(), layer.input_value(1).get_node()
        if stacked.get_type_name() != "Concat" or kernel.get_type_name() != "Constant":
            continue
        found = _phases(stacked)
        if found is None:
            continue
        source, offsets = found
        weights = _spread(np.asarray(kernel.get_data(), np.float32), offsets)
        begin, end = (
            [2 * pad for pad in layer.get_attributes()[name]] for name in ("pads_begin", "pads_end")
        )
        folded = ov.opset13.convolution(source, ov.opset13.constant(weights), [2, 2], begin, end, [1, 1])
        layer.output(0).replace(folded.output(0))
        return True
    return False


def _is_plain(layer: Any) -> bool:
    """Whether a convolution steps by one, undilated, padded by stated amounts, over float32."""
    attributes = layer.get_attributes()
    return (
        list(attributes["strides"]) == [1, 1]
        and list(attributes["dilations"]) == [1, 1]
        and attributes["auto_pad"] == "explicit"
        and layer.output(0).element_type == ov.Type.f32
    )


def _phases(stacked: Any) -> tuple[Any, list[tuple[int, int]]] | None:
    """Give what is cut into even and odd, and each part's offset `(y, x)`; None where it is not that."""
    offsets: list[tuple[int, int]] = []
    sources: list[Any] = []
    for part in stacked.input_values():
        offset = [0, 0]
        value, cuts = part, 0
        while value.get_node().get_type_name() == "Slice":
            cut = _every_second(value.get_node())
            if cut is None:
                return None
            offset[cut[0] - 2] = cut[1]
            value, cuts = value.get_node().input_value(0), cuts + 1
        if cuts != 2:
            return None
        offsets.append((offset[0], offset[1]))
        sources.append(value)
    one_source = len({(value.get_node().friendly_name, value.get_index()) for value in sources}) == 1
    if not one_source or sorted(offsets) != [(0, 0), (0, 1), (1, 0), (1, 1)]:
        return None
    return sources[0], offsets


def _every_second(cut: Any) -> tuple[int, int] | None:
    """Give the axis (2 or 3) and start (0 or 1) of a slice that takes every second row or column."""
    inputs = [value.get_node() for value in cut.input_values()[1:]]
    if len(inputs) != 4 or any(node.get_type_name() != "Constant" for node in inputs):
        return None
    if any(node.get_data().size != 1 for node in inputs):
        return None
    start, stop, step, axis = (int(node.get_data().reshape(-1)[0]) for node in inputs)
    shape = cut.input_value(0).partial_shape
    if axis not in (2, 3) or start not in (0, 1) or step != 2 or len(shape) != 4 or shape.is_dynamic:
        return None
    length = shape[axis].get_length()
    return (axis, start) if stop >= length and length % 2 == 0 else None


def _spread(kernel: Float32, offsets: list[tuple[int, int]]) -> Float32:
    """Give the kernel of twice the size: each part's weights at the rows and columns it was cut from."""
    outputs, stacked, height, width = kernel.shape
    channels = stacked // len(offsets)
    wide = np.zeros((outputs, channels, 2 * height, 2 * width), np.float32)
    for part, (y, x) in enumerate(offsets):
        wide[:, :, y::2, x::2] = kernel[:, part * channels : (part + 1) * channels]
    return wide
