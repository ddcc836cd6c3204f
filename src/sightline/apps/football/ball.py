"""Follows the ball of a video: weak detections become one track, in metres where cameras are known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sightline.analytics.ball.candidates import BallCandidates, BallTrack
from sightline.analytics.ball.settings import BallSettings
from sightline.analytics.ball.space.limits import within_limits
from sightline.analytics.ball.space.located import LocatedBall, locate_ball
from sightline.analytics.ball.track import speeds_of, track_ball
from sightline.analytics.football.match import BallState
from sightline.apps.football.sight.columns import columns_of

if TYPE_CHECKING:
    from sightline.apps.football.settings import FootballSettings
    from sightline.apps.football.video import Watched
    from sightline.core.arrays import Float64
    from sightline.ports import ReportContext

_ENOUGH_CAMERAS = 0.5
_BEYOND_M = 8.0


class FollowedBall(NamedTuple):
    """Where the ball is, a row per frame.

    Attributes:
        ball_m: `(n, 3)`, height as gravity tells it; NaN where it is not known.
        states: `(n,)` `seen`, `interpolated` or `lost`.
        speeds_mps: `(n,)`; NaN where not known.
        seen: Columns of the `ball` table in pixels; the place is the ball's foot.
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
    known = np.isfinite(cameras.projections).all(axis=(1, 2))
    rules = BallSettings.in_pixels(context.media.size[0], tracking_method=settings.tracking_method)
    rules = _rules(rules, settings, match)
    far_m = (match.pitch.length_m / 2 + _BEYOND_M, match.pitch.width_m / 2 + _BEYOND_M)
    given = BallCandidates(rows, points_px, scores, radii_px)
    if count > 0 and float(known.mean()) >= _ENOUGH_CAMERAS:
        located = locate_ball(
            given,
            match.t_s,
            cameras.projections,
            rules,
            players_m=match.positions_m,
            reach_m=far_m,
        )
        return _in_metres(located, match.t_s, points_px, far_m)
    if count > 0 and float(np.isfinite(cameras.matrices).all(axis=(1, 2)).mean()) >= _ENOUGH_CAMERAS:
        # a map of the ground alone: what is not over the pitch is no ball, and nothing is in a cut away from it
        over = (np.abs(cameras.project(rows, points_px)) <= far_m).all(axis=1)
        off = ~np.asarray(over, np.bool_).reshape(-1)
        given = BallCandidates(rows, np.where(off[:, None], np.nan, points_px), scores, radii_px)
    return _in_pixels(track_ball(given, match.t_s, rules), watched, far_m)


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
    points = np.stack([(x1 + x2) / 2, (y1 + y2) / 2], axis=1)[fits]
    return rows.astype(np.int64), points, radii[fits], score[fits]


def _in_metres(
    located: LocatedBall, t_s: Float64, points_px: Float64, reach_m: tuple[float, float]
) -> FollowedBall:
    track, pixels = located.track, located.points_px.copy()
    picked = track.picked >= 0
    pixels[picked] = points_px[track.picked[picked]]
    filled = track.states == BallState.INTERPOLATED.value
    ball_m = within_limits(t_s, located.positions_m, filled, reach_m)
    unknown = np.isnan(ball_m).any(axis=1)
    states = np.where(unknown, BallState.LOST.value, track.states).astype("<U12")
    feet_px = pixels[:, 1] + np.nan_to_num(track.radii)
    seen = {"x_px": pixels[:, 0], "y_px": feet_px, "radius_px": track.radii, "score": track.scores}
    return FollowedBall(ball_m, states, speeds_of(t_s, ball_m), seen)


def _in_pixels(track: BallTrack, watched: Watched, reach_m: tuple[float, float]) -> FollowedBall:
    """The ball in the picture; on the pitch only in the few frames whose camera is known."""
    count, t_s = len(track.states), watched.match.t_s
    feet_px = track.positions + np.stack([np.zeros(count), np.nan_to_num(track.radii)], axis=1)
    points_m = watched.cameras.project(np.arange(count), np.nan_to_num(feet_px))
    points_m[~np.isfinite(track.positions).all(axis=1)] = np.nan
    ball = np.full((count, 3), np.nan)
    ball[:, :2] = points_m
    ball[np.isfinite(points_m).all(axis=1), 2] = 0.0
    ball = within_limits(t_s, ball, track.states == BallState.INTERPOLATED.value, reach_m)
    seen = {
        "x_px": feet_px[:, 0],
        "y_px": feet_px[:, 1],
        "radius_px": track.radii,
        "score": track.scores,
    }
    return FollowedBall(ball, track.states.astype("<U12"), speeds_of(t_s, ball[:, :2]), seen)
