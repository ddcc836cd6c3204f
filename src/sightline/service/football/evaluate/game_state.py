"""Scores who is where on the pitch, in SoccerNet's game state files, by GS-HOTA."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.game_state import GameState, evaluate_game_state
from sightline.core.errors import UnsupportedFormatError
from sightline.service.text_files import read_json_object

if TYPE_CHECKING:
    from collections.abc import Iterator

_LAYOUT = (
    "one video in SoccerNet's game state format: `annotations` or `predictions`, each with image_id, track_id, "
    "bbox_pitch and attributes"
)
_OF_A_TEAM = frozenset({"player", "goalkeeper"})
_FRAME_DIGITS = 6


def evaluate_game_states(truth: Path, found: Path) -> dict[str, Any]:
    """Score one file against another, people only; files as `sightline export --format gsr` and SoccerNet write them.

    Raises:
        SourceUnavailableError: A file cannot be read.
        UnsupportedFormatError: A file is not of the format, or has a track twice in a frame.
    """
    states = [read_game_state(path) for path in (truth, found)]
    scores = evaluate_game_state(*states)
    people = dict(zip(("truth", "found"), (len(state.frames) for state in states), strict=True))
    return {"people": people, **{name: round(value, 4) for name, value in scores.items()}}


def read_game_state(path: Path) -> GameState:
    """Read the people of a file; the ball, the pitch, cameras, and who has no place on the pitch are left out.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is not of the format, or has a track twice in a frame.
    """
    data = read_json_object(path, _LAYOUT)
    try:
        rows = list(_people(data["annotations" if "annotations" in data else "predictions"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UnsupportedFormatError(f"{path} is not a file of game states", hint=_LAYOUT) from None
    twice = [place for place, count in Counter(row[:2] for row in rows).items() if count > 1]
    if twice:
        frame, track_id = min(twice)
        raise UnsupportedFormatError(f"{path} has track {track_id} twice in frame {frame}", hint=_LAYOUT)
    return GameState(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.float64).reshape(-1, 2),
        [row[3] for row in rows],
    )


def _people(
    entries: list[dict[str, Any]],
) -> Iterator[tuple[int, int, tuple[float, float], tuple[str, str | None, str | None]]]:
    """Give frame, track, place and who of each person; only of players a team and a shirt number are asked."""
    for entry in entries:
        role = (entry.get("attributes") or {}).get("role")
        place = entry.get("bbox_pitch")
        if role is None or role == "ball" or place is None:
            continue
        told = entry["attributes"] if role in _OF_A_TEAM else {}
        jersey = told.get("jersey")
        yield (
            int(str(entry["image_id"])[-_FRAME_DIGITS:]),
            int(entry["track_id"]),
            (float(place["x_bottom_middle"]), float(place["y_bottom_middle"])),
            (str(role), told.get("team"), None if jersey is None else str(jersey)),
        )
