"""Reads and writes the MOT Challenge's text format.

A line is `frame, id, left, top, width, height, score, ...`. Frames count from 1 in files and from 0 in here.
Nine columns end in class and visibility (MOT16 and later truth), ten in world coordinates (results, older truth).
"""

from __future__ import annotations

import configparser
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.evaluation.mot import MotTable
from sightline.core.errors import UnsupportedFormatError
from sightline.service.folder import whole
from sightline.service.text_files import read_text

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

PEDESTRIAN = 1
_LAYOUT = "one box per line: frame,id,left,top,width,height[,score,...], frames from 1"
_COLUMNS_WITH_CLASS = 9
_MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class SequenceInfo:
    """What `seqinfo.ini` says of a sequence.

    Attributes:
        name: As the data set calls it.
        frame_rate_hz: Frames a second.
        frames: How many there are.
        size: `(height, width)` in pixels.
    """

    name: str
    frame_rate_hz: float
    frames: int
    size: tuple[int, int]


def read_mot(path: Path) -> MotTable:
    """Read detections or tracks; commas or blanks part the columns, blank lines and `#` lines do not count.

    Rows keep the file's order. A score of -1 (none given) and a missing one are read as 1; scores above 1
    stay as they are, for the caller to judge. Ids keep their value; -1 stands for none.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: A line is not of that format; the text names the line.
    """
    return _table(_numbers(path))


def read_mot_truth(path: Path, *, classes: Iterable[int] | None = (PEDESTRIAN,)) -> MotTable:
    """Read ground truth, leaving out rows that are marked as not to be counted.

    Args:
        path: A `gt.txt`.
        classes: Classes to keep where the file has a class column; None keeps all.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: A line is not of that format; the text names the line.
    """
    numbers = _numbers(path)
    active = numbers[:, 6] != 0
    if numbers.shape[1] == _COLUMNS_WITH_CLASS and classes is not None:
        active &= np.isin(numbers[:, 7], list(classes))
    return _table(numbers[active])


def write_mot(path: Path, table: MotTable) -> None:
    """Write tracks or detections in order of frame and id, whole or not at all.

    Raises:
        OutputError: The place cannot be written to, or is full.
    """
    boxes = np.concatenate((table.boxes_px[:, :2], table.boxes_px[:, 2:] - table.boxes_px[:, :2]), axis=1)
    lines = [
        f"{table.frames[row] + 1},{table.track_ids[row]},"
        + ",".join(f"{value:.3f}" for value in boxes[row])
        + f",{table.scores[row]:.6g},-1,-1,-1\n"
        for row in np.lexsort((table.track_ids, table.frames))
    ]
    with whole(path) as temporary:
        temporary.write_text("".join(lines), encoding="ascii")


def read_sequence_info(path: Path) -> SequenceInfo:
    """Read a `seqinfo.ini`.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It holds no `[Sequence]` with the usual keys.
    """
    parser = configparser.ConfigParser()
    try:
        parser.read_string(read_text(path, _LAYOUT))
        part = parser["Sequence"]
        return SequenceInfo(
            name=part["name"],
            frame_rate_hz=float(part["frameRate"]),
            frames=int(part["seqLength"]),
            size=(int(part["imHeight"]), int(part["imWidth"])),
        )
    except (configparser.Error, KeyError, ValueError) as error:
        raise UnsupportedFormatError(
            f"{path} is not a seqinfo.ini: {str(error).splitlines()[0]}",
            hint="it needs [Sequence] with name, frameRate, seqLength, imWidth, imHeight",
        ) from error


def _numbers(path: Path) -> Float64:
    """Give the file's numbers, checked, `(n, columns)`; column 6, the score, is always there."""
    rows: list[list[float]] = []
    wanted: int | None = None
    for line_number, line in enumerate(read_text(path, _LAYOUT).splitlines(), start=1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            row = [float(word) for word in words]
            _check(row, wanted)
        except ValueError as error:
            raise UnsupportedFormatError(f"{path}, line {line_number}: {error}", hint=_LAYOUT) from error
        wanted = len(row)
        rows.append(row if len(row) > 6 else [*row, -1.0])
    return np.array(rows, np.float64).reshape(len(rows), max(wanted or 7, 7))


def _check(row: list[float], wanted: int | None) -> None:
    if len(row) < 6:
        raise ValueError(f"{len(row)} columns, at least 6 are needed")
    if wanted is not None and len(row) != wanted:
        raise ValueError(f"{len(row)} columns, the lines before have {wanted}")
    if not all(map(math.isfinite, row[:7])):
        raise ValueError("a number is not finite")
    if not (row[0].is_integer() and 1 <= row[0] <= _MOST):
        raise ValueError(f"frame {row[0]:g}, must be a whole number from 1 to {_MOST:,}")
    if not (row[1].is_integer() and -1 <= row[1] <= _MOST):
        raise ValueError(f"id {row[1]:g}, must be a whole number up to {_MOST:,}, or -1 for none")
    if row[4] < 0 or row[5] < 0:
        raise ValueError(f"width {row[4]:g} and height {row[5]:g} must not be negative")


def _table(numbers: Float64) -> MotTable:
    """Rows of numbers as a table."""
    scores = np.where(numbers[:, 6] == -1.0, 1.0, numbers[:, 6])
    has_class = numbers.shape[1] == _COLUMNS_WITH_CLASS
    return MotTable(
        frames=numbers[:, 0].astype(np.int64) - 1,
        track_ids=numbers[:, 1].astype(np.int64),
        boxes_px=np.concatenate((numbers[:, 2:4], numbers[:, 2:4] + numbers[:, 4:6]), axis=1),
        scores=scores,
        class_ids=numbers[:, 7].astype(np.int32) if has_class else np.zeros(len(numbers), np.int32),
    )
