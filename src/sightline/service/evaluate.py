"""Measures results against truth: tracks in MOT files, detectors on labelled images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.evaluation.detection import DetectionScores, average_precision
from sightline.analytics.evaluation.mot import MotScores, evaluate_mot
from sightline.core.detections import Detections
from sightline.core.errors import SettingsError, SourceUnavailableError, UnsupportedFormatError
from sightline.core.frames import Frame
from sightline.core.models import Task
from sightline.ports import ModelOptions
from sightline.service.mot_files import read_mot, read_mot_truth
from sightline.service.text_files import read_text

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.vision.zoo import Zoo

_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
_LABEL_LAYOUT = (
    "YOLO labels: one object per line, `class x_centre y_centre width height`, all but class in 0..1"
)
_AT_ONCE = 16


def evaluate_mot_files(truth: Path, tracks: Path, *, iou: float = 0.5) -> MotScores:
    """Score a file of tracks against a file of truth.

    Args:
        truth: MOT format; rows marked as not counted and classes other than pedestrians are left out.
        tracks: MOT format.
        iou: Least overlap of a match for MOTA and IDF1, 0..1.

    Raises:
        SourceUnavailableError: A file cannot be read.
        UnsupportedFormatError: A line is not of the format.
        AnalysisError: A box has no identity, or an identity two boxes in a frame.
        SettingsError: `iou` is out of range.
    """
    if not 0.0 < iou <= 1.0:
        raise SettingsError(f"iou is {iou:g}, must be above 0 and at most 1", hint="0.5 is usual")
    return evaluate_mot(read_mot_truth(truth), read_mot(tracks), iou=iou)


def evaluate_detection_model(
    model: str,
    images: Path,
    labels: Path,
    *,
    zoo: Zoo,
    options: ModelOptions | None = None,
    limit: int | None = None,
) -> DetectionScores:
    """Score a detector on a folder of pictures with YOLO labels.

    A label's class number means the model's class of that number. Labels of classes that the model has no
    name for are not looked at, so a person detector can be scored on labels of many classes.

    Args:
        model: A name of the zoo or a file.
        images: Folder of pictures, looked through in order of name.
        labels: Folder with a `.txt` of the same stem for each; a picture without one holds nothing.
        zoo: Knows the models on this machine.
        options: How to run it; by default every box from a score of 0.001 on, as average precision wants.
        limit: Look at the first so many pictures only.

    Raises:
        SourceUnavailableError: A folder or picture cannot be read, or there are no pictures.
        UnsupportedFormatError: A line is not a YOLO label.
        ModelError: The model cannot be used.
        SettingsError: It is not a detector.
    """
    from sightline.vision.catalog import build_model
    from sightline.vision.detect import predict

    pictures = pictures_in(images)[:limit]
    if not labels.is_dir():
        raise SourceUnavailableError(f"no folder of labels at {labels}", hint=_LABEL_LAYOUT)
    adapter = build_model(model, options or ModelOptions(min_score=0.001), zoo)
    adapter.open()
    try:
        if adapter.info.task is not Task.DETECT:
            raise SettingsError(
                f"{model} does not detect", hint="give a detector, see `sightline models list`"
            )
        names = adapter.info.class_names
        truths: list[Detections] = []
        found: list[Detections] = []
        for start in range(0, len(pictures), _AT_ONCE):
            frames = [
                _frame(path, index) for index, path in enumerate(pictures[start : start + _AT_ONCE], start)
            ]
            found.extend(predict(adapter, frames))
            truths.extend(
                _known(read_labels(labels / f"{path.stem}.txt", frame.source_size), names)
                for path, frame in zip(pictures[start:], frames, strict=False)
            )
    finally:
        adapter.close()
    return average_precision(truths, found, names)


def read_labels(path: Path, size: tuple[int, int]) -> Detections:
    """Read the YOLO labels of a picture of `(height, width)` pixels; no file means no objects.

    Raises:
        SourceUnavailableError: The file is there but cannot be read.
        UnsupportedFormatError: A line is not a label; the text names the line.
    """
    lines = read_text(path, _LABEL_LAYOUT).splitlines() if path.exists() else []
    rows = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words:
            continue
        try:
            rows.append(_label(words))
        except ValueError as error:
            raise UnsupportedFormatError(f"{path}, line {number}: {error}", hint=_LABEL_LAYOUT) from error
    if not rows:
        return Detections.empty()
    numbers = np.array(rows)
    height, width = size
    half = numbers[:, 3:5] / 2
    boxes = np.concatenate((numbers[:, 1:3] - half, numbers[:, 1:3] + half), axis=1)
    boxes *= (width, height, width, height)
    return Detections(
        boxes.astype(np.float32), np.ones(len(rows), np.float32), numbers[:, 0].astype(np.int32)
    )


def _label(words: Sequence[str]) -> list[float]:
    if len(words) != 5:
        raise ValueError(f"{len(words)} columns, must be 5")
    row = [float(word) for word in words]
    if not row[0].is_integer() or not 0 <= row[0] < 2**31:
        raise ValueError(f"class {words[0]}, must be a whole number from 0")
    if not all(0.0 <= value <= 1.0 for value in row[1:]):
        raise ValueError("a number outside 0..1")
    return row


def pictures_in(folder: Path) -> list[Path]:
    """Give the pictures of a folder, sorted by name.

    Raises:
        SourceUnavailableError: The folder cannot be read, or has none.
    """
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURES)
    except OSError as error:
        raise SourceUnavailableError(
            f"cannot read {folder}: {error.strerror}", hint="give a folder"
        ) from error
    if not found:
        raise SourceUnavailableError(
            f"no pictures in {folder}", hint="it reads " + " ".join(sorted(_PICTURES))
        )
    return found


def _frame(path: Path, index: int) -> Frame:
    return Frame.from_image(read_picture(path), index=index)


def read_picture(path: Path) -> UInt8:
    """Read a picture, `(h, w, 3)` BGR.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is not a picture.
    """
    import cv2

    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise SourceUnavailableError(
            f"cannot read {path}: {error.strerror}", hint="check the file"
        ) from error
    image: UInt8 | None = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if image is None:
        raise UnsupportedFormatError(f"{path} is not a picture", hint="remove it from the folder, or mend it")
    return image


def _known(truth: Detections, class_names: Sequence[str]) -> Detections:
    """Keep what the model has names for; all where it has none."""
    return truth[truth.class_ids < len(class_names)] if class_names else truth
