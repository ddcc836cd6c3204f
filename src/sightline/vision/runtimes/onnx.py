"""Runs graphs on ONNX Runtime: one core per request, several requests at once.

Each request runs on one worker thread with one thread inside the session, so results depend neither on how
many requests are under way nor on how many cores there are; idle threads sleep instead of spinning.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.core.errors import InferenceFailedError, ModelInputError
from sightline.core.optional import require
from sightline.ports import GraphInfo, ModelOptions, TensorInfo
from sightline.vision.runtimes.weights_files import files_of, invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import UInt8
    from sightline.ports import ClassScores, ImageInput

    Outputs = tuple[NDArray[Any], ...]

_TYPES = {"float": "f32", "float16": "f16", "uint8": "u8", "int8": "i8", "int32": "i32", "int64": "i64"}
_NUMPY = {"f32": np.float32, "f16": np.float16, "u8": np.uint8, "i8": np.int8, "i32": np.int32}


class OnnxRuntime:
    """See `ports.Runtime`."""

    reshapes = False
    picks_classes = False

    def __init__(self) -> None:
        self._session: Any = None
        self._feed: _Feed | None = None
        self._workers: ThreadPoolExecutor | None = None
        self._slots = BoundedSemaphore(1)

    def read(self, weights: Path) -> GraphInfo:
        """Read a graph's inputs, outputs and metadata.

        Raises:
            WeightsMissingError: The file is not there.
            WeightsInvalidError: ONNX Runtime cannot read it.
            MissingDependencyError: ONNX Runtime is not installed.
        """
        session = _session(weights, optimise=False)
        return GraphInfo(
            inputs=tuple(_tensor(port) for port in session.get_inputs()),
            outputs=tuple(_tensor(port) for port in session.get_outputs()),
            metadata=dict(sorted(session.get_modelmeta().custom_metadata_map.items())),
        )

    def open(
        self,
        weights: Path,
        image_input: ImageInput,
        options: ModelOptions,
        classes: ClassScores | None = None,
    ) -> None:
        """Make it ready to run; `classes` must be left out, as this runtime picks none.

        Raises:
            WeightsMissingError: The file is not there.
            WeightsInvalidError: ONNX Runtime cannot read it.
            ModelInputError: It leaves its input size free and `options` give none.
            MissingDependencyError: ONNX Runtime is not installed.
        """
        if classes is not None:
            raise ModelInputError("ONNX Runtime is not told to pick classes")
        session = _session(weights, optimise=True)
        self._feed = _Feed(session.get_inputs(), image_input, options.input_size)
        self._session = session
        self._workers = ThreadPoolExecutor(options.threads, thread_name_prefix="onnx")
        self._slots = BoundedSemaphore(max(options.in_flight, options.threads))

    def submit(self, image: UInt8, read: Callable[[Outputs], Any] | None = None) -> _Pending:
        """Start on a picture; blocks while as many as `options.in_flight` are under way.

        Raises:
            ModelInputError: The picture is not of the graph's input size.
        """
        if self._feed is None or self._workers is None:
            raise InferenceFailedError("the model is not open")
        if image.shape != self._feed.shape:
            raise ModelInputError(f"the graph takes pictures of {self._feed.shape}, got {image.shape}")
        self._slots.acquire()
        future = self._workers.submit(partial(self._run, self._session, self._feed, image.copy(), read))
        future.add_done_callback(lambda _: self._slots.release())
        return _Pending(future)

    def close(self) -> None:
        """Wait for what is under way and free the graph."""
        if self._workers is not None:
            self._workers.shutdown(wait=True)
        self._session = self._feed = self._workers = None

    @staticmethod
    def _run(session: Any, feed: _Feed, image: UInt8, read: Callable[[Outputs], Any] | None) -> Any:
        try:
            outputs = tuple(session.run(None, {feed.name: feed.tensor(image)}))
        except _failures() as error:
            said = str(error).splitlines()[0][:160]
            raise InferenceFailedError(f"onnxruntime failed: {said}") from error
        return read(outputs) if read is not None else outputs


class _Feed:
    """Turns pictures into what a graph takes."""

    def __init__(self, inputs: Any, image_input: ImageInput, input_size: tuple[int, int] | None) -> None:
        port = _tensor(inputs[0])
        if len(inputs) != 1 or len(port.shape) != 4 or port.dtype not in _NUMPY:
            raise ModelInputError(
                f"the graph takes {len(inputs)} inputs, the first {port.dtype} of shape {port.shape}",
                hint="export the model so that it takes one batch of pictures",
            )
        self.name = port.name
        self._dtype = _NUMPY[port.dtype]
        self._channels_last = port.shape[3] == 3
        sides = port.shape[1:3] if self._channels_last else port.shape[2:]
        if -1 in sides and input_size is None:
            raise ModelInputError(
                f"the graph leaves its input size free: {port.shape}",
                hint="give one, as in --input-size 640x640",
            )
        height, width = input_size if -1 in sides and input_size is not None else sides
        self.shape = (height, width, 3)
        self._swap = image_input.color == "rgb"
        column = (3,) if self._channels_last else (3, 1, 1)
        self._mean = np.array(image_input.mean, np.float32).reshape(column)
        self._std = np.array(image_input.std, np.float32).reshape(column)
        self._plain = not self._mean.any() and bool((self._std == 1).all())

    def tensor(self, image: UInt8) -> NDArray[Any]:
        """Give the graph's input for a BGR picture."""
        if self._channels_last:
            picture = (image[:, :, ::-1] if self._swap else image)[None]
            if self._plain:
                return np.ascontiguousarray(picture.astype(self._dtype, copy=False))
            return ((picture.astype(np.float32) - self._mean) / self._std).astype(self._dtype, copy=False)
        blob: NDArray[Any] = cv2.dnn.blobFromImage(image, swapRB=self._swap)
        if not self._plain:
            blob -= self._mean
            blob /= self._std
        return blob.astype(self._dtype, copy=False)


class _Pending:
    """See `ports.Pending`."""

    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def result(self) -> Any:
        """Give the answer.

        Raises:
            InferenceFailedError: ONNX Runtime failed, or the outputs were not numbers.
        """
        return self._future.result()


def _failures() -> tuple[type[Exception], ...]:
    """Give the types that ONNX Runtime raises; they have no class in common."""
    state = require("onnxruntime.capi.onnxruntime_pybind11_state", extra="onnx")
    return (
        state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf, state.NoModel,
        state.NoSuchFile, state.NotImplemented, state.RuntimeException, state.EPFail, state.EngineError,
        RuntimeError, ValueError,
    )  # fmt: skip


def _session(weights: Path, *, optimise: bool) -> Any:
    ort = require("onnxruntime", extra="onnx")
    files_of(weights)
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.add_session_config_entry("session.inter_op.allow_spinning", "0")
    settings.log_severity_level = 4
    if not optimise:
        settings.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return ort.InferenceSession(str(weights), settings, providers=["CPUExecutionProvider"])
    except _failures() as error:
        raise invalid(weights, "onnxruntime", error) from error


def _tensor(port: Any) -> TensorInfo:
    element = port.type.removeprefix("tensor(").removesuffix(")")
    shape = tuple(side if isinstance(side, int) and side > 0 else -1 for side in port.shape)
    return TensorInfo(name=port.name, shape=shape, dtype=_TYPES.get(element, element))
