"""Cameras as a file holds them: one that stands still, or one for each frame.

Read are SoccerNet's camera JSON (one camera, or a mapping of names to cameras) and what `sightline football
calibrate` writes, which says beside them for which picture they are meant and how good they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from sightline.analytics.pitch.camera import SOCCERNET_SIZE, PitchCamera
from sightline.core.errors import CalibrationError
from sightline.core.space import Homography, Space

_HINT = "write one with `sightline football calibrate`, or see docs/football/calibration.md"


@dataclass(frozen=True, slots=True)
class FileCamera:
    """One camera of a file and the quality written beside it; 1 where none is."""

    camera: PitchCamera
    quality: float = 1.0


@dataclass(frozen=True, slots=True)
class CameraFile:
    """What a camera file says.

    Attributes:
        picture: `(height, width)` that its pixels belong to.
        fixed: The camera of every frame.
        homography: The map of every frame, where the file knows no camera but only that.
        frames: The cameras of single frames, by frame number.
        names: What the file calls those frames.
        source: What the `pitch` table calls where a camera comes from: `file`, or `points` where it was solved.
    """

    picture: tuple[int, int] = SOCCERNET_SIZE
    fixed: FileCamera | None = None
    homography: Homography | None = None
    frames: Mapping[int, FileCamera] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    source: str = "file"


def camera_file(data: Any) -> CameraFile:
    """Read a camera file's content.

    Frames are numbered by the last number in their names where all names end in one that no other has, else by
    their order.

    Raises:
        CalibrationError: It is not a camera file.
    """
    if not isinstance(data, Mapping) or not data:
        raise CalibrationError("this is not a camera file", hint=_HINT)
    picture = _picture(data.get("image_size", SOCCERNET_SIZE))
    if "homography" in data:
        return CameraFile(picture, homography=_homography(data["homography"]))
    if "pan_degrees" in data:
        return CameraFile(picture, fixed=_one(data))
    if isinstance(data.get("camera"), Mapping):
        return CameraFile(picture, fixed=_one({"quality": data.get("quality", 1.0), **data["camera"]}))
    named = {name: value for name, value in data.items() if name not in ("image_size", "format")}
    if not all(isinstance(value, Mapping) for value in named.values()):
        raise CalibrationError("this is not a camera file", hint=_HINT)
    numbers = _numbers(list(named))
    return CameraFile(
        picture,
        frames=MappingProxyType({numbers[name]: _one(value) for name, value in named.items()}),
        names=MappingProxyType({numbers[name]: name for name in named}),
    )


def _one(data: Mapping[str, Any]) -> FileCamera:
    quality = data.get("quality", 1.0)
    if isinstance(quality, bool) or not isinstance(quality, int | float) or not 0 <= quality <= 1:
        raise CalibrationError(f"a camera's quality is {quality!r}", hint="quality goes from 0 to 1")
    return FileCamera(PitchCamera.from_soccernet(data), float(quality))


def _picture(size: Any) -> tuple[int, int]:
    try:
        height, width = (int(value) for value in size)
    except (TypeError, ValueError):
        height = width = 0
    if min(height, width) < 1:
        raise CalibrationError(f"image_size is {size!r}", hint="give [height, width] in pixels")
    return height, width


def _homography(matrix: Any) -> Homography:
    try:
        values = np.array(matrix, np.float64)
    except (TypeError, ValueError):
        raise CalibrationError(
            "the homography is not a matrix", hint="give three rows of three numbers"
        ) from None
    return Homography(values, Space.IMAGE_PX, Space.PITCH_M)


def _numbers(names: list[str]) -> dict[str, int]:
    found = {name: re.search(r"(\d+)\D*$", name) for name in names}
    ends = {name: int(match.group(1)) for name, match in found.items() if match}
    if len(ends) == len(names) and len(set(ends.values())) == len(names):
        return ends
    return {name: place for place, name in enumerate(names)}
