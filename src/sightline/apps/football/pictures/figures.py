"""Decides which figures a match gets, and has them drawn; each has a title and a caption in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.events.event import EventKind
from sightline.analytics.football.match import Player, Role, Team
from sightline.analytics.football.pitch_control import ControlSettings, pitch_control
from sightline.analytics.football.pressing import velocities
from sightline.apps.football.measure import in_periods, located
from sightline.apps.football.moments import match_clock
from sightline.apps.football.pictures.pitches import Board, Dot, Shot
from sightline.apps.football.worth import chances

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.apps.football.measure import Found
    from sightline.apps.football.pictures.painters import Painters
    from sightline.apps.football.teams import Look
    from sightline.core.arrays import Float64

_LEAST_ROWS = 25
_MOST_PLAYERS = 16
_MOST_PASSES = 350
_MOST_POINTS = 60_000


def draw_figures(
    found: Found, painters: Painters, looks: Mapping[Team, Look], key_s: float | None
) -> list[dict[str, str]]:
    """Ask for the figures.

    Args:
        found: What was measured.
        painters: Who draws them.
        looks: Names and colours.
        key_s: The match's best moment; None for the one in which most was seen.

    Returns:
        For each its `file`, `kind`, `title` and `caption`, in the order they are to be read.
    """
    if not located(found.match).any():
        return []
    drawn = _Drawn(found, painters, looks)
    listed = [*drawn.shapes(), *drawn.heats()]
    if not found.sight.reasons:
        listed += [*drawn.shots(), *drawn.passes()]
    listed += drawn.moment(key_s)
    painters.begin(found.match.pitch)
    return [
        {"file": file, "kind": file.partition(".")[0], "title": title, "caption": caption}
        for file, title, caption in listed
    ]


_UNKNOWN = "Which way they attack is not known, so all is as it was filmed"


class _Drawn:
    """Draws one match; team figures are turned so that the team attacks to the right, where that is known."""

    def __init__(self, found: Found, painters: Painters, looks: Mapping[Team, Look]) -> None:
        self._found, self._ask, self._looks = found, painters.ask, looks
        match = found.match
        self._within = in_periods(match)
        self._signs = np.zeros(len(match))
        for period in match.periods:
            self._signs[period.start : period.stop] = period.home_attacks
        self._known = bool(self._signs[self._within].any())
        self._within &= (self._signs != 0) | ~np.bool_(self._known)
        self._flips = {Team.HOME: 1, Team.AWAY: -1 if self._known else 1}
        self._signs[self._signs == 0] = 1
        self._columns = {team: self._longest(team) for team in Team}

    def heats(self) -> Iterator[tuple[str, str, str]]:
        """Where each team and each of its players spent time."""
        for team, look in self._looks.items():
            each = [(label(player), self._turned(column, team)) for column, player in self._columns[team]]
            each = [(title, points) for title, points in each if len(points) >= _LEAST_ROWS]
            if not each:
                continue
            everybody = np.concatenate([points for _, points in each])
            step = max(1, len(everybody) // (4 * _MOST_POINTS))
            self._ask(Board.heat, f"heat-{team.value}.png", everybody[::step])
            yield (
                f"heat-{team.value}.png",
                f"{look.name}: where they played",
                f"All players together{self._way}. Brighter is longer.",
            )
            self._ask(Board.heats, f"players-{team.value}.png", each)
            yield (
                f"players-{team.value}.png",
                f"{look.name}: each player",
                f"The {len(each)} who were seen longest{self._way}.",
            )

    def shapes(self) -> Iterator[tuple[str, str, str]]:
        """Average positions of both teams, home attacking to the right."""
        teams = []
        for team, look in self._looks.items():
            dots = [
                _dot(self._flips[team] * points.mean(axis=0), player, 0.25)
                for column, player in self._columns[team]
                if len(points := self._turned(column, team)) >= _LEAST_ROWS
            ]
            teams.append((dots, look.color))
        if any(dots for dots, _ in teams):
            self._ask(Board.shapes, "average.svg", teams)
            yield (
                "average.svg",
                "Average positions",
                f"{self._ends}; each mark is the mean over the time a player was seen.",
            )

    def shots(self) -> Iterator[tuple[str, str, str]]:
        """Where shots came from."""
        shots = [event for event in self._found.events.of(EventKind.SHOT) if event.x_m is not None]
        if not shots:
            return
        teams = []
        for team, look in self._looks.items():
            mine = [event for event in shots if event.team == team.value]
            worth = chances(self._found, mine)
            points = self._event_points([(event.frame, event.x_m, event.y_m) for event in mine], team)
            teams.append(
                (
                    [
                        Shot(float(x), float(y), event.outcome or "", float(np.nan_to_num(chance)))
                        for event, (x, y), chance in zip(mine, points, worth, strict=True)
                    ],
                    look.color,
                )
            )
        self._ask(Board.shots, "shots.svg", teams)
        yield (
            "shots.svg",
            "Shots",
            f"{self._looks[Team.HOME].name} shoot to the right. Larger is likelier to score. A football is a goal, filled is on target, hollow is not.",
        )

    def passes(self) -> Iterator[tuple[str, str, str]]:
        """Pass maps and networks."""
        for team, look in self._looks.items():
            mine = [
                event
                for event in self._found.events.of(EventKind.PASS)
                if event.team == team.value and event.x_m is not None and event.end_x_m is not None
            ]
            if not mine:
                continue
            starts = self._event_points([(event.frame, event.x_m, event.y_m) for event in mine], team)
            ends = self._event_points([(event.frame, event.end_x_m, event.end_y_m) for event in mine], team)
            complete = np.array([event.outcome == "complete" for event in mine])
            step = -(-len(mine) // _MOST_PASSES)
            self._ask(
                Board.passes,
                f"passes-{team.value}.svg",
                (starts[::step], ends[::step]),
                complete[::step],
                look.color,
                self._below,
            )
            some = "" if step == 1 else f" Every {step}th pass is drawn."
            yield (
                f"passes-{team.value}.svg",
                f"{look.name}: passes",
                f"In colour those that a team-mate got, in grey the others{'' if self._known else self._way}.{some}",
            )
            yield from self._network(team, look, [(one.player_id, one.receiver_id) for one in mine])

    def _network(
        self, team: Team, look: Look, pairs: Sequence[tuple[str | None, str | None]]
    ) -> Iterator[tuple[str, str, str]]:
        counts = Counter(
            tuple(sorted((giver, taker)))
            for giver, taker in pairs
            if giver is not None and taker is not None and giver != taker
        )
        involved = {name for pair in counts for name in pair}
        if len(involved) < 3:
            return
        players = [(column, player) for column, player in self._columns[team] if player.player_id in involved]
        spots = {player.player_id: self._turned(column, team).mean(axis=0) for column, player in players}
        touches = Counter(giver for giver, _ in pairs)
        most = max((touches[player.player_id] for _, player in players), default=0)
        place = {player.player_id: number for number, (_, player) in enumerate(players)}
        top = max(counts.values())
        links = [
            (place[first], place[second], count / top)
            for (first, second), count in sorted(counts.items())
            if first in place and second in place
        ]
        dots = [
            _dot(spots[player.player_id], player, touches[player.player_id] / max(most, 1))
            for _, player in players
        ]
        file = f"network-{team.value}.svg"
        self._ask(Board.network, file, dots, links, look.color, self._below)
        caption = f"Marks at average positions, larger for more passes; the thickest line is {top} passes between two players."
        yield file, f"{look.name}: who passes to whom", caption

    def moment(self, key_s: float | None) -> list[tuple[str, str, str]]:
        """Whose each place was, at the match's best moment."""
        match = self._found.match
        placed = located(match)
        home, away = (match.columns(team) for team in Team)
        counts = np.where(
            self._within & (placed[:, home].sum(axis=1) >= 2) & (placed[:, away].sum(axis=1) >= 2),
            placed[:, np.concatenate([home, away])].sum(axis=1),
            0,
        )
        if not counts.any():
            return []
        row = int(np.argmax(counts))
        if key_s is not None:
            near = int(np.clip(np.searchsorted(match.t_s, key_s), 0, len(match) - 1))
            row = near if counts[near] >= 0.7 * counts.max() else row
        columns = np.flatnonzero(placed[row] & np.isin(np.arange(len(match.players)), np.r_[home, away]))
        ball = match.ball_m[row, :2] * self._signs[row]
        self._ask(
            Board.voronoi,
            "voronoi.svg",
            match.positions_m[row, columns] * self._signs[row],
            np.isin(columns, home),
            (self._looks[Team.HOME].color, self._looks[Team.AWAY].color),
            ball if np.isfinite(ball).all() else None,
        )
        first_s = float(match.t_s[0])
        periods = [
            (one.number, float(match.t_s[one.start]) - first_s)
            for one in match.periods
            if one.stop > one.start
        ]
        at = match_clock(float(match.t_s[row]) - first_s, periods)
        told = [
            (
                "voronoi.svg",
                f"Space at {at}",
                f"Each place belongs to the team whose player is nearest to it. {self._ends}.",
            )
        ]
        return [*told, *self._control(row, columns, home, at)]

    def _control(
        self, row: int, columns: NDArray[np.int64], home: NDArray[np.int64], at: str
    ) -> list[tuple[str, str, str]]:
        """Who would get to each place first, running as everybody does."""
        match = self._found.match
        around = slice(max(0, row - 1), row + 2)
        near = replace(
            match,
            frames=match.frames[around],
            t_s=match.t_s[around],
            periods=(),
            positions_m=match.positions_m[around] * self._signs[row],
            ball_m=match.ball_m[around] * (self._signs[row], self._signs[row], 1.0),
            ball_states=match.ball_states[around],
            alive=None,
            owner=None,
        )
        place = row - around.start
        moving = velocities(
            near, self._found.motion.speeds_mps[around], row_s=self._found.motion.row_s[around]
        )
        shares = pitch_control(near, moving, np.array([place]), ControlSettings(columns=105, rows=68))[0]
        ball = near.ball_m[place, :2]
        self._ask(
            Board.control,
            "control.png",
            shares,
            near.positions_m[place, columns],
            np.isin(columns, home),
            (self._looks[Team.HOME].color, self._looks[Team.AWAY].color),
            ball if np.isfinite(ball).all() else None,
        )
        caption = "In whose reach each place is, players running on as they do; pale is open to both."
        return [("control.png", f"Pitch control at {at}", caption)]

    def _longest(self, team: Team) -> list[tuple[int, Player]]:
        """The team's players who were seen longest, the goalkeeper first."""
        match = self._found.match
        seen = located(match)[self._within].sum(axis=0)
        columns = [column for column in match.columns(team).tolist() if seen[column] >= _LEAST_ROWS]
        kept = sorted(columns, key=lambda column: (-seen[column], column))[:_MOST_PLAYERS]
        keeper = {column: match.players[column].role is Role.GOALKEEPER for column in kept}
        return [
            (column, match.players[column])
            for column in sorted(kept, key=lambda one: (not keeper[one], match.players[one].jersey or 0, one))
        ]

    def _turned(self, column: int, team: Team) -> Float64:
        """A player's positions, attacking to the right, thinned where there are very many."""
        match = self._found.match
        points = match.positions_m[:, column]
        rows = np.flatnonzero(self._within & np.isfinite(points).all(axis=1))
        rows = rows[:: max(1, len(rows) // _MOST_POINTS)]
        return np.asarray(points[rows] * (self._flips[team] * self._signs[rows])[:, None])

    @property
    def _ends(self) -> str:
        return f"{self._looks[Team.HOME].name} attack to the right" if self._known else _UNKNOWN

    @property
    def _below(self) -> str:
        return "direction of play  \N{RIGHTWARDS ARROW}" if self._known else ""

    @property
    def _way(self) -> str:
        return ", attacking to the right" if self._known else "; " + _UNKNOWN[0].lower() + _UNKNOWN[1:]

    def _event_points(self, events: Sequence[tuple[int, float | None, float | None]], team: Team) -> Float64:
        rows = np.searchsorted(self._found.match.frames, [frame for frame, _, _ in events])
        points = np.array([(x, y) for _, x, y in events], np.float64).reshape(-1, 2)
        return np.asarray(points * (self._flips[team] * self._signs[rows])[:, None])


def _dot(place_m: Float64, player: Player, size: float) -> Dot:
    return Dot(float(place_m[0]), float(place_m[1]), label(player), size)


def label(player: Player) -> str:
    """Give what a player's mark says: his shirt's number, else his number among those found."""
    return str(player.jersey) if player.jersey is not None else player.player_id.rpartition("-")[2][:4]
