"""Scores cameras: against drawn lines beside another program's cameras, and by how still a sequence stands."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import SOCCERNET_SIZE
from sightline.analytics.pitch.camera_file import camera_file
from sightline.analytics.pitch.jaccard import jaccard
from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.sequence.steady import steady_cameras
from sightline.analytics.pitch.solve import solve_camera
from sightline.core.errors import AnalysisError
from sightline.service.football.calibrate import sequences, smoothed
from sightline.service.football.calibration_files import observe, read_keypoints, read_lines
from sightline.service.text_files import read_json_object

if TYPE_CHECKING:
    from sightline.analytics.pitch.camera import PitchCamera
    from sightline.analytics.pitch.observed import Observed
    from sightline.analytics.pitch.sequence.smooth import SmoothCamera
    from sightline.analytics.pitch.solve import Solved
    from sightline.core.arrays import Float64

THRESHOLD_PX = 5.0
_CAMERAS = 'cameras: {"picture": {"pan_degrees": ..., "x_focal_length": ..., ...}, ...}'
_CIRCLE_STEP_M = 1.6
_RANSAC_PX = 5.0


@dataclass(frozen=True, slots=True)
class _Picture:
    name: str
    score: float
    peer: float
    quality: float
    cpu_ms: float


def evaluate_calibration(
    lines: Path,
    cameras: Path | None = None,
    *,
    size: PitchSize | None = None,
    seed: int = 0,
    limit: int | None = None,
) -> dict[str, Any]:
    """Score the solver on drawn lines by JaC@5, and another program's cameras beside it.

    The pictures are parted into two halves by `seed`: the solver's constants were chosen on the first half of
    seed 0; the second is what counts.

    Returns:
        Plain data, with 95 % intervals over pictures.

    Raises:
        SightlineError: A file cannot be read or is not of its format.
    """
    size = size or PitchSize()
    drawn = read_lines(lines, size)
    peers = _peers(cameras)
    names = sorted(drawn)
    first = set(np.random.default_rng(seed).permutation(len(names))[: len(names) // 2].tolist())
    if limit is not None:
        names = names[:limit]
    pictures = [_score(name, drawn[name], peers.get(name), size) for name in names]
    parts = {
        "chosen_on": [one for place, one in enumerate(pictures) if place in first],
        "reported_on": [one for place, one in enumerate(pictures) if place not in first],
        "all": pictures,
    }
    return {
        "metric": "JaC@5 at 960x540, mean over pictures with a camera; completeness is their share",
        "seed": seed,
        "halves": {name: _summary(part, peer=bool(peers), seed=seed) for name, part in parts.items() if part},
        "cpu_ms": _spread(np.array([one.cpu_ms for one in pictures])),
        "quality": reliability(
            np.array([one.quality for one in pictures]),
            np.array([np.nan_to_num(one.score) for one in pictures]),
        ),
    }


def reliability(qualities: Float64, scores: Float64, *, bins: int = 5) -> list[dict[str, float]]:
    """Give the mean score of pictures by their quality, in equal steps of quality."""
    found = []
    for low in np.arange(bins) / bins:
        inside = (qualities >= low) & ((qualities < low + 1 / bins) | (low + 1 / bins >= 1))
        if inside.any():
            found.append(
                {
                    "from": round(float(low), 3),
                    "pictures": int(inside.sum()),
                    "quality": round(float(qualities[inside].mean()), 3),
                    "score": round(float(scores[inside].mean()), 3),
                }
            )
    return found


def evaluate_stability(
    keypoints: Path, *, size: PitchSize | None = None, seed: int = 0, limit: int | None = None
) -> dict[str, Any]:
    """Measure how still the projected centre circle stands, and how well keypoints fit, by three kinds of cameras.

    `ransac` is a homography for each frame alone (OpenCV's, 5 px), `single` our camera for each frame alone,
    `smooth` our cameras over the sequence, `table` the maps of `single` as a run's `pitch` table holds them, `steadied`
    those smoothed without the keypoints, as a run on a video smooths its cameras. Jitter is the mean length of the second difference of the circle's
    points from frame to frame in pixels at 960x540. The smoothing's constants were chosen on half of the sequences
    of seed 0; the other half is what counts.

    Raises:
        SightlineError: The file cannot be read or is not of its format.
    """
    size = size or PitchSize()
    seen = read_keypoints(keypoints, size)
    parts = sequences(list(seen))
    first = set(np.random.default_rng(seed).permutation(len(parts))[: len(parts) // 2].tolist())
    measured = [_sequence([seen[name] for name in names[:limit]], size) for _, names in parts]
    halves = {
        "chosen_on": [one for place, one in enumerate(measured) if place in first],
        "reported_on": [one for place, one in enumerate(measured) if place not in first],
        "all": measured,
    }
    return {
        "metric": "pixels at 960x540; jitter of the centre circle, distance of keypoints",
        "frames": sum(len(names[:limit]) for _, names in parts),
        "sequences": len(parts),
        "seed": seed,
        "halves": {name: _stability(part, seed) for name, part in halves.items() if part},
    }


def _peers(path: Path | None) -> Mapping[str, PitchCamera]:
    if path is None:
        return {}
    file = camera_file(read_json_object(path, _CAMERAS))
    return {file.names[number]: one.camera for number, one in file.frames.items()}


def _score(name: str, drawn: Mapping[str, Float64], peer: PitchCamera | None, size: PitchSize) -> _Picture:
    markings = markings_of(size)
    started = time.process_time()
    solved = solve_camera(observe(name, drawn, markings), size)
    spent = (time.process_time() - started) * 1e3

    def index(camera: PitchCamera | None) -> float:
        return float("nan") if camera is None else jaccard(camera, drawn, markings, threshold_px=THRESHOLD_PX)

    camera = None if solved is None else solved.camera
    return _Picture(name, index(camera), index(peer), 0.0 if solved is None else solved.quality, spent)


def _summary(pictures: Sequence[_Picture], *, peer: bool, seed: int) -> dict[str, Any]:
    found = {"pictures": len(pictures), "ours": _index([one.score for one in pictures], seed)}
    if peer:
        found["peer"] = _index([one.peer for one in pictures], seed)
        better = np.array([np.nan_to_num(one.score) - np.nan_to_num(one.peer) for one in pictures])
        found["ours_minus_peer_x_completeness"] = _with_interval(
            better, lambda drawn: float(drawn.mean()), seed
        )
    return found


def _index(scores: Sequence[float], seed: int) -> dict[str, Any]:
    values = np.array(scores)
    have = values[np.isfinite(values)]
    if not len(have):
        raise AnalysisError("no picture has a camera", hint="are these the cameras of these pictures?")
    return {
        "jac5": _with_interval(have, lambda drawn: float(drawn.mean()), seed),
        "completeness": round(len(have) / len(values), 4),
        "final": _with_interval(np.nan_to_num(values), lambda drawn: float(drawn.mean()), seed),
    }


def _sequence(seen: list[Observed], size: PitchSize) -> dict[str, tuple[Float64, Float64]]:
    """Give jitter and residuals of one sequence by each kind of camera."""
    solved, smooth = smoothed(seen, size)
    kinds: dict[str, list[Callable[[Float64], Float64] | None]] = {
        "ransac": [_homography(one) for one in seen],
        "single": [None if one is None else one.camera.project for one in solved],
        "smooth": [None if one.camera is None else one.camera.project for one in smooth],
        "table": [None if one is None else _flat(one.camera) for one in solved],
        "steadied": [None if one.camera is None else one.camera.project for one in _steadied(solved, size)],
    }
    circle = markings_of(size).all["Circle central"].sample(_CIRCLE_STEP_M)
    found = {}
    for kind, maps in kinds.items():
        placed = np.array([np.full((len(circle), 2), np.nan) if one is None else one(circle) for one in maps])
        jitter = np.linalg.norm(np.diff(placed, n=2, axis=0), axis=2).mean(1)
        off = [
            np.linalg.norm(one(frame.points_m) - frame.points_px, axis=1)
            for one, frame in zip(maps, seen, strict=True)
            if one is not None
        ]
        found[kind] = (jitter[np.isfinite(jitter)], np.concatenate([np.zeros(0), *off]))
    return found


def _steadied(solved: Sequence[Solved | None], size: PitchSize) -> list[SmoothCamera]:
    """Smooth single cameras alone, as a run on a video does: what was seen of the pitch is not stored there."""
    matrices = np.full((len(solved), 3, 3), np.nan)
    for frame, one in enumerate(solved):
        if one is not None:
            matrices[frame] = one.camera.fitted_homography(SOCCERNET_SIZE).matrix
    return steady_cameras(
        [None if one is None else one.camera for one in solved],
        matrices,
        np.array([0.0 if one is None else one.quality for one in solved]),
        np.zeros(len(solved), np.bool_),
        picture=SOCCERNET_SIZE,
        size=size,
    )


def _flat(camera: PitchCamera) -> Callable[[Float64], Float64]:
    """Give a camera's map of the grass as the `pitch` table holds it: without the lens's bend."""
    back = np.linalg.inv(camera.fitted_homography(SOCCERNET_SIZE).matrix)

    def place(points_m: Float64) -> Float64:
        flat = np.column_stack([points_m[:, :2], np.ones(len(points_m))]) @ back.T
        return np.asarray(flat[:, :2] / flat[:, 2:], np.float64)

    return place


def _homography(seen: Observed) -> Callable[[Float64], Float64] | None:
    """Give OpenCV's RANSAC homography of one frame, as it is commonly used."""
    import cv2

    ground = seen.points_m[:, 2] == 0
    if ground.sum() < 4:
        return None
    matrix, _ = cv2.findHomography(seen.points_m[ground, :2], seen.points_px[ground], cv2.RANSAC, _RANSAC_PX)
    if matrix is None:
        return None

    def place(points_m: Float64) -> Float64:
        flat = np.column_stack([points_m[:, :2], np.ones(len(points_m))]) @ np.asarray(matrix).T
        return np.asarray(flat[:, :2] / flat[:, 2:], np.float64)

    return place


def _stability(part: Sequence[Mapping[str, tuple[Float64, Float64]]], seed: int) -> dict[str, Any]:
    blocks = np.arange(len(part))

    def pooled(kind: str, column: int, drawn: Any) -> Float64:
        return np.concatenate([part[place][kind][column] for place in drawn])

    found: dict[str, Any] = {"sequences": len(part)}
    for kind in ("ransac", "single", "smooth", "table", "steadied"):
        jitter, off = pooled(kind, 0, blocks), pooled(kind, 1, blocks)
        found[kind] = {
            "jitter_median_px": round(float(np.median(jitter)), 3),
            "jitter_mean_px": round(float(jitter.mean()), 3),
            "residual_mean_px": round(float(off.mean()), 3),
            "residual_median_px": round(float(np.median(off)), 3),
        }
    ratios: dict[str, Callable[[Any], float]] = {
        "jitter": lambda drawn: _ratio(np.median, pooled("smooth", 0, drawn), pooled("ransac", 0, drawn)),
        "residual_mean": lambda drawn: _ratio(
            np.mean, pooled("smooth", 1, drawn), pooled("ransac", 1, drawn)
        ),
        "residual_median": lambda drawn: _ratio(
            np.median, pooled("smooth", 1, drawn), pooled("ransac", 1, drawn)
        ),
    }
    found["smooth_over_ransac"] = {name: _with_interval(blocks, one, seed) for name, one in ratios.items()}
    found["steadied_over_ransac"] = {
        "jitter": _with_interval(
            blocks,
            lambda drawn: _ratio(np.median, pooled("steadied", 0, drawn), pooled("ransac", 0, drawn)),
            seed,
        )
    }
    return found


def _ratio(middle: Callable[[Any], Any], ours: Float64, theirs: Float64) -> float:
    return float(middle(ours) / middle(theirs))


def _with_interval(blocks: Any, statistic: Callable[[Any], float], seed: int) -> dict[str, float]:
    low, high = bootstrap_interval(blocks, statistic, seed=seed, draws=1000)
    return {"value": round(statistic(blocks), 4), "low": round(low, 4), "high": round(high, 4)}


def _spread(values: Float64) -> dict[str, float]:
    return {
        "mean": round(float(values.mean()), 1),
        "median": round(float(np.median(values)), 1),
        "p95": round(float(np.percentile(values, 95)), 1),
    }
