"""The Arrow schema of every table; docs/tables.md says the same and a test compares the two.

Frames are 0-based, times come from the source's own presentation time, boxes are source-image pixels.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from sightline.core.errors import ConfigError

_FRAME = (("frame", pa.int64()), ("t_s", pa.float64()))
_BOX = (("x1_px", pa.float32()), ("y1_px", pa.float32()), ("x2_px", pa.float32()), ("y2_px", pa.float32()))
_CLASS = (("class_id", pa.int32()), ("class_name", pa.string()))


def _schema(*columns: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in columns])


TABLES: Mapping[str, pa.Schema] = {
    # The ledger: one row a frame. `cause` is null for an inferred frame.
    "frames": _schema(
        *_FRAME,
        ("segment", pa.int32()),
        ("status", pa.string()),
        ("cause", pa.string()),
        ("detections", pa.int32()),
    ),
    # One row a detection, also those no track took up.
    "detections": _schema(*_FRAME, *_BOX, ("score", pa.float32()), *_CLASS),
    # One row a track a frame.
    "tracks": _schema(
        *_FRAME, ("track_id", pa.int64()), *_BOX, ("score", pa.float32()), *_CLASS, ("quality", pa.string())
    ),
    # One row a keypoint; `instance` counts bodies within the frame, `track_id` is null where none is known.
    "poses": _schema(
        *_FRAME,
        ("instance", pa.int32()),
        ("track_id", pa.int64()),
        ("point", pa.string()),
        ("x_px", pa.float32()),
        ("y_px", pa.float32()),
        ("score", pa.float32()),
    ),
    # One row for each thing that happened; `kind` as in `line_in`, `line_out`, `zone_enter`, `zone_exit`.
    "events": _schema(
        *_FRAME,
        ("kind", pa.string()),
        ("rule", pa.string()),
        ("track_id", pa.int64()),
        *_CLASS,
        ("x_px", pa.float32()),
        ("y_px", pa.float32()),
        ("value", pa.float64()),
        ("quality", pa.string()),
    ),
    # One row a stay in a zone; `frame`, `t_s` are its start. `complete` is false where it was cut by the
    # clip's or the track's end.
    "dwells": _schema(
        *_FRAME,
        ("rule", pa.string()),
        ("track_id", pa.int64()),
        *_CLASS,
        ("end_frame", pa.int64()),
        ("end_t_s", pa.float64()),
        ("dwell_s", pa.float64()),
        ("complete", pa.bool_()),
    ),
    # One row a zone a second: how many were inside. `coverage` is the share of that second really seen.
    "occupancy": _schema(
        *_FRAME,
        ("rule", pa.string()),
        ("mean", pa.float64()),
        ("maximum", pa.int32()),
        ("coverage", pa.float64()),
    ),
    # One row a track: how long it was seen and how far it went. `frame`, `t_s` are its first sighting.
    "objects": _schema(
        *_FRAME,
        ("track_id", pa.int64()),
        *_CLASS,
        ("end_frame", pa.int64()),
        ("end_t_s", pa.float64()),
        ("seen_frames", pa.int64()),
        ("seen_s", pa.float64()),
        ("coverage", pa.float64()),
        ("distance_px", pa.float64()),
        ("mean_speed_px_s", pa.float64()),
        ("top_speed_px_s", pa.float64()),
        ("distance_m", pa.float64()),
        ("mean_speed_mps", pa.float64()),
        ("top_speed_mps", pa.float64()),
    ),
}


def schema_of(table: str) -> pa.Schema:
    """Give a table's schema.

    Raises:
        ConfigError: There is no such table; the text lists those there are.
    """
    try:
        return TABLES[table]
    except KeyError:
        raise ConfigError(f"no table {table!r}", hint=f"one of {', '.join(sorted(TABLES))}") from None
