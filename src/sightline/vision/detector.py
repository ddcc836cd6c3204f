"""The part of a detector that all families share; a family adds its layout and how to read its outputs."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from sightline.core.detections import Detections
from sightline.core.errors import InferenceFailedError
from sightline.core.models import ModelInfo, Task
from sightline.ports import ImageInput, ModelOptions
from sightline.vision.geometry import PAD_VALUE, Fit, Letterbox, Placement, content_size
from sightline.vision.network import Network
from sightline.vision.suppression import suppress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float32, Int32, Int64
    from sightline.core.frames import Frame
    from sightline.core.poses import Skeleton
    from sightline.ports import ClassScores, GraphInfo, Pending

    Outputs = tuple[NDArray[Any], ...]


class NetworkModel:
    """A model with weights: what it is, opening and closing. See `ports.ModelAdapter`."""

    family: ClassVar[str]
    task: ClassVar[Task]
    image_input: ClassVar[ImageInput] = ImageInput()
    stride_px: ClassVar[int | None] = None
    """Pixels that an input's sides are multiples of, where the family's graphs take other sizes than their own."""

    def __init__(
        self, weights: Path | None, options: ModelOptions, name: str = "", *, licence: str = ""
    ) -> None:
        self._network = Network(weights, options, self.family, stride_px=self.stride_px)
        self._options = options
        self._name = name or self.family
        self._licence = licence
        self._info: ModelInfo | None = None

    @classmethod
    def matches(cls, graph: GraphInfo) -> bool:
        """Whether a graph has this family's inputs and outputs."""
        raise NotImplementedError

    @property
    def info(self) -> ModelInfo:
        """What it is; reads the graph's facts, not its weights; raises a `ModelError`."""
        if self._info is None:
            graph = self._network.graph
            self._info = ModelInfo(
                name=self._name,
                family=self.family,
                task=self.task,
                input_size=self._network.input_size,
                class_names=self._class_names(graph),
                skeleton=self._skeleton(graph),
                sha256=self._network.sha256,
                precision=self._options.precision,
                licence=self._licence or graph.metadata.get("license", ""),
            )
        return self._info

    def open(self) -> None:
        """Load the weights.

        Raises:
            UnknownLayoutError: The graph is not of this family.
            ModelError: The weights are missing or damaged.
        """
        graph = self._network.graph
        known = all(-1 not in port.shape for port in graph.outputs)
        if known and not self.matches(graph):
            raise self._network.refuse()
        self._prepare(self._network.input_size)
        self._network.open(self.image_input, self._class_scores())

    def close(self) -> None:
        """Free the weights."""
        self._network.close()

    def _prepare(self, input_size: tuple[int, int]) -> None:
        """Make what depends on the input's size."""

    def _class_scores(self) -> ClassScores | None:
        """Give where the scores of all classes stand, if of each cell only the best is of use."""
        return None

    def _class_names(self, graph: GraphInfo) -> tuple[str, ...]:
        del graph
        return ()

    def _skeleton(self, graph: GraphInfo) -> Skeleton | None:
        del graph
        return None


class WholePictureModel(NetworkModel):
    """A model that looks at each frame whole, laid into its input."""

    fit: ClassVar[Fit] = Fit.TOP_LEFT
    pad_value: ClassVar[int] = PAD_VALUE

    @classmethod
    def decode_size(cls, input_size: tuple[int, int], source_size: tuple[int, int]) -> tuple[int, int] | None:
        """Give the size `(height, width)` that frames are best decoded to."""
        return content_size(input_size, source_size, cls.fit)

    def submit(self, frame: Frame, regions: Detections | None = None) -> Pending[Any]:
        """Start on one frame; `regions` are not looked at."""
        del regions
        image, placement = self._letterbox.place(frame.image, frame.source_size)
        return self._network.submit(image, partial(self._answer, placement))

    def _prepare(self, input_size: tuple[int, int]) -> None:
        self._letterbox = Letterbox(input_size, self.fit, pad_value=self.pad_value)

    def _answer(self, placement: Placement, outputs: Outputs) -> Any:
        """Turn outputs into the frame's answer."""
        raise NotImplementedError


