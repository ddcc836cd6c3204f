"""A picture with its labels, and the parts of each model's data.

`load_split("hazard", "train", root)` gives every picture of a part in the order of its split file, whatever
format its set has: `DOMAINS` says how each set is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.data.brazil import read_brazil
from training.data.splits import FOLDER, Part, read_split
from training.data.yolo import read_yolo

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from training.data.splits import Entry

CLASS_NAMES: dict[str, tuple[str, ...]] = {
    "hazard": ("D00", "D10", "D20", "D40"),
    "football": ("ball", "goalkeeper", "player", "referee"),
    "people": ("person", "sports ball"),
    "ball": ("ball",),
}
"""Classes of each model, in the order of their ids."""

IGNORED = -1
"""Class of a region that is neither background nor surely an object of any class."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One picture with its labels.

    Attributes:
        path: The picture; for a video's frame the video, see `frame`.
        boxes_px: `(n, 4)` float32 corners.
        class_ids: `(n,)` int32; `IGNORED` marks a region in which nothing is to be learned or counted.
        width: Pixels.
        height: Pixels.
        domain: The set it comes from.
        place: What it shows; no two parts share one.
        labelled_classes: Classes that the set labels: where one of these has no box, it is not there. A box of
            another class is sound, but the absence of such a box says nothing.
        ignore: `(height, width)` bool, True where nothing is to be learned; None where all counts.
        frame: Number of the video's frame, counted from 0; None for a picture file.
    """

    path: Path
    boxes_px: NDArray[np.float32]
    class_ids: NDArray[np.int32]
    width: int
    height: int
    domain: str
    place: str
    labelled_classes: tuple[int, ...]
    ignore: NDArray[np.bool_] | None = field(default=None, repr=False)
    frame: int | None = None

    @property
    def objects_px(self) -> NDArray[np.float32]:
        """`(m, 4)` boxes of real classes only."""
        return self.boxes_px[self.class_ids >= 0]

    @property
    def object_ids(self) -> NDArray[np.int32]:
        """`(m,)` classes of `objects_px`."""
        return self.class_ids[self.class_ids >= 0]

    @property
    def ignored_px(self) -> NDArray[np.float32]:
        """`(k, 4)` regions in which nothing is to be learned or counted."""
        return self.boxes_px[self.class_ids == IGNORED]


Labels = tuple["NDArray[np.float32]", "NDArray[np.int32]"]


@dataclass(frozen=True, slots=True)
class Domain:
    """How one set's labels are read.

    Attributes:
        read: From a picture's path, width and height to boxes and the model's class ids.
        labelled_classes: Classes whose absence means something, see `Labelled`.
    """

    read: Callable[[Path, int, int], Labels]
    labelled_classes: tuple[int, ...]


def _beside(path: Path, width: int, height: int) -> Labels:
    return read_yolo(path.parents[1] / "labels" / f"{path.stem}.txt", width, height)


def _pothole(path: Path, width: int, height: int) -> Labels:
    boxes_px, class_ids = _beside(path, width, height)
    return boxes_px, np.full_like(class_ids, 3)


DOMAINS: dict[str, dict[str, Domain]] = {
    "hazard": {
        "rdd_china": Domain(_beside, (0, 1, 2, 3)),
        "brazil": Domain(read_brazil, (3,)),
        "pothole_boxes": Domain(_pothole, (3,)),
        "pothole_polygons": Domain(_pothole, (3,)),
    },
    "football": {"broadcast": Domain(_beside, (0, 1, 2, 3))},
}
"""Model -> domain -> how it is read."""


def load_split(model: str, part: Part, data_root: Path, splits: Path = FOLDER) -> list[Labelled]:
    """Give every picture of a part, in the order of its split file.

    Args:
        model: `hazard`, `football`, `people` or `ball`.
        part: `train`, `val` or `test`.
        data_root: Folder of the data sets.
        splits: Folder of the split files.

    Raises:
        FileNotFoundError: A picture that the split names is not there.
    """
    return [_load(model, entry, data_root) for entry in read_split(model, part, splits)]


def _load(model: str, entry: Entry, data_root: Path) -> Labelled:
    path = data_root / entry.path
    if not path.is_file():
        raise FileNotFoundError(f"{entry.path} of the split is not in the data folder")
    domain = DOMAINS[model][entry.domain]
    width, height = picture_size(path)
    boxes_px, class_ids = domain.read(path, width, height)
    return Labelled(
        path, boxes_px, class_ids, width, height, entry.domain, entry.place, domain.labelled_classes
    )


def picture_size(path: Path) -> tuple[int, int]:
    """Give a picture's `(width, height)` in pixels; reads the head of a JPEG file only."""
    size = _jpeg_size(path)
    if size is None:
        image = cv2.imread(str(path))
        if image is None:
            raise FileNotFoundError(f"{path.name} is not a readable picture")
        size = image.shape[1], image.shape[0]
    return size


def _jpeg_size(path: Path) -> tuple[int, int] | None:
    """Read width and height off the start-of-frame marker; None where there is none or EXIF may turn it.

    Source:
        ITU-T T.81, annex B.2.2.
    """
    data = path.read_bytes()
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xE1:
            return None
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + length
    return None
