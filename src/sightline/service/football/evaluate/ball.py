"""Scores ball tracks on a recorded match: gaps cut into it, and its ball seen through real cameras with misses and noise."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.interpolate import PchipInterpolator

from sightline.analytics.ball.candidates import BallCandidates
from sightline.analytics.ball.gaps import GapSettings, fill_gaps
from sightline.analytics.ball.settings import METHODS, BallSettings
from sightline.analytics.ball.space.flight import lift_ball
from sightline.analytics.ball.track import track_ball
from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.analytics.pitch.camera import SOCCERNET_SIZE, PitchCamera
from sightline.core.errors import AnalysisError
from sightline.service.football.recorded import read_recorded
from sightline.service.text_files import read_json_object

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sightline.analytics.ball.candidates import BallTrack
    from sightline.analytics.football.match import Match
    from sightline.core.arrays import Float64

GAPS_S = (0.4, 1.0, 2.0)
GRID: dict[str, tuple[float, ...]] = {"touch_cost": (3.0, 5.0), "reach": (0.7, 1.0), "drag_hz": (0.4, 0.25)}
MISSED = 0.3
FALSE_EACH = 5
NOISE_PX = 1.0
WITHIN_M = 1.0
_BESIDE = 12
_FOLD_GAP_S = 1.0
_WINDOW_S = 10.0
_CAMERAS_EACH = 2
_IN_VIEW = 0.95
_LEAST_HEIGHT_M = 5.0
_COARSEST_M = 0.35
_LOST_M = 1e3


def evaluate_ball(
    folder: Path, *, cameras: Path | None = None, folds: int = 2, seed: int = 7, every: int = 10
) -> dict[str, Any]:
    """Score gap fill and, where cameras are given, the three estimators.

    Args:
        folder: As `read_recorded` takes it.
        cameras: JSON of SoccerNet cameras by name.
        folds: Blocks of time; each is filled with the constants that are best on the others.
        seed: Of everything random.
        every: Frames from the start of one gap to that of the next.

    Returns:
        Plain data, with 95 % intervals.

    Raises:
        AnalysisError: The recording holds no stretch to measure on, or no camera sees the ball.
        SightlineError: A file cannot be read.
    """
    match = read_recorded(folder).match
    result: dict[str, Any] = {
        "folder": str(folder),
        "frames": len(match),
        "gaps": _gaps(match, folds=folds, seed=seed, every=every),
    }
    if cameras is not None:
        result["tracks"] = _tracks(match, read_cameras(cameras), seed)
    return result


def read_cameras(path: Path) -> list[PitchCamera]:
    """Read SoccerNet cameras in the order of their names.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is not JSON, or no object.
        CalibrationError: A camera lacks a field.
    """
    cameras = read_json_object(path, "give a JSON file of SoccerNet cameras by name")
    return [PitchCamera.from_soccernet(cameras[name]) for name in sorted(cameras)]


# --- gaps -------------------------------------------------------------------------------------------------


def _gaps(match: Match, *, folds: int, seed: int, every: int) -> dict[str, Any]:
    """Cut gaps into stretches of play with a seen ball, and fill them again."""
    if folds < 2:
        raise AnalysisError("one fold leaves nothing to choose the constants on", hint="use 2 or more")
    rows_of = {gap_s: _starts(match, gap_s, every) for gap_s in GAPS_S}
    if not all(len(rows) for rows in rows_of.values()):
        raise AnalysisError(
            "no stretch of play is long enough to cut gaps into it",
            hint="give a recording with longer stretches of play",
        )
    choices = [
        GapSettings(touch_cost=touch_cost, reach=reach, drag_hz=drag_hz)
        for touch_cost, reach, drag_hz in itertools.product(*GRID.values())
    ]
    edges = np.linspace(0, len(match), folds + 1)
    errors = {
        choice: {gap_s: _ours(match, rows, gap_s, choice) for gap_s, rows in rows_of.items()}
        for choice in choices
    }
    chosen = []
    for low, high in itertools.pairwise(edges.tolist()):
        outside = (rows_of[_FOLD_GAP_S] < low) | (rows_of[_FOLD_GAP_S] >= high)
        medians = [float(np.median(errors[choice][_FOLD_GAP_S][outside])) for choice in choices]
        chosen.append(choices[int(np.argmin(medians))])
    lines = []
    for gap_s, rows in rows_of.items():
        fold = np.searchsorted(edges, rows, side="right") - 1
        ours = np.array([errors[chosen[which]][gap_s][place] for place, which in enumerate(fold.tolist())])
        blocks = (match.t_s[rows] // _WINDOW_S).astype(np.int64)
        parts = {"physics": ours, **_others(match, rows, gap_s)}
        for name, values in parts.items():
            lines.append({"gap_s": gap_s, "fill": name, **_median(values, blocks, seed)})
    return {
        "grid": {name: list(values) for name, values in GRID.items()},
        "chosen": [{name: getattr(one, name) for name in GRID} for one in chosen],
        "measure": "mean error of a gap's frames over the ground, median over gaps",
        "rows": lines,
    }


def _starts(match: Match, gap_s: float, every: int) -> NDArray[np.int64]:
    length = round(gap_s * float(match.frame_rate_hz))
    good = ~np.isnan(match.ball_m[:, 0])
    if match.alive is not None:
        good &= match.alive
    bad_before = np.concatenate(([0], np.cumsum(~good)))
    starts = np.arange(2 * _BESIDE, len(match) - length - 2 * _BESIDE, every)
    whole = bad_before[starts + length + 1] == bad_before[starts - 1]
    found: NDArray[np.int64] = starts[whole]
    return found


def _ours(match: Match, rows: NDArray[np.int64], gap_s: float, settings: GapSettings) -> Float64:
    length = round(gap_s * float(match.frame_rate_hz))
    errors = []
    for row in rows.tolist():
        near = slice(row - _BESIDE, row + length + _BESIDE)
        ball = match.ball_m[near].copy()
        ball[_BESIDE : _BESIDE + length] = np.nan
        filled = fill_gaps(
            match.t_s[near],
            ball,
            max_gap_s=gap_s + 0.1,
            players_m=match.positions_m[near],
            settings=settings,
        ).positions
        errors.append(_mean_error(filled[_BESIDE : _BESIDE + length], match, row, length))
    return np.array(errors)


def _others(match: Match, rows: NDArray[np.int64], gap_s: float) -> dict[str, Float64]:
    length = round(gap_s * float(match.frame_rate_hz))
    found: dict[str, list[float]] = {"pchip": [], "linear": []}
    for row in rows.tolist():
        beside = np.concatenate((np.arange(row - 10, row), np.arange(row + length, row + length + 10)))
        inside = np.arange(row, row + length)
        curve = PchipInterpolator(match.t_s[beside], match.ball_m[beside, :2])(match.t_s[inside])
        straight = np.stack(
            [np.interp(inside, beside, match.ball_m[beside, axis]) for axis in range(2)], axis=1
        )
        found["pchip"].append(_mean_error(curve, match, row, length))
        found["linear"].append(_mean_error(straight, match, row, length))
    return {name: np.array(values) for name, values in found.items()}


def _mean_error(filled: Float64, match: Match, row: int, length: int) -> float:
    return float(np.hypot(*(filled[:, :2] - match.ball_m[row : row + length, :2]).T).mean())


def _median(values: Float64, blocks: NDArray[np.int64], seed: int) -> dict[str, float]:
    parts = [values[blocks == block] for block in np.unique(blocks)]
    low, high = bootstrap_interval(
        np.arange(len(parts)),
        lambda drawn: float(np.median(np.concatenate([parts[number] for number in drawn]))),
        seed=seed,
    )
    return {
        "gaps": len(values),
        "median_m": round(float(np.median(values)), 3),
        "low_m": round(low, 3),
        "high_m": round(high, 3),
        "p90_m": round(float(np.percentile(values, 90)), 3),
    }


# --- tracks -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _View:
    """Ten seconds of the match through one camera; scored is what is in the picture while play is on."""

    camera: PitchCamera
    t_s: Float64
    truth_m: Float64
    truth_px: Float64
    inside: NDArray[np.bool_]
    scored: NDArray[np.bool_]
    players_m: Float64
    players_px: Float64


def _tracks(match: Match, cameras: list[PitchCamera], seed: int) -> dict[str, Any]:
    lines = []
    views_of = {}
    for name, heights in (("on the grass", False), ("as it flew", True)):
        views = _views(match, cameras, seed, heights=heights)
        if not views:
            raise AnalysisError("no camera sees the ball for ten seconds", hint="give cameras of wide views")
        views_of[name] = len(views)
        candidates = [_candidates(view, seed + number) for number, view in enumerate(views)]
        for method in METHODS:
            settings = BallSettings.in_pixels(SOCCERNET_SIZE[0], tracking_method=method)
            began_s = time.perf_counter()
            tracks = [
                track_ball(few, view.t_s, settings, players=view.players_px)
                for few, view in zip(candidates, views, strict=True)
            ]
            taken_s = time.perf_counter() - began_s
            parts = [_errors(track, view, lift=False) for track, view in zip(tracks, views, strict=True)]
            line = {"ball": name, "method": method, "metres": "back to the grass", **_within(parts, seed)}
            frames = sum(len(view.t_s) for view in views)
            lines.append({**line, "ms_per_frame": round(taken_s / frames * 1000, 2)})
            if heights:
                parts = [_across(track, view) for track, view in zip(tracks, views, strict=True)]
                lines.append(
                    {
                        "ball": name,
                        "method": method,
                        "metres": "across the sight line",
                        **_within(parts, seed),
                    }
                )
            if heights and method == "graph":
                parts = [_errors(track, view, lift=True) for track, view in zip(tracks, views, strict=True)]
                lines.append({"ball": name, "method": method, "metres": "lifted", **_within(parts, seed)})
    return {
        "missed": MISSED,
        "false_each": FALSE_EACH,
        "noise_px": NOISE_PX,
        "views": views_of,
        "rows": lines,
    }


def _views(match: Match, cameras: list[PitchCamera], seed: int, *, heights: bool) -> list[_View]:
    """Choose two real cameras for each ten seconds: ones that see the ball, from above, and not too coarsely."""
    rng = np.random.default_rng(seed)
    length = round(_WINDOW_S * float(match.frame_rate_hz))
    views = []
    for start in range(0, len(match) - length + 1, length):
        rows = slice(start, start + length)
        truth_m = match.ball_m[rows].copy()
        if np.isnan(truth_m).any():
            continue
        if not heights:
            truth_m[:, 2] = 0.0
        seeing = [camera for camera in cameras if _sees(camera, truth_m)]
        order = rng.permutation(len(seeing))[:_CAMERAS_EACH]
        for number in order.tolist():
            camera = seeing[number]
            players = match.positions_m[rows]
            shown = camera.project(players.reshape(-1, 2)).reshape(players.shape)
            pixels, inside = _pixels(camera, truth_m)
            scored = inside if match.alive is None else inside & match.alive[rows]
            views.append(_View(camera, match.t_s[rows], truth_m, pixels, inside, scored, players, shown))
    return views


def _pixels(camera: PitchCamera, points_m: Float64) -> tuple[Float64, NDArray[np.bool_]]:
    points_px = camera.project(points_m)
    height, width = SOCCERNET_SIZE
    with np.errstate(invalid="ignore"):
        inside = ((points_px >= 0) & (points_px < (width, height))).all(axis=1)
    return points_px, np.asarray(inside, np.bool_)


def _sees(camera: PitchCamera, truth_m: Float64) -> bool:
    points_px, inside = _pixels(camera, truth_m)
    if inside.mean() < _IN_VIEW or camera.position_m[2] < _LEAST_HEIGHT_M:
        return False
    here, below = camera.to_ground(points_px[inside]), camera.to_ground(points_px[inside] + (0.0, 1.0))
    coarse_m = np.hypot(*(below - here).T)
    return bool(np.median(np.where(np.isnan(coarse_m), np.inf, coarse_m)) < _COARSEST_M)


def _candidates(view: _View, seed: int) -> BallCandidates:
    """See the ball with misses and noise among false positives anywhere in the picture."""
    rng = np.random.default_rng(seed)
    count = len(view.t_s)
    seen = np.flatnonzero(view.inside & (rng.random(count) >= MISSED))
    height, width = SOCCERNET_SIZE
    false = rng.uniform((0.0, 0.0), (width, height), (count * FALSE_EACH, 2))
    rows = np.concatenate((seen, np.repeat(np.arange(count), FALSE_EACH)))
    places = np.concatenate((view.truth_px[seen] + rng.normal(0, NOISE_PX, (len(seen), 2)), false))
    scores = np.concatenate((rng.beta(4, 2, len(seen)), rng.beta(2, 4, len(false))))
    order = np.argsort(rows, kind="stable")
    return BallCandidates(rows[order], places[order], scores[order], np.full(len(rows), np.nan))


def _errors(track: BallTrack, view: _View, *, lift: bool) -> Float64:
    if lift:
        cameras = np.broadcast_to(view.camera.matrix, (len(view.t_s), 3, 4))
        found_m = lift_ball(
            view.t_s,
            view.camera.undistort(track.positions),
            cameras,
            players_m=view.players_m,
            seen=track.states == "seen",
        ).positions_m[:, :2]
    else:
        found_m = view.camera.to_ground(track.positions)
    return _scored(np.hypot(*(found_m - view.truth_m[:, :2]).T), view)


def _across(track: BallTrack, view: _View) -> Float64:
    """Give how far the ball is from the line on which the track sees it: all that a single frame can tell."""
    away_m = view.truth_m - view.camera.position_m
    lines = view.camera.sight_lines(track.positions)
    along_m = (away_m * lines).sum(axis=1, keepdims=True)
    return _scored(np.linalg.norm(away_m - along_m * lines, axis=1), view)


def _scored(errors_m: Float64, view: _View) -> Float64:
    return np.where(np.isnan(errors_m), _LOST_M, errors_m)[view.scored]


def _within(parts: list[Float64], seed: int) -> dict[str, float]:
    counts = np.array([((part < WITHIN_M).sum(), len(part)) for part in parts if len(part)], np.float64)
    low, high = bootstrap_interval(
        counts, lambda drawn: float(drawn[:, 0].sum() / drawn[:, 1].sum()), seed=seed
    )
    every = np.concatenate(parts)
    return {
        "frames": len(every),
        "within_1m": round(float((every < WITHIN_M).mean()), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "median_m": round(float(np.median(every)), 3),
        "lost": round(float((every >= _LOST_M).mean()), 4),
    }
