"""What an export writes: a match, its events and its formations, out of a run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football.events.event import FootballEvent
from sightline.analytics.football.match import BallState, Match, Period, PitchSize, Player, Role, Team
from sightline.analytics.football.rows import match_from_tables
from sightline.core.errors import ConfigError, OutputUnwritableError
from sightline.service.results import Results

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_FIELDS = tuple(FootballEvent.__dataclass_fields__)
_ROUNDED_S = 0.001
_SPARE = range(99, 0, -1)  # numbers for who has none; databallpy refuses more than 100


@dataclass(frozen=True, slots=True)
class MatchData:
    """Everything that the formats tell.

    Attributes:
        match: Positions.
        events: In order of time.
        formations: Team -> its formation as in `4-2-3-1`, where one is known.
        names: Team -> what it is called.
    """

    match: Match
    events: tuple[FootballEvent, ...] = ()
    formations: dict[Team, str] | None = None
    names: dict[Team, str] | None = None


def match_data(folder: Path) -> MatchData:
    """Read a run's folder.

    Raises:
        ConfigError: It holds no finished run of the football application.
    """
    results = Results(folder)
    names = results.tables.names()
    if "players" not in names or "ball" not in names:
        raise ConfigError(
            f"{folder} has no positions on a pitch",
            hint="this format is for results of the football application",
        )
    settings = results.app_settings
    facts = settings.get("match")
    match = match_from_tables(results.tables, facts) if facts else _from_video(results, settings)
    events = tuple(
        FootballEvent(**{name: row[name] for name in _FIELDS}) for row in _rows(results, "events", _FIELDS)
    )
    called = (facts or {}).get("names") or {}
    return MatchData(
        match,
        events,
        _formations(results),
        {
            team: str(called.get(team.value) or settings.get(f"{team.value}_name") or team.value)
            for team in Team
        },
    )


def _rows(results: Results, table: str, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    if table not in results.tables.names():
        return []
    rows: list[dict[str, Any]] = results.table(table, columns).to_pylist()
    return rows


def _formations(results: Results) -> dict[Team, str]:
    """Give the best formation of the longest phase, without the ball before all."""
    columns = ("team", "phase", "rank", "formation", "t_s", "end_t_s")
    best: dict[Team, tuple[bool, float, str]] = {}
    for row in _rows(results, "formations", columns):
        if row["rank"] != 1 or row["team"] not in {team.value for team in Team}:
            continue
        team = Team(row["team"])
        found = (row["phase"] == "out_of_possession", row["end_t_s"] - row["t_s"], row["formation"])
        best[team] = max(best.get(team, found), found, key=lambda one: one[:2])
    return {team: one[2] for team, one in best.items()}


def _from_video(results: Results, settings: dict[str, Any]) -> Match:
    """Give the match that a video's tables hold: who, from the players table; periods and ends, as the report tells them."""
    columns = ("frame", "player_id", "team", "role", "jersey", "x_m", "y_m")
    table = results.table("players", columns)
    frames_table = results.table("frames", ("frame", "t_s"))
    frames = frames_table["frame"].to_numpy()
    t_s = frames_table["t_s"].to_numpy()
    whose: dict[str, Player] = {}
    for row in table.select(["player_id", "team", "role", "jersey"]).to_pylist():
        if row["player_id"] is not None and row["player_id"] not in whose:
            team = Team(row["team"]) if row["team"] in {"home", "away"} else None
            role = Role(row["role"]) if row["role"] else Role.PLAYER
            whose[row["player_id"]] = Player(row["player_id"], team, role, row["jersey"])
    players = tuple(whose[name] for name in sorted(whose))
    place = {player.player_id: column for column, player in enumerate(players)}
    positions = np.full((len(frames), len(players), 2), np.nan)
    known = [row for row, name in enumerate(table["player_id"].to_pylist()) if name is not None]
    held = [place[name] for name in table["player_id"].to_pylist() if name is not None]
    at = np.searchsorted(frames, table["frame"].to_numpy()[known])
    for axis, name in enumerate(("x_m", "y_m")):
        positions[at, held, axis] = table[name].to_numpy()[known]
    ball_m, states = _ball(results, frames)
    rate_hz = results.media.frame_rate_hz or Fraction(25)
    with results.reading("source", "report.json"):
        periods = _periods(t_s, results.report["source"])
    return Match(
        rate_hz,
        frames,
        t_s,
        periods,
        players,
        positions,
        ball_m,
        states,
        owner=_owner(results, frames),
        pitch=PitchSize(settings.get("pitch_length_m", 105.0), settings.get("pitch_width_m", 68.0)),
    )


