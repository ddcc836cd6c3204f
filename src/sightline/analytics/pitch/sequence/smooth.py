"""Cameras over time: one that stands in its place and pans, tilts and zooms smoothly.

Matrices of single frames are never averaged. A shot's frames share one position and one lens; pan, tilt, roll and
zoom of each frame are found together from everything that was seen, against a penalty on their second
differences. So a frame in which little is seen borrows from its neighbours, one that is wrong is outvoted, and one
in which nothing is seen lies on the smooth path, with a quality that falls with its distance to what was seen.

Source:
    Whittaker, "On a new method of graduation", 1923 (penalised differences); Triggs et al., "Bundle adjustment - a
    modern synthesis", 2000 (normal equations in bordered band form).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.quality import decayed
from sightline.analytics.pitch.residuals import (
    BEND,
    LOG_FOCAL,
    PAN,
    PARAMETERS,
    ROLL,
    TILT,
    Evidence,
    X,
    Y,
    Z,
    camera_of,
    evidence_of,
    residuals_px,
    row_of,
)

if TYPE_CHECKING:
    from sightline.analytics.football.match import PitchSize
    from sightline.analytics.pitch.camera import PitchCamera
    from sightline.analytics.pitch.observed import Observed
    from sightline.analytics.pitch.solve import Solved
    from sightline.core.arrays import Float64

_MOVING = np.array([PAN, TILT, ROLL, LOG_FOCAL])
_FIXED = np.array([X, Y, Z, BEND])
_STEPS = np.array([1e-5, 1e-5, 1e-5, 1e-5, 1e-3, 1e-3, 1e-3, 1e-5])
_WRONG_PX = 8.0
_WIDTH = len(_MOVING)
_REACH = 2 * _WIDTH


class CameraSource(StrEnum):
    """How a frame's camera came about."""

    SEEN = "seen"
    PROPAGATED = "propagated"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmoothSettings:
    """How freely a camera may move.

    Attributes:
        turn_deg: How much pan and tilt may change their speed from one frame to the next, one deviation.
        roll_deg: The same for the roll.
        zoom: The same for the logarithm of the focal length.
        doubt_px: From where a point is doubted, in standard pixels.
        rounds: Steps taken.
        least_quality: Single cameras worse than this do not take part in the first guess.
        cut_deg: A turn from one frame to the next that only a cut explains.
        cut_m: A move of the camera that only a cut explains.
        longest_gap: Frames over which a camera is carried where nothing is seen.
        half_life: Frames after which a carried camera's quality has halved.
    """

    turn_deg: float = 0.3
    roll_deg: float = 0.05
    zoom: float = 0.01
    doubt_px: float = 1.0
    rounds: int = 12
    least_quality: float = 0.2
    cut_deg: float = 8.0
    cut_m: float = 40.0
    longest_gap: int = 50
    half_life: float = 12.0


@dataclass(frozen=True, slots=True)
class SmoothCamera:
    """One frame's camera after smoothing; None where nothing can be said."""

    camera: PitchCamera | None
    quality: float
    source: CameraSource


_NOTHING = SmoothCamera(None, 0.0, CameraSource.NONE)


def smooth_cameras(
    seen: Sequence[Observed | None],
    solved: Sequence[Solved | None],
    size: PitchSize,
    *,
    settings: SmoothSettings | None = None,
) -> list[SmoothCamera]:
    """Give every frame of a sequence its camera.

    Args:
        seen: What was seen in each frame, None or empty where nothing was; equally spaced in time.
        solved: Each frame's own camera, as `solve_camera` gave it.
        size: The pitch.
        settings: How freely the camera moves.

    Returns:
        One for each frame.
    """
    settings = settings or SmoothSettings()
    found = [_NOTHING] * len(seen)
    for shot in shots(solved, settings):
        first, last = shot[0], shot[-1]
        found[first : last + 1] = _shot(seen[first : last + 1], solved[first : last + 1], size, settings)
    return found


def shots(solved: Sequence[Solved | None], settings: SmoothSettings) -> list[list[int]]:
    """Give the frames with a trusted camera, parted where the view jumps or is lost for too long."""
    parts: list[list[int]] = []
    for frame, one in enumerate(solved):
        if one is None or one.quality < settings.least_quality:
            continue
        if parts and frame - parts[-1][-1] <= settings.longest_gap:
            before = solved[parts[-1][-1]]
            if before is not None and _goes_on(before.camera, one.camera, frame - parts[-1][-1], settings):
                parts[-1].append(frame)
                continue
        parts.append([frame])
    return parts


def _goes_on(before: PitchCamera, now: PitchCamera, frames: int, settings: SmoothSettings) -> bool:
    turn = abs((now.pan_deg - before.pan_deg + 180) % 360 - 180)
    moved = float(np.linalg.norm(now.position_m - before.position_m))
    return turn <= settings.cut_deg * min(frames, 5) and moved <= settings.cut_m


def _shot(
    seen: Sequence[Observed | None],
    solved: Sequence[Solved | None],
    size: PitchSize,
    settings: SmoothSettings,
) -> list[SmoothCamera]:
    markings = markings_of(size)
    evidence = [evidence_of(one, markings) if one is not None and one.constraints else None for one in seen]
    picture = next(one.picture for one in seen if one is not None)
    moving, fixed = _first_guess(solved, picture, settings)
    for _ in range(settings.rounds):
        step, border = _step(moving, fixed, evidence, settings)
        moving, fixed = moving - step, fixed - border
        if np.abs(step).max() < 1e-7:
            break
    return _with_quality(moving, fixed, evidence, solved, picture, settings)


