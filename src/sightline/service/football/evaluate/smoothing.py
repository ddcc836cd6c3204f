"""Scores the smoothing of a video's cameras: on rendered matches, whose true camera is known frame by frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import PitchCamera
from sightline.analytics.pitch.camera_file import camera_file
from sightline.analytics.pitch.observed import middle_px
from sightline.analytics.pitch.sequence.steady import steady_cameras
from sightline.core.errors import CalibrationError
from sightline.core.frames import Frame
from sightline.core.packets import Packet
from sightline.media.decode import SegmentDecoder
from sightline.media.index import index_video
from sightline.service.text_files import read_json_object
from sightline.stages.football.pitch import PitchSettings, PitchStage, homography_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sightline.core.arrays import Float64

_CLIP, _CAMERAS = "clip.mp4", Path("truth") / "cameras.json"
_LAYOUT = "a folder of `sightline simulate football`, with clip.mp4 and truth/cameras.json"
_ACROSS, _DOWN = (0.1, 0.3, 0.5, 0.7, 0.9), (0.3, 0.5, 0.7, 0.9)
_NAMES = ("pan_deg", "tilt_deg", "roll_deg", "focal_px", "camera_x_m", "camera_y_m", "camera_z_m")


def evaluate_smoothing(scenes: Sequence[Path]) -> dict[str, Any]:
    """Find the cameras of rendered clips from their pixels, smooth them, and hold both against the truth.

    Args:
        scenes: Folders of `sightline simulate football`, each with a camera that moves.

    Returns:
        For `table` (cameras as they were found) and `steadied`: error of the grass in view in metres, and its jitter,
        the length of its second difference from frame to frame.

    Raises:
        SightlineError: A folder is not a rendered match, or its clip cannot be read.
    """
    parts = [_scene(scene) for scene in scenes]
    pooled = {
        kind: {what: np.concatenate([part[kind][what] for part in parts]) for what in ("error_m", "jitter_m")}
        for kind in ("table", "steadied")
    }
    return {
        "scenes": [str(scene) for scene in scenes],
        "frames": sum(len(part["frames"]) for part in parts),
        **{kind: {what: _spread(values) for what, values in found.items()} for kind, found in pooled.items()},
    }


def _scene(folder: Path) -> dict[str, Any]:
    file = camera_file(read_json_object(folder / _CAMERAS, _LAYOUT))
    rows = list(_found(folder / _CLIP))
    picture = index_video(folder / _CLIP).info.size
    truth = [file.frames[frame].camera.scaled(picture[1] / file.picture[1]) for frame in sorted(file.frames)]
    if len(truth) != len(rows):
        raise CalibrationError(f"{folder} has {len(rows)} frames and {len(truth)} true cameras", hint=_LAYOUT)
    matrices = np.array([_matrix(row) for row in rows])
    smooth = steady_cameras(
        [_camera(row, picture) for row in rows],
        matrices,
        np.array([row["quality"][0] for row in rows]),
        np.array([row["source"][0] == "propagated" for row in rows]),
        picture=picture,
        size=PitchSize(),
    )
    nowhere = np.full((3, 3), np.nan)
    kinds = {
        "table": matrices,
        "steadied": np.array(
            [
                nowhere if one.camera is None else one.camera.fitted_homography(picture).matrix
                for one in smooth
            ]
        ),
    }
    real = _ground(np.array([one.fitted_homography(picture).matrix for one in truth]), picture)
    return {"frames": rows, **{kind: _against(_ground(maps, picture), real) for kind, maps in kinds.items()}}


def _found(clip: Path) -> Iterator[Mapping[str, Sequence[Any]]]:
    """Give what the pitch stage finds in each frame."""
    index, stage = index_video(clip), PitchStage(PitchSettings())
    stage.open()
    with SegmentDecoder(clip, index, size=index.info.size) as decoder:
        for segment in index.segments(0):
            for decoded in decoder.read(segment):
                if decoded.image is not None:
                    frame = Frame(decoded.image, decoded.index, decoded.pts_s, index.info.size)
                    packet = Packet(segment.number, decoded.index, decoded.pts_s, frame)
                    for done in stage.process([packet]):
                        yield done.found["pitch"]


def _matrix(row: Mapping[str, Sequence[Any]]) -> Float64:
    found = homography_of(row)
    return np.full((3, 3), np.nan) if found is None else found.matrix


def _camera(row: Mapping[str, Sequence[Any]], picture: tuple[int, int]) -> PitchCamera | None:
    values = [row[name][0] for name in _NAMES]
    if any(value is None for value in values):
        return None
    pan_deg, tilt_deg, roll_deg, focal_px = values[:4]
    return PitchCamera(pan_deg, tilt_deg, roll_deg, focal_px, np.array(values[4:]), middle_px(picture))


def _ground(matrices: Float64, picture: tuple[int, int]) -> Float64:
    """Give where points of the picture lie, `(n, k, 2)` metres; NaN above the horizon and without a camera."""
    grid = np.array([(x * picture[1], y * picture[0], 1.0) for y in _DOWN for x in _ACROSS])
    mapped = np.einsum("nij,kj->nki", matrices, grid)
    ahead = np.where(mapped[..., 2:] > 1e-9, mapped[..., 2:], np.nan)
    return np.asarray(mapped[..., :2] / ahead, np.float64)


def _against(found: Float64, real: Float64) -> dict[str, Float64]:
    size = PitchSize()
    half_m = np.array([size.length_m, size.width_m]) / 2
    inside = np.asarray((np.abs(real) < half_m).all(axis=2), np.bool_)
    error_m = np.linalg.norm(found - real, axis=2)
    jitter_m = np.linalg.norm(np.diff(found - real, n=2, axis=0), axis=2)
    return {
        "error_m": error_m[inside & np.isfinite(error_m)],
        "jitter_m": jitter_m[inside[1:-1] & np.isfinite(jitter_m)],
    }


def _spread(values: Float64) -> dict[str, float | int]:
    if not len(values):
        raise CalibrationError("no frame has a camera", hint="render a larger picture")
    return {
        "points": len(values),
        "median": round(float(np.median(values)), 4),
        "p90": round(float(np.quantile(values, 0.9)), 4),
    }
