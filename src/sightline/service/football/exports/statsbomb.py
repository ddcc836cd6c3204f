"""StatsBomb open data: `events.json`, `lineups.json` and `matches.json`."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football.expected_goals import ShotKind, expected_goals
from sightline.analytics.football.formation import fit_formation, fit_formations, template_of, templates
from sightline.analytics.football.lines import attacking, attacks
from sightline.analytics.football.match import Match, Period, Role, Team
from sightline.core.errors import ConfigError
from sightline.service.folder import write_json
from sightline.service.football.exports.source import MatchData, make_folder, match_data, squads

if TYPE_CHECKING:
    from sightline.analytics.football.events.event import FootballEvent

EVENTS, LINEUPS, MATCHES = "events.json", "lineups.json", "matches.json"
_MATCH = 1  # its number; floodlight reads it from the name of the events' file
_TYPES = {
    "pass": (30, "Pass"),
    "shot": (16, "Shot"),
    "interception": (10, "Interception"),
    "duel": (4, "Duel"),
}
_SHOTS = {
    "goal": (97, "Goal"),
    "saved": (100, "Saved"),
    "blocked": (96, "Blocked"),
    "post": (99, "Post"),
}
_OFF_TARGET = (98, "Off T")
_RESTARTS = {
    "corner": (61, "Corner"),
    "free_kick": (62, "Free Kick"),
    "goal_kick": (63, "Goal Kick"),
    "kick_off": (65, "Kick Off"),
    "throw_in": (67, "Throw-in"),
}
_POSITIONS = {
    "GK": (1, "Goalkeeper"),
    "RB": (2, "Right Back"),
    "RCB": (3, "Right Center Back"),
    "CB": (4, "Center Back"),
    "LCB": (5, "Left Center Back"),
    "LB": (6, "Left Back"),
    "RWB": (7, "Right Wing Back"),
    "LWB": (8, "Left Wing Back"),
    "RDM": (9, "Right Defensive Midfield"),
    "DM": (10, "Center Defensive Midfield"),
    "LDM": (11, "Left Defensive Midfield"),
    "RM": (12, "Right Midfield"),
    "RCM": (13, "Right Center Midfield"),
    "CM": (14, "Center Midfield"),
    "LCM": (15, "Left Center Midfield"),
    "LM": (16, "Left Midfield"),
    "RW": (17, "Right Wing"),
    "RAM": (18, "Right Attacking Midfield"),
    "AM": (19, "Center Attacking Midfield"),
    "LAM": (20, "Left Attacking Midfield"),
    "LW": (21, "Left Wing"),
    "RCF": (22, "Right Center Forward"),
    "CF": (23, "Center Forward"),
    "LCF": (24, "Left Center Forward"),
}
_PERIOD_MIN = {2: 45, 3: 90, 4: 105, 5: 120}  # what the match's clock shows when a period begins
# Names that StatsBomb's readers do not know, and the nearest one that they do.
_RENAMED = {"4-2-4": "4-2-2-2", "5-2-3": "3-4-3"}
_RESTART_S = 1.0


def export_statsbomb(folder: Path, out: Path) -> Path:
    """Write a run's events as StatsBomb's open data does, events, lineups and the match in a folder.

    Args:
        folder: A result folder of the football application.
        out: The folder to write to.

    Raises:
        ConfigError: The folder holds no such results, or a team has not eleven players.
        OutputError: The files cannot be written.
    """
    return write_statsbomb(match_data(folder), out)


def write_statsbomb(told: MatchData, out: Path) -> Path:
    """Write a match.

    Passes, shots (with our xG), interceptions and duels become events of those types; a restart becomes the type
    of the pass that takes it, a goal and a save the outcome of their shot. What is known only by positions has no
    body part and no height. Places are 120 x 80, turned so that who acts attacks to the right. Loads with kloppy,
    databallpy and floodlight, which wants the events in a file that is called after the match's number.

    Raises:
        ConfigError: A team has not eleven players.
        OutputError: The files cannot be written.
    """
    writer = _Writer(told)
    make_folder(out)
    events = writer.events()
    for name in (EVENTS, f"{_MATCH}.json"):
        write_json(out / name, events)
    write_json(out / LINEUPS, writer.lineups())
    write_json(out / MATCHES, [writer.match()])
    return out


class _Writer:
    """Numbers players and teams, and gives the two files' contents."""

    def __init__(self, told: MatchData) -> None:
        self._told, self._match = told, told.match
        self._squads = squads(self._match)
        self._ids = {
            player.player_id: 1000 * (place + 1) + number
            for place, team in enumerate(Team)
            for _, number, player in self._squads[team]
        }
        self._names = {team: (told.names or {}).get(team, team.value) for team in Team}
        known = told.formations or {}
        self._elevens = {team: _starters(self._match, team, known.get(team)) for team in Team}
        self._count = 0

    def match(self) -> dict[str, Any]:
        """Give what is told of the match; its date is not known."""
        teams = {
            team.value: {
                f"{team.value}_team_id": _team_id(team),
                f"{team.value}_team_name": self._names[team],
            }
            for team in Team
        }
        goals = [event.team for event in self._told.events if (event.kind, event.outcome) == ("shot", "goal")]
        return {
            "match_id": _MATCH,
            "match_date": "2000-01-01",
            "kick_off": "00:00:00.000",
            "competition": {"competition_id": 1, "country_name": "", "competition_name": ""},
            "season": {"season_id": 1, "season_name": ""},
            **{f"{name}_team": team for name, team in teams.items()},
            **{f"{name}_score": goals.count(name) for name in teams},
        }

    def lineups(self) -> list[dict[str, Any]]:
        return [
            {
                "team_id": _team_id(team),
                "team_name": self._names[team],
                "lineup": [
                    {
                        "player_id": self._ids[player.player_id],
                        "player_name": player.name or player.player_id,
                        "player_nickname": None,
                        "jersey_number": number,
                        "positions": self._positions(team, column),
                    }
                    for column, number, player in self._squads[team]
                ],
            }
            for team in Team
        ]

    def _positions(self, team: Team, column: int) -> list[dict[str, Any]]:
        """Give where a player of the starting eleven begins; of the others it is not known."""
        return [
            {
                "position_id": _POSITIONS[role][0],
                "position": _POSITIONS[role][1],
                "from": "00:00",
                "to": None,
                "from_period": 1,
                "to_period": None,
                "start_reason": "Starting XI",
                "end_reason": "Final Whistle",
            }
            for place, role in self._elevens[team][1]
            if place == column
        ]

    def events(self) -> list[dict[str, Any]]:
        periods = [period for period in self._match.periods if period.stop > period.start]
        found = [self._eleven(team) for team in Team]
        for period in periods:
            begin, end = (float(self._match.t_s[row]) for row in (period.start, period.stop - 1))
            found += [self._bare(period, 0.0, team, (18, "Half Start")) for team in Team]
            found += [
                told
                for event in self._told.events
                if begin <= event.t_s <= end and (told := self._event(period, event)) is not None
            ]
            found += [self._bare(period, end - begin, team, (34, "Half End")) for team in Team]
        return [{**event, "index": place} for place, event in enumerate(found, start=1)]

    def _bare(self, period: Period | None, t_s: float, team: Team, kind: tuple[int, str]) -> dict[str, Any]:
        self._count += 1
        return {
            "id": str(uuid.UUID(int=self._count, version=4)),
            "period": period.number if period else 1,
            "timestamp": _clock(t_s),
            "minute": int(t_s // 60) + _PERIOD_MIN.get(period.number if period else 1, 0),
            "second": int(t_s % 60),
            "type": {"id": kind[0], "name": kind[1]},
            "possession": 1,
            "possession_team": self._team(team),
            "play_pattern": {"id": 1, "name": "Regular Play"},
            "team": self._team(team),
            "duration": 0.0,
            "related_events": [],
        }

    def _team(self, team: Team) -> dict[str, Any]:
        return {"id": _team_id(team), "name": self._names[team]}

    def _player(self, player_id: str) -> dict[str, Any]:
        name = next(one.name or one.player_id for one in self._match.players if one.player_id == player_id)
        return {"id": self._ids[player_id], "name": name}

    def _eleven(self, team: Team) -> dict[str, Any]:
        name, places = self._elevens[team]
        numbers = {column: number for column, number, _ in self._squads[team]}
        lineup = [
            {
                "player": self._player(self._match.players[column].player_id),
                "position": dict(zip(("id", "name"), _POSITIONS[role], strict=True)),
                "jersey_number": numbers[column],
            }
            for column, role in places
        ]
        formation = int(_RENAMED.get(name, name).replace("-", ""))
        event = self._bare(None, 0.0, team, (35, "Starting XI"))
        return {**event, "tactics": {"formation": formation, "lineup": lineup}}

    def _event(self, period: Period, event: FootballEvent) -> dict[str, Any] | None:
        kind = _TYPES.get(event.kind)
        if kind is None or event.team not in {"home", "away"} or event.x_m is None or event.y_m is None:
            return None
        team = Team(event.team)
        told = self._bare(period, event.t_s - float(self._match.t_s[period.start]), team, kind)
        told["location"] = self._place(team, event.t_s, event.x_m, event.y_m)
        if event.player_id in self._ids:
            told["player"] = self._player(event.player_id)
        if event.end_t_s is not None:
            told["duration"] = round(max(0.0, event.end_t_s - event.t_s), 3)
        return {**told, event.kind: self._details(team, event)}

    def _details(self, team: Team, event: FootballEvent) -> dict[str, Any]:
        if event.kind == "interception":
            return {"outcome": {"id": 15, "name": "Success"}}
        if event.kind == "duel":
            won = event.outcome == "won"
            outcome = {"id": 4, "name": "Won"} if won else {"id": 13, "name": "Lost In Play"}
            return {"type": {"id": 11, "name": "Tackle"}, "outcome": outcome}
        x_m = event.end_x_m if event.end_x_m is not None else event.x_m
        y_m = event.end_y_m if event.end_y_m is not None else event.y_m
        end = self._place(team, event.t_s, x_m or 0.0, y_m or 0.0)
        return self._shot(team, event, end) if event.kind == "shot" else self._pass(event, end)

    def _pass(self, event: FootballEvent, end: list[float]) -> dict[str, Any]:
        details: dict[str, Any] = {"end_location": end, "height": {"id": 1, "name": "Ground Pass"}}
        if event.outcome == "complete" and event.receiver_id in self._ids:
            details["recipient"] = self._player(event.receiver_id)
        else:
            out = event.outcome in {"out", "out_of_play"}
            details["outcome"] = {"id": 75, "name": "Out"} if out else {"id": 9, "name": "Incomplete"}
        restart = next(
            (
                one.kind
                for one in self._told.events
                if one.kind in _RESTARTS and one.team == event.team and abs(one.t_s - event.t_s) <= _RESTART_S
            ),
            None,
        )
        if restart is not None:
            details["type"] = {"id": _RESTARTS[restart][0], "name": _RESTARTS[restart][1]}
        return details

    def _shot(self, team: Team, event: FootballEvent, end: list[float]) -> dict[str, Any]:
        ways = attacks(self._match, team)
        row = min(int(np.searchsorted(self._match.t_s, event.t_s)), len(ways) - 1)
        penalty = any(
            one.kind == "penalty" and abs(one.t_s - event.t_s) <= _RESTART_S for one in self._told.events
        )
        kind = ShotKind.PENALTY if penalty else ShotKind.FOOT
        place = np.array([[event.x_m, event.y_m]], np.float64)
        chance = expected_goals(place, kind, attacks=int(ways[row]) or 1, pitch=self._match.pitch)
        outcome = _SHOTS.get(event.outcome or "", _OFF_TARGET)
        return {
            "end_location": end,
            "outcome": {"id": outcome[0], "name": outcome[1]},
            "type": {"id": 88, "name": "Penalty"} if penalty else {"id": 87, "name": "Open Play"},
            "body_part": {"id": 70, "name": "Other"},  # not known, but no reader goes without
            "statsbomb_xg": round(float(chance[0]), 6),
        }

    def _place(self, team: Team, t_s: float, x_m: float, y_m: float) -> list[float]:
        """Give a place on StatsBomb's pitch: the origin top left, 120 x 80, the acting team attacking to the right."""
        row = min(int(np.searchsorted(self._match.t_s, t_s)), len(self._match) - 1)
        way = int(attacks(self._match, team)[row]) or 1
        pitch = self._match.pitch
        x = (x_m * way / pitch.length_m + 0.5) * 120.0
        y = (0.5 - y_m * way / pitch.width_m) * 80.0
        return [round(min(max(x, 0.0), 120.0), 3), round(min(max(y, 0.0), 80.0), 3)]


def _team_id(team: Team) -> int:
    return 1 if team is Team.HOME else 2


def _clock(t_s: float) -> str:
    whole = round(t_s * 1000)
    return f"{whole // 3_600_000:02d}:{whole // 60_000 % 60:02d}:{whole // 1000 % 60:02d}.{whole % 1000:03d}"


def _starters(match: Match, team: Team, known: str | None) -> tuple[str, list[tuple[int, str]]]:
    """Give the formation and each starter's column and role; eleven who are there first.

    Raises:
        ConfigError: There are fewer than eleven.
    """
    columns = match.columns(team)
    seen = np.isfinite(match.positions_m[:, columns, 0])
    first = (
        np.where(seen.any(axis=0), seen.argmax(axis=0), len(match)) if len(match) else np.zeros(len(columns))
    )
    order = sorted(
        range(len(columns)),
        key=lambda place: (match.players[columns[place]].role is not Role.GOALKEEPER, first[place], place),
    )
    if len(columns) < 11:
        raise ConfigError(
            f"the {team.value} team has {len(columns)} players, this format wants eleven",
            hint="write Second Spectrum or TRACAB instead, or map the tracks to players first",
        )
    chosen = columns[order[:11]]
    rows = np.arange(0, len(match), max(1, round(float(match.frame_rate_hz))))
    points = attacking(match, team, rows, chosen[1:])
    counts = np.maximum(np.isfinite(points[:, :, 0]).sum(axis=0), 1)[:, None]
    places = np.nan_to_num(points).sum(axis=0) / counts
    given = any(template.name == known for template in templates(len(places)))
    fit = fit_formation(places, known) if known and given else fit_formations(places, most=1)[0]
    roles = template_of(fit.name).roles
    starters = [(int(chosen[0]), "GK")]
    starters += [
        (int(chosen[1 + place]), role) for place, role in zip(fit.places.tolist(), roles, strict=True)
    ]
    return fit.name, starters
