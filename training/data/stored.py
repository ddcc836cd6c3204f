"""Labels that we made ourselves, kept as numbers beside the split files.

`splits/<model>/labels.json` maps `video#frame`, or the path of a picture `<set>/images/<name>` from the data root, to rows of
`x1 y1 x2 y2 class` in whole pixels; class -1 marks a region in which nothing is to be learned or counted.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from training.data.splits import FOLDER

if TYPE_CHECKING:
    from pathlib import Path, PurePath

    from numpy.typing import NDArray

Rows = list[list[int]]


def read_stored(
    model: str, path: Path, width: int, height: int, folder: Path = FOLDER
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Read the labels of a picture, or of a frame that `pixels.extract` wrote as `<video>/<frame>.jpg`.

    Raises:
        KeyError: It is not labelled.
    """
    rows = np.array(_labels(folder / model)[_key(path)], np.float32).reshape(-1, 5)
    boxes_px = rows[:, :4].clip(0, [width, height, width, height]).astype(np.float32)
    return boxes_px, rows[:, 4].astype(np.int32)


def stored_frames(model: str, folder: Path = FOLDER) -> list[str]:
    """Give the names of all labelled frames and pictures of a model, in the file's order."""
    return list(stored_rows(model, folder))


def stored_rows(model: str, folder: Path = FOLDER) -> dict[str, Rows]:
    """Give the labels as they are stored, in the file's order."""
    stored: dict[str, Rows] = json.loads((folder / model / "labels.json").read_text(encoding="utf-8"))
    return stored


def write_stored(model: str, labels: dict[str, Rows], folder: Path = FOLDER) -> Path:
    """Write a model's labels, one line per frame."""
    path = folder / model / "labels.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{json.dumps(name)}:{json.dumps(rows, separators=(',', ':'))}" for name, rows in labels.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    _labels.cache_clear()
    return path


@cache
def _labels(folder: Path) -> dict[tuple[str, str], Rows]:
    named = {}
    for name, rows in stored_rows(folder.name, folder.parent).items():
        video, _, frame = name.partition("#")
        file = PurePosixPath(video).with_suffix("") / f"{int(frame):06d}" if frame else PurePosixPath(video)
        named[_key(file)] = rows
    return named


def _key(path: PurePath) -> tuple[str, str]:
    """What names a file: the video and the frame, or the set above its `images` and the picture."""
    return path.parent.parent.name if path.parent.name == "images" else path.parent.name, path.stem
