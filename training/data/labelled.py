"""A picture with its labels, and the parts of each model's data.

`load_split("hazard", "train", root)` gives every picture of a part in the order of its split file, whatever
format its set has: `DOMAINS` says how each set is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.data.brazil import read_brazil
from training.data.people import read_coco, read_match
from training.data.pixels import extract, picture_size
from training.data.splits import FOLDER, Part, read_split
from training.data.stored import read_stored
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
        path: The picture; a frame of a video is written to `CACHE` once and read from there.
        boxes_px: `(n, 4)` float32 corners.
        class_ids: `(n,)` int32; `IGNORED` marks a region in which nothing is to be learned or counted.
        width: Pixels.
        height: Pixels.
        domain: The set it comes from.
        place: What it shows; no two parts share one.
        labelled_classes: Classes that the set labels: where one of these has no box, it is not there. A box of
            another class is sound, but the absence of such a box says nothing.
        ignore: `(height, width)` bool, True where nothing is to be learned; None where all counts.
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

    @property
    def objects_px(self) -> NDArray[np.float32]:
        """`(m, 4)` boxes of real classes only."""
        return np.asarray(self.boxes_px[self.class_ids >= 0], np.float32)

    @property
    def object_ids(self) -> NDArray[np.int32]:
        """`(m,)` classes of `objects_px`."""
        return np.asarray(self.class_ids[self.class_ids >= 0], np.int32)

    @property
    def ignored_px(self) -> NDArray[np.float32]:
        """`(k, 4)` regions in which nothing is to be learned or counted."""
        return np.asarray(self.boxes_px[self.class_ids == IGNORED], np.float32)


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
    "football": {
        "broadcast": Domain(_beside, (0, 1, 2, 3)),
        "video_unclear": Domain(partial(read_stored, "football"), (0, 1, 2, 3)),
        "video_unclear_no_ball": Domain(partial(read_stored, "football"), (1, 2, 3)),
    },
    "ball": {
        "juggling": Domain(partial(read_stored, "ball"), (0,)),
        "keepie_uppie": Domain(partial(read_stored, "ball"), (0,)),
    },
    "people": {
        "coco": Domain(read_coco, (0, 1)),
        "broadcast": Domain(read_match, (0, 1)),
        "video_open": Domain(partial(read_stored, "people"), (0,)),
        "video_unclear": Domain(partial(read_stored, "people"), (0,)),
        "road": Domain(partial(read_stored, "people"), (0,)),
    },
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
    entries = read_split(model, part, splits)
    frames = extract((entry.path for entry in entries if "#" in entry.path), data_root)
    return [_load(model, entry, frames.get(entry.path, data_root / entry.path)) for entry in entries]


def _load(model: str, entry: Entry, path: Path) -> Labelled:
    if not path.is_file():
        raise FileNotFoundError(f"{entry.path} of the split is not in the data folder")
    domain = DOMAINS[model][entry.domain]
    width, height = picture_size(path)
    boxes_px, class_ids = domain.read(path, width, height)
    return Labelled(
        path, boxes_px, class_ids, width, height, entry.domain, entry.place, domain.labelled_classes
    )
