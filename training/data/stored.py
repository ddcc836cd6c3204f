"""Labels of video frames, kept as numbers beside the split files.

`splits/<model>/labels.json` maps `video#frame` to rows of `x1 y1 x2 y2 class` in whole pixels; class -1 marks a region in
which nothing is to be learned or counted.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from training.data.splits import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Rows = list[list[int]]


def read_stored(
    model: str, path: Path, width: int, height: int, folder: Path = FOLDER
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Read the labels of a frame that `pixels.extract` wrote as `<video>/<frame>.jpg`.

    Raises:
        KeyError: The frame is not labelled.
    """
    rows = np.array(_labels(folder / model)[path.parent.name, int(path.stem)], np.float32).reshape(-1, 5)
    boxes_px = rows[:, :4].clip(0, [width, height, width, height]).astype(np.float32)
    return boxes_px, rows[:, 4].astype(np.int32)


def stored_frames(model: str, folder: Path = FOLDER) -> list[str]:
    """Give the names of all labelled frames of a model, in the file's order."""
    return list(json.loads((folder / model / "labels.json").read_text(encoding="utf-8")))


def write_stored(model: str, labels: dict[str, Rows], folder: Path = FOLDER) -> Path:
    """Write a model's labels, one line a frame."""
    path = folder / model / "labels.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{json.dumps(name)}:{json.dumps(rows, separators=(',', ':'))}" for name, rows in labels.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    _labels.cache_clear()
    return path


@cache
def _labels(folder: Path) -> dict[tuple[str, int], Rows]:
    stored = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    named = {}
    for name, rows in stored.items():
        video, frame = name.split("#")
        named[video.rsplit("/", 1)[-1].rsplit(".", 1)[0], int(frame)] = rows
    return named
