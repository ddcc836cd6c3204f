"""Arrays to bytes and back: equal arrays give equal bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np

_MAGIC = b"BALL1\n"

Arrays = Mapping[str, "np.ndarray[Any, np.dtype[Any]]"]


def to_bytes(arrays: Arrays) -> bytes:
    """Write named arrays one after the other, in the order of their names."""
    out = io.BytesIO()
    out.write(_MAGIC)
    names = sorted(arrays)
    np.lib.format.write_array(out, np.array(names, dtype="U32"), allow_pickle=False)
    for name in names:
        np.lib.format.write_array(out, np.ascontiguousarray(arrays[name]), allow_pickle=False)
    return out.getvalue()


def from_bytes(state: bytes) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """Read what `to_bytes` gave.

    Raises:
        ValueError: These are not such bytes.
    """
    if not state.startswith(_MAGIC):
        raise ValueError("not the memory of a ball finder")
    source = io.BytesIO(state)
    source.seek(len(_MAGIC))
    names = np.lib.format.read_array(source, allow_pickle=False)
    return {str(name): np.lib.format.read_array(source, allow_pickle=False) for name in names}


def part(arrays: Arrays, prefix: str) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """Give the arrays whose names begin with a prefix, without it."""
    return {name[len(prefix) :]: values for name, values in arrays.items() if name.startswith(prefix)}


def named(arrays: Arrays, prefix: str) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """Put a prefix before every name."""
    return {prefix + name: values for name, values in arrays.items()}
