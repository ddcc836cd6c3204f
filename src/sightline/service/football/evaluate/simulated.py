"""Scores the way from boxes to a match report on simulated matches, whose truth is exact.

People and ball are detected with errors (`simulated_sight`); from there on all is as in the application: tracker,
shirts, positions, ball track, events, distances.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from sightline.analytics.ball.candidates import BallCandidates
from sightline.analytics.ball.settings import BallSettings
from sightline.analytics.ball.space.located import locate_ball
from sightline.analytics.evaluation.detection import box_iou
from sightline.analytics.evaluation.moments import bootstrap_interval, match_moments
from sightline.analytics.evaluation.mot import MotTable, evaluate_mot
from sightline.analytics.football.events import find_events
from sightline.analytics.football.identity.boxes import steady_boxes
from sightline.analytics.football.identity.links import Views
from sightline.analytics.football.identity.paths import fill_gaps, positions_of
from sightline.analytics.football.identity.persons import ROLES, Persons, PersonSource, find_persons
from sightline.analytics.football.identity.tracklets import Sightings
from sightline.analytics.football.match import BallState, Match, Period, Role, Team
from sightline.analytics.football.physical import (
    VIDEO_AGILITY,
    VIDEO_GAP_S,
    PhysicalSettings,
    measure_physical,
)
from sightline.core.detections import feet_px
from sightline.core.space import project_rows
from sightline.service.football.simulated_sight import SightNoise, see

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int32, Int64
    from sightline.service.football.simulated_sight import Sight

TOLERANCE_S = 2.0
"""How far a found pass may be from a true one."""
_LEAST_IOU = 0.5
_MIN_TRACK_S = 0.5
_REACH_M = (60.5, 42.0)
_ROLES = {1: Role.GOALKEEPER, 3: Role.REFEREE}
TARGETS: Mapping[str, tuple[str, float]] = {
    "hota": ("at least", 0.80), "position_error_m": ("at most", 0.5), "team_share": ("at least", 0.98),
    "pass_f1": ("at least", 0.85), "distance_error_video": ("at most", 0.03),
}  # fmt: skip
"""What each score is to reach; see `Score`."""


@dataclass(frozen=True, slots=True)
class Score:
    """How one match came out.

    Attributes:
        seed: Which match.
        hota: Of persons as the application tells them: tracks joined, boxes smoothed, short misses filled; 0..1.
        hota_tracks: Of the tracker's own tracks.
        position_error_m: Median distance of a tracked person from where they are.
        team_share: Share of tracks of at least half a second with the right team, or known as a referee, after the
            names home and away are put the better way round.
        team_time_share: The same, each track counted by its frames.
        team_seen_share: Share of all sightings of people who are told the right team, or known as a referee, by their person:
            where a tracker changed two people over and the persons put it right, no track's majority says so.
        role_share: Share of tracks with the right role.
        pass_f1: Of passes at 2 s, whoever played them.
        passes: How many there were.
        distance_error: Of all distances together: found over true minus one, absolute; only time that was measured. True
            places are smoothed as tracking data are, however the found ones are.
        distance_error_video: The same with misses of up to `VIDEO_GAP_S` filled and places smoothed as hard as they shake.
        ball_share: Share of frames with the ball in play in which it is placed within 2 m, the ball being on the ground.
    """

    seed: int
    hota: float
    hota_tracks: float
    position_error_m: float
    team_share: float
    team_time_share: float
    team_seen_share: float
    role_share: float
    pass_f1: float
    passes: int
    distance_error: float
    distance_error_video: float
    ball_share: float


def evaluate_simulated(
    *,
    seeds: int = 10,
    first_seed: int = 100,
    seconds: float = 60.0,
    camera: str = "broadcast",
    noise: SightNoise | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Score simulated matches.

    Args:
        seeds: How many matches.
        first_seed: The first one's seed; the others follow.
        seconds: Length of each.
        camera: `broadcast`, `tactical` or `phone`.
        noise: How badly they are seen.
        progress: Told matches done and matches in all.

    Returns:
        `scores`: each match's; `means`: for each score `mean`, `low`, `high` (95 %, bootstrap over matches), `target` and
        `reached`; `noise`, `seconds`, `camera`.
    """
    noise = noise or SightNoise()
    scores = []
    for number in range(seeds):
        scores.append(
            score(see(first_seed + number, seconds=seconds, camera=camera, noise=noise), first_seed + number)
        )
        if progress is not None:
            progress(number + 1, seeds)
    names = [name for name in Score.__dataclass_fields__ if name not in {"seed", "passes"}]
    return {
        "camera": camera,
        "seconds": seconds,
        "noise": asdict(noise),
        "scores": [asdict(one) for one in scores],
        "means": {name: _mean(np.array([getattr(one, name) for one in scores]), name) for name in names},
    }


