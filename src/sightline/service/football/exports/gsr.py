"""SoccerNet game state reconstruction: people with box, place on the pitch, role, team side and shirt number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.errors import ConfigError
from sightline.service.folder import write_json
from sightline.service.football.exports.source import match_data
from sightline.service.results import Results

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.analytics.football.match import Match

_BOX = ("x1_px", "y1_px", "x2_px", "y2_px")


def export_gsr(folder: Path, out: Path, *, video: str = "1") -> Path:
    """Write a video run's people as a SoccerNet GSR prediction file.

    A prediction is a row of `players` whose place is known; its track is the person. Images count from 1 and are named by text, as
    the scorer wants; places are metres from the centre spot with y down; `left` is the team that
    defends the left goal (x below 0). The three points of `bbox_pitch` are one: we place people, not the corners of
    boxes.

    Args:
        folder: A result folder of the football application, of a video.
        out: The JSON file.
        video: What to call the video.

    Raises:
        ConfigError: The folder holds no boxes or no positions.
        OutputError: The file cannot be written.
    """
    results = Results(folder)
    if "tracks" not in results.tables.names():
        raise ConfigError(f"{folder} has no boxes", hint="this format is for runs on a video")
    match = match_data(folder).match
    write_json(out, {"predictions": list(_predictions(results, match, video))})
    return out


def _predictions(results: Results, match: Match, video: str) -> Iterator[dict[str, Any]]:
    columns = ("frame", "player_id", "team", "role", "jersey", "x_m", "y_m", *_BOX)
    numbers = {player.player_id: number for number, player in enumerate(match.players, start=1)}
    ways = np.zeros(len(match), np.int64)
    for period in match.periods:
        ways[period.start : period.stop] = period.home_attacks
    number = 0
    for row in results.table("players", columns).to_pylist():
        box = [row[name] for name in _BOX]
        if row["x1_px"] is None or row["x_m"] is None:
            continue
        number += 1
        place = min(int(np.searchsorted(match.frames, row["frame"])), len(match) - 1)
        yield {
            "id": str(number),
            "image_id": f"{video}{row['frame'] + 1:06d}",
            "video_id": video,
            "track_id": numbers[row["player_id"]],
            "supercategory": "object",
            "category_id": 1,
            "attributes": {
                "role": row["role"] or "other",
                "jersey": None if row["jersey"] is None else str(row["jersey"]),
                "team": _side(row["team"], int(ways[place])),
            },
            "bbox_image": {
                "x": round(box[0], 2),
                "y": round(box[1], 2),
                "w": round(box[2] - box[0], 2),
                "h": round(box[3] - box[1], 2),
            },
            "bbox_pitch": {
                f"{axis}_bottom_{part}": round(value, 4)
                for part in ("left", "right", "middle")
                for axis, value in (("x", row["x_m"]), ("y", -row["y_m"]))
            },
        }


def _side(team: str | None, home_attacks: int) -> str | None:
    if team not in {"home", "away"} or not home_attacks:
        return None
    return "left" if (team == "home") == (home_attacks > 0) else "right"
