"""The graphs that all streams share: one for each scale and shape of picture, opened when first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from sightline.ports import Resumable
from sightline.vision.detect import decode_size

if TYPE_CHECKING:
    from sightline.core.detections import Detections
    from sightline.core.frames import Frame
    from sightline.core.models import ModelInfo
    from sightline.ports import ModelAdapter

MODEL_IOU = 0.7
"""What a model suppresses by where no application says."""


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """A model as some streams want it.

    An application suppresses as it does in a file: to suppress by more overlap first and by less afterwards leaves other
    boxes than to do it once.

    Attributes:
        name: Of the zoo, or a file.
        iou: Overlap above which the weaker of two boxes is dropped.
        max_detections: Most boxes a frame.
    """

    name: str
    iou: float = MODEL_IOU
    max_detections: int = 300


BuildModel = Callable[[ChosenModel, float, "tuple[int, int] | None"], "ModelAdapter"]
"""Gives a model, not open: `(which, scale of its own input size, (height, width) of the pictures to come)`."""

MOST_SHAPES = 6
"""Shapes of picture that get a graph of their own; any further one is padded into the square one."""


class SharedModel:
    """An open model that several threads may ask."""

    def __init__(self, model: ModelAdapter) -> None:
        self._model = model
        self._submitting = threading.Lock()  # a model lays pictures into one buffer
        self._remembers = isinstance(model, Resumable)

    @property
    def info(self) -> ModelInfo:
        """What it is."""
        return self._model.info

    def picture_size(self, source_size: tuple[int, int]) -> tuple[int, int] | None:
        """Give the size `(height, width)` that pictures are best decoded to; None for their own."""
        return decode_size(self._model.info, source_size)

    def answer(self, frame: Frame) -> Detections:
        """Wait for one frame's detections; other threads' frames are worked on meanwhile.

        Raises:
            ModelError: The model failed on it.
        """
        with self._submitting:
            pending = self._model.submit(frame)
            if self._remembers:
                return pending.result()  # type: ignore[no-any-return]
        return pending.result()  # type: ignore[no-any-return]

    def close(self) -> None:
        """Free it."""
        self._model.close()


class StreamModels:
    """Opens one model's graphs and hands them out; a model that learns the scene is a stream's own."""

    def __init__(self, build: BuildModel, chosen: ChosenModel) -> None:
        self.chosen = chosen
        self._build = partial(build, chosen)
        self._lock = threading.Lock()
        self._opening: dict[tuple[object, ...], threading.Lock] = {}
        self._open: dict[tuple[object, ...], SharedModel] = {}
        self._info: ModelInfo | None = None
        self._remembers = False
        self._closed = False

    @property
    def info(self) -> ModelInfo:
        """What the model is; reads its facts alone.

        Raises:
            ConfigError: There is no such model.
            ModelError: It cannot be read.
        """
        if self._info is None:
            model = self._build(1.0, None)
            self._remembers = isinstance(model, Resumable)
            self._info = model.info
        return self._info

    @property
    def open_count(self) -> int:
        """How many graphs are open."""
        return len(self._open)

    def get(self, scale: float, source_size: tuple[int, int], stream_id: str) -> SharedModel:
        """Give the open model for pictures of a size; opens it where it is the first to ask.

        Raises:
            ModelError: It cannot be opened.
        """
        fixed = self.info.input_size is None
        own = stream_id if self._remembers else ""
        shape = None if fixed or own else _shape(source_size)
        key: tuple[object, ...] = (own, 1.0 if fixed else scale, shape)
        found = self._open.get(key)
        if found is not None:
            return found
        with self._lock:
            if key not in self._opening and shape is not None and len(self._opening) >= MOST_SHAPES:
                key, shape = (own, scale, None), None
            gate = self._opening.setdefault(key, threading.Lock())
        with gate:
            if key not in self._open:
                model = self._build(1.0 if fixed else scale, source_size if shape is not None else None)
                model.open()
                self._open[key] = SharedModel(model)
            return self._open[key]

    def forget(self, stream_id: str) -> None:
        """Close what one stream had of its own."""
        with self._lock:
            gone = [key for key in self._open if key[0] == stream_id]
            models = [self._open.pop(key) for key in gone]
            for key in gone:
                self._opening.pop(key, None)
        for model in models:
            model.close()

    def close(self) -> None:
        """Close all."""
        with self._lock:
            models = list(self._open.values())
            self._open.clear()
            self._opening.clear()
        for model in models:
            model.close()


class ModelShelf:
    """All models that streams use: few, and each opened when first needed.

    Args:
        build: Gives a model.
        choose: Gives the model for an application's streams, None for those without one.
    """

    def __init__(self, build: BuildModel, choose: Callable[[str | None], ChosenModel]) -> None:
        self._build = build
        self._choose = choose
        self._lock = threading.Lock()
        self._models: dict[ChosenModel, StreamModels] = {}

    @property
    def open_count(self) -> int:
        """How many graphs are open."""
        return sum(models.open_count for models in tuple(self._models.values()))

    def of(self, app: str | None, name: str | None = None) -> StreamModels:
        """Give the models for an application's streams, under a name of one's own where one is given; opens nothing."""
        chosen = self._choose(app)
        if name:
            chosen = replace(chosen, name=name)
        with self._lock:
            if chosen not in self._models:
                self._models[chosen] = StreamModels(self._build, chosen)
            return self._models[chosen]

    def forget(self, stream_id: str) -> None:
        """Close what one stream had of its own."""
        for models in tuple(self._models.values()):
            models.forget(stream_id)

    def close(self) -> None:
        """Close all."""
        for models in tuple(self._models.values()):
            models.close()


def _shape(source_size: tuple[int, int]) -> tuple[int, int]:
    """Give the picture's aspect in sixteenths of its longer side: what decides how tight an input can be."""
    height, width = source_size
    longer = max(height, width)
    return -(-16 * height // longer), -(-16 * width // longer)
