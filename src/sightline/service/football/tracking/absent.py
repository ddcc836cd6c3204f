"""Makes frames in which somebody is absent such that kloppy reads them.

Providers write a ball or a player who is not seen as null, as an empty place, or not at all; kloppy reads one of these
each. What is wrong in another way stays wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Mend = Callable[[dict[str, Any]], None]


def mended(data: bytes, mend: Mend) -> bytes | None:
    """Give a file of JSON, a frame a line or all in one list, with its frames mended; None where there was nothing to mend."""
    lines = data.split(b"\n")
    whole = [_line(line, mend) for line in lines]
    return None if whole == lines else b"\n".join(whole)


def _line(line: bytes, mend: Mend) -> bytes:
    try:
        found = json.loads(line)
    except ValueError:
        return line
    before = json.dumps(found)
    for frame in found if isinstance(found, list) else [found]:
        if isinstance(frame, dict):
            mend(frame)
    after = json.dumps(found)
    return line if after == before else after.encode()


def mend_second_spectrum(frame: dict[str, Any]) -> None:
    """Mend a frame of Second Spectrum's."""
    if "frameIdx" not in frame:
        return
    ball = frame.get("ball") or {}
    frame["ball"] = {"speed": None, **ball, "xyz": _place(ball.get("xyz"))}
    for team in ("homePlayers", "awayPlayers"):
        frame[team] = [
            {"speed": None, **one, "xyz": place}
            for one in frame.get(team) or ()
            if one and (place := _place(one.get("xyz")))
        ]


def _place(xyz: list[float | None] | None) -> list[float | None] | None:
    if not xyz or None in xyz[:2]:
        return None
    return [0.0 if value is None else value for value in xyz]


def mend_skillcorner(frame: dict[str, Any]) -> None:
    """Mend a frame of SkillCorner's, of its second or third format."""
    if "frame" not in frame:
        return
    frame["possession"] = frame.get("possession") or {}
    if "data" in frame:
        frame["data"] = [one for one in frame["data"] or () if _has(one, "x", "y")]
        return
    frame["ball_data"] = {"x": None, "y": None, "z": None, **(frame.get("ball_data") or {})}
    frame["player_data"] = [one for one in frame.get("player_data") or () if _has(one, "player_id", "x", "y")]


def mend_pff(frame: dict[str, Any]) -> None:
    """Mend a frame of PFF's."""
    for team in ("homePlayersSmoothed", "awayPlayersSmoothed"):
        if frame.get(team):
            frame[team] = [one for one in frame[team] if _has(one, "jerseyNum", "x", "y")]


def _has(one: dict[str, Any] | None, *names: str) -> bool:
    return one is not None and all(one.get(name) is not None for name in names)
