"""Puts the camera beside every frame: from the pitch's own lines, from a file, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import PitchCamera
from sightline.analytics.pitch.camera_file import CameraFile, FileCamera, camera_file
from sightline.analytics.pitch.paint.find import carried_camera, follow_camera, search_camera
from sightline.analytics.pitch.points import boxed_points, observed_points
from sightline.analytics.pitch.solve import solve_camera
from sightline.core.errors import CalibrationError, SettingsError
from sightline.core.space import Homography, Space
from sightline.vision.detect import predict
from sightline.vision.pitch.drift import Drift
from sightline.vision.pitch.paint import find_paint

if TYPE_CHECKING:
    from sightline.analytics.pitch.solve import Solved
    from sightline.core.frames import Frame
    from sightline.core.packets import Packet
    from sightline.ports import ModelAdapter

_ENTRIES = tuple(f"m{row}{column}" for row in (1, 2, 3) for column in (1, 2, 3))
_COLUMNS = ("pan_deg", "tilt_deg", "roll_deg", "focal_px", "camera_x_m", "camera_y_m", "camera_z_m")
_MAGIC = b"SLPS"


@dataclass(frozen=True, slots=True)
class PitchSettings:
    """How the camera is found.

    Attributes:
        mode: `auto` looks for the pitch's lines, `file` takes cameras from a file, `none` leaves it unknown.
        pitch: The field's size.
        path: The camera file of mode `file`.
        ends: Whether `auto` also looks for cameras behind a goal.
        every: In `auto`, lines are looked at in every n-th frame; in between the picture's motion carries on.
        search_every: Frames between two searches while nothing is known; a search is slow.
        least_quality: A camera worse than this, 0..1, is none.
        half_life: Frames over which a carried camera's quality halves.
    """

    mode: Literal["auto", "file", "none"] = "auto"
    pitch: PitchSize = field(default_factory=PitchSize)
    path: Path | None = None
    ends: bool = True
    every: int = 5
    search_every: int = 25
    least_quality: float = 0.3
    half_life: float = 25.0

    def __post_init__(self) -> None:
        if self.mode == "file" and self.path is None:
            raise SettingsError("calibration from a file needs the file", hint="give its path")
        if min(self.every, self.search_every) < 1 or not 0 <= self.least_quality <= 1 or self.half_life <= 0:
            raise SettingsError(
                "the pitch stage's settings are out of range",
                hint="every and search_every are 1 or more, least_quality is 0..1, half_life above 0",
            )


@dataclass(frozen=True, slots=True)
class _Memory:
    camera: PitchCamera | None = None
    quality: float = 0.0
    looked: int = -(10**9)
    searched: int = -(10**9)


class PitchStage:
    """Adds `pitch`: the columns of the `pitch` table, one row per frame; see `homography_of`.

    In mode `auto` a camera is searched for, then followed from frame to frame on the lines it sees and carried by
    the picture's motion where it sees too few. A cut drops it. What is not sure enough is left out. Where a search of
    the lines finds none and there is a model of the pitch's named points, it is asked.
    """

    name = "pitch"
    consumes = frozenset({"frame"})
    produces = frozenset({"pitch"})
    full_frames = True

    def __init__(self, settings: PitchSettings | None = None, model: ModelAdapter | None = None) -> None:
        self._settings = settings or PitchSettings()
        self._model = model if self._settings.mode == "auto" else None
        self._file = CameraFile()
        self._memory = _Memory()
        self._drift = Drift()

    def open(self) -> None:
        """Read the camera file, where there is one, and load the model's weights, where there is one.

        Raises:
            CalibrationError: The file cannot be read or holds no cameras.
            ModelError: The weights cannot be used.
        """
        if self._model is not None:
            self._model.open()
        if self._settings.mode == "file" and self._settings.path is not None:
            self._file = read_cameras(self._settings.path, self._settings.pitch)
        self._memory, self._drift = _Memory(), Drift()

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Find each frame's camera."""
        for packet in packets:
            if packet.frame is None:
                yield packet
            elif self._settings.mode == "auto":
                yield packet.with_found("pitch", self._auto(packet.frame))
            elif self._settings.mode == "file":
                yield packet.with_found("pitch", self._from_file(packet.frame))
            else:
                yield packet.with_found("pitch", _columns(None, None, "none", 0.0))

    def close(self) -> Iterable[Packet]:
        """Release the model; nothing is held back."""
        if self._model is not None:
            self._model.close()
        return ()

    def snapshot(self) -> bytes:
        """The camera as it was last known, and the picture that motion is measured from."""
        memory = self._memory
        known = {
            "camera": None if memory.camera is None else memory.camera.to_soccernet(),
            "quality": memory.quality,
            "looked": memory.looked,
            "searched": memory.searched,
        }
        header = json.dumps(known, sort_keys=True).encode()
        return _MAGIC + len(header).to_bytes(4, "little") + header + self._drift.to_bytes()

    def restore(self, state: bytes) -> None:
        """Take up a memory again.

        Raises:
            SettingsError: It is not one of this stage's.
        """
        if state[:4] != _MAGIC:
            raise SettingsError("the pitch stage's memory is damaged", hint="start the run anew")
        end = 8 + int.from_bytes(state[4:8], "little")
        known = json.loads(state[8:end])
        camera = known.pop("camera")
        self._memory = _Memory(camera=PitchCamera.from_soccernet(camera) if camera else None, **known)
        self._drift = Drift.from_bytes(state[end:])

    def _from_file(self, frame: Frame) -> Mapping[str, Sequence[Any]]:
        """Give the file's camera, scaled from the picture it was made for."""
        file, picture = self._file, frame.source_size
        factor = picture[1] / file.picture[1]
        if file.homography is not None:
            shrink = np.diag([1 / factor, 1 / factor, 1.0])
            matrix = Homography(file.homography.matrix @ shrink, Space.IMAGE_PX, Space.PITCH_M)
            return _columns(None, matrix, "file", 1.0)
        one = file.fixed or file.frames.get(frame.index)
        if one is None:
            return _columns(None, None, "none", 0.0)
        camera = one.camera.scaled(factor)
        return _columns(camera, _map(camera, picture), file.source, one.quality)

    def _auto(self, frame: Frame) -> Mapping[str, Sequence[Any]]:
        motion = self._drift.follow(frame)
        self._carry(motion, frame)
        source = self._look(frame)
        memory = self._memory
        if memory.camera is None or memory.quality < self._settings.least_quality:
            self._memory = replace(memory, camera=None, quality=0.0)
            return _columns(None, None, "none", 0.0)
        return _columns(memory.camera, _map(memory.camera, frame.source_size), source, memory.quality)

    def _carry(self, motion: Any, frame: Frame) -> None:
        memory = self._memory
        if memory.camera is None:
            return
        camera = None if motion is None else carried_camera(memory.camera, motion, frame.source_size)
        quality = memory.quality * 0.5 ** (1 / self._settings.half_life)
        self._memory = replace(memory, camera=camera, quality=quality if camera else 0.0)

    def _look(self, frame: Frame) -> str:
        """Look at the lines where it is time to, and say where the camera in memory comes from."""
        memory, settings = self._memory, self._settings
        lost = memory.camera is None
        wait = settings.search_every if lost else settings.every
        if frame.index - (memory.searched if lost else memory.looked) < wait:
            return "propagated"
        paint = find_paint(frame.image, frame.source_size)
        given = (paint.points_px, paint.directions_rad, frame.source_size, settings.pitch)
        if memory.camera is None:
            found = search_camera(*given, ends=settings.ends)
            self._memory = replace(memory, searched=frame.index, looked=frame.index)
            if found is None or found.quality < settings.least_quality:
                return self._take(self._from_points(frame), "keypoints")
        else:
            found = follow_camera(memory.camera, *given)
            self._memory = replace(memory, looked=frame.index)
        return self._take(found, "lines")

    def _from_points(self, frame: Frame) -> Solved | None:
        """Give the camera that the pitch's named points tell, None where there is no model or too few are seen."""
        if self._model is None:
            return None
        (found,) = predict(self._model, [frame])
        names = self._model.info.class_names
        seen = boxed_points(found, names, self._settings.pitch, frame.source_size)
        return None if seen is None else solve_camera(seen, self._settings.pitch)

    def _take(self, found: Solved | None, source: str) -> str:
        if found is None or found.quality < max(self._settings.least_quality, self._memory.quality * 0.5):
            return "propagated"
        self._memory = replace(self._memory, camera=found.camera, quality=found.quality)
        return source


