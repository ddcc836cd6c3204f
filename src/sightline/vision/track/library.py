"""OC-SORT and BoT-SORT of the `trackers` library, as trackers like any other.

Their memory is a tree of Python objects. A snapshot is a pickle of it in a form of our own: values only, no
record of which objects are shared, so that equal memories give equal bytes. It is read back with a reader
that knows the library's classes and numpy and refuses all else; it comes from the project's own checkpoints.

Sources:
    Cao et al., "Observation-Centric SORT", CVPR 2023; Aharon et al., "BoT-SORT", 2022.
"""

from __future__ import annotations

import io
import math
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.errors import AnalysisError, SettingsError
from sightline.core.optional import require
from sightline.core.tracks import Tracks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.core.arrays import Float32
    from sightline.core.detections import Detections
    from sightline.core.frames import Frame

_BUFFER_HZ = 30.0  # the library counts how long it keeps lost tracks in frames of 30 Hz
_HELPERS = ("iou", "cmc")  # hold settings and OpenCV objects; what CMC remembers is kept apart
_CAMERA_MEMORY = ("_initialized", "_prev_frame_gray", "_prev_points")


class _LibraryTracker:
    """What both have in common: types in and out, time, names of settings, snapshots."""

    _library_class = ""
    _sees_camera = False

    def __init__(
        self, *, lost_s: float = 1.0, nominal_hz: float = 30.0, camera_motion: bool = False, **changes: Any
    ) -> None:
        """Begin with nobody tracked.

        Args:
            lost_s: How long a track that is not seen is kept.
            nominal_hz: Frame rate that the motion filter is tuned for.
            camera_motion: Take the camera's motion out, for which frames are needed.
            changes: Settings of the library's class, by its own names.

        Raises:
            MissingDependencyError: The library is not installed.
            SettingsError: There is no such setting.
        """
        self._supervision = require("supervision", extra="trackers")
        make = getattr(require("trackers", extra="trackers"), self._library_class)
        if camera_motion and not self._sees_camera:
            raise SettingsError(
                "this tracker cannot take out the camera's motion", hint="choose bytetrack or botsort"
            )
        if self._sees_camera:
            changes = {**changes, "enable_cmc": camera_motion}
        self._camera_motion = camera_motion
        self._t_s = float("nan")
        try:
            self._tracker = make(
                lost_track_buffer=round(lost_s * _BUFFER_HZ), frame_rate=nominal_hz, **changes
            )
        except (TypeError, ValueError) as error:
            raise SettingsError(f"{self._library_class}: {error}", hint="see the trackers library") from error

    def update(
        self,
        detections: Detections,
        *,
        t_s: float,
        frame: Frame | None = None,
        embeddings: Float32 | None = None,  # noqa: ARG002 - the port's; neither looks at appearance
    ) -> Tracks:
        """Take the next frame's detections and give the confirmed tracks among them.

        Raises:
            AnalysisError: Time did not rise; the tracker is as it was before.
            SettingsError: Camera motion is wanted but no picture was given.
        """
        if not math.isfinite(t_s) or t_s <= self._t_s:
            raise AnalysisError(
                f"a frame at {t_s} s follows one at {self._t_s} s",
                hint="hand frames over in order of time, each once",
            )
        image, scale = self._picture(frame)
        given = self._supervision.Detections(
            xyxy=detections.boxes_px / np.array([*scale, *scale], np.float32),
            confidence=np.array(detections.scores),
            class_id=detections.class_ids.astype(int),
            data={"row": np.arange(len(detections))},
        )
        answer = self._tracker.update(given, frame=image, timestamp=t_s)
        self._t_s = t_s
        return _named(detections, answer)

    def _picture(self, frame: Frame | None) -> tuple[Any, tuple[float, float]]:
        """Give the picture for camera motion and the factors from its pixels to the source's."""
        if not self._camera_motion:
            return None, (1.0, 1.0)
        if frame is None:
            raise SettingsError(
                "camera motion cannot be seen without pictures",
                hint="turn camera_motion off for stored detections",
            )
        return np.array(frame.image), frame.to_source

    def snapshot(self) -> bytes:
        """The whole memory as bytes; equal memories give equal bytes."""
        memory = {name: value for name, value in vars(self._tracker).items() if name not in _HELPERS}
        camera = getattr(self._tracker, "cmc", None)
        seen = {name: getattr(camera, name) for name in _CAMERA_MEMORY} if camera else {}
        out = io.BytesIO()
        _ValuePickler(out).dump((self._library_class, self._camera_motion, self._t_s, memory, seen))
        return out.getvalue()

    def restore(self, state: bytes) -> None:
        """Go back to a snapshot of a tracker of the same kind.

        Raises:
            SettingsError: It is damaged, or of another kind.
        """
        kind, camera_motion, t_s, memory, seen = _read(state)
        if (kind, camera_motion) != (self._library_class, self._camera_motion):
            raise SettingsError(
                "the snapshot is of another tracker", hint="start the run again without --resume"
            )
        self._t_s = t_s
        vars(self._tracker).update(memory)
        for name, value in seen.items():
            setattr(self._tracker.cmc, name, value)


class OcSort(_LibraryTracker):
    """OC-SORT: trusts what was seen over what was predicted; good where motion is uneven."""

    _library_class = "OCSORTTracker"


class BotSort(_LibraryTracker):
    """BoT-SORT without appearance: ByteTrack's rounds, another filter, and camera motion from pictures."""

    _library_class = "BoTSORTTracker"
    _sees_camera = True


def _named(detections: Detections, answer: Any) -> Tracks:
    """Give the rows that carry an id, in order of id; the library counts ids from 0."""
    ids = np.asarray(answer.tracker_id, np.int64)
    named = np.flatnonzero(ids >= 0)
    named = named[ids[named].argsort(kind="stable")]
    if len(named) == 0:
        return Tracks.empty()
    rows = np.asarray(answer.data["row"])[named]
    return Tracks(
        detections.boxes_px[rows], detections.scores[rows], detections.class_ids[rows], ids[named] + 1
    )


class _ValuePickler(pickle.Pickler):
    """Writes values without identities: what is shared is written twice, and reads back as two."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.fast = True

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype != object:
            return _array, (value.dtype.str, value.shape, value.tobytes())
        if isinstance(value, np.generic):
            return _scalar, (value.dtype.str, value.tobytes())
        return NotImplemented


def _array(dtype: str, shape: tuple[int, ...], data: bytes) -> Any:
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _scalar(dtype: str, data: bytes) -> Any:
    return np.frombuffer(data, dtype)[0]


class _Reader(pickle.Unpickler):
    """Makes objects of the library's and this module's own kinds, and no others."""

    def find_class(self, module: str, name: str) -> Any:
        ours = module == __name__ and name in {"_array", "_scalar"}
        if ours or module.startswith("trackers.") or (module, name) == ("copyreg", "_reconstructor"):
            return super().find_class(module, name)
        if (module, name) in {("builtins", "object"), ("builtins", "set")}:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} does not belong into a tracker's snapshot")


def _read(state: bytes) -> tuple[str, bool, float, Mapping[str, Any], Mapping[str, Any]]:
    try:
        kind, camera_motion, t_s, memory, seen = _Reader(io.BytesIO(state)).load()
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        ImportError,
    ) as error:
        raise SettingsError(
            "the tracker's snapshot is damaged", hint="start the run again without --resume"
        ) from error
    return kind, camera_motion, t_s, memory, seen
