"""Makes camera files: from drawn lines, from a sequence's keypoints, from clicked points."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.sequence.smooth import SmoothCamera, smooth_cameras
from sightline.analytics.pitch.solve import Solved, solve_camera
from sightline.core.errors import CalibrationError
from sightline.service.folder import write_json
from sightline.service.football.calibration_files import observe, read_keypoints, read_lines, read_points

if TYPE_CHECKING:
    from sightline.analytics.football.match import PitchSize
    from sightline.analytics.pitch.observed import Observed


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What became of a calibration.

    Attributes:
        path: The camera file.
        pictures: How many pictures there were.
        cameras: How many of them have a camera.
        quality: Mean quality of those.
    """

    path: Path
    pictures: int
    cameras: int
    quality: float


def calibrate_lines(path: Path, out: Path, size: PitchSize, *, least_quality: float = 0.0) -> Calibrated:
    """Turn SoccerNet line annotations into SoccerNet cameras, each picture on its own.

    Raises:
        SightlineError: A file cannot be read or written, or holds no lines.
    """
    markings = markings_of(size)
    found: dict[str, Any] = {}
    drawn = read_lines(path, size)
    for name, lines in drawn.items():
        solved = solve_camera(observe(name, lines, markings), size)
        if solved is not None and solved.quality >= least_quality:
            found[name] = solved.camera.to_soccernet() | _beside(solved.quality)
    return _written(found, out, len(drawn))


def calibrate_keypoints(path: Path, out: Path, size: PitchSize, *, least_quality: float = 0.0) -> Calibrated:
    """Turn the keypoints of sequences into cameras, smoothed over each sequence.

    Raises:
        SightlineError: A file cannot be read or written, or holds no keypoints.
    """
    seen = read_keypoints(path, size)
    found: dict[str, Any] = {}
    for _, names in sequences(list(seen)):
        for name, one in zip(names, smoothed([seen[name] for name in names], size)[1], strict=True):
            if one.camera is not None and one.quality >= least_quality:
                found[name] = one.camera.to_soccernet() | _beside(one.quality) | {"source": one.source.value}
    return _written(found, out, len(seen))


def calibrate_points(path: Path, out: Path, size: PitchSize) -> Calibrated:
    """Turn clicked points into the camera of a view that stands still.

    Raises:
        SightlineError: A file cannot be read or written, or the points fix no camera.
    """
    seen = read_points(path, size)
    solved = solve_camera(seen, size)
    if solved is None:
        raise CalibrationError("these points fix no camera", hint="click points that do not lie on one line")
    camera = solved.camera.to_soccernet()
    data = {"format": 1, "image_size": list(seen.picture), "camera": camera, **_beside(solved.quality)}
    write_json(out, data | {"residual_px": round(solved.residual_px * seen.picture[1] / 960, 3)})
    return Calibrated(out, 1, 1, solved.quality)


def sequences(names: list[str]) -> list[tuple[str, list[str]]]:
    """Part pictures into sequences: names that differ only in their last number belong together."""
    return [(start, list(part)) for start, part in groupby(names, key=lambda name: name.rstrip("0123456789"))]


def smoothed(seen: list[Observed], size: PitchSize) -> tuple[list[Solved | None], list[SmoothCamera]]:
    """Give each picture's own camera, and the sequence's smooth ones."""
    solved = [solve_camera(one, size) for one in seen]
    return solved, smooth_cameras(seen, solved, size)


def _beside(quality: float) -> dict[str, float]:
    return {"quality": round(quality, 4)}


def _written(found: dict[str, Any], out: Path, pictures: int) -> Calibrated:
    if not found:
        raise CalibrationError(
            "no picture shows enough of the pitch for a camera", hint="three or more markings are needed"
        )
    write_json(out, found)
    quality = sum(one["quality"] for one in found.values()) / len(found)
    return Calibrated(out, pictures, len(found), quality)
