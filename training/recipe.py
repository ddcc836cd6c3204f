"""A model's recipe: one YAML file says all that its training needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from training.augment import Augmentation
from training.shape import Shape

FOLDER = Path(__file__).parent / "recipes"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained.

    Attributes:
        name: As in `hazard`.
        classes: Their names, by id.
        train_size: `(height, width)` of training pictures, multiples of 32.
        input_size: `(height, width)` of the exported graph.
        images: Training pictures in all; the schedule ends there.
        batch: Pictures a step.
        learning_rate: At its highest.
        weight_decay: Of AdamW.
        warmup: Steps of rising rate.
        ema: Decay of the averaged weights.
        mosaic_off: Last share of training without mosaic.
        box_weight: Of the boxes' loss against the scores'.
        seed: Chooses everything left to chance.
        rare: Classes to draw more often, with the factor.
        domains: Factor for a domain's pictures; 1 where it is not named.
        rendered: Folders of rendered pictures under `training/cache`, each with its share of all draws.
        augmentation: See `Augmentation`.
        shape: See `network.Shape`.
        start: Recipe whose weights to start from, None from scratch.
    """

    name: str
    classes: tuple[str, ...]
    train_size: tuple[int, int]
    input_size: tuple[int, int]
    images: int
    batch: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup: int = 300
    ema: float = 0.999
    mosaic_off: float = 0.12
    box_weight: float = 5.0
    seed: int = 7
    rare: dict[int, float] = field(default_factory=dict)
    domains: dict[str, float] = field(default_factory=dict)
    rendered: dict[str, float] = field(default_factory=dict)
    augmentation: Augmentation = field(default_factory=Augmentation)
    shape: Shape = field(default_factory=Shape)
    start: str | None = None


def read_recipe(name: str) -> Recipe:
    """Read `recipes/<name>.yaml`."""
    text: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    augmentation = Augmentation(
        **{key: _tupled(value) for key, value in text.pop("augmentation", {}).items()}
    )
    shape = Shape(**{key: _tupled(value) for key, value in text.pop("shape", {}).items()})
    return Recipe(
        name=name,
        augmentation=augmentation,
        shape=shape,
        **{key: _tupled(value) for key, value in text.items()},
    )


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
