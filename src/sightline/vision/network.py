"""A graph and the runtime it runs on: what every family with weights shares."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline import plugins
from sightline.core.errors import UnknownLayoutError, WeightsMissingError
from sightline.vision.classes import COCO_80
from sightline.vision.geometry import tight_size

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.ports import ClassScores, GraphInfo, ImageInput, ModelOptions, Pending, Runtime


_MOST_PICKED = 256
"""Classes whose numbers are exact in bf16."""


class Network:
    """Reads a graph's facts when they are first asked for, and its weights in `open`.

    Attributes:
        picks_classes: Whether answers hold the best class alone; see `ports.ClassScores`.
    """

    def __init__(
        self, weights: Path | None, options: ModelOptions, family: str, *, stride_px: int | None = None
    ) -> None:
        """See `NetworkModel.stride_px` for `stride_px`."""
        if weights is None:
            raise WeightsMissingError(
                f"{family} needs weights", hint="give a file, or a name that `sightline models list` shows"
            )
        self._weights = weights
        self._options = options
        self._family = family
        self._stride_px = stride_px
        self._runtime: Runtime = plugins.load("runtimes", options.runtime)()
        self._graph: GraphInfo | None = None
        self._sha256 = ""
        self.picks_classes = False

    @property
    def graph(self) -> GraphInfo:
        """Inputs, outputs and metadata; raises `WeightsInvalidError` and `WeightsMissingError`."""
        if self._graph is None:
            self._graph = self._runtime.read(self._weights)
        return self._graph

    @property
    def sha256(self) -> str:
        """Of the weights; of an OpenVINO `.xml` followed by its `.bin`."""
        if not self._sha256:
            self._sha256 = weights_sha256(self._weights)
        return self._sha256

    @property
    def input_size(self) -> tuple[int, int]:
        """`(height, width)` in pixels; no larger than the pictures to come need, where graph and runtime allow.

        Raises:
            UnknownLayoutError: The graph takes no pictures.
        """
        size = picture_size(self.graph)
        if size is None:
            raise UnknownLayoutError(
                f"{self._weights.name} takes no pictures: {describe(self.graph)}",
                hint="give a model that takes one picture, of three channels",
            )
        reshapes = self._stride_px is not None and self._runtime.reshapes
        if self._options.input_size is not None and (reshapes or -1 in size):
            size = self._options.input_size
        source_size = self._options.source_size
        if source_size is None or self._stride_px is None or -1 in size or not reshapes:
            return size
        return tight_size(size, source_size, self._stride_px)

    def class_names(self, count: int) -> tuple[str, ...]:
        """Give a name for each class: the user's, else the file's, else COCO's for 80, else numbers."""
        given = self._options.class_names
        if given:
            return given[:count] + tuple(f"class_{index}" for index in range(len(given), count))
        named = names_in(self.graph)
        if len(named) == count:
            return named
        return COCO_80 if count == len(COCO_80) else tuple(f"class_{index}" for index in range(count))

    def refuse(self) -> UnknownLayoutError:
        """Give the error for a graph that is not of the family it was opened as."""
        return UnknownLayoutError(
            f"{self._weights.name} does not look like {self._family}: {describe(self.graph)}",
            hint="leave --layout out to have it detected, or see docs/models.md",
        )

    def open(self, image_input: ImageInput, classes: ClassScores | None = None) -> None:
        """Load the weights, with the best class picked by the runtime where it can; raises a `ModelError`."""
        size = self.input_size
        options = self._options if -1 in size else replace(self._options, input_size=size)
        if classes is not None:
            count = self.graph.outputs[0].shape[classes.axis] - classes.first
            self.picks_classes = self._runtime.picks_classes and 0 < count <= _MOST_PICKED
        self._runtime.open(self._weights, image_input, options, classes if self.picks_classes else None)

    def submit(self, image: UInt8, read: Callable[[tuple[Any, ...]], Any]) -> Pending[Any]:
        """Start on a picture of the input's size; see `ports.Runtime`."""
        return self._runtime.submit(image, read)

    def close(self) -> None:
        """Free the weights."""
        self._runtime.close()


def picture_size(graph: GraphInfo) -> tuple[int, int] | None:
    """Give `(height, width)` that a graph takes, -1 where it is free; None where it takes no pictures."""
    if len(graph.inputs) != 1 or len(graph.inputs[0].shape) != 4:
        return None
    _, first, second, third = graph.inputs[0].shape
    if first in (3, -1):
        return second, third
    return (first, second) if third == 3 else None


def describe(graph: GraphInfo) -> str:
    """Give a graph's inputs and outputs in a line."""
    inputs, outputs = (
        ", ".join(f"{port.name} {'x'.join(str(side) for side in port.shape)}" for port in ports[:8])
        for ports in (graph.inputs, graph.outputs)
    )
    return f"inputs {inputs}; outputs {outputs}"


def names_in(graph: GraphInfo) -> tuple[str, ...]:
    """Give the class names that a file carries in its metadata; empty where it carries none."""
    listed = graph.metadata.get("names", "")
    if listed:
        try:
            names = ast.literal_eval(listed)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return ()
        if isinstance(names, dict):
            names = [names[key] for key in sorted(names)] if all(isinstance(k, int) for k in names) else []
        return tuple(str(name) for name in names) if isinstance(names, (list, tuple)) else ()
    return tuple(graph.metadata.get("labels", "").split())


def weights_sha256(weights: Path) -> str:
    """Give the sha256 of a file; of an `.xml` followed by its `.bin`.

    Raises:
        WeightsMissingError: It cannot be read.
    """
    digest = hashlib.sha256()
    files = (weights, weights.with_suffix(".bin")) if weights.suffix == ".xml" else (weights,)
    try:
        for file in files:
            with file.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
    except OSError as error:
        raise WeightsMissingError(
            f"cannot read {error.filename}: {error.strerror}", hint="check the path and its permissions"
        ) from error
    return digest.hexdigest()
