"""Runs a model over frames; knows no family by name."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sightline import plugins
from sightline.vision.geometry import content_size

if TYPE_CHECKING:
    from sightline.core.frames import Frame
    from sightline.core.models import ModelInfo
    from sightline.ports import ModelAdapter, Pending

__all__ = ["content_size", "decode_size", "predict"]


def predict(model: ModelAdapter, frames: Iterable[Frame], in_flight: int = 4) -> list[Any]:
    """Give an open model's answer for each frame, in order.

    Args:
        model: Open.
        frames: In order of time for a model with a memory.
        in_flight: How many answers may be under way at once; changes no answer.

    Raises:
        ModelError: The model failed on a frame.
    """
    pending: deque[Pending[Any]] = deque()
    answers: list[Any] = []
    for frame in frames:
        if len(pending) >= in_flight:
            answers.append(pending.popleft().result())
        pending.append(model.submit(frame))
    answers.extend(answer.result() for answer in pending)
    return answers


def decode_size(info: ModelInfo, source_size: tuple[int, int]) -> tuple[int, int] | None:
    """Give the size that frames are best decoded to for a model, `(height, width)` in pixels.

    Frames of that size only need padding; of any other size the model scales them itself.

    Args:
        info: What the model is.
        source_size: `(height, width)` of the upright source picture in pixels.

    Returns:
        None where the model wants full frames.
    """
    family = plugins.load("models", info.family) if info.family in plugins.names("models") else None
    wanted = getattr(family, "decode_size", None)
    return wanted(info.input_size, source_size) if wanted is not None else None