class WeightlessDetector:
    """A detector without weights, which finds things of one kind. See `ports.ModelAdapter`.

    Attributes:
        info: What it is.
    """

    family: ClassVar[str]
    finds: ClassVar[str]
    licence: ClassVar[str]
    needs_weights = False

    def __init__(
        self, weights: Path | None, options: ModelOptions, name: str = "", *, licence: str = ""
    ) -> None:
        del weights, licence
        self._options = options
        self.info = ModelInfo(
            name=name or self.family,
            family=self.family,
            task=Task.DETECT,
            class_names=(self.finds,),
            licence=self.licence,
        )
        self.close()

    def close(self) -> None:
        """Hold nothing, as at first."""
        raise NotImplementedError


class Candidates(NamedTuple):
    """Boxes before the best of them are chosen.

    Attributes:
        boxes: `(n, 4)` float32 `x1 y1 x2 y2` in pixels of the model's input.
        scores: `(n,)` float32 in 0..1.
        class_ids: `(n,)` int32.
    """

    boxes: Float32
    scores: Float32
    class_ids: Int32


class NetworkDetector(WholePictureModel):
    """Frames to `Detections`. A family gives `_candidates`."""

    task = Task.DETECT

    def _candidates(self, outputs: Outputs) -> Candidates:
        """Read boxes of at least the lowest score off the outputs."""
        raise NotImplementedError

    def _best(self, scores: Float32) -> Float32:
        """Give each cell's best score of the class scores `(classes, n)`, which the runtime may have picked already."""
        best: Float32 = scores[0] if self._network.picks_classes else scores.max(axis=0)
        return best

    def _best_ids(self, scores: Float32) -> Int32:
        """Give the class of each cell's best score, the first where several are equal."""
        ids: NDArray[Any] = scores[1] if self._network.picks_classes else scores.argmax(axis=0)
        return ids.astype(np.int32)

    def _overlapping(self) -> bool:
        """Whether the graph leaves it to us to choose among boxes that overlap."""
        return True

    def _answer(self, placement: Placement, outputs: Outputs) -> Detections:
        found = self._candidates(outputs)
        if not np.isfinite(found.boxes).all() or not np.isfinite(found.scores).all():
            raise not_finite(self._name)
        rows = self._choose(found)
        boxes = placement.boxes_to_source(found.boxes.take(rows, axis=0))
        solid = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        if not solid.all():
            rows, boxes = rows[solid], boxes[solid]
        scores = np.minimum(found.scores.take(rows), np.float32(1))
        return Detections(boxes, scores, found.class_ids.take(rows))

    def _choose(self, found: Candidates) -> Int64:
        limit = self._options.max_detections
        if not self._overlapping():
            return np.argsort(-found.scores, kind="stable")[:limit]
        return suppress(*found, iou=self._options.iou, limit=limit)


def rows_above(scores: Float32, min_score: float, name: str) -> Int64:
    """Give the rows `(k,)` scored at least `min_score`.

    Raises:
        InferenceFailedError: A score is not finite.
    """
    if not math.isfinite(scores.sum()):
        raise not_finite(name)
    return (scores >= min_score).nonzero()[0]


def not_finite(name: str) -> InferenceFailedError:
    """Give the error for outputs that are not numbers."""
    return InferenceFailedError(f"{name} gave values that are not finite", hint="try --precision f32")


def anchor_points(input_size: tuple[int, int], strides: tuple[int, ...]) -> tuple[Float32, Float32]:
    """Give the cells of all levels, row by row, finest level first.

    Args:
        input_size: `(height, width)` in pixels.
        strides: Pixels a cell, one a level.

    Returns:
        `(n, 2)` float32 `(x, y)` indices of cells within their level, and `(n, 1)` float32 strides in pixels.
    """
    cells, sizes = [], []
    for stride in strides:
        rows, columns = input_size[0] // stride, input_size[1] // stride
        y, x = np.mgrid[:rows, :columns]
        cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
        sizes.append(np.full((rows * columns, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(sizes).astype(np.float32)


def anchor_count(input_size: tuple[int, int], strides: tuple[int, ...] = (8, 16, 32)) -> int:
    """Give how many cells all levels have together."""
    return sum((input_size[0] // stride) * (input_size[1] // stride) for stride in strides)
