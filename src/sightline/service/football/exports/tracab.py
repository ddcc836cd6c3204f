"""TRACAB: `tracking.dat`, a line of text per frame, and `metadata.xml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from sightline.analytics.football.match import Match, Team
from sightline.service.folder import whole
from sightline.service.football.exports.source import MatchData, held_owner, make_folder, match_data, squads
from sightline.service.football.exports.timeline import Timeline, timeline_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64

TRACKING, META = "tracking.dat", "metadata.xml"
_TEAM_CODES = {Team.HOME: 1, Team.AWAY: 0}
_OWNER_CODES = {"home": "H", "away": "A"}


def export_tracab(folder: Path, out: Path) -> Path:
    """Write a run's positions as TRACAB does, `tracking.dat` and `metadata.xml` in a folder.

    Args:
        folder: A result folder of the football application.
        out: The folder to write to.

    Raises:
        ConfigError: The folder holds no such results.
        OutputError: The files cannot be written.
    """
    return write_tracab(match_data(folder), out)


def write_tracab(told: MatchData, out: Path) -> Path:
    """Write a match.

    Centimetres from the centre spot. The format wants a ball, an owner and a state in every frame: where the ball is
    lost it stays at its last place and the frame is called dead; where nobody owns it, its last owner does, at first
    the home team. Loads with kloppy, floodlight and databallpy.

    Raises:
        OutputError: The files cannot be written.
    """
    line = timeline_of(told.match)
    if len(line.numbers) and line.numbers[0] == 0:
        line = replace(line, numbers=line.numbers + 1)
    make_folder(out)
    with whole(out / TRACKING) as path, path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(_lines(line))
    with whole(out / META) as path:
        path.write_bytes(_meta(told, line))
    return out


def _lines(line: Timeline) -> Iterator[str]:
    match, teams = line.match, squads(line.match)
    places = np.round(match.positions_m * 100)
    ball, alive, owner = _ball(match)
    people = [
        (column, f"{_TEAM_CODES[team]},{number + 100 * _TEAM_CODES[team]},{number}")
        for team in Team
        for column, number, _ in teams[team]
    ]
    # As the provider writes whom it does not see: of no team, without a number, beside the pitch. floodlight wants somebody.
    nobody = f"4,0,-1,{match.pitch.length_m * 50 + 300:.0f},{match.pitch.width_m * 50 + 1000:.0f},0.00;"
    for period in match.periods:
        for row in range(period.start, period.stop):
            told = "".join(
                f"{head},{places[row, column, 0]:.0f},{places[row, column, 1]:.0f},0.00;"
                for column, head in people
                if np.isfinite(places[row, column]).all()
            )
            told = told or nobody
            x, y, z = ball[row]
            state = "Alive" if alive[row] else "Dead"
            yield f"{line.numbers[row]}:{told}:{x:.0f},{y:.0f},{z:.0f},0.00,{owner[row]},{state};:\n"


def _ball(match: Match) -> tuple[Float64, NDArray[np.bool_], list[str]]:
    """Give place in centimetres, state and owner of every row, held where they are not known."""
    seen = np.isfinite(match.ball_m[:, 0])
    last = np.maximum.accumulate(np.where(seen, np.arange(len(match)), -1))
    ball = np.where((last >= 0)[:, None], match.ball_m[np.maximum(last, 0)], 0.0)
    alive = seen if match.alive is None else seen & match.alive
    owner = [_OWNER_CODES[word] for word in held_owner(match)]
    return np.round(np.nan_to_num(ball) * 100), np.asarray(alive), owner


def _meta(told: MatchData, line: Timeline) -> bytes:
    pitch = line.match.pitch
    root = ET.Element("TracabMetaData", {"sVersion": "1.0"})
    sizes = {"XSize": f"{pitch.length_m:.2f}", "YSize": f"{pitch.width_m:.2f}"}
    match = ET.SubElement(
        root,
        "match",
        {
            "iId": "1",
            "dtDate": "2000-01-01 00:00:00",
            "iFrameRateFps": str(line.rate_hz),
            **{f"fPitch{name}Meters": size for name, size in sizes.items()},
            **{f"fTrackingArea{name}Meters": size for name, size in sizes.items()},
        },
    )
    spans = {
        period.number: (int(line.numbers[period.start]), int(line.numbers[period.stop - 1]))
        for period in line.match.periods
        if period.stop > period.start
    }
    for number in range(1, 6):
        first, last = spans.get(number, (0, 0))
        span = {"iId": str(number), "iStartFrame": str(first), "iEndFrame": str(last)}
        ET.SubElement(match, "period", span)
    for team, word in ((Team.HOME, "HomeTeam"), (Team.AWAY, "AwayTeam")):
        _team(ET.SubElement(root, word), told, line, team)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _team(element: ET.Element, told: MatchData, line: Timeline, team: Team) -> None:
    name = (told.names or {}).get(team, team.value)
    for tag, text in (("LongName", name), ("ShortName", name), ("TeamId", str(2 - _TEAM_CODES[team]))):
        ET.SubElement(element, tag).text = text
    players = ET.SubElement(element, "Players")
    for column, number, player in squads(line.match)[team]:
        rows = np.flatnonzero(np.isfinite(line.match.positions_m[:, column, 0]))
        first, last = (int(line.numbers[row]) for row in (rows[0], rows[-1])) if len(rows) else (0, 0)
        one = ET.SubElement(players, "Player")
        for tag, text in (
            ("PlayerId", str(number + 100 * _TEAM_CODES[team])),
            ("FirstName", ""),
            ("LastName", player.name or player.player_id),
            ("JerseyNo", str(number)),
            ("StartFrameCount", str(first)),
            ("EndFrameCount", str(last)),
        ):
            ET.SubElement(one, tag).text = text
