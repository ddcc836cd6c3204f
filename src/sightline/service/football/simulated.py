"""Reads a simulated match's truth back: positions as a `Match`, boxes and cameras as they were."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from sightline.analytics.football.match import BallState, Match, Period, PitchSize, Player, Role, Team
from sightline.core.errors import AnalysisError, SourceUnavailableError, UnsupportedFormatError
from sightline.service.text_files import read_json_object

_LAYOUT = "give the folder that `sightline simulate football` wrote"


def match_of(folder: Path) -> Match:
    """Give the match that a simulated clip shows, all of it, also what the camera did not see.

    Args:
        folder: What `sightline simulate football -o` wrote.

    Raises:
        SourceUnavailableError: The truth is not there.
        UnsupportedFormatError: It is not what the simulator writes.
    """
    facts = match_facts(folder)
    try:
        people = tuple(_player(entry) for entry in facts["players"])
        count = int(facts["frames"])
        rate_hz = Fraction(facts["frame_rate_hz"])
        players = pq.read_table(
            folder / "truth" / "players.parquet", columns=["frame", "track_id", "x_m", "y_m"]
        )
        ball = pq.read_table(folder / "truth" / "ball.parquet", columns=["frame", "x_m", "y_m", "z_m"])
        positions = np.full((count, len(people), 2), np.nan)
        columns = players.column("track_id").to_numpy() - 1
        rows = players.column("frame").to_numpy()
        positions[rows, columns, 0] = players.column("x_m").to_numpy()
        positions[rows, columns, 1] = players.column("y_m").to_numpy()
        ball_m = np.full((count, 3), np.nan)
        seen = ball.column("frame").to_numpy()
        for axis, name in enumerate(("x_m", "y_m", "z_m")):
            ball_m[seen, axis] = ball.column(name).to_numpy()
        return Match(
            rate_hz,
            np.arange(count),
            np.arange(count) / float(rate_hz),
            (Period(1, 0, count, int(facts["home_attacks"])),),
            people,
            positions,
            ball_m,
            np.where(np.isfinite(ball_m[:, 0]), BallState.SEEN.value, BallState.LOST.value),
            np.array([mark == "1" for mark in facts["alive"]]),
            np.array([{"h": "home", "a": "away"}.get(mark, "") for mark in facts["owners"]]),
            PitchSize(float(facts["pitch"]["length_m"]), float(facts["pitch"]["width_m"])),
        )
    except OSError as error:
        raise SourceUnavailableError(f"{folder} lacks a part of its truth: {error}", hint=_LAYOUT) from error
    except (KeyError, IndexError, TypeError, ValueError, AnalysisError) as error:
        raise UnsupportedFormatError(f"{folder} holds no simulated match: {error}", hint=_LAYOUT) from error


def match_facts(folder: Path) -> dict[str, Any]:
    """Give `truth/match.json` of a simulated match.

    Raises:
        SourceUnavailableError: It is not there.
        UnsupportedFormatError: It is not a JSON object.
    """
    return read_json_object(folder / "truth" / "match.json", _LAYOUT)


def _player(entry: dict[str, Any]) -> Player:
    team = Team(entry["team"]) if entry["team"] else None
    return Player(str(entry["player_id"]), team, Role(entry["role"]), entry["jersey"], str(entry["name"]))
