"""Reads what cameras are calibrated from: drawn lines, keypoints of a network, clicked points."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.pitch.camera import SOCCERNET_SIZE
from sightline.analytics.pitch.keypoints import numbered_point
from sightline.analytics.pitch.markings import Markings, markings_of
from sightline.analytics.pitch.observed import Observed
from sightline.analytics.pitch.points import POINTS_LAYOUT, observed_points
from sightline.core.errors import CalibrationError, UnsupportedFormatError
from sightline.service.text_files import read_json_object

if TYPE_CHECKING:
    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float64

_LINES = 'lines: {"picture": {"Side line top": [{"x": 0..1, "y": 0..1}, ...], ...}, ...}'
_KEYPOINTS = 'keypoints: {"picture": {"kp": {"1": {"x": 0..1, "y": 0..1, "p": 0..1}, ...}}, ...}'


def read_lines(path: Path, size: PitchSize) -> dict[str, dict[str, Float64]]:
    """Read SoccerNet line annotations, of one picture or of many.

    Returns:
        Picture's name -> marking's name -> `(n, 2)` points from 0 to 1 across the picture. A single picture is
        called after the file.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is not of the format.
        CalibrationError: A marking's name is unknown; the text says in which picture.
    """
    data = read_json_object(path, _LINES)
    markings = markings_of(size)
    if any(isinstance(value, list) for value in data.values()):
        data = {path.stem: data}
    found: dict[str, dict[str, Float64]] = {}
    for name, lines in sorted(data.items()):
        found[name] = {
            line: _points(name, line, points) for line, points in _mapping(name, lines, _LINES).items()
        }
        observe(name, found[name], markings)
    return found


def observe(name: str, drawn: Mapping[str, Float64], markings: Markings) -> Observed:
    """Take a picture's drawn lines as evidence, at SoccerNet's resolution.

    Raises:
        CalibrationError: A marking's name is unknown or a number wrong; the text says in which picture.
    """
    try:
        return Observed.from_lines(drawn, markings, picture=SOCCERNET_SIZE)
    except CalibrationError as error:
        raise CalibrationError(f"{name}: {error.message}", hint=error.hint) from None


def read_keypoints(path: Path, size: PitchSize) -> dict[str, Observed]:
    """Read keypoints as a network of the PnLCalib kind predicts them, in the order of the pictures' names.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is not of the format.
        CalibrationError: There is no keypoint of that number.
    """
    height, width = SOCCERNET_SIZE
    found: dict[str, Observed] = {}
    for name, entry in sorted(read_json_object(path, _KEYPOINTS).items()):
        points = _mapping(name, _mapping(name, entry, _KEYPOINTS).get("kp"), _KEYPOINTS)
        try:
            numbers = [int(number) for number in points]
            rows = [
                (float(at["x"]) * width, float(at["y"]) * height, float(at.get("p", 1)))
                for at in points.values()
            ]
        except (TypeError, ValueError, KeyError, AttributeError):
            raise UnsupportedFormatError(f"{name}: a keypoint cannot be read", hint=_KEYPOINTS) from None
        table = np.array(rows, np.float64).reshape(-1, 3)
        places = np.array([numbered_point(number, size) for number in numbers], np.float64).reshape(-1, 3)
        if not np.isfinite(table).all():
            raise CalibrationError(f"{name}: a keypoint is not a number", hint="leave out what was not seen")
        found[name] = Observed(
            SOCCERNET_SIZE,
            points_px=table[:, :2],
            points_m=places,
            point_weights=np.clip(table[:, 2], 0.05, 1.0),
        )
    return found


def read_points(path: Path, size: PitchSize) -> Observed:
    """Read clicked points: pixels, and a pitch point's name or metres for each.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is not of the format.
        CalibrationError: A name is unknown, a point lies outside the picture, or there are fewer than four.
    """
    return observed_points(read_json_object(path, POINTS_LAYOUT), size, name=str(path))


def _points(picture: str, line: str, points: Any) -> Float64:
    try:
        return np.array([[at["x"], at["y"]] for at in points], np.float64).reshape(-1, 2)
    except (TypeError, ValueError, KeyError):
        raise UnsupportedFormatError(f"{picture}: {line!r} cannot be read", hint=_LINES) from None


def _mapping(name: str, value: Any, layout: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UnsupportedFormatError(f"{name} cannot be read", hint=layout)
    return value