def homography_of(pitch: Mapping[str, Sequence[Any]]) -> Homography | None:
    """Give the map from source pixels to the pitch of a packet's `pitch`, None where it is not known."""
    if pitch["m11"][0] is None:
        return None
    matrix = np.array([pitch[name][0] for name in _ENTRIES], np.float64).reshape(3, 3)
    return Homography(matrix, Space.IMAGE_PX, Space.PITCH_M)


def read_cameras(path: Path, pitch: PitchSize) -> CameraFile:
    """Read a camera file, or one of clicked points, which are solved for the camera of every frame.

    Raises:
        CalibrationError: It cannot be read, holds no cameras, or its points fix none.
        UnsupportedFormatError: Its points are not of the format.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CalibrationError(
            f"{path} cannot be read: {error.strerror}", hint="check the path of the camera file"
        ) from None
    except (ValueError, RecursionError):
        raise CalibrationError(f"{path} is not JSON", hint="a camera file is JSON") from None
    if not (isinstance(data, dict) and "points" in data):
        return camera_file(data)
    seen = observed_points(data, pitch, name=str(path))
    solved = solve_camera(seen, pitch)
    if solved is None:
        raise CalibrationError("these points fix no camera", hint="click points that do not lie on one line")
    return CameraFile(seen.picture, fixed=FileCamera(solved.camera, solved.quality), source="points")


def _map(camera: PitchCamera, picture: tuple[int, int]) -> Homography | None:
    try:
        return camera.fitted_homography(picture)
    except CalibrationError:
        return None


def _columns(
    camera: PitchCamera | None, matrix: Homography | None, source: str, quality: float
) -> Mapping[str, Sequence[Any]]:
    entries = [None] * len(_ENTRIES) if matrix is None else matrix.matrix.reshape(-1).tolist()
    known: list[float | None] = [None] * len(_COLUMNS)
    if camera is not None and matrix is not None:
        known = [
            camera.pan_deg,
            camera.tilt_deg,
            camera.roll_deg,
            camera.focal_px,
            *camera.position_m.tolist(),
        ]
    columns = dict(zip((*_ENTRIES, *_COLUMNS), (*entries, *known), strict=True))
    columns |= {
        "source": source if matrix is not None else "none",
        "quality": quality if matrix is not None else 0.0,
    }
    return MappingProxyType({name: (value,) for name, value in columns.items()})