def _mean(values: Float64, name: str) -> dict[str, Any]:
    known = values[np.isfinite(values)]
    low, high = bootstrap_interval(known, lambda drawn: float(drawn.mean()), seed=7)
    mean = float(known.mean()) if len(known) else float("nan")
    found: dict[str, Any] = {"mean": mean, "low": low, "high": high}
    if name in TARGETS:
        side, target = TARGETS[name]
        found |= {
            "target": f"{side} {target:g}",
            "reached": mean >= target if side == "at least" else mean <= target,
        }
    return found


def score(sight: Sight, seed: int) -> Score:
    """Score one match; see `Score`."""
    rows, ids, boxes, kinds = _long_lived(sight.tracks, sight.times_s)
    ground = np.linalg.inv(sight.cameras[rows][:, :, [0, 1, 3]]).astype(np.float64)
    points_m = project_rows(ground, feet_px(boxes))
    owners = owners_of(sight.boxes, rows, boxes)
    views = Views(sight.cameras[:, :, [0, 1, 3]], sight.size)
    persons = find_persons(
        PersonSource(
            Sightings(sight.times_s, rows, ids, boxes, points_m),
            sight.kits,
            np.array([ROLES.index(_ROLES.get(kind, Role.PLAYER)) for kind in kinds.tolist()], np.int64),
            views=views,
        )
    )
    columns = persons.columns
    steady = steady_boxes(sight.times_s, rows, columns, boxes, views=views)
    match = _match(sight, rows, columns, points_m, persons)
    owned = owners >= 0
    true_m = sight.places_m[rows[owned], owners[owned]]
    team_share, time_share, role_share = _team_shares(sight, ids, owners, persons)
    passes_s = np.array([event.t_s for event in sight.events if event.kind == "pass"])
    found_s = np.array([event.t_s for event in find_events(match).of("pass")])
    return Score(
        seed,
        evaluate_mot(sight.boxes, MotTable.of(steady.rows, steady.columns, steady.boxes_px)).hota,
        evaluate_mot(sight.boxes, sight.tracks).hota,
        float(np.median(np.hypot(*(points_m[owned] - true_m).T))) if owned.any() else float("nan"),
        team_share,
        time_share,
        _team_seen_share(sight, owners, persons),
        role_share,
        match_moments(passes_s, found_s, tolerance_s=TOLERANCE_S).f1,
        len(passes_s),
        _distance_error(sight, match, columns, owners, PhysicalSettings()),
        _distance_error(sight, _mended(match), columns, owners, PhysicalSettings(agility=VIDEO_AGILITY)),
        ball_share(sight.ball_m, sight.alive, match),
    )


def _long_lived(tracks: MotTable, times_s: Float64) -> tuple[Int64, Int64, Float64, Int32]:
    """Give frames, ids, boxes and classes of tracks of at least half a second, in order of frame."""
    keep = np.zeros(len(tracks.frames), bool)
    for number in np.unique(tracks.track_ids):
        mine = tracks.track_ids == number
        spans = times_s[tracks.frames[mine]]
        keep |= mine & bool(spans.max() - spans.min() >= _MIN_TRACK_S)
    order = np.flatnonzero(keep)[np.argsort(tracks.frames[keep], kind="stable")]
    return tracks.frames[order], tracks.track_ids[order], tracks.boxes_px[order], tracks.class_ids[order]


def owners_of(truth: MotTable, rows: Int64, boxes: Float64) -> Int64:
    """Give the column of who each box is, `(n,)`, -1 where it overlaps nobody's by half; a true id is the column plus one."""
    owners = np.full(len(rows), -1, np.int64)
    starts = np.searchsorted(truth.frames, np.arange(int(truth.frames.max(initial=0)) + 2))
    for frame in np.unique(rows).tolist():
        mine = np.flatnonzero(rows == frame)
        true = slice(int(starts[frame]), int(starts[frame + 1])) if frame + 1 < len(starts) else slice(0, 0)
        overlaps = box_iou(boxes[mine], truth.boxes_px[true])
        for first, second in zip(*linear_sum_assignment(-overlaps), strict=True):
            if overlaps[first, second] >= _LEAST_IOU:
                owners[mine[first]] = truth.track_ids[true][second] - 1
    return owners


