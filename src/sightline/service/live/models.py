"""The graphs that all streams share: one for each scale and shape of picture, opened when first needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import structlog

from sightline.core.errors import SettingsError, SightlineError
from sightline.core.frames import Frame
from sightline.ports import Resumable
from sightline.vision.detect import decode_size

if TYPE_CHECKING:
    from sightline.core.arrays import Int64
    from sightline.core.detections import Detections
    from sightline.core.models import ModelInfo
    from sightline.ports import ModelAdapter

_log = structlog.get_logger()
_GREY = 114

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
    """An open model that several threads may ask.

    Args:
        model: It.
        class_names: Classes by which it answers instead of its own; it knows them all, and what it knows besides is left
            out.
    """

    def __init__(self, model: ModelAdapter, class_names: Sequence[str] | None = None) -> None:
        self._model = model
        self._class_ids: Int64 | None = None
        self.info = model.info
        if class_names is not None and tuple(class_names) != model.info.class_names:
            numbers = {name: number for number, name in enumerate(class_names)}
            self._class_ids = np.array([numbers.get(name, -1) for name in model.info.class_names])
            self.info = replace(model.info, class_names=tuple(class_names))
        self._submitting = threading.Lock()  # a model lays pictures into one buffer
        self._remembers = isinstance(model, Resumable)

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
                return self._named(pending.result())
        return self._named(pending.result())

    def _named(self, found: Detections) -> Detections:
        if self._class_ids is None:
            return found
        class_ids = self._class_ids[found.class_ids]
        known = class_ids >= 0
        return replace(found, class_ids=class_ids.astype(found.class_ids.dtype))[known]

    def close(self) -> None:
        """Free it."""
        self._model.close()


def seconds_a_frame(model: SharedModel, source_size: tuple[int, int]) -> float:
    """Give how long a frame takes a model: the quickest of three."""
    size = model.picture_size(source_size) or source_size
    frame = Frame(np.full((*size, 3), _GREY, np.uint8), 0, Fraction(0), source_size, "measuring")
    took_s = []
    for _ in range(3):
        began_s = time.perf_counter()
        model.answer(frame)
        took_s.append(time.perf_counter() - began_s)
    return min(took_s)


class StreamModels:
    """Opens one model's graphs and hands them out; a model that learns the scene is a stream's own.

    Args:
        build: Gives a model.
        chosen: Which.
        class_names: Classes by which it answers instead of its own.
        lighter: Name of a lighter model for streams that step down; empty for none.
    """

    def __init__(
        self,
        build: BuildModel,
        chosen: ChosenModel,
        *,
        class_names: Sequence[str] | None = None,
        lighter: str = "",
    ) -> None:
        self.chosen = chosen
        self._build_any = build
        self._build = partial(build, chosen)
        self._class_names = class_names
        self._lighter_name = "" if lighter == chosen.name else lighter
        self._lighter: StreamModels | None = None
        self._weighing = threading.Lock()
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
        return len(self._open) + (0 if self._lighter is None else self._lighter.open_count)

    def lighter(self, scale: float, source_size: tuple[int, int], stream_id: str) -> StreamModels | None:
        """Give the lighter model's graphs, one for pictures of a size open; they answer by the names of our classes.

        None where there is no lighter model, or none that opens, knows all our classes and is the quicker one: it is not
        asked again then.
        """
        with self._weighing:
            if not self._lighter_name:
                return None
            try:
                if self._lighter is None:
                    self._lighter = self._find_lighter(scale, source_size, stream_id)
                self._lighter.get(scale, source_size, stream_id)
            except SightlineError as error:
                _log.warning("no_lighter_model", model=self._lighter_name, reason=error.message)
                self._lighter_name = ""
                return None
            return self._lighter

    def _find_lighter(self, scale: float, source_size: tuple[int, int], stream_id: str) -> StreamModels:
        names = self.info.class_names
        chosen = replace(self.chosen, name=self._lighter_name)
        found = StreamModels(self._build_any, chosen, class_names=names)
        unknown = [name for name in names if name not in found.info.class_names]
        if unknown:
            raise SettingsError(f"it does not know {', '.join(unknown[:3])}")
        its_s, our_s = (
            seconds_a_frame(models.get(scale, source_size, stream_id), source_size)
            for models in (found, self)
        )
        if its_s >= our_s:
            found.close()
            raise SettingsError(
                f"it takes {its_s * 1000:.1f} ms a frame, and {self.chosen.name} {our_s * 1000:.1f}"
            )
        return found

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
                self._open[key] = SharedModel(model, self._class_names)
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
        if self._lighter is not None:
            self._lighter.forget(stream_id)

    def close(self) -> None:
        """Close all."""
        with self._lock:
            models = list(self._open.values())
            self._open.clear()
            self._opening.clear()
        for model in models:
            model.close()
        if self._lighter is not None:
            self._lighter.close()


class ModelShelf:
    """All models that streams use: few, and each opened when first needed.

    Args:
        build: Gives a model.
        choose: Gives the model for an application's streams, None for those without one.
        lighter: Name of a lighter model for streams that step down; empty for none.
    """

    def __init__(
        self, build: BuildModel, choose: Callable[[str | None], ChosenModel], *, lighter: str = ""
    ) -> None:
        self._build = build
        self._lighter = lighter
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
                self._models[chosen] = StreamModels(self._build, chosen, lighter=self._lighter)
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
