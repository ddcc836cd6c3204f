"""Runs the analytics over a match, whichever way it came in, and says how much of it was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.events.event import FootballEvents
from sightline.analytics.football.events.find import find_events
from sightline.analytics.football.formation.windows import (
    FormationSettings,
    TeamFormation,
    find_formations,
)
from sightline.analytics.football.identity.paths import fill_gaps
from sightline.analytics.football.match import BallState, Match, Team
from sightline.analytics.football.physical import (
    VIDEO_AGILITY,
    VIDEO_GAP_S,
    Motion,
    Physical,
    PhysicalSettings,
    measure_motion,
    measure_physical,
)
from sightline.analytics.football.rows import match_from_tables
from sightline.apps.football.ball import FollowedBall, follow_ball
from sightline.apps.football.video import Watched, watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.apps.football.settings import FootballSettings
    from sightline.ports import ReportContext

_TEAM_SIZE = 11
_LEAST_PLAYERS = 6
_LEAST_BALL = 0.1
_BESIDE_M = 1.0  # a ball beyond the lines by more than this is a spare one, or out of play
_LEAST_S = 2.0
_MOST_STEP_S = 0.5  # a pass lasts about a second: between rows farther apart it comes and goes unseen


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of a match was seen.

    Attributes:
        whole_s: Length of all periods.
        pitch: Share of their frames in which it is known where on the pitch things are, 0..1.
        players: Mean share of a full team's eleven that was placed, by team, over all frames.
        ball: Share of frames by state of the ball.
        in_play_s: Time that play was on.
        reasons: Why no events are told, empty where they are.
    """

    whole_s: float
    pitch: float
    players: Mapping[Team, float]
    ball: Mapping[BallState, float]
    in_play_s: float
    reasons: tuple[str, ...]

    @property
    def ball_known(self) -> float:
        """Share of frames in which the ball's place is known."""
        return self.ball[BallState.SEEN] + self.ball[BallState.INTERPOLATED]


@dataclass(frozen=True, slots=True)
class Found:
    """Everything measured in one match.

    Attributes:
        match: Positions.
        events: What happened; nothing where too little was seen.
        sight: How much was seen.
        watched: How the positions came out of a video; None for tracking data.
        ball: How the ball was followed in a video; None for tracking data.
        motion: How fast everybody was.
        physical: What everybody ran, by period, 0 for all of them; nothing where places are not known.
        formations: By window, phase and team.
    """

    match: Match
    events: FootballEvents
    sight: Sight
    watched: Watched | None
    ball: FollowedBall | None
    motion: Motion
    physical: tuple[Physical, ...]
    formations: tuple[TeamFormation, ...]


def measure(context: ReportContext, settings: FootballSettings) -> Found:
    """Measure everything that what was seen allows.

    Raises:
        AnalysisError: Tracking data do not fit what is said of them.
    """
    watched: Watched | None = None
    ball: FollowedBall | None = None
    if settings.match is not None and context.read.rows("players"):
        match = match_from_tables(context.read, settings.match)
    else:
        watched = watch(context, settings)
        ball = follow_ball(context, settings, watched)
        match = replace(watched.match, ball_m=ball.ball_m, ball_states=ball.states)
    lacking = _lacking(match, watched)
    reasons = (*lacking, *_lacking_play(match))
    events = find_events(match) if not reasons else _nothing(match)
    work = PhysicalSettings(zones_kmh=tuple(settings.speed_zones_kmh))
    ways = match
    if watched is not None:
        work = replace(work, agility=VIDEO_AGILITY)
        rows = int(VIDEO_GAP_S * match.frame_rate_hz)
        ways = replace(match, positions_m=fill_gaps(match.positions_m, longest_rows=rows))
    motion = measure_motion(ways, work)
    return Found(
        match=match,
        events=events,
        sight=_sight(match, events, reasons),
        watched=watched,
        ball=ball,
        motion=motion,
        physical=measure_physical(ways, motion, work) if located(match).any() else (),
        formations=_formations(match, events, settings) if not lacking else (),
    )