def _match(sight: Sight, rows: Int64, columns: Int64, points_m: Float64, persons: Persons) -> Match:
    """Give the match as it was found, ball and all."""
    count = len(sight.times_s)
    positions = positions_of(rows, columns, points_m, (count, len(persons.players)))
    given = BallCandidates(
        sight.balls[:, 0].astype(np.int64),
        sight.balls[:, 1:3].copy(),
        sight.balls[:, 3].copy(),
        sight.balls[:, 4].copy(),
    )
    located = locate_ball(
        given,
        sight.times_s,
        sight.cameras,
        BallSettings.in_pixels(sight.size[0]),
        players_m=positions,
        reach_m=_REACH_M,
    )
    ball, track = located.positions_m, located.track
    return Match(
        sight.rate_hz, np.arange(count), sight.times_s, (Period(1, 0, count, _attacks(positions, persons)),),
        persons.players, positions, ball, track.states.astype("<U12"),
    )  # fmt: skip


def _mended(match: Match) -> Match:
    rows = int(VIDEO_GAP_S * match.frame_rate_hz)
    return replace(match, positions_m=fill_gaps(match.positions_m, longest_rows=rows))


def _attacks(positions: Float64, persons: Persons) -> int:
    """+1 where home stands left of away on the whole, for each team stands nearer to its own goal."""
    means = []
    for team in Team:
        columns = [place for place, player in enumerate(persons.players) if player.team is team]
        x_m = positions[:, columns, 0]
        means.append(float(np.nanmean(x_m)) if np.isfinite(x_m).any() else 0.0)
    return 1 if means[1] >= means[0] else -1


def _team_shares(sight: Sight, ids: Int64, owners: Int64, persons: Persons) -> tuple[float, float, float]:
    """Give the share of tracks with the right team, the same by time, and the share with the right role."""
    right: list[tuple[bool, bool, bool, int]] = []
    for number in np.unique(ids).tolist():
        mine = owners[ids == number]
        if (mine >= 0).mean() < 0.5:
            continue
        player = sight.players[int(np.bincount(mine[mine >= 0]).argmax())]
        said = persons.players[int(np.bincount(persons.columns[ids == number]).argmax())]
        team, role = said.team, said.role
        if player.role is Role.REFEREE:
            straight = swapped = role is Role.REFEREE
        else:
            other = {Team.HOME: Team.AWAY, Team.AWAY: Team.HOME}.get(team) if team else None
            straight, swapped = team is player.team, other is player.team
        right.append((straight, swapped, role is player.role, len(mine)))
    if not right:
        return 0.0, 0.0, 0.0
    table = np.array(right, np.float64)
    way = int(table[:, 1].mean() > table[:, 0].mean())
    return (
        float(table[:, way].mean()),
        float(np.average(table[:, way], weights=table[:, 3])),
        float(table[:, 2].mean()),
    )


def _team_seen_share(sight: Sight, owners: Int64, persons: Persons) -> float:
    """Give the share of sightings whose person has the team of whom they show, named the better way round."""
    sides = {Team.HOME: 1, Team.AWAY: -1, None: 0}
    true = np.array([sides[player.team] for player in sight.players])[owners[owners >= 0]]
    said = np.array(
        [sides[one.team] if one.team or one.role is Role.REFEREE else 9 for one in persons.players]
    )[persons.columns[owners >= 0]]
    return float(max((said == true).mean(), (-said == true).mean())) if len(true) else 0.0


def _distance_error(
    sight: Sight, match: Match, columns: Int64, owners: Int64, settings: PhysicalSettings
) -> float:
    """Give how far all distances together are off, in the time in which they were measured."""
    count = len(sight.times_s)
    true_m = np.full(match.positions_m.shape, np.nan)
    for column in range(len(match.players)):
        mine = owners[columns == column]
        if len(mine) and (mine >= 0).any():
            who = int(np.bincount(mine[mine >= 0]).argmax())
            seen = np.isfinite(match.positions_m[:, column]).all(axis=1)
            true_m[seen, column] = sight.places_m[seen, who]
    truth = Match(
        match.frame_rate_hz, np.arange(count), sight.times_s, match.periods, match.players, true_m, match.ball_m,
        np.full(count, BallState.LOST.value),
    )  # fmt: skip
    found, true = _total(measure_physical(match, settings=settings)), _total(measure_physical(truth))
    return abs(found / true - 1) if true > 0 else float("nan")


def _total(rows: Sequence[Any]) -> float:
    return float(sum(row.distance_m for row in rows if row.period == 0))


def ball_share(ball_m: Float64, alive: NDArray[np.bool_], match: Match) -> float:
    """Give the share of frames with the ball in play and on the ground in which a match places it within 2 m.

    Args:
        ball_m: `(n, 3)` where it really is; NaN where it is not known.
        alive: `(n,)` whether it is in play.
        match: As it was found.
    """
    low: NDArray[np.bool_] = (ball_m[:, 2] < 0.5) & alive
    far = np.hypot(*(match.ball_m[:, :2] - ball_m[:, :2]).T)
    return float((np.nan_to_num(far[low], nan=99.0) < 2.0).mean()) if low.any() else float("nan")
