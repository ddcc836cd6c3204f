"""Writes each segment's rows as table parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sightline.core.ledger import FrameStatus
from sightline.core.packets import Packet
from sightline.core.tables import schema_of
from sightline.core.tracks import Quality

if TYPE_CHECKING:
    from sightline.core.poses import Poses

PartWriter = Callable[[int, Mapping[str, pa.RecordBatch]], None]
"""Stores the rows of one segment, whole or not at all: `(segment, table -> rows)`."""


_BOXES = frozenset({"detections", "tracks"})


class RecordStage:
    """Keeps the ledger and all findings, and has them written when a segment ends.

    The mark leaves with `parts`: table name -> rows written.
    """

    name = "record"
    produces = frozenset({"parts"})

    def __init__(
        self, write: PartWriter, *, tables: Sequence[str], class_names: Callable[[], Sequence[str]]
    ) -> None:
        """Record into `tables`: `frames`, and what stages have found under a table's name.

        Findings under `detections`, `tracks` and `poses` are the core's values. Those under any other table's
        name are its columns without `frame` and `t_s`, as `Mapping[str, Sequence]` of one length; a column left
        out and NaN are null.

        Args:
            write: Stores a segment's rows.
            tables: Which to keep; `frames` always is.
            class_names: Asked once the model is open.
        """
        self.consumes = frozenset(tables) - {"frames"}
        self._write = write
        self._tables = ("frames", *(table for table in tables if table != "frames"))
        self._class_names = class_names
        self._packets: list[Packet] = []

    def open(self) -> None:
        """Start an empty segment."""
        self._packets = []

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Take note of frames; write them when the mark comes by."""
        for packet in packets:
            if not packet.ends_segment:
                self._packets.append(_without_picture(packet))
                yield packet
                continue
            rows = {table: self._rows(table) for table in self._tables}
            self._packets = []
            self._write(packet.segment, rows)
            yield packet.with_found("parts", {table: batch.num_rows for table, batch in rows.items()})

    def close(self) -> Iterable[Packet]:
        """Nothing is held back: a segment without its mark is not finished."""
        return ()

    def _rows(self, table: str) -> pa.RecordBatch:
        if table == "frames":
            return _frame_rows(self._packets)
        found = [(packet, packet.found[table]) for packet in self._packets if table in packet.found]
        if table == "poses":
            return _pose_rows(found)
        if table in _BOXES:
            return _box_rows(table, found, self._class_names())
        return _plain_rows(table, found)


def _without_picture(packet: Packet) -> Packet:
    return Packet(
        packet.segment, packet.index, packet.pts_s, None, packet.found, packet.skipped, packet.failed
    )


def _batch(table: str, columns: Mapping[str, Any]) -> pa.RecordBatch:
    schema = schema_of(table)
    arrays = [pa.array(columns[field.name], type=field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _frame_rows(packets: Sequence[Packet]) -> pa.RecordBatch:
    def status(packet: Packet) -> FrameStatus:
        if packet.failed is not None:
            return FrameStatus.FAILED
        return FrameStatus.SKIPPED if packet.skipped is not None else FrameStatus.INFERRED

    columns = {
        "frame": [packet.index for packet in packets],
        "t_s": [float(packet.pts_s) for packet in packets],
        "segment": [packet.segment for packet in packets],
        "status": [status(packet).value for packet in packets],
        "cause": [packet.failed or packet.skipped for packet in packets],
        "detections": [len(packet.found.get("detections", ())) for packet in packets],
    }
    return _batch("frames", columns)


def _box_rows(table: str, found: Sequence[tuple[Packet, Any]], class_names: Sequence[str]) -> pa.RecordBatch:
    counts = [len(boxes) for _, boxes in found]
    boxes = _joined([boxes.boxes_px for _, boxes in found], np.zeros((0, 4), np.float32))
    class_ids = _joined([boxes.class_ids for _, boxes in found], np.zeros(0, np.int32))
    columns = {
        "frame": np.repeat(np.array([packet.index for packet, _ in found], np.int64), counts),
        "t_s": np.repeat(np.array([float(packet.pts_s) for packet, _ in found], np.float64), counts),
        **{name: boxes[:, place] for place, name in enumerate(("x1_px", "y1_px", "x2_px", "y2_px"))},
        "score": _joined([boxes.scores for _, boxes in found], np.zeros(0, np.float32)),
        "class_id": class_ids,
        "class_name": _names(class_ids, class_names),
    }
    if table == "tracks":
        columns["track_id"] = _joined([boxes.track_ids for _, boxes in found], np.zeros(0, np.int64))
        columns["quality"] = [Quality.SEEN.value] * len(class_ids)
    return _batch(table, columns)


def _names(class_ids: Any, class_names: Sequence[str]) -> pa.Array:
    known = list(class_names)
    known += [f"class_{number}" for number in range(len(known), int(class_ids.max(initial=-1)) + 1)]
    # not by Arrow's own `take` or `cast`, which import its functions: 9 MB and 30 ms
    return pa.array(np.array(known, object)[class_ids], pa.string())


def _pose_rows(found: Sequence[tuple[Packet, Poses]]) -> pa.RecordBatch:
    columns: dict[str, list[Any]] = {field.name: [] for field in schema_of("poses")}
    for packet, poses in found:
        names = poses.skeleton.points
        for instance in range(len(poses)):
            columns["frame"] += [packet.index] * len(names)
            columns["t_s"] += [float(packet.pts_s)] * len(names)
            columns["instance"] += [instance] * len(names)
            columns["track_id"] += [None] * len(names)
            columns["point"] += names
            columns["x_px"] += poses.points_px[instance, :, 0].tolist()
            columns["y_px"] += poses.points_px[instance, :, 1].tolist()
            columns["score"] += poses.scores[instance].tolist()
    return _batch("poses", columns)


def _plain_rows(table: str, found: Sequence[tuple[Packet, Mapping[str, Any]]]) -> pa.RecordBatch:
    """Stack the columns that a stage found frame by frame; the packets give frame and time."""
    schema = schema_of(table)
    counts = [len(next(iter(columns.values()), ())) for _, columns in found]
    own = {
        "frame": pa.array(np.repeat(np.array([packet.index for packet, _ in found], np.int64), counts)),
        "t_s": pa.array(np.repeat(np.array([float(packet.pts_s) for packet, _ in found], float), counts)),
    }

    def column(field: pa.Field) -> pa.Array:
        if field.name in own:
            return own[field.name]
        parts = [
            pa.array(columns.get(field.name, [None] * count), field.type, from_pandas=True)
            for (_, columns), count in zip(found, counts, strict=True)
        ]
        return pa.concat_arrays(parts) if parts else pa.array([], field.type)

    return pa.RecordBatch.from_arrays([column(field) for field in schema], schema=schema)


def _joined(arrays: Sequence[Any], empty: Any) -> Any:
    return np.concatenate(arrays) if arrays else empty
