"""Checks that a camera's quality means what it says, on simulated drawings of real cameras' views.

Through each real camera, given a random lens, the markings that somebody drew are drawn again: with noise along the
line and of the whole line, some left out, now and then two of them swapped. Then the truth is known to the metre.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import SOCCERNET_SIZE, PitchCamera
from sightline.analytics.pitch.camera_file import camera_file
from sightline.analytics.pitch.jaccard import visible_polylines
from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.observed import Observed
from sightline.analytics.pitch.solve import solve_camera
from sightline.service.football.calibration_files import read_lines
from sightline.service.football.evaluate.calibration import reliability
from sightline.service.text_files import read_json_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.core.arrays import Float64

_CAMERAS = 'cameras: {"picture": {"pan_degrees": ..., ...}, ...}'
_GOOD_M = 0.5
_BEND_SD = 0.02
_NOISE_PX = (0.5, 3.0)
_LEFT_OUT, _THINNED, _SWAPPED = 0.1, 0.5, 0.06
_LEAST_LINES = 3
_LEAST_LENGTH_PX = 10.0
_LEAST_HEIGHT_M = 2.0


def evaluate_camera_quality(
    lines: Path, cameras: Path, *, size: PitchSize | None = None, seed: int = 0, limit: int | None = None
) -> dict[str, Any]:
    """Compare quality with how often half of the grass in view lies within 0.5 m of the truth.

    The curve was fitted on the first half of the pictures of seed 0; both halves are told apart.

    Raises:
        SightlineError: A file cannot be read or is not of its format.
    """
    size = size or PitchSize()
    drawn = read_lines(lines, size)
    file = camera_file(read_json_object(cameras, _CAMERAS))
    known = {file.names[number]: one.camera for number, one in file.frames.items()}
    names = sorted(drawn)
    first = set(np.random.default_rng(seed).permutation(len(names))[: len(names) // 2].tolist())
    halves: dict[str, list[tuple[float, float, float]]] = {"fitted_on": [], "reported_on": []}
    for place, name in enumerate(names[:limit]):
        rng = np.random.default_rng([seed, place])
        measured = _measure(known.get(name), drawn[name], size, rng)
        if measured is not None:
            halves["fitted_on" if place in first else "reported_on"].append(measured)
    return {
        "good": f"median error on the grass in view below {_GOOD_M} m",
        "seed": seed,
        "halves": {name: _summary(np.array(rows)) for name, rows in halves.items() if rows},
    }


def _measure(
    camera: PitchCamera | None, drawn: Mapping[str, Float64], size: PitchSize, rng: np.random.Generator
) -> tuple[float, float, float] | None:
    """Give quality, expected and true error in metres of one simulated drawing."""
    if camera is None or camera.position_m[2] < _LEAST_HEIGHT_M:
        return None
    bend = rng.normal(0, _BEND_SD) * (camera.focal_px / (SOCCERNET_SIZE[1] / 2)) ** 2
    true = replace(camera, radial=(bend, 0.0, 0.0, 0.0, 0.0, 0.0))
    lines = _draw(true, drawn, size, rng)
    solved = solve_camera(Observed(SOCCERNET_SIZE, lines=lines), size) if len(lines) >= _LEAST_LINES else None
    if solved is None:
        return None
    error = ground_error_m(true, solved.camera, size)
    return None if error is None else (solved.quality, solved.spread_m, error)


def ground_error_m(true: PitchCamera, found: PitchCamera, size: PitchSize) -> float | None:
    """Give the median distance between where two cameras place the pitch in view, None where none is in view."""
    height, width = SOCCERNET_SIZE
    x, y = np.meshgrid(np.linspace(0.1, 0.9, 7) * width, np.linspace(0.1, 0.95, 6) * height)
    pixels = np.column_stack([x.ravel(), y.ravel()])
    places = true.to_ground(pixels)
    shown = (np.abs(places) < [size.length_m / 2 + 2, size.width_m / 2 + 2]).all(1)
    if not shown.any():
        return None
    off = np.linalg.norm(places - found.to_ground(pixels), axis=1)[shown]
    return float(np.median(np.where(np.isfinite(off), off, np.inf)))


def _draw(
    camera: PitchCamera, drawn: Mapping[str, Float64], size: PitchSize, rng: np.random.Generator
) -> dict[str, Float64]:
    visible = visible_polylines(camera, markings_of(size))
    noise = rng.uniform(*_NOISE_PX)
    lines: dict[str, Float64] = {}
    for name in sorted(drawn.keys() & visible.keys()):
        along = np.append(0, np.cumsum(np.linalg.norm(np.diff(visible[name], axis=0), axis=1)))
        if along[-1] < _LEAST_LENGTH_PX or rng.random() < _LEFT_OUT:
            continue
        wanted = np.linspace(0, along[-1], max(2, len(drawn[name])))
        points = np.column_stack([np.interp(wanted, along, visible[name][:, axis]) for axis in (0, 1)])
        lines[name] = points + rng.normal(0, noise, points.shape) + rng.normal(0, noise / 2, 2)
    if len(lines) > _LEAST_LINES and rng.random() < _THINNED:
        kept = rng.permutation(sorted(lines))[: rng.integers(_LEAST_LINES, len(lines) + 1)]
        lines = {name: lines[name] for name in sorted(kept)}
    if len(lines) > _LEAST_LINES + 1 and rng.random() < _SWAPPED:
        one, other = rng.choice(sorted(lines), 2, replace=False)
        lines[one], lines[other] = lines[other], lines[one]
    return lines


def _summary(rows: Float64) -> dict[str, Any]:
    good = (rows[:, 2] < _GOOD_M).astype(np.float64)
    return {
        "drawings": len(rows),
        "error_median_m": round(float(np.median(rows[:, 2])), 3),
        "expected_median_m": round(float(np.median(rows[:, 1])), 3),
        "brier": round(float(np.mean((rows[:, 0] - good) ** 2)), 4),
        "reliability": reliability(rows[:, 0], good),
    }
