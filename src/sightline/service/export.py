"""Writes a finished run's tables in other programs' formats, some thousand rows in memory at a time.

Each function is a plugin of the group `sightline.exports` and follows `ports.Export`: it takes the result
folder and the place to write to, and gives what it wrote; nothing appears there before all of it is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import pyarrow as pa

from sightline.core.errors import ConfigError, SettingsError
from sightline.core.optional import require
from sightline.core.tables import TABLES, schema_of
from sightline.service.export_geojson import export_geojson
from sightline.service.folder import whole
from sightline.service.pipelines.csv_rows import CsvWriter
from sightline.service.results import Results
from sightline.service.tables import check_filled

if TYPE_CHECKING:
    from sightline.core.arrays import Float64
    from sightline.service.tables import ParquetTables

__all__ = [
    "export_coco",
    "export_csv",
    "export_geojson",
    "export_mot",
    "export_supervision",
    "supervision_frames",
]

_BOX = ("x1_px", "y1_px", "x2_px", "y2_px")
_BOXED = ("tracks", "detections")


def export_mot(folder: Path, out: Path, *, table: str = "tracks") -> Path:
    """Write boxes in the MOT Challenge's text format: `frame,id,left,top,width,height,score,-1,-1,-1`.

    Frames count from 1; detections, which have no identity, have -1; pixels are given to a thousandth.

    Args:
        folder: A run's result folder.
        out: The text file.
        table: `tracks` or `detections`.

    Raises:
        ConfigError: The folder holds no such results.
        OutputError: The file cannot be written.
    """
    tables = _tables(folder, table, _BOXED)
    with whole(out) as path, path.open("w", encoding="ascii", newline="\n") as file:
        for frame, (x1, y1, x2, y2), score, _, _, track_id in _rows(tables, table):
            number = -1 if track_id is None else track_id
            box = f"{x1:.3f},{y1:.3f},{x2 - x1:.3f},{y2 - y1:.3f}"
            file.write(f"{frame + 1},{number},{box},{score:.6g},-1,-1,-1\n")
    return out


def export_coco(folder: Path, out: Path, *, table: str = "tracks") -> Path:
    """Write boxes as COCO JSON: each frame of the video is an image, named as `%06d.jpg` after its number.

    Image ids are frame numbers from 0, annotation ids count from 1, category ids are the model's class ids.
    Annotations carry `score`, and `track_id` where they have one; images carry `t_s` and `frame_id`, and
    belong to a single entry of `videos`, as in the CocoVID layout.

    Args:
        folder: A run's result folder.
        out: The JSON file.
        table: `tracks` or `detections`.

    Raises:
        ConfigError: The folder holds no such results.
        OutputError: The file cannot be written.
    """
    results = Results(folder)
    tables = _tables(folder, table, _BOXED)
    media = results.media
    height, width = media.size
    name = results.source_name
    rate_hz = float(media.frame_rate_hz) if media.frame_rate_hz else None
    with whole(out) as path, path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"info": ' + _json({"description": f"Sightline {table} of {name}"}))
        video = {"id": 1, "name": name, "width": width, "height": height, "fps": rate_hz}
        file.write(',\n"videos": [' + _json(video) + "]")
        file.write(',\n"categories": ' + _json(_categories(tables, table)))
        file.write(',\n"images": ')
        _write_list(file, _coco_images(tables, width, height))
        file.write(',\n"annotations": ')
        _write_list(file, _coco_annotations(tables, table))
        file.write("}\n")
    return out


def export_csv(folder: Path, out: Path, *, table: str | None = None) -> Path:
    """Write tables as CSV with a header line.

    Args:
        folder: A run's result folder.
        out: A file whose name ends in `.csv` takes one table; anything else is a folder that gets one file
            for each table, or for the chosen one.
        table: Which; None for `tracks` into a file and all tables into a folder.

    Raises:
        ConfigError: The folder holds no such results.
        OutputError: The place cannot be written to.
    """
    tables = Results(folder).tables
    one_file = out.suffix.lower() == ".csv"
    ours = [name for name in tables.names() if name in TABLES]
    chosen = (table or "tracks",) if one_file else (table,) if table else ours
    for name in chosen:
        _tables(folder, name, ours)
    with ExitStack() as stack:
        for name in chosen:
            path = stack.enter_context(whole(out if one_file else out / f"{name}.csv"))
            with CsvWriter(path, schema_of(name)) as writer:
                for batch in tables.batches(name):
                    writer.write_batch(batch)
    return out


def export_supervision(folder: Path, out: Path, *, table: str = "tracks") -> Path:
    """Write JSON lines that `supervision.Detections` can be built from, one line per frame, empty ones too.

    A line holds `frame`, `t_s`, `xyxy`, `confidence`, `class_id`, `class_name` and, for tracks, `tracker_id`;
    `supervision_frames` reads it back.

    Args:
        folder: A run's result folder.
        out: The file.
        table: `tracks` or `detections`.

    Raises:
        ConfigError: The folder holds no such results.
        OutputError: The file cannot be written.
    """
    tables = _tables(folder, table, _BOXED)
    found = ((frame, list(rows)) for frame, rows in groupby(_rows(tables, table), key=itemgetter(0)))
    ahead = next(found, None)
    with whole(out) as path, path.open("w", encoding="utf-8", newline="\n") as file:
        for batch in tables.batches("frames", ["frame", "t_s"]):
            for frame, t_s in zip(batch["frame"].to_pylist(), batch["t_s"].to_pylist(), strict=True):
                rows: list[_Row] = []
                if ahead is not None and ahead[0] == frame:
                    rows, ahead = ahead[1], next(found, None)
                line = {"frame": frame, "t_s": t_s, **_supervision(rows, tracked=table == "tracks")}
                file.write(_json(line) + "\n")
    return out


def supervision_frames(path: Path) -> Iterator[tuple[int, Any]]:
    """Read a file of `export_supervision` back.

    Yields:
        Frame number and `supervision.Detections`, whose `data` has `class_name`.

    Raises:
        MissingDependencyError: `supervision` is not installed.
    """
    supervision = require("supervision", extra="trackers")
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            ids = row.get("tracker_id")
            yield (
                int(row["frame"]),
                supervision.Detections(
                    xyxy=np.array(row["xyxy"], np.float32).reshape(-1, 4),
                    confidence=np.array(row["confidence"], np.float32),
                    class_id=np.array(row["class_id"], int),
                    tracker_id=None if ids is None else np.array(ids, int),
                    data={"class_name": np.array(row["class_name"], dtype=np.str_)},
                ),
            )


def _tables(folder: Path, table: str, allowed: Sequence[str]) -> ParquetTables:
    """Give the run's tables, having looked that the wanted one is among them."""
    tables = Results(folder).tables
    if table not in allowed:
        raise SettingsError(f"this format cannot take table {table!r}", hint=f"one of {', '.join(allowed)}")
    if table not in tables.names():
        raise ConfigError(f"{folder} has no table {table!r}", hint=f"it has {', '.join(tables.names())}")
    return tables


