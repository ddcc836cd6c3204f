"""Pictures with nothing to be found for the hazard model: nearly every labelled road picture holds a hazard.

Clean stretches of road, general scenes and plain walls. Without them a network calls every flat grey picture a crack. Asked of
another model they would be wrong, since the scenes show people and balls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.data.labelled import load_split
from training.data.pixels import extract, read_picture
from training.pictures.backgrounds import plain_wall, scenes_with_people

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Picture = tuple["NDArray[np.uint8]", "NDArray[np.float32]", "NDArray[np.int32]"]

SIZE = (360, 360)
LEAST_SHARE = 0.55
"""Of a picture's shorter side that a crop keeps."""


class Painter:
    """Cuts squares out of pictures without hazards."""

    def __init__(self, data_root: Path) -> None:
        names = [f"videos/road/highway_no_hazards.mp4#{frame}" for frame in range(0, 110, 4)]
        self._roads = list(extract(names, data_root).values())
        self._roads += [
            each.path
            for each in load_split("hazard", "train", data_root)
            if each.domain == "brazil" and not _has_marks(each.path)
        ]
        self._scenes = [scene.path for scene in scenes_with_people(data_root)]

    def __call__(self, rng: np.random.Generator) -> Picture:
        """Make one; the same generator gives the same picture."""
        chance = rng.random()
        if chance < 0.2:
            image = plain_wall(rng, SIZE)
        else:
            files = self._roads if chance < 0.7 else self._scenes
            image = _square(rng, read_picture(files[int(rng.integers(len(files)))]))
        return image, np.zeros((0, 4), np.float32), np.zeros(0, np.int32)


def _has_marks(path: Path) -> bool:
    """Tell whether either mask of a picture of Brazil holds anything."""
    masks = [path.parents[1] / "masks" / f"{path.stem}.{kind}.png" for kind in ("crack", "pothole")]
    return any(mask.is_file() and bool(read_picture(mask).any()) for mask in masks)


def _square(rng: np.random.Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    side = int(min(height, width) * rng.uniform(LEAST_SHARE, 1.0))
    top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    part = image[top : top + side, left : left + side]
    return np.asarray(cv2.resize(part, SIZE[::-1], interpolation=cv2.INTER_AREA), np.uint8)
