"""Real pictures that things are pasted on: training pictures only, never the sets a model is tested on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.data.labelled import load_split
from training.data.pixels import extract, read_picture
from training.data.yolo import read_yolo

if TYPE_CHECKING:
    from numpy.typing import NDArray

COCO_BALL = 32
COCO_ROUND = (47, 49, 29)
"""Apple, orange, frisbee: alone, nobody could tell some of them from a ball."""


@dataclass(frozen=True, slots=True)
class Background:
    """A picture to paste on.

    Attributes:
        path: The file.
        people_px: `(n, 4)` people in it.
        balls_px: `(m, 4)` balls in it.
        unsure_px: `(k, 4)` what may pass for a ball.
    """

    path: Path
    people_px: NDArray[np.float32]
    balls_px: NDArray[np.float32]
    unsure_px: NDArray[np.float32]

    def read(self) -> NDArray[np.uint8]:
        """Read the picture; the last few hundred stay in memory."""
        return np.array(_kept(self.path), np.uint8)


@lru_cache(maxsize=400)
def _kept(path: Path) -> NDArray[np.uint8]:
    image = read_picture(path)
    side = max(image.shape[:2])
    if side > 1280:
        raise ValueError(f"{path.name} is {side} pixels wide; label sizes would not fit")
    return image


def scenes_with_people(data_root: Path) -> list[Background]:
    """Give the general pictures of the people model's training part."""
    scenes = []
    for each in load_split("people", "train", data_root):
        if each.domain != "coco":
            continue
        boxes_px, classes = read_yolo(
            each.path.parents[1] / "labels" / f"{each.path.stem}.txt", each.width, each.height
        )
        scenes.append(
            Background(
                each.path,
                boxes_px[classes == 0],
                boxes_px[classes == COCO_BALL],
                boxes_px[np.isin(classes, COCO_ROUND)],
            )
        )
    return scenes


def open_frames(data_root: Path, stride: int = 60) -> list[Background]:
    """Give frames of videos whose licence allows it and that show no ball."""
    none = np.zeros((0, 4), np.float32)
    names = [f"videos/people/one_by_one.mp4#{frame}" for frame in range(0, 1390, stride)]
    names += [f"videos/road/highway_no_hazards.mp4#{frame}" for frame in range(0, 220, stride)]
    return [Background(path, none, none, none) for path in extract(names, data_root).values()]


def plain_wall(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw a wall, curtain or screen: a slow change of colour, folds or bricks, and grain; `(height, width)`."""
    height, width = size
    colour = rng.uniform(60, 245) * np.clip(1 + rng.normal(0, 0.12, 3), 0.3, 1.3)
    if rng.random() < 0.3:
        colour = rng.uniform(10, 240, 3)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    slope = rng.normal(0, 0.25, 2)
    light = 1 + slope[0] * (columns / width - 0.5) + slope[1] * (rows / height - 0.5)
    if rng.random() < 0.5:
        centre = rng.random(2) * (width, height)
        spread = rng.uniform(0.3, 0.8) * width
        light *= 0.7 + 0.4 * np.exp(-((columns - centre[0]) ** 2 + (rows - centre[1]) ** 2) / spread**2)
    if rng.random() < 0.25:
        light *= 1 + rng.uniform(0.02, 0.12) * np.sin(columns * rng.uniform(0.02, 0.15) + rng.uniform(0, 6))
    image = light[..., None] * colour
    for _ in range(int(rng.integers(0, 5))):  # frames, shelves, door edges
        corner, other = rng.integers(0, (width, height), (2, 2))
        shade = rng.uniform(0, 255, 3) if rng.random() < 0.5 else colour * rng.uniform(0.4, 0.9)
        thickness = int(rng.choice([-1, 1, 2, 4]))
        cv2.rectangle(image, corner.tolist(), other.tolist(), shade.tolist(), thickness, cv2.LINE_AA)
    image += rng.normal(0, rng.uniform(0, 4), (*size, 1))
    return np.asarray(np.clip(image, 0, 255), np.uint8)
