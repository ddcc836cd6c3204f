"""Scores interchange: writes a match in each format, reads it back with kloppy, and compares."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football.events import find_events
from sightline.analytics.football.match import Team
from sightline.service.football.exports.second_spectrum import write_second_spectrum
from sightline.service.football.exports.source import MatchData
from sightline.service.football.exports.sportscode import write_sportscode
from sightline.service.football.exports.statsbomb import write_statsbomb
from sightline.service.football.exports.timeline import timeline_of
from sightline.service.football.exports.tracab import write_tracab
from sightline.service.football.recorded import read_recorded
from sightline.service.football.tracking.provider import load_match

if TYPE_CHECKING:
    from sightline.analytics.football.match import Match

_EVENTS = {"pass": "PASS", "shot": "SHOT", "interception": "INTERCEPTION", "duel": "DUEL"}


def evaluate_interop(tracking: Path) -> dict[str, Any]:
    """Score the exports of a recorded match.

    Args:
        tracking: As `read_recorded` takes it.

    Returns:
        Largest difference of a position for each tracking format, counts for each event format.

    Raises:
        SightlineError: The match cannot be read, or an export not written or not read back.
    """
    recorded = read_recorded(tracking)
    names = {team: recorded.formations.get(team.value) for team in Team}
    formations = {team: "-".join(name) for team, name in names.items() if name}
    told = MatchData(recorded.match, find_events(recorded.match).events, formations)
    with tempfile.TemporaryDirectory() as folder:
        return compare(told, Path(folder))


def compare(told: MatchData, folder: Path) -> dict[str, Any]:
    """Write a match into a folder in each format, and compare what kloppy reads there with it.

    The subfolders are `second_spectrum`, `tracab` and `statsbomb`; beside them lies `sportscode.xml`.
    """
    second, tracab, statsbomb = (folder / name for name in ("second_spectrum", "tracab", "statsbomb"))
    write_second_spectrum(told, second)
    write_tracab(told, tracab)
    write_statsbomb(told, statsbomb)
    write_sportscode(told.events, folder / "sportscode.xml")
    line = timeline_of(told.match).match
    return {
        "frames": len(line),
        "second_spectrum": _apart(
            line, load_match("secondspectrum", second / "tracking.jsonl", second / "meta.json")
        ),
        "tracab": _apart(line, load_match("tracab", tracab / "tracking.dat", tracab / "metadata.xml")),
        "statsbomb": _counted(told, statsbomb),
        "sportscode": {"written": len(told.events), "read": _instances(folder / "sportscode.xml")},
    }


def _apart(match: Match, read: Match) -> dict[str, Any]:
    """Compare players by team and shirt number, in the order that both have them."""
    ours = [match.players[column].player_id for team in Team for column in match.columns(team).tolist()]
    columns = [column for team in Team for column in match.columns(team).tolist()]
    theirs = [column for team in Team for column in read.columns(team).tolist()]
    same = len(match) == len(read) and len(ours) == len(theirs)
    players = _largest(match.positions_m[:, columns] - read.positions_m[:, theirs]) if same else None
    return {
        "frames": len(read),
        "players": len(read.players),
        "player_error_m": players,
        "ball_error_m": _largest(match.ball_m[:, :2] - read.ball_m[:, :2]) if same else None,
    }


def _largest(apart: Any) -> float:
    known = np.abs(apart[np.isfinite(apart)])
    return round(float(known.max()), 6) if known.size else 0.0


def _counted(told: MatchData, folder: Path) -> dict[str, Any]:
    from kloppy import statsbomb

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = statsbomb.load(
            event_data=str(folder / "events.json"), lineup_data=str(folder / "lineups.json")
        )
    read = [record.event_type.value for record in data.records]
    return {
        kind: {
            "written": sum(event.kind == kind and event.team is not None for event in told.events),
            "read": read.count(word),
        }
        for kind, word in _EVENTS.items()
    }


def _instances(path: Path) -> int:
    from kloppy import sportscode

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return len(sportscode.load(str(path)).records)
