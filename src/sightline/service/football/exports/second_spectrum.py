"""Second Spectrum: `tracking.jsonl`, a JSON object per frame, and `meta.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football.match import Match, Role, Team
from sightline.service.folder import whole, write_json
from sightline.service.football.exports.source import MatchData, held_owner, make_folder, match_data, squads
from sightline.service.football.exports.timeline import Timeline, timeline_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.core.arrays import Float64

TRACKING, META = "tracking.jsonl", "meta.json"
_TEAM_NUMBERS = {Team.HOME: 1, Team.AWAY: 2}


def export_second_spectrum(folder: Path, out: Path) -> Path:
    """Write a run's positions as Second Spectrum does, `tracking.jsonl` and `meta.json` in a folder.

    Args:
        folder: A result folder of the football application.
        out: The folder to write to.

    Raises:
        ConfigError: The folder holds no such results.
        OutputError: The files cannot be written.
    """
    return write_second_spectrum(match_data(folder), out)


def write_second_spectrum(told: MatchData, out: Path) -> Path:
    """Write a match.

    Metres from the centre spot, to a tenth of a millimetre. Players who are not in a frame are left out of it, a
    lost ball is null; nobody's ball is its last owner's, at first the home team's. Loads with kloppy and floodlight.

    Raises:
        OutputError: The files cannot be written.
    """
    line = timeline_of(told.match)
    make_folder(out)
    with whole(out / TRACKING) as path, path.open("w", encoding="utf-8", newline="\n") as file:
        for frame in _frames(line):
            file.write(json.dumps(frame, separators=(",", ":"), allow_nan=False) + "\n")
    write_json(out / META, _meta(told, line))
    return out


def _frames(line: Timeline) -> Iterator[dict[str, Any]]:
    match, teams = line.match, squads(line.match)
    places = np.round(match.positions_m, 4)
    ball_m = np.round(match.ball_m, 4)
    speeds, touched = _speeds(match), held_owner(match)
    for period in match.periods:
        for row in range(period.start, period.stop):
            seen = np.isfinite(ball_m[row, 0])
            yield {
                "period": period.number,
                "frameIdx": int(line.numbers[row]),
                "gameClock": round(float(line.numbers[row] - line.numbers[period.start]) / line.rate_hz, 4),
                "wallClock": round(float(match.t_s[row]) * 1000),
                **{f"{team.value}Players": _players(teams[team], places[row], speeds[row]) for team in Team},
                "ball": {"xyz": ball_m[row].tolist() if seen else None, "speed": None},
                "live": bool(match.alive[row]) if match.alive is not None else True,
                "lastTouch": touched[row],
            }


def _players(squad: list[Any], places: Float64, speeds: Float64) -> list[dict[str, Any]]:
    return [
        {
            "playerId": player.player_id,
            "number": number,
            "xyz": [*places[column].tolist(), 0.0],
            "speed": None if np.isnan(speeds[column]) else round(float(speeds[column]), 2),
        }
        for column, number, player in squad
        if np.isfinite(places[column]).all()
    ]


def _speeds(match: Match) -> Float64:
    """Speeds from the rows before and after, in metres a second; NaN at gaps and where periods end."""
    speeds = np.full(match.positions_m.shape[:2], np.nan)
    for period in match.periods:
        rows = slice(period.start, period.stop)
        if period.stop - period.start >= 3:
            moved = match.positions_m[rows][2:] - match.positions_m[rows][:-2]
            span = match.t_s[rows][2:] - match.t_s[rows][:-2]
            speeds[period.start + 1 : period.stop - 1] = np.hypot(*np.moveaxis(moved, 2, 0)) / span[:, None]
    return speeds


def _meta(told: MatchData, line: Timeline) -> dict[str, Any]:
    match, names = line.match, told.names or {}
    called = {team: names.get(team, team.value).replace("-", " ").replace(":", " ") for team in Team}
    goals = {team: sum(one.kind == "goal" and one.team == team.value for one in told.events) for team in Team}
    return {
        "description": f"{called[Team.HOME]} - {called[Team.AWAY]} : 2000-1-1",
        "startTime": 0,
        "year": 2000,
        "month": 1,
        "day": 1,
        "pitchLength": match.pitch.length_m,
        "pitchWidth": match.pitch.width_m,
        "fps": line.rate_hz,
        "ssiId": "sightline",
        "homeOptaId": _TEAM_NUMBERS[Team.HOME],
        "awayOptaId": _TEAM_NUMBERS[Team.AWAY],
        "homeScore": goals[Team.HOME],
        "awayScore": goals[Team.AWAY],
        "periods": [
            {
                "number": period.number,
                "startFrameIdx": int(line.numbers[period.start]),
                "endFrameIdx": int(line.numbers[period.stop - 1]),
                "startFrameClock": int(line.numbers[period.start]) * 1000 // line.rate_hz,
                "endFrameClock": int(line.numbers[period.stop - 1]) * 1000 // line.rate_hz,
                "homeAttPositive": period.home_attacks >= 0,
            }
            for period in match.periods
            if period.stop > period.start
        ],
        **{
            f"{team.value}Players": [
                {
                    "name": player.name or player.player_id,
                    "number": number,
                    "position": "GK" if player.role is Role.GOALKEEPER else "CM",
                    "ssiId": player.player_id,
                    "optaId": player.player_id,
                    "optaUuid": player.player_id,
                }
                for _, number, player in squads(match)[team]
            ]
            for team in Team
        },
    }
