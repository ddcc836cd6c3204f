"""What a model is and what it answers, apart from how it is run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.core.poses import Skeleton


class Task(StrEnum):
    """What a model answers for a frame."""

    DETECT = "detect"
    POSE = "pose"
    EMBED = "embed"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Facts about a model that is open or can be opened.

    Attributes:
        name: As the user called it.
        family: Its plugin's name, as in `yolox`.
        task: What it answers.
        input_size: `(height, width)` in pixels that frames are scaled to, None where any size will do.
        class_names: One name per class id; empty for poses and embeddings.
        skeleton: Names the points of a pose model.
        sha256: Of the weights; empty for a model without weights.
        precision: What it computes in: `f32`, `bf16`, `int8`.
        licence: Of the weights, as far as known.
    """

    name: str
    family: str
    task: Task
    input_size: tuple[int, int] | None = None
    class_names: tuple[str, ...] = ()
    skeleton: Skeleton | None = None
    sha256: str = ""
    precision: str = "f32"
    licence: str = ""