def _boxes(batch: pa.RecordBatch) -> Float64:
    boxes: Float64 = np.stack([batch[name].to_numpy() for name in _BOX], axis=1).astype(np.float64)
    return boxes


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _write_list(file: TextIO, items: Iterator[dict[str, Any]]) -> None:
    """Write a JSON list item by item."""
    file.write("[")
    for number, item in enumerate(items):
        file.write(("\n" if number == 0 else ",\n") + _json(item))
    file.write("]")


def _categories(tables: ParquetTables, table: str) -> list[dict[str, Any]]:
    names: dict[int, str] = {}
    for batch in tables.batches(table, ["class_id", "class_name"]):
        pairs = pa.Table.from_batches([batch]).group_by(["class_id", "class_name"]).aggregate([])
        names |= dict(zip(pairs["class_id"].to_pylist(), pairs["class_name"].to_pylist(), strict=True))
    return [{"id": number, "name": names[number]} for number in sorted(names)]


def _coco_images(tables: ParquetTables, width: int, height: int) -> Iterator[dict[str, Any]]:
    for batch in tables.batches("frames", ["frame", "t_s"]):
        for frame, t_s in zip(batch["frame"].to_pylist(), batch["t_s"].to_pylist(), strict=True):
            yield {
                "id": frame, "file_name": f"{frame:06d}.jpg", "width": width, "height": height,
                "video_id": 1, "frame_id": frame, "t_s": t_s,
            }  # fmt: skip


def _coco_annotations(tables: ParquetTables, table: str) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(_rows(tables, table), start=1):
        frame, (x1, y1, x2, y2), score, class_id, _, track_id = row
        yield {
            "id": number, "image_id": frame, "category_id": class_id, "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": (x2 - x1) * (y2 - y1), "iscrowd": 0, "score": score,
            **({} if track_id is None else {"track_id": track_id}),
        }  # fmt: skip


_Row = tuple[int, list[float], float, int, str, int | None]


def _rows(tables: ParquetTables, table: str) -> Iterator[_Row]:
    """Give frame, box, score, class, its name and track of each row."""
    for batch in tables.batches(table):
        check_filled(Path(f"{table}.parquet"), batch, batch.schema.names)
        tracked = "track_id" in batch.schema.names
        ids = batch["track_id"].to_pylist() if tracked else [None] * batch.num_rows
        columns = (batch[name].to_pylist() for name in ("score", "class_id", "class_name"))
        yield from zip(batch["frame"].to_pylist(), _boxes(batch).tolist(), *columns, ids, strict=True)


def _supervision(rows: Sequence[_Row], *, tracked: bool) -> dict[str, Any]:
    line: dict[str, Any] = {
        "xyxy": [row[1] for row in rows],
        "confidence": [row[2] for row in rows],
        "class_id": [row[3] for row in rows],
        "class_name": [row[4] for row in rows],
    }
    return line | ({"tracker_id": [row[5] for row in rows]} if tracked else {})
