"""Models, the runtimes that compute them, and trackers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sightline.ports.pipeline import Resumable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float32, UInt8
    from sightline.core.detections import Detections
    from sightline.core.frames import Frame
    from sightline.core.models import ModelInfo
    from sightline.core.tracks import Tracks

T_co = TypeVar("T_co", covariant=True)


class Pending(Protocol[T_co]):
    """An answer under way."""

    def result(self) -> T_co:
        """Wait for it; raises `InferenceFailedError` where the runtime failed."""
        ...


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """How a model is to be run.

    Attributes:
        runtime: Plugin name of the runtime, as in `openvino`.
        precision: `f32`, `bf16` or `int8`.
        threads: Cores it may use at once.
        in_flight: How many answers a caller may leave pending; the runtime holds that many requests ready.
        min_score: Lowest score it should report, 0..1.
        iou: Overlap above which non-maximum suppression drops the weaker box, 0..1.
        max_detections: Most boxes a frame, the best ones.
        layout: Family plugin's name, where it cannot be read off the graph.
        class_names: Names to use where the file holds none.
        input_size: `(height, width)` for graphs with a free input size, and for families that take others.
        source_size: `(height, width)` of the pictures to come; lets a model leave out padding.
        device: Name of the device as the runtime calls it.
        at_once: Pictures computed side by side, the threads shared out among them; None for one a thread.
    """

    runtime: str = "openvino"
    precision: str = "f32"
    threads: int = 1
    in_flight: int = 4
    min_score: float = 0.1
    iou: float = 0.7
    max_detections: int = 300
    layout: str | None = None
    class_names: tuple[str, ...] = ()
    input_size: tuple[int, int] | None = None
    source_size: tuple[int, int] | None = None
    device: str = "CPU"
    at_once: int | None = None


class ModelAdapter(Protocol):
    """One model family: frames in, detections, poses or embeddings out, in source-image pixels."""

    @property
    def info(self) -> ModelInfo:
        """What it is; complete once it is open."""
        ...

    def open(self) -> None:
        """Load the weights; raises a `ModelError`."""
        ...

    def submit(self, frame: Frame, regions: Detections | None = None) -> Pending[Any]:
        """Start on one frame and return at once where the runtime can.

        Detectors answer `Detections`, pose models `Poses`, embedders `(n, d)` float32 of unit rows.
        Models that look at crops take them from `regions`; results then have a row for each region.
        """
        ...

    def close(self) -> None:
        """Free the weights."""
        ...


@dataclass(frozen=True, slots=True)
class ImageInput:
    """How a graph wants its picture; the runtime does this inside the graph where it can.

    Attributes:
        mean: Subtracted from each channel, in the order of `color`, on the 0..255 scale.
        std: Divides each channel afterwards.
        color: `bgr` or `rgb`.
    """

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    color: str = "bgr"


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Name, shape (-1 where free) and element type of a graph's input or output."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class GraphInfo:
    """What a graph takes and gives, and the metadata its file carries."""

    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassScores:
    """Where in a graph's only output the scores of all classes stand: along `axis`, from `first` to its end.

    A runtime that picks classes puts two in their place: the best score and the number of its class, the first one's
    where several are equal. Both are NaN where a score is.
    """

    axis: int
    first: int


class Runtime(Protocol):
    """Runs one graph, each image its own request; several threads may submit.

    Attributes:
        reshapes: Whether a graph's own input size may be overruled.
        picks_classes: Whether it can answer with the best class in place of all, see `ClassScores`.
    """

    reshapes: bool
    picks_classes: bool

    def read(self, weights: Path) -> GraphInfo:
        """Read a graph's inputs and outputs without making it ready to run; raises `WeightsInvalidError`."""
        ...

    def open(
        self,
        weights: Path,
        image_input: ImageInput,
        options: ModelOptions,
        classes: ClassScores | None = None,
    ) -> None:
        """Make it ready to run; raises `WeightsInvalidError`.

        With `classes`, answers hold the best class alone; only to be given where the runtime `picks_classes`, and for
        256 classes at most, as their numbers must be exact in bf16.
        """
        ...

    def submit(
        self, image: UInt8, read: Callable[[tuple[NDArray[Any], ...]], Any] | None = None
    ) -> Pending[Any]:
        """Start on a `(h, w, 3)` BGR picture of the graph's input size; outputs come in the graph's order.

        The picture is copied. Blocks while `options.in_flight` requests are under way. `read` turns the
        outputs into the answer, once, on whichever thread; they are only valid while it runs, so nothing
        need be copied. Without it the answer is a tuple of the outputs.
        """
        ...

    def close(self) -> None:
        """Free it."""
        ...


class Tracker(Resumable, Protocol):
    """Gives detections identities, frame after frame."""

    def update(
        self,
        detections: Detections,
        *,
        t_s: float,
        frame: Frame | None = None,
        embeddings: Float32 | None = None,
    ) -> Tracks:
        """Take the next frame's detections; time must rise."""
        ...
