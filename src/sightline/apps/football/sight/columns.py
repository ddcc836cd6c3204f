"""Reads stored tables as whole columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sightline.core.tables import schema_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64
    from sightline.ports import TableReader


def looked_frames(read: TableReader) -> tuple[Int64, Float64]:
    """Give number and time of each frame that the model looked at."""
    columns = columns_of(read, "frames", ("frame", "t_s", "status"))
    looked = np.asarray(columns["status"] == "inferred", np.bool_)
    return columns["frame"][looked].astype(np.int64), columns["t_s"][looked].astype(np.float64)


def columns_of(read: TableReader, table: str, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Give whole columns of a table; null numbers are NaN, null words None."""
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in names}
    for batch in read.batches(table, list(names)):
        for name in names:
            parts[name].append(batch[name].to_numpy(zero_copy_only=False))
    schema = schema_of(table)
    empty = {
        name: np.zeros(0, object if schema.field(name).type == pa.string() else np.float64) for name in names
    }
    return {name: np.concatenate(found) if found else empty[name] for name, found in parts.items()}