def _ball(results: Results, frames: Any) -> tuple[Float64, Any]:
    table = results.table("ball", ("frame", "x_m", "y_m", "z_m", "state"))
    ball_m = np.full((len(frames), 3), np.nan)
    at = np.searchsorted(frames, table["frame"].to_numpy())
    for axis, name in enumerate(("x_m", "y_m", "z_m")):
        ball_m[at, axis] = table[name].to_numpy()
    seen = np.isfinite(ball_m[:, 0])
    ball_m[seen, 2] = np.nan_to_num(ball_m[seen, 2])
    states = np.full(len(frames), BallState.LOST.value, dtype="<U12")
    states[at] = [state or BallState.LOST.value for state in table["state"].to_pylist()]
    return ball_m, states


def _owner(results: Results, frames: Any) -> Any:
    """Give `(n,)` whose ball it is, empty where that is not known."""
    owner = np.full(len(frames), "", dtype="<U4")
    for row in _rows(results, "possession", ("frame", "end_frame", "team")):
        start, stop = np.searchsorted(frames, (row["frame"], row["end_frame"] + 1))
        owner[start:stop] = row["team"] or ""
    return owner


def _periods(t_s: Float64, source: Mapping[str, Any]) -> tuple[Period, ...]:
    """Give the periods as the report has them, whose times are rounded to milliseconds."""
    ways = {"right": 1, "left": -1}
    found = []
    for one in source["periods"]:
        begin_s, end_s = (source["start_s"] + one[edge] for edge in ("start_s", "stop_s"))
        start, stop = np.searchsorted(t_s, (begin_s - _ROUNDED_S, end_s + _ROUNDED_S)).tolist()
        found.append(Period(one["number"], start, stop, ways.get(one["home_attacks"], 0)))
    return tuple(found)


def held_owner(match: Match) -> list[str]:
    """Give whose ball it is in every row, for formats that must say so: nobody's is its last owner's, at first home's."""
    held, found = Team.HOME.value, []
    for word in match.owner.tolist() if match.owner is not None else [""] * len(match):
        held = word or held
        found.append(str(held))
    return found


def squads(match: Match) -> dict[Team, list[tuple[int, int, Player]]]:
    """Give each team's columns with a shirt number and the player; numbers are unique in a team, 1 to 99.

    Who has none, or another's, gets a free one from 99 down.
    """
    found: dict[Team, list[tuple[int, int, Player]]] = {}
    for team in Team:
        columns = match.columns(team).tolist()
        taken: set[int] = set()
        numbers: dict[int, int] = {}
        for column in columns:
            jersey = match.players[column].jersey
            if jersey is not None and 0 <= jersey <= 99 and jersey not in taken:
                numbers[column] = jersey
                taken.add(jersey)
        spare = iter([number for number in _SPARE if number not in taken])
        found[team] = [
            (column, numbers[column] if column in numbers else next(spare), match.players[column])
            for column in columns
        ]
    return found


def make_folder(out: Path) -> Path:
    """Make the folder that a format of several files goes to.

    Raises:
        OutputUnwritableError: It cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputUnwritableError(
            f"cannot make the folder {out}: {error.strerror}", hint="choose another place with --out"
        ) from error
    return out