def _formations(
    match: Match, events: FootballEvents, settings: FootballSettings
) -> tuple[TeamFormation, ...]:
    return find_formations(match, events.teams, FormationSettings(window_s=60 * settings.window_min))


def _nothing(match: Match) -> FootballEvents:
    count = len(match)
    return FootballEvents((), (), np.zeros(count, np.bool_), np.full(count, "", "<U4"), 0.0)


def located(match: Match) -> NDArray[np.bool_]:
    """Give `(n, p)`, who was placed when."""
    return np.asarray(np.isfinite(match.positions_m).all(axis=2))


def in_periods(match: Match) -> NDArray[np.bool_]:
    """Give `(n,)`, which rows belong to a period."""
    within = np.zeros(len(match), np.bool_)
    for period in match.periods:
        within[period.start : period.stop] = True
    return within


def row_seconds(match: Match) -> float:
    """Give how long one row stands for."""
    return float(1 / match.frame_rate_hz)


def _lacking(match: Match, watched: Watched | None) -> tuple[str, ...]:
    """Say why the people in this are not those of a match; nobody's possession is better than an invented one."""
    within = in_periods(match)
    if not within.any():
        return ("No frame was looked at.",)
    reasons = []
    placed = located(match)[within]
    teams = {team: placed[:, match.columns(team)].sum(axis=1) for team in Team}
    if not placed.any() and watched is not None and np.isfinite(watched.cameras.matrices).any():
        reasons.append("Nobody was followed on the pitch: the detector found no people for long enough.")
    elif not placed.any():
        reasons.append("It was never known where on the pitch anybody stood: no camera was found or given.")
    elif len(placed) * row_seconds(match) < _LEAST_S:
        reasons.append(f"It is too short for a match: {len(placed) * row_seconds(match):.1f} s.")
    elif watched is not None and watched.persons.teams.alike:
        reasons.append("The two kits could not be told apart, so nobody is given a team.")
    else:
        both = (teams[Team.HOME] + teams[Team.AWAY] >= _LEAST_PLAYERS) & (
            np.minimum(teams[Team.HOME], teams[Team.AWAY]) >= 1
        )
        if float(both.sum()) * row_seconds(match) < _LEAST_S:
            reasons.append("There were never enough players of both teams in view at once for a match.")
    return tuple(reasons)


def _lacking_play(match: Match) -> tuple[str, ...]:
    """Say why nothing can be told of play: rows too far apart, the ball lost, or only a spare one beside the pitch."""
    if row_seconds(match) > _MOST_STEP_S:
        return (
            f"Places are {row_seconds(match):.1f} s apart, too far to see a pass or a shot between them.",
        )
    half_m = np.array([match.pitch.length_m, match.pitch.width_m]) / 2
    near = np.abs(match.ball_m[in_periods(match), :2]) <= half_m + _BESIDE_M
    enough = len(near) > 0 and float(near.all(axis=1).mean()) >= _LEAST_BALL
    return () if enough else ("The ball was hardly ever seen on the pitch.",)


def _sight(match: Match, events: FootballEvents, reasons: tuple[str, ...]) -> Sight:
    within = in_periods(match)
    placed = located(match)[within]
    count = max(1, int(within.sum()))

    def share(values: NDArray[np.bool_]) -> float:
        return float(values.sum()) / count

    players = {
        team: min(1.0, float(placed[:, match.columns(team)].sum()) / (count * _TEAM_SIZE)) for team in Team
    }
    states = match.ball_states[within]
    known = np.isfinite(match.ball_m[within, 0])
    ball = {
        state: share((states == state.value) & known) for state in (BallState.SEEN, BallState.INTERPOLATED)
    }
    ball[BallState.LOST] = 1.0 - sum(ball.values()) if within.any() else 0.0
    return Sight(
        whole_s=float(within.sum()) * row_seconds(match),
        pitch=share(np.asarray(placed.any(axis=1), np.bool_).reshape(-1)),
        players=players,
        ball=ball,
        in_play_s=float((events.alive & within).sum()) * row_seconds(match),
        reasons=reasons,
    )
