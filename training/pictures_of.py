"""Training and validation pictures of a recipe: read once, kept in memory, drawn with the recipe's weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from training.augment import Sample

if TYPE_CHECKING:
    from training.data.labelled import Labelled
    from training.recipe import Recipe

CACHE = Path(__file__).parent / "cache"


class Pictures:
    """Labelled pictures in memory, each drawn as often as its weight says."""

    def __init__(self, samples: list[Sample], weights: np.ndarray, domains: list[str]) -> None:
        self.samples = samples
        self.domains = domains
        self._reach = np.cumsum(weights / weights.sum())

    def __len__(self) -> int:
        return len(self.samples)

    def draw(self, rng: np.random.Generator) -> Sample:
        """Give one picture by chance."""
        sample = self.samples[min(int(np.searchsorted(self._reach, rng.random())), len(self.samples) - 1)]
        if sample.image.ndim == 1:  # kept compressed
            image = cv2.imdecode(sample.image, cv2.IMREAD_COLOR)
            return Sample(image, sample.boxes, sample.classes, sample.labelled)
        return sample


def load_pictures(recipe: Recipe, part: str, data_root: Path) -> Pictures:
    """Read a part of a recipe's data; rendered pictures join only the training part."""
    from training.data.labelled import load_split

    samples, weights, domains = [], [], []
    real_share = 1 - sum(recipe.rendered.values())
    for labelled in load_split(recipe.name, part, data_root) if real_share > 0 else ():
        sample = _read(labelled, recipe)
        samples.append(sample)
        domains.append(labelled.domain)
        rare = max((recipe.rare.get(int(kind), 1.0) for kind in sample.classes), default=1.0)
        weights.append(rare * recipe.domains.get(labelled.domain, 1.0))
    if part == "train":
        real = float(sum(weights)) or 1.0
        for name, share in recipe.rendered.items():
            rendered = _rendered(CACHE / name, len(recipe.classes))
            samples += rendered
            domains += [name] * len(rendered)
            total = real * share / real_share if real_share > 0 else share
            weights += [total / max(len(rendered), 1)] * len(rendered)
    return Pictures(samples, np.array(weights, np.float64), domains)


def _read(labelled: Labelled, recipe: Recipe) -> Sample:
    """Decode; what is larger than training ever shows it is made smaller once."""
    image = cv2.imread(str(labelled.path), cv2.IMREAD_COLOR)
    if image is None:
        raise FileNotFoundError(f"{labelled.path} cannot be read as a picture")
    boxes = labelled.boxes_px.astype(np.float32)
    longest = max(1.0, recipe.augmentation.scale[1]) * max(recipe.train_size)
    if recipe.augmentation.native_scale is None and max(image.shape[:2]) > longest:
        factor = longest / max(image.shape[:2])
        image, boxes = (
            cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA),
            boxes * factor,
        )
    known = np.zeros(len(recipe.classes), bool)
    known[list(labelled.labelled_classes)] = True
    return Sample(image, boxes, labelled.class_ids.astype(np.int64), known)


def _rendered(folder: Path, classes: int) -> list[Sample]:
    """Pictures that `training.render` wrote: kept compressed, decoded when drawn."""
    samples = []
    for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        data = np.fromfile(folder / record["file"], np.uint8)
        boxes = np.array(record["boxes"], np.float32).reshape(-1, 4)
        samples.append(Sample(data, boxes, np.array(record["classes"], np.int64), np.ones(classes, bool)))
    return samples
