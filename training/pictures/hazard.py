"""Roads with potholes put into them, cut out of pictures of the training parts.

They shrink and flatten with distance as the road does. Backgrounds are training pictures, whose own labels stay, and
frames of a clean road. Drawn cracks were tried as well and looked like ink; real ones are plenty.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.data.labelled import load_split
from training.data.pixels import extract, read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from training.data.labelled import Labelled

POTHOLE = 3

Picture = tuple["NDArray[np.uint8]", "NDArray[np.float32]", "NDArray[np.int32]"]


@dataclass(frozen=True, slots=True)
class Road:
    """A road as a camera sees it: a flat ground below the horizon.

    Attributes:
        path: The picture.
        horizon: Height of the horizon as a share of the picture's, from the top; below 0 for a camera that looks down.
        left: Left edge of the lane at the picture's bottom, as a share of its width.
        right: Right edge.
        vanishing: Where the lane's edges meet on the horizon, as a share of the width.
        boxes_px: `(n, 4)` hazards that are there.
        classes: `(n,)` their classes.
    """

    path: Path
    horizon: float
    left: float
    right: float
    vanishing: float
    boxes_px: NDArray[np.float32]
    classes: NDArray[np.int32]

    def depth(self, y: float) -> float:
        """Size of a thing at height `y` (share of the picture) compared with its size at the bottom, 0..1."""
        return max((y - self.horizon) / (1 - self.horizon), 0.0)

    def edges(self, y: float) -> tuple[float, float]:
        """Left and right edge of the lane at height `y`, shares of the width."""
        near = self.depth(y)
        return (
            self.vanishing + (self.left - self.vanishing) * near,
            self.vanishing + (self.right - self.vanishing) * near,
        )


@dataclass(frozen=True, slots=True)
class Cutout:
    """A pothole cut out: BGR picture of its surroundings and its mask, 0 or 255; `flat` when seen at a slant."""

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    flat: bool


class Painter:
    """Makes picture after picture."""

    def __init__(self, data_root: Path) -> None:
        train = load_split("hazard", "train", data_root)
        self._roads = _clean_roads(data_root) * 6 + [
            Road(each.path, -0.35, 0.02, 0.98, 0.5, each.boxes_px, each.class_ids)
            for each in train
            if each.domain == "rdd_china"
        ]
        self._roads += [
            Road(each.path, 0.02, 0.1, 0.97, 0.47, each.boxes_px, each.class_ids)
            for each in train
            if each.domain == "brazil" and not _has_cracks(each)
        ] * 3
        self._cutouts = [cutout for each in train for cutout in _cutouts(each)]

    def __call__(self, rng: np.random.Generator) -> Picture:
        """Make one; the same generator gives the same picture."""
        road = self._roads[int(rng.integers(len(self._roads)))]
        return render_hazard_picture(rng, road, self._cutouts)


def render_hazard_picture(rng: np.random.Generator, road: Road, cutouts: list[Cutout]) -> Picture:
    """Put potholes on a road.

    Args:
        rng: All chance comes from it.
        road: The background.
        cutouts: Potholes to choose from.

    Returns:
        BGR picture, `(n, 4)` boxes in pixels, `(n,)` classes; those of the background first.
    """
    image = _read(road.path).copy()
    boxes, classes = list(road.boxes_px), [int(kind) for kind in road.classes]
    for _ in range(int(rng.choice([1, 2, 3, 4], p=[0.4, 0.3, 0.2, 0.1]))):
        box = _paste(rng, image, road, cutouts[int(rng.integers(len(cutouts)))], boxes)
        if box is not None:
            boxes.append(box)
            classes.append(POTHOLE)
    return image, np.array(boxes, np.float32).reshape(-1, 4), np.array(classes, np.int32)


@lru_cache(maxsize=600)
def _read(path: Path) -> NDArray[np.uint8]:
    image = read_picture(path)
    return np.asarray(image, np.uint8)


def _clean_roads(data_root: Path) -> list[Road]:
    """Frames of the first half of a clip of a highway without hazards (MIT)."""
    names = [f"videos/road/highway_no_hazards.mp4#{frame}" for frame in range(0, 110, 5)]
    none = np.zeros((0, 4), np.float32), np.zeros(0, np.int32)
    return [Road(path, 0.585, 0.16, 0.92, 0.5, *none) for path in extract(names, data_root).values()]


def _has_cracks(each: Labelled) -> bool:
    mask = each.path.parents[1] / "masks" / f"{each.path.stem}.crack.png"
    return mask.is_file() and bool(read_picture(mask).any())


def _cutouts(each: Labelled, least_px: int = 28) -> list[Cutout]:
    """Cut the potholes of a picture out: by polygon, or by mask."""
    if each.domain == "pothole_polygons":
        masks = _polygon_masks(each)
    elif each.domain == "brazil":
        file = each.path.parents[1] / "masks" / f"{each.path.stem}.pothole.png"
        if not file.is_file():
            return []
        count, groups = cv2.connectedComponents((read_picture(file)[..., 0] > 127).astype(np.uint8))
        masks = [(groups == group).astype(np.uint8) * 255 for group in range(1, count)]
    else:
        return []
    image, found = _read(each.path), []
    for mask in masks:
        x, y, width, height = cv2.boundingRect(mask)
        touches = x < 2 or y < 2 or x + width > each.width - 2 or y + height > each.height - 2
        if touches or min(width, height) < least_px // 2 or max(width, height) < least_px:
            continue
        margin = max(4, round(0.12 * max(width, height)))
        part = np.s_[
            max(0, y - margin) : y + height + margin,
            max(0, x - margin) : x + width + margin,
        ]
        found.append(Cutout(image[part].copy(), mask[part].copy(), each.domain == "brazil"))
    return found


def _polygon_masks(each: Labelled) -> list[NDArray[np.uint8]]:
    label = each.path.parents[1] / "labels" / f"{each.path.stem}.txt"
    masks = []
    for line in label.read_text(encoding="utf-8").splitlines():
        corners = np.array(line.split()[1:], float)
        if len(corners) < 6:
            continue
        mask = np.zeros((each.height, each.width), np.uint8)
        points = corners.reshape(-1, 2) * (each.width, each.height)
        cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 255)
        masks.append(mask)
    return masks


def _free(box: NDArray[np.float32], boxes: list[NDArray[np.float32]]) -> bool:
    for other in boxes:
        sides = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
        if (sides > 0).all() and sides.prod() > 0.1 * (box[2:] - box[:2]).prod():
            return False
    return True


def _paste(
    rng: np.random.Generator,
    image: NDArray[np.uint8],
    road: Road,
    cutout: Cutout,
    boxes: list[NDArray[np.float32]],
) -> NDArray[np.float32] | None:
    """Blend a pothole into the road; gives its box, or None where there is no room."""
    height, width = image.shape[:2]
    y = float(rng.uniform(max(road.horizon + 0.25 * (1 - road.horizon), 0.05), 0.97))
    low, high = road.edges(y)
    wide = float(np.exp(rng.uniform(np.log(0.05), np.log(0.3)))) * road.depth(y) * width
    slant = float(rng.uniform(0.8, 1.1) if cutout.flat else rng.uniform(0.45, 0.9))
    scale = wide / cutout.mask.shape[1]
    size = (round(wide), round(cutout.mask.shape[0] * scale * slant))
    if min(size) < 9 or scale > 2.0 or size[0] > 4 * size[1]:
        return None
    flip = -1 if rng.random() < 0.5 else 1
    patch = cv2.resize(
        cutout.image[:, ::flip], size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    mask = cv2.resize(np.ascontiguousarray(cutout.mask[:, ::flip]), size, interpolation=cv2.INTER_AREA)
    left = round(rng.uniform(low, max(high - wide / width, low + 0.01)) * width)
    top = round(y * height - size[1])
    if left < 1 or top < 1 or left + size[0] >= width - 1 or top + size[1] >= height - 1:
        return None
    columns, rows = np.flatnonzero((mask > 127).any(0)), np.flatnonzero((mask > 127).any(1))
    if len(rows) < 5 or len(columns) < 5:
        return None
    box = np.array([left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1], np.float32)
    if not _free(box, boxes):
        return None
    target = image[top : top + size[1], left : left + size[0]]
    target[:] = _blend(rng, patch, mask, target)
    return box


def _blend(
    rng: np.random.Generator, patch: NDArray[np.uint8], mask: NDArray[np.uint8], target: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Bring a patch to the light of the road around it, soften its edge, lay it in."""
    around = cv2.dilate(mask, np.ones((5, 5), np.uint8)) < 40
    if around.sum() < 12:
        around = mask < 40
    here = target.reshape(-1, 3).astype(np.float32)
    there = (
        patch[around].astype(np.float32) if around.sum() >= 12 else patch.reshape(-1, 3).astype(np.float32)
    )
    gain = np.clip(np.median(here, 0) / np.maximum(np.median(there, 0), 8), 0.4, 1.35)
    lit = patch.astype(np.float32) * gain * rng.uniform(0.85, 1.08)
    soft = max(0.6, 0.03 * max(mask.shape))
    grown = cv2.dilate(mask, np.ones((3, 3), np.uint8)).astype(np.float32) / 255
    alpha = cv2.GaussianBlur(grown, (0, 0), soft)[..., None]
    edge = np.ones(mask.shape, np.float32)
    edge[[0, -1]], edge[:, [0, -1]] = 0, 0
    alpha *= cv2.GaussianBlur(edge, (0, 0), 1.0)[..., None]
    # water that shone in the sun does not outshine this road
    lit = np.minimum(lit, 1.35 * np.median(here) + 10)
    return np.asarray(np.clip(target * (1 - alpha) + lit * alpha, 0, 255), np.uint8)
