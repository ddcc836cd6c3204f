"""Changes to a graph before OpenVINO compiles it: pre-processing put inside, and work taken out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.errors import ModelInputError
from sightline.vision.runtimes.openvino_package import silent_openvino

if TYPE_CHECKING:
    from sightline.core.arrays import Float32
    from sightline.ports import ClassScores, ImageInput

ov = silent_openvino()


def fix_input_size(model: Any, input_size: tuple[int, int] | None) -> None:
    """Give a graph one picture of a fixed size: the one asked for, else its own.

    Raises:
        ModelInputError: The graph takes no pictures, or leaves its size free and none is given.
    """
    shape = model.inputs[0].partial_shape
    if len(model.inputs) != 1 or len(shape) != 4:
        raise ModelInputError(
            f"the graph takes {len(model.inputs)} inputs, the first of shape {shape}",
            hint="export the model so that it takes one batch of pictures",
        )
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
    """Let a graph take BGR bytes `(1, h, w, 3)`: conversion, colours, mean and scale become part of it.

    Where only the type changes, it changes on a flat row of bytes: then the turn to planes comes last, just before a
    layer that wants pictures as they came, and OpenVINO drops both. Where mean and scale are to be taken in, they would
    round otherwise.
    """
    changes = ov.preprocess.PrePostProcessor(model)
    picture = changes.input()
    picture.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    picture.tensor().set_color_format(ov.preprocess.ColorFormat.BGR)
    picture.model().set_layout(ov.Layout("NHWC" if _has_channels_last(model) else "NCHW"))
    steps = picture.preprocess()
    plain = image_input.mean == (0.0, 0.0, 0.0) and image_input.std == (1.0, 1.0, 1.0)
    flat = plain and not _has_channels_last(model)
    if model.inputs[0].element_type != ov.Type.u8:
        if flat:
            steps.custom(lambda picture: _reshaped(picture, [1, -1]))
        steps.convert_element_type(ov.Type.f32)
        if flat:
            height, width = list(model.inputs[0].shape)[2:]
            steps.custom(lambda picture: _reshaped(picture, [1, height, width, 3]))
    if image_input.color == "rgb":
        steps.convert_color(ov.preprocess.ColorFormat.RGB)
    if image_input.mean != (0.0, 0.0, 0.0):
        steps.mean(list(image_input.mean))
    if image_input.std != (1.0, 1.0, 1.0):
        steps.scale(list(image_input.std))
    return changes.build()


def _has_channels_last(model: Any) -> bool:
    return bool(model.inputs[0].partial_shape[3] == 3)


def _reshaped(value: Any, shape: list[int]) -> Any:
    return ov.opset13.reshape(value, np.array(shape), special_zero=False).output(0)


def cut_last_transposes(model: Any) -> tuple[tuple[int, ...] | None, ...]:
    """Take a transposition off the end of each output that has one: on a view of the answer it costs nothing.

    Returns:
        For each output the order in which `transpose` gives back its axes, None where there was none.
    """
    orders: list[tuple[int, ...] | None] = []
    for result in model.get_results():
        last = result.input_value(0).get_node()
        order = last.input_value(1).get_node() if last.get_type_name() == "Transpose" else None
        if order is None or order.get_type_name() != "Constant" or not order.get_data().size:
            orders.append(None)
            continue
        orders.append(tuple(order.get_data().tolist()))
        result.input(0).replace_source_output(last.input_value(0))
    model.validate_nodes_and_infer_types()
    return tuple(orders)


def pick_classes(model: Any, classes: ClassScores, order: tuple[int, ...] | None) -> None:
    """Put the best score and its class's number in place of all classes' scores in a graph's only output.

    Whoever reads the answer would look at every score; here they are still at hand.

    Args:
        model: With one output.
        classes: Where they stand.
        order: How the output's axes will be turned once it is out, see `cut_last_transposes`.
    """
    result = model.get_results()[0]
    value = result.input_value(0)
    axis = classes.axis if order is None else order[classes.axis]
    count = value.partial_shape[axis].get_length() - classes.first
    along, at = ov.opset13.constant(np.array(axis)), ov.opset13.constant(np.array([axis]))
    before, scores = ov.opset13.variadic_split(
        value, along, ov.opset13.constant(np.array([classes.first, count]))
    ).outputs()
    shape = [count if place == axis else 1 for place in range(len(value.partial_shape))]
    numbers = ov.opset13.constant(np.arange(count, dtype=np.float32).reshape(shape))
    best = ov.opset13.reduce_max(scores, at, keep_dims=True)
    none = ov.opset13.constant(np.float32(count))
    first = ov.opset13.reduce_min(
        ov.opset13.select(ov.opset13.equal(scores, best), numbers, none), at, keep_dims=True
    )
    # NaN where a score is, and otherwise nothing: the greatest of scores may pass over it
    doubt = ov.opset13.multiply(
        ov.opset13.reduce_sum(scores, at, keep_dims=True), ov.opset13.constant(np.float32(0))
    )
    picked = [ov.opset13.add(each, doubt) for each in (best, first)]
    result.input(0).replace_source_output(ov.opset13.concat([before, *picked], axis).output(0))
    model.validate_nodes_and_infer_types()


def chain_pools(model: Any) -> int:
    """Make each wide max pooling of a value out of the next smaller one of the same value, which gives the same.

    The greatest of a window is the greatest of the greatest of its parts: 5, 9 and 13 wide, as spatial pyramids have
    them, are 5 wide once, twice and thrice.

    Returns:
        How many were replaced.
    """
    pyramids: dict[tuple[str, int], dict[int, Any]] = {}
    for layer in model.get_ordered_ops():
        width = _pooled_width(layer)
        if width is not None:
            value = layer.input_value(0)
            pyramids.setdefault((value.get_node().get_name(), value.get_index()), {})[width] = layer
    replaced = 0
    for pools in pyramids.values():
        widths = sorted(pools)
        below = pools[widths[0]].output(0)
        for narrow, wide in pairwise(widths):
            step = wide - narrow
            pool = ov.opset13.max_pool(
                below, [1, 1], [1, 1], [step // 2] * 2, [step // 2] * 2, [step + 1] * 2
            )
            below = pool.output(0)
            pools[wide].output(0).replace(below)
            replaced += 1
    return replaced


def _pooled_width(layer: Any) -> int | None:
    """Give the width of a max pooling by squares of odd width that keeps a value's size; None for anything else."""
    if layer.get_type_name() != "MaxPool":
        return None
    facts = layer.get_attributes()
    width = int(facts["kernel"][0])
    plain = (
        list(facts["kernel"]) == [width, width]
        and width % 2 == 1
        and list(facts["strides"]) == list(facts.get("dilations", [1, 1])) == [1, 1]
        and list(facts["pads_begin"]) == list(facts["pads_end"]) == [width // 2, width // 2]
        and facts["auto_pad"] == "explicit"
        and not any(output.get_target_inputs() for output in layer.outputs()[1:])
    )
    return width if plain else None


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


def undo_dynamic_quantisation(model: Any) -> int:
    """Compute convolutions whose input is rounded to whole numbers while it runs in the numbers that it had before.

    Such files (ONNX's DynamicQuantizeLinear and ConvInteger) look for a layer's greatest and least value, round all
    to 256 steps between, convolve whole numbers and scale what comes out. OpenVINO has no kernel for this and takes
    it apart into plain operations. Without the rounding what remains is a plain convolution with the stored weights.

    Returns:
        How many convolutions were replaced.
    """
    replaced = 0
    for layer in model.get_ordered_ops():
        if layer.get_type_name() != "Convolution" or layer.get_output_element_type(0) != ov.Type.i32:
            continue
        rounded, kernel, scaled = _value_rounded(layer), _stored_kernel(layer), _scaled(layer)
        if rounded is None or kernel is None or scaled is None:
            continue
        value, extent = rounded
        scale = _stored_scale(scaled, extent, channels=len(kernel))
        if scale is None:
            continue
        facts = layer.get_attributes()
        convolved = ov.opset13.convolution(
            value,
            ov.opset13.constant(kernel * scale.reshape(-1, 1, 1, 1)),
            *(facts[name] for name in ("strides", "pads_begin", "pads_end", "dilations", "auto_pad")),
        )
        scaled.output(0).replace(convolved.output(0))
        replaced += 1
    if replaced:
        model.validate_nodes_and_infer_types()
    return replaced


def _value_rounded(layer: Any) -> tuple[Any, Any] | None:
    """Give the value that a whole-number convolution's input was rounded from, and the node of its extent.

    What goes in is what ONNX's DynamicQuantizeLinear becomes, less the very zero point that was added there.
    """
    added = _above(layer.input_value(0), ("Subtract", "Convert", "Convert", "Clamp"))
    quotient = _above(added, ("Add", "Round"))
    value = _above(quotient, ("Divide", "Multiply"))
    if added is None or quotient is None or value is None:
        return None
    put_on, taken_off = (
        _above(node.input_value(1), ("Convert",))
        for node in (added.get_node(), layer.input_value(0).get_node())
    )
    if put_on is None or taken_off is None or put_on.get_node().get_name() != taken_off.get_node().get_name():
        return None
    return value, quotient.get_node().input_value(1).get_node()


def _stored_kernel(layer: Any) -> Float32 | None:
    """Give a whole-number convolution's weights less their zero point, `(outputs, inputs, height, width)`."""
    less = layer.input_value(1).get_node()
    if less.get_type_name() != "Subtract":
        return None
    parts = [_above(less.input_value(place), ("Convert",)) for place in (0, 1)]
    if any(part is None or part.get_node().get_type_name() != "Constant" for part in parts):
        return None
    weights, zero = (np.asarray(part.get_node().get_data(), np.float32) for part in parts if part is not None)
    return weights - zero.reshape(()) if weights.ndim == 4 and zero.size == 1 else None


def _scaled(layer: Any) -> Any | None:
    """Give the multiplication that turns a whole-number convolution's sums back; None if they are read elsewhere too."""
    for kind in ("Convert", "Multiply"):
        readers = list(layer.output(0).get_target_inputs())
        if len(readers) != 1 or readers[0].get_node().get_type_name() != kind:
            return None
        layer = readers[0].get_node()
    return layer


def _stored_scale(scaled: Any, extent: Any, *, channels: int) -> Float32 | None:
    """Give the weights' scale, one or one a channel, where sums are multiplied by it and by a 255th of the same extent."""
    factor = scaled.input_value(1).get_node()
    if factor.get_type_name() != "Multiply":
        return None
    by_kind = {factor.input_value(place).get_node().get_type_name(): place for place in (0, 1)}
    if by_kind.keys() != {"Divide", "Constant"}:
        return None
    step = factor.input_value(by_kind["Divide"]).get_node()
    if step.input_value(0).get_node().get_name() != extent.get_name():
        return None
    scale = np.asarray(factor.input_value(by_kind["Constant"]).get_node().get_data(), np.float32)
    a_channel = scale.size == channels and scale.shape[-3:] == (channels, 1, 1)
    return scale if scale.size == 1 or a_channel else None


def _above(value: Any, kinds: Sequence[str]) -> Any | None:
    """Give what goes first into a chain of operations of these kinds, the last of which gives `value`."""
    for kind in kinds:
        if value is None or value.get_node().get_type_name() != kind:
            return None
        value = value.get_node().input_value(0)
    return value
