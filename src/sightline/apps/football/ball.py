"""Follows the ball of a video: weak detections become one track, in metres where cameras are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sightline.analytics.ball.candidates import BallCandidates, BallTrack
from sightline.analytics.ball.settings import BallSettings
from sightline.analytics.ball.track import track_ball
from sightline.apps.football.sight.columns import columns_of

if TYPE_CHECKING:
    from sightline.apps.football.settings import FootballSettings
    from sightline.apps.football.video import Watched
    from sightline.core.arrays import Float64
    from sightline.ports import ReportContext

_ENOUGH_CAMERAS = 0.5
_BEYOND_M = 8.0


class FollowedBall(NamedTuple):
    """Where the ball is, a row a frame.

    Attributes:
        ball_m: `(n, 3)`; NaN where it is not known, z 0.
        states: `(n,)` `seen`, `interpolated` or `lost`.
        speeds_mps: `(n,)`; NaN where not known.
        seen: Columns of the `ball` table in pixels.
    """

    ball_m: Float64
    states: Any
    speeds_mps: Float64
    seen: dict[str, Float64]


def follow_ball(context: ReportContext, settings: FootballSettings, watched: Watched) -> FollowedBall:
    """Give the ball's track through all detections that may be it."""
    match, cameras = watched.match, watched.cameras
    count = len(match)
    rows, points_px, radii_px, scores = _candidates(context, settings, watched)
    known = np.isfinite(cameras.matrices).all(axis=(1, 2))
    in_metres = count > 0 and float(known.mean()) >= _ENOUGH_CAMERAS
    points_m = cameras.project(rows, points_px)
    far = np.array([match.pitch.length_m, match.pitch.width_m]) / 2 + _BEYOND_M
    points_m[~(np.abs(points_m) <= far).all(axis=1)] = np.nan
    if in_metres:
        given = BallCandidates(rows, points_m, scores, np.full(len(rows), np.nan))
        rules = _rules(BallSettings.in_metres(tracking_method=settings.tracking_method), settings, match)
        track = track_ball(given, match.t_s, rules, players=match.positions_m)
        return _in_metres(track, watched, points_px, radii_px)
    given = BallCandidates(rows, points_px, scores, radii_px)
    rules = _rules(
        BallSettings.in_pixels(context.media.size[0], tracking_method=settings.tracking_method),
        settings,
        match,
    )
    track = track_ball(given, match.t_s, rules)
    return _in_pixels(track, watched)


def _rules(base: BallSettings, settings: FootballSettings, match: Any) -> BallSettings:
    return replace(
        base,
        max_missing_frames=max(1, settings.max_missing_frames),
        max_gap_s=float(settings.max_missing_frames / match.frame_rate_hz),
        min_score=0.0,
    )


def _candidates(
    context: ReportContext, settings: FootballSettings, watched: Watched
) -> tuple[Any, Float64, Float64, Float64]:
    """Detections called a ball, of a size that a ball may have, in order of frame."""
    names = ("frame", "class_name", "x1_px", "y1_px", "x2_px", "y2_px", "score")
    columns = columns_of(context.read, "detections", names)
    wanted = {name.lower() for name in settings.ball_classes}
    mine = np.array([str(name).lower() in wanted for name in columns["class_name"]], np.bool_)
    x1, y1, x2, y2, score = (columns[name][mine].astype(np.float64) for name in names[2:])
    radii = ((x2 - x1) + (y2 - y1)) / 4
    fits = (radii >= settings.min_ball_radius) & (radii <= settings.max_ball_radius)
    rows = np.searchsorted(watched.match.frames, columns["frame"][mine][fits].astype(np.int64))
    points = np.stack([(x1 + x2) / 2, y2], axis=1)[fits]
    return rows.astype(np.int64), points, radii[fits], score[fits]


def _in_metres(track: BallTrack, watched: Watched, points_px: Float64, radii_px: Float64) -> FollowedBall:
    count = len(track.states)
    ball = np.full((count, 3), np.nan)
    ball[:, :2] = track.positions
    ball[np.isfinite(track.positions).all(axis=1), 2] = 0.0
    picked = track.picked >= 0
    pixels = watched.cameras.unproject(track.positions)
    radii = np.full(count, np.nan)
    pixels[picked], radii[picked] = points_px[track.picked[picked]], radii_px[track.picked[picked]]
    seen = {"x_px": pixels[:, 0], "y_px": pixels[:, 1], "radius_px": radii, "score": track.scores}
    return FollowedBall(ball, track.states.astype("<U12"), track.speeds, seen)


def _in_pixels(track: BallTrack, watched: Watched) -> FollowedBall:
    """The ball in the picture; on the pitch only in the few frames whose camera is known."""
    count = len(track.states)
    points_m = watched.cameras.project(np.arange(count), np.nan_to_num(track.positions))
    points_m[~np.isfinite(track.positions).all(axis=1)] = np.nan
    ball = np.full((count, 3), np.nan)
    ball[:, :2] = points_m
    ball[np.isfinite(points_m).all(axis=1), 2] = 0.0
    seen = {
        "x_px": track.positions[:, 0],
        "y_px": track.positions[:, 1],
        "radius_px": track.radii,
        "score": track.scores,
    }
    return FollowedBall(ball, track.states.astype("<U12"), np.full(count, np.nan), seen)
