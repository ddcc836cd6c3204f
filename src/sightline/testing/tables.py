"""Tables in memory, and made-up crowds to fill them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sightline.core.tables import schema_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


class MemoryTables:
    """A `TableReader` and `TableWriter` that keeps everything in memory.

    Batches come out as they went in, cut to at most `rows_a_batch` rows where that is given.
    """

    def __init__(self, *, rows_a_batch: int | None = None) -> None:
        self.rows_a_batch = rows_a_batch
        self._parts: dict[str, list[pa.RecordBatch]] = {}

    def write(self, table: str, batch: Any) -> None:
        """Append a `pyarrow.RecordBatch`.

        Raises:
            ConfigError: There is no such table.
            ValueError: The batch does not have the table's schema.
        """
        schema = schema_of(table)
        if not batch.schema.equals(schema):
            raise ValueError(f"{table} has the schema {schema}, got {batch.schema}")
        self._parts.setdefault(table, []).append(batch)

    def add(self, table: str, columns: Mapping[str, Any]) -> None:
        """Append rows given as columns of plain data; a column left out is null."""
        schema = schema_of(table)
        unknown = sorted(set(columns) - set(schema.names))
        if unknown:
            raise ValueError(f"{table} has no column {unknown[0]!r}")
        length = len(next(iter(columns.values())))
        arrays = [pa.array(columns.get(field.name, [None] * length), field.type) for field in schema]
        self.write(table, pa.RecordBatch.from_arrays(arrays, schema=schema))

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """See `TableReader`."""
        schema_of(table)
        for part in self._parts.get(table, []):
            chosen = part if columns is None else part.select(list(columns))
            step = self.rows_a_batch or max(1, part.num_rows)
            for start in range(0, part.num_rows, step):
                yield chosen.slice(start, step)

    def rows(self, table: str) -> int:
        """See `TableReader`."""
        schema_of(table)
        return sum(part.num_rows for part in self._parts.get(table, []))

    def table(self, table: str) -> pa.Table:
        """Give a whole table."""
        return pa.Table.from_batches(self._parts.get(table, []), schema=schema_of(table))


def crowd_tables(
    *,
    people: int = 8,
    seconds: float = 10.0,
    rate_hz: float = 25.0,
    size: tuple[int, int] = (720, 1280),
    seed: int = 0,
    miss: float = 0.02,
    jitter_px: float = 1.0,
    stride: int = 1,
) -> MemoryTables:
    """Make up the `frames` and `tracks` tables of people who walk about.

    Each comes at some time and goes again, walks with a slow drift, turns back at the picture's edge, is larger
    the lower in the picture, is missed now and then, and jitters. The same arguments give the same tables.

    Args:
        people: How many.
        seconds: Length of the clip.
        rate_hz: Frames a second.
        size: `(height, width)` of the picture.
        seed: Of everything random.
        miss: Share of sightings left out, 0..1.
        jitter_px: Standard deviation of each box's place.
        stride: Look at each so many-th frame only.
    """
    tables = MemoryTables()
    chance = np.random.default_rng(seed)
    count = max(1, round(seconds * rate_hz))
    times_s = np.arange(count) / rate_hz
    looked = np.arange(count) % stride == 0
    starts_s = chance.uniform(-0.2 * seconds, 0.6 * seconds, people)
    lives_s = chance.uniform(0.3 * seconds, seconds, people)
    feet = _ways(chance, times_s - times_s[0], people, size)
    shape = (count, people)
    there = looked[:, None] & (times_s[:, None] >= starts_s) & (times_s[:, None] < starts_s + lives_s)
    there &= (chance.random(shape) >= miss) & ((feet >= 0) & (feet <= (size[1], size[0]))).all(axis=2)
    feet = feet + chance.normal(0, jitter_px, feet.shape)
    frames, persons = np.nonzero(there)
    x, y = feet[frames, persons].T
    heights = 0.10 * size[0] + 0.15 * y
    boxes = np.stack([x - 0.2 * heights, y - heights, x + 0.2 * heights, y], axis=1).astype(np.float32)
    tables.add(
        "frames",
        {
            "frame": np.arange(count),
            "t_s": times_s,
            "segment": np.zeros(count, np.int32),
            "status": np.where(looked, "inferred", "skipped").tolist(),
            "cause": [None if look else "stride" for look in looked],
            "detections": there.sum(axis=1).astype(np.int32),
        },
    )
    rows = len(frames)
    tables.add(
        "tracks",
        {
            "frame": frames,
            "t_s": times_s[frames],
            "track_id": persons + 1,
            **{name: boxes[:, side] for side, name in enumerate(("x1_px", "y1_px", "x2_px", "y2_px"))},
            "score": chance.uniform(0.5, 1.0, rows).astype(np.float32),
            "class_id": np.zeros(rows, np.int32),
            "class_name": ["person"] * rows,
            "quality": ["seen"] * rows,
        },
    )
    return tables


def _ways(
    chance: np.random.Generator, times_s: NDArray[np.float64], people: int, size: tuple[int, int]
) -> NDArray[np.float64]:
    """Where everybody's feet are, `(times, people, 2)`."""
    far = np.array([size[1], size[0]], np.float64)
    begin = chance.uniform(0.1, 0.9, (people, 2)) * far
    heading = chance.uniform(0, 2 * np.pi, people)
    pace = chance.uniform(0.02, 0.12, people) * far[0]
    velocity = np.stack([np.cos(heading), 0.5 * np.sin(heading)], axis=1) * pace[:, None]
    sway = 0.02 * far[0] * np.sin(times_s[:, None, None] * chance.uniform(0.3, 1.0, (people, 2)))
    free = begin + velocity * times_s[:, None, None] + sway
    return np.asarray(far * (0.03 + 0.94 * (1 - np.abs(1 - np.mod(free / far, 2)))))
