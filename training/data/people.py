"""Labels of people and balls from sets that name other classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.data.yolo import read_yolo

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PERSON, BALL, IGNORED = 0, 1, -1

COCO = {0: PERSON, 32: BALL}
"""Classes of the 80 of COCO that count."""

MATCH = {0: BALL, 1: PERSON, 2: PERSON, 3: PERSON}
"""Classes of the football frames."""

Labels = tuple["NDArray[np.float32]", "NDArray[np.int32]"]


def read_coco(path: Path, width: int, height: int) -> Labels:
    """Read people and balls of a picture with labels of all 80 classes."""
    return _renamed(*_beside(path, width, height), COCO)


def read_match(path: Path, width: int, height: int) -> Labels:
    """Read a football frame: everyone on the pitch is a person.

    The crowd and the benches are not labelled: what lies above the highest and below the lowest person is ignored.
    """
    boxes_px, classes = _renamed(*_beside(path, width, height), MATCH)
    people = boxes_px[classes == PERSON]
    if len(people) == 0:
        return boxes_px, classes
    top, bottom = float(people[:, 1].min()) - 2, float(people[:, 3].max()) + 2
    # the lowest person may stand on the touch line with a bench beside: stop where the second lowest ends
    if len(people) > 1:
        bottom = float(np.sort(people[:, 3])[-2]) + 2
    bands = np.array([[0, 0, width, max(top, 0)], [0, min(bottom, height), width, height]], np.float32)
    bands = bands[bands[:, 3] - bands[:, 1] > 2]
    return np.concatenate([boxes_px, bands]), np.concatenate(
        [classes, np.full(len(bands), IGNORED, np.int32)]
    )


def _beside(path: Path, width: int, height: int) -> Labels:
    return read_yolo(path.parents[1] / "labels" / f"{path.stem}.txt", width, height)


def _renamed(boxes_px: NDArray[np.float32], classes: NDArray[np.int32], names: dict[int, int]) -> Labels:
    keep = np.isin(classes, list(names))
    return boxes_px[keep], np.array([names[int(each)] for each in classes[keep]], np.int32)
