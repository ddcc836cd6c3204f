"""Runs graphs on OpenVINO: one core per request, several requests at once.

Every request runs on a stream of its own with one thread, so a result depends neither on how many requests
are under way nor on how many cores there are, and no core waits for another inside a layer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from sightline.core.errors import InferenceFailedError, ModelInputError
from sightline.ports import GraphInfo, ModelOptions, TensorInfo
from sightline.vision.runtimes.openvino_graph import (
    chain_pools,
    cut_last_transposes,
    fix_input_size,
    fold_focus,
    pick_classes,
    undo_dynamic_quantisation,
    with_preprocessing,
)
from sightline.vision.runtimes.openvino_package import silent_openvino
from sightline.vision.runtimes.weights_files import files_of, invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import UInt8
    from sightline.ports import ClassScores, ImageInput

    Outputs = tuple[NDArray[Any], ...]

ov = silent_openvino()
_HINTS = {"f32": "f32", "bf16": "bf16", "int8": "f32"}
"""Precision as asked for -> what layers compute in that are not quantised in the file."""
_SAID = (RuntimeError, UnicodeDecodeError)
"""What it raises; the second where what it says quotes a file that is not UTF-8."""
_UNREADABLE = (ov.frontend.GeneralFailure, ov.frontend.OpConversionFailure, ov.frontend.OpValidationFailure)
"""What a reader of one format says of a file that is not of it."""


@cache
def _core() -> Any:
    return ov.Core()


def _read(weights: Path) -> Any:
    """Read a graph by its suffix: left to guess, OpenVINO tries other formats on a damaged file, aloud on stderr."""
    if weights.suffix.lower() != ".onnx":
        return _core().read_model(weights)
    reader = ov.frontend.FrontEndManager().load_by_framework("onnx")
    return reader.convert(reader.load(str(weights)))


class OpenvinoRuntime:
    """See `ports.Runtime`."""

    reshapes = True
    picks_classes = True

    def __init__(self) -> None:
        self._read: tuple[Path, Any] | None = None
        self._requests: _Requests | None = None

    def read(self, weights: Path) -> GraphInfo:
        """Read a graph's inputs, outputs and metadata.

        Raises:
            WeightsMissingError: The file, or an `.xml`'s `.bin`, is not there.
            WeightsInvalidError: OpenVINO cannot read it.
        """
        model = self._model(weights)
        return GraphInfo(
            inputs=tuple(_tensor(port) for port in model.inputs),
            outputs=tuple(_tensor(port) for port in model.outputs),
            metadata=_metadata(model),
        )

    def open(
        self,
        weights: Path,
        image_input: ImageInput,
        options: ModelOptions,
        classes: ClassScores | None = None,
    ) -> None:
        """Compile it, with the pre-processing and the choice among classes inside.

        Raises:
            WeightsMissingError: The file, or an `.xml`'s `.bin`, is not there.
            WeightsInvalidError: OpenVINO cannot read or compile it.
            ModelInputError: It leaves its input size free and `options` give none.
        """
        model = self._model(weights)
        self._read = None  # what follows changes it
        try:
            fix_input_size(model, options.input_size)
            if options.precision != "int8":
                undo_dynamic_quantisation(model)
            fold_focus(model)
            chain_pools(model)
            orders = cut_last_transposes(model)
            if classes is not None:
                pick_classes(model, classes, orders[0])
            compiled = _core().compile_model(
                with_preprocessing(model, image_input),
                options.device,
                _properties(options),
            )
        except _SAID as error:
            raise invalid(weights, "openvino", error) from error
        requests = max(options.in_flight, options.threads)
        self._requests = _Requests([_Request(compiled, orders) for _ in range(requests)])

    def submit(self, image: UInt8, read: Callable[[Outputs], Any] | None = None) -> _Pending:
        """Start on a picture; blocks while all requests are under way.

        Raises:
            ModelInputError: The picture is not of the graph's input size.
        """
        if self._requests is None:
            raise InferenceFailedError("the model is not open")
        return self._requests.start(image, read or _copies)

    def close(self) -> None:
        """Wait for what is under way and free the graph."""
        if self._requests is not None:
            self._requests.close()
        self._requests = self._read = None

    def _model(self, weights: Path) -> Any:
        if self._read is not None and self._read[0] == weights:
            return self._read[1]
        files_of(weights)
        try:
            model = _read(weights)
        except (*_SAID, *_UNREADABLE) as error:
            raise invalid(weights, "openvino", error) from error
        self._read = (weights, model)
        return model


def _properties(options: ModelOptions) -> dict[str, Any]:
    properties: dict[str, Any] = {"INFERENCE_PRECISION_HINT": _HINTS[options.precision]}
    if options.device == "CPU":  # other devices have no such properties
        properties |= {
            "NUM_STREAMS": options.at_once or options.threads,
            "INFERENCE_NUM_THREADS": options.threads,
            "ENABLE_CPU_PINNING": False,
        }
    return properties


class _Request:
    """An inference request with views of its input and outputs.

    Args:
        compiled: The compiled graph.
        orders: Of each output, the order that its axes are given in; None for the graph's.
    """

    def __init__(self, compiled: Any, orders: Sequence[tuple[int, ...] | None]) -> None:
        self.request = compiled.create_infer_request()
        self._input: UInt8 = self.request.get_input_tensor(0).data[0]
        self._orders = orders
        fixed = not any(port.partial_shape.is_dynamic for port in compiled.outputs)
        self._views = self._look() if fixed else None

    @property
    def shape(self) -> tuple[int, ...]:
        """`(h, w, 3)` of the pictures it takes."""
        return self._input.shape

    def fill(self, image: UInt8) -> None:
        """Copy a picture into the input."""
        self._input[...] = image

    def _look(self) -> Outputs:
        found = (self.request.get_output_tensor(index).data for index in range(len(self._orders)))
        return tuple(
            output if order is None else output.transpose(order)
            for output, order in zip(found, self._orders, strict=True)
        )

    def outputs(self) -> Outputs:
        """Views, valid until the request starts again."""
        return self._views if self._views is not None else self._look()


class _Requests:
    """A pool of requests. When all are under way, the oldest is finished on behalf of its owner."""

    def __init__(self, requests: Sequence[_Request]) -> None:
        self._free = list(requests)
        self._busy: deque[_Pending] = deque()
        self._lock = Lock()
        self._shape = requests[0].shape

    def start(self, image: UInt8, read: Callable[[Outputs], Any]) -> _Pending:
        if image.shape != self._shape:
            raise ModelInputError(f"the graph takes pictures of {self._shape}, got {image.shape}")
        request = self._take()
        request.fill(image)
        request.request.start_async()
        pending = _Pending(request, read, self)
        with self._lock:
            self._busy.append(pending)
        return pending

    def give_back(self, pending: _Pending, request: _Request) -> None:
        with self._lock:
            if pending in self._busy:
                self._busy.remove(pending)
            self._free.append(request)

    def close(self) -> None:
        while self._busy:
            self._busy[0].finish()

    def _take(self) -> _Request:
        while True:
            with self._lock:
                if self._free:
                    return self._free.pop()
                oldest = self._busy[0] if self._busy else None
            if oldest is not None:
                oldest.finish()


class _Pending:
    """See `ports.Pending`; holds its request until its outputs have been read."""

    def __init__(self, request: _Request, read: Callable[[Outputs], Any], pool: _Requests) -> None:
        self._request: _Request | None = request
        self._read = read
        self._pool = pool
        self._lock = Lock()
        self._answer: Any = None
        self._error: Exception | None = None

    def result(self) -> Any:
        """Give the answer.

        Raises:
            InferenceFailedError: OpenVINO failed, or the outputs were not numbers.
        """
        self.finish()
        if self._error is not None:
            raise self._error
        return self._answer

    def finish(self) -> None:
        """Wait, read the outputs and give the request back; later calls do nothing."""
        with self._lock:
            request, self._request = self._request, None
            if request is None:
                return
            try:
                request.request.wait()
                self._answer = self._read(request.outputs())
            except RuntimeError as error:
                self._error = InferenceFailedError(f"openvino failed: {str(error).splitlines()[0][:160]}")
            except InferenceFailedError as error:
                self._error = error
            finally:
                self._pool.give_back(self, request)


def _copies(outputs: Outputs) -> Outputs:
    return tuple(output.copy() for output in outputs)


def _tensor(port: Any) -> TensorInfo:
    names = sorted(port.names)
    shape = tuple(dimension.get_length() if dimension.is_static else -1 for dimension in port.partial_shape)
    return TensorInfo(
        name=names[0] if names else port.node.friendly_name,
        shape=shape,
        dtype=port.element_type.get_type_name(),
    )


def _metadata(model: Any) -> Mapping[str, str]:
    """Give what the file says about itself: an ONNX file's properties, or an IR's `model_info`."""
    facts: dict[str, str] = {}
    for section in ("framework", "model_info"):
        if not model.has_rt_info([section]):
            continue
        entries = model.get_rt_info([section]).astype(dict)
        for key, value in sorted(entries.items()):
            facts[key] = str(getattr(value, "value", value))
    return facts