def _first_guess(
    solved: Sequence[Solved | None], picture: tuple[int, int], settings: SmoothSettings
) -> tuple[Float64, Float64]:
    """Give `(n, 4)` moving and `(4,)` fixed parameters: medians weighted by how sure each frame is."""
    frames = [f for f, one in enumerate(solved) if one is not None and one.quality >= settings.least_quality]
    rows = np.array([row_of(one.camera, picture) for one in (solved[f] for f in frames) if one is not None])
    trust = np.array([1 / max(one.spread_m, 0.05) for one in (solved[f] for f in frames) if one is not None])
    fixed = np.array([_weighted_median(rows[:, column], trust) for column in _FIXED])
    rows[:, PAN] = np.unwrap(rows[:, PAN])
    every = np.arange(len(solved))
    return np.column_stack([np.interp(every, frames, rows[:, column]) for column in _MOVING]), fixed


def _step(
    moving: Float64, fixed: Float64, evidence: Sequence[Evidence | None], settings: SmoothSettings
) -> tuple[Float64, Float64]:
    """Give one Gauss-Newton step of the moving `(n, 4)` and the fixed `(4,)` parameters."""
    count = len(moving)
    band = np.zeros((_REACH + _WIDTH, count * _WIDTH))  # lower band form: band[i - j, j]
    border = np.zeros((count * _WIDTH, len(_FIXED)))
    corner = np.diag(1 / np.array([30.0, 30.0, 15.0, 0.05]) ** 2)
    slope, corner_slope = np.zeros(count * _WIDTH), np.zeros(len(_FIXED))
    for frame, one in enumerate(evidence):
        if one is None:
            continue
        normal, right = _frame_normal(moving[frame], fixed, one, settings)
        start = frame * _WIDTH
        for column in range(_WIDTH):
            band[: _WIDTH - column, start + column] += normal[column:_WIDTH, column]
        border[start : start + _WIDTH] += normal[:_WIDTH, _WIDTH:]
        corner += normal[_WIDTH:, _WIDTH:]
        slope[start : start + _WIDTH] += right[:_WIDTH]
        corner_slope += right[_WIDTH:]
    _penalise(band, slope, moving, settings)
    return _bordered(band, border, corner, slope, corner_slope, count)


def _frame_normal(
    moving: Float64, fixed: Float64, evidence: Evidence, settings: SmoothSettings
) -> tuple[Float64, Float64]:
    rows = np.repeat(_row(moving, fixed)[None], PARAMETERS + 1, axis=0)
    order = np.concatenate([_MOVING, _FIXED])
    rows[np.arange(1, PARAMETERS + 1), order] += _STEPS[order]
    found = residuals_px(rows, evidence) / settings.doubt_px
    slopes = (found[1:] - found[:1]) / _STEPS[order][:, None]
    weighted = slopes * (evidence.residual_weights / (1 + found[0] ** 2))
    return weighted @ slopes.T, weighted @ found[0]


def _penalise(band: Float64, slope: Float64, moving: Float64, settings: SmoothSettings) -> None:
    """Add the penalty on second differences of pan, tilt, roll and zoom."""
    turn = np.radians(settings.turn_deg)
    weights = 1 / np.array([turn, turn, np.radians(settings.roll_deg), settings.zoom]) ** 2
    count = len(moving)
    band[0] += np.tile(weights * 1e-9, count)  # keeps frames without any neighbour where they are
    if count < 3:
        return
    pattern = (1.0, -2.0, 1.0)
    bent = np.diff(moving, n=2, axis=0) * weights
    for first, one in enumerate(pattern):
        slope.reshape(count, _WIDTH)[first : first + count - 2] += one * bent
        for second in range(first, 3):
            lower = band[(second - first) * _WIDTH].reshape(count, _WIDTH)
            lower[first : first + count - 2] += one * pattern[second] * weights


def _bordered(
    band: Float64, border: Float64, corner: Float64, slope: Float64, corner_slope: Float64, count: int
) -> tuple[Float64, Float64]:
    """Solve the normal equations by eliminating the banded part."""
    from scipy.linalg import solveh_banded

    reached = solveh_banded(band, np.column_stack([border, slope]), lower=True, check_finite=False)
    inner, outer = reached[:, :-1], reached[:, -1]
    fixed = np.linalg.solve(corner - border.T @ inner, corner_slope - border.T @ outer)
    return (outer - inner @ fixed).reshape(count, _WIDTH), fixed


def _with_quality(
    moving: Float64,
    fixed: Float64,
    evidence: Sequence[Evidence | None],
    solved: Sequence[Solved | None],
    picture: tuple[int, int],
    settings: SmoothSettings,
) -> list[SmoothCamera]:
    rows = [_row(one, fixed) for one in moving]
    qualities = np.zeros(len(rows))
    for frame, (row, one, alone) in enumerate(zip(rows, evidence, solved, strict=True)):
        if one is None or alone is None or alone.quality < settings.least_quality:
            continue
        off = np.abs(residuals_px(row[None], one)[0])
        qualities[frame] = alone.quality if np.median(off) <= _WRONG_PX else 0.0
    sources = [CameraSource.SEEN if quality else CameraSource.PROPAGATED for quality in qualities]
    carried = decayed(qualities, settings.half_life)
    return [
        SmoothCamera(camera_of(row, picture), float(quality), source)
        for row, quality, source in zip(rows, carried, sources, strict=True)
    ]


def _row(moving: Float64, fixed: Float64) -> Float64:
    row = np.empty(PARAMETERS)
    row[_MOVING], row[_FIXED] = moving, fixed
    return row


def _weighted_median(values: Float64, weights: Float64) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
