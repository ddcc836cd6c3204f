"""A match made ready for the rules: the ball without short gaps, who belongs to whom, who attacks where."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.ball.gaps import fill_gaps
from sightline.analytics.football.events.event import FootballEvent, evidence_of
from sightline.analytics.football.match import Match, Role, Team

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sightline.analytics.football.events.event import EventKind
    from sightline.analytics.football.events.settings import EventSettings
    from sightline.core.arrays import Float64, Int64

_JUMP = 2.5  # a step of time this many times the usual one is a gap, not a step
_SIDES_APART_M = 5.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What every rule reads.

    Attributes:
        match: The match itself.
        ball_m: `(n, 3)`, short gaps filled; NaN where it is not known.
        runs: `(start, stop)` rows of stretches in which the ball is known and time does not jump, within a period.
        period_of: `(n,)` index into the match's periods, -1 outside all.
        home_attacks: `(n,)` +1, -1, or 0 where that is not known.
        sides: `(p,)` +1 for home players, -1 for away, 0 for everybody else.
        keepers: `(p,)` whether a column is a goalkeeper.
        step_s: Seconds between rows.
        settings: Thresholds of the rules.
    """

    match: Match
    ball_m: Float64
    runs: tuple[tuple[int, int], ...]
    period_of: Int64
    home_attacks: Int64
    sides: Int64
    keepers: NDArray[np.bool_]
    step_s: float
    settings: EventSettings

    @property
    def half(self) -> tuple[float, float]:
        """Half the pitch's length and width in metres."""
        return self.match.pitch.length_m / 2, self.match.pitch.width_m / 2

    def rows(self, seconds: float) -> int:
        """Give how many rows a time takes, at least one."""
        return max(1, round(seconds / self.step_s))

    def team_name(self, side: int) -> str | None:
        """Give `home`, `away` or None for +1, -1, 0."""
        return {1: Team.HOME.value, -1: Team.AWAY.value}.get(int(side))

    def player_id(self, column: int) -> str | None:
        """Give a column's player; None for -1."""
        return self.match.players[column].player_id if column >= 0 else None

    def event(
        self,
        kind: EventKind,
        row: int,
        who: tuple[int, int],
        *,
        until: int | None = None,
        receiver: int = -1,
        outcome: str | None = None,
        confidence: float,
        facts: Mapping[str, float | str | bool | None],
    ) -> FootballEvent:
        """Give an event at the ball's place.

        Args:
            kind: What happened.
            row: Where it begins.
            who: Side and column of whoever did it: 0 and -1 where that is not known.
            until: Row in which it ends, where it lasts.
            receiver: Column of the other one; -1 for nobody.
            outcome: What became of it.
            confidence: 0..1.
            facts: What the rule saw.
        """
        x, y = self.ball_m[row, :2].tolist()
        end_x, end_y = (None, None) if until is None else self.ball_m[until, :2].tolist()
        side, player = who
        return FootballEvent(
            kind.value,
            int(self.match.frames[row]),
            float(self.match.t_s[row]),
            None if until is None else int(self.match.frames[until]),
            None if until is None else float(self.match.t_s[until]),
            team=self.team_name(side),
            player_id=self.player_id(player),
            receiver_id=self.player_id(receiver),
            x_m=x,
            y_m=y,
            end_x_m=end_x,
            end_y_m=end_y,
            outcome=outcome,
            confidence=confidence,
            evidence=evidence_of(facts),
        )

    def goal_sign(self, row: int, side: int) -> int:
        """Give the end that a team attacks: +1 or -1, 0 where that is not known."""
        return int(self.home_attacks[row]) * int(side)

    def distances_m(self, rows: Int64) -> Float64:
        """Give `(k, p)` distances from the ball to each player of a team at some rows; infinite where not seen."""
        away = self.match.positions_m[rows] - self.ball_m[rows, None, :2]
        distances: Float64 = np.hypot(away[..., 0], away[..., 1])
        distances[:, self.sides == 0] = np.inf
        return np.where(np.isnan(distances), np.inf, distances)


def make_scene(match: Match, settings: EventSettings) -> Scene:
    """Prepare a match.

    Args:
        match: Positions; may be empty, without players or without a ball.
        settings: Thresholds; `max_gap_s` is used here.
    """
    count = len(match)
    period_of = np.full(count, -1, np.int64)
    attacks = np.zeros(count, np.int64)
    sides = np.array([_side(player.team) for player in match.players], np.int64)
    keepers = np.array([player.role is Role.GOALKEEPER for player in match.players], np.bool_)
    for index, period in enumerate(match.periods):
        rows = slice(period.start, period.stop)
        period_of[rows] = index
        attacks[rows] = period.home_attacks or _direction(match.positions_m[rows], sides, keepers)
    step_s = float(1 / match.frame_rate_hz)
    broken = np.flatnonzero((np.diff(period_of) != 0) | (np.diff(match.t_s) > _JUMP * step_s)) + 1
    ball_m = match.ball_m.copy()
    ball_m[np.isnan(ball_m[:, :2]).any(axis=1)] = np.nan
    ball_m[period_of < 0] = np.nan
    ball_m[:, 2] = np.where(np.isnan(ball_m[:, 2]) & ~np.isnan(ball_m[:, 0]), 0.0, ball_m[:, 2])
    bounds = np.concatenate(([0], broken, [count])).astype(np.int64)
    players_m = match.positions_m[:, sides != 0]
    for start, stop in itertools.pairwise(bounds.tolist()):
        if stop > start:
            ball_m[start:stop] = fill_gaps(
                match.t_s[start:stop],
                ball_m[start:stop],
                max_gap_s=settings.max_gap_s,
                players_m=players_m[start:stop],
            ).positions
    return Scene(
        match,
        ball_m,
        _runs(~np.isnan(ball_m[:, 0]), bounds),
        period_of,
        attacks,
        sides,
        keepers,
        step_s,
        settings,
    )


def _side(team: Team | None) -> int:
    return {Team.HOME: 1, Team.AWAY: -1}.get(team, 0) if team is not None else 0


def _runs(known: NDArray[np.bool_], bounds: Int64) -> tuple[tuple[int, int], ...]:
    edges = np.zeros(len(known) + 1, np.bool_)
    edges[bounds] = True
    edges[1:-1] |= known[1:] != known[:-1]
    places = np.flatnonzero(edges).tolist()
    return tuple((start, stop) for start, stop in itertools.pairwise(places) if known[start])


def _direction(positions_m: Float64, sides: Int64, keepers: NDArray[np.bool_]) -> int:
    """Say where home attacks from where keepers stand; 0 where keepers are not known or stand together."""
    places = []
    for side in (1, -1):
        x_m = positions_m[:, (sides == side) & keepers, 0]
        x_m = x_m[~np.isnan(x_m)]
        if not len(x_m):
            return 0
        places.append(float(np.median(x_m)))
    apart_m = places[1] - places[0]
    return int(np.sign(apart_m)) if abs(apart_m) > _SIDES_APART_M else 0
