"""Checks that arrays have the shape and kind that a value promises, and freezes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt8 = NDArray[np.uint8]


def frozen(name: str, values: Any, shape: tuple[int | None, ...], dtype: type[np.generic]) -> NDArray[Any]:
    """Give `values` as a read-only array of that shape and type.

    Args:
        name: What the array is called in an error.
        values: Anything numpy takes. An array that already fits is not copied, only its view is frozen.
        shape: Expected shape; `None` stands for any length.
        dtype: The element type; integers are not silently cut from floats.

    Raises:
        ValueError: The shape or kind is another; the text gives both.
    """
    array = np.asarray(values)
    if array.size == 0 and array.ndim != len(shape):
        array = array.reshape([length or 0 for length in shape])
    # No generator where it fits as nearly always: a frame's boxes come by here seven times.
    fits = shape[0] is None and array.shape[1:] == shape[1:] and array.ndim == len(shape)
    if not fits and not _fits(array.shape, shape):
        wanted = "(" + ", ".join("n" if length is None else str(length) for length in shape) + ")"
        raise ValueError(f"{name} must have shape {wanted}, got {array.shape}")
    if array.dtype != dtype:
        if array.size and np.issubdtype(dtype, np.integer) and not np.issubdtype(array.dtype, np.integer):
            raise ValueError(f"{name} must be integers, got {array.dtype}")
        array = array.astype(dtype)
    array = array.view()
    array.setflags(write=False)
    return array


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        want is None or want == have for want, have in zip(wanted, shape, strict=True)
    )


def same_rows(**arrays: NDArray[Any]) -> None:
    """Refuse arrays of different lengths.

    Raises:
        ValueError: Names each array with its length.
    """
    lengths = [len(array) for array in arrays.values()]
    if lengths.count(lengths[0]) < len(lengths):
        told = (f"{name} {count}" for name, count in zip(arrays, lengths, strict=True))
        raise ValueError("rows differ: " + ", ".join(told))
