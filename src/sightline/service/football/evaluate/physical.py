"""Scores distances and speeds: on paths whose length is known, and against the speeds that providers write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.analytics.football.match import BallState, Match, Period, Player, Team
from sightline.analytics.football.physical import KMH, measure_motion, measure_physical
from sightline.service.football.recorded import read_recorded
from sightline.service.football.tracking.accept import match_of
from sightline.service.football.tracking.provider import load_dataset
from sightline.service.football.tracking.records import readout_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sightline.core.arrays import Float64

_SECONDS = 60.0


def evaluate_physical(
    tracking: Path | None = None,
    *,
    pff: tuple[Path, Path, Path] | None = None,
    sportec: tuple[Path, Path] | None = None,
    seed: int = 7,
) -> dict[str, Any]:
    """Score distances and speeds.

    Args:
        tracking: A recorded match, as `read_recorded` takes it: its distances are told.
        pff: PFF's tracking, match and roster files; speeds are compared with those in it.
        sportec: Sportec's positions and match files; likewise.
        seed: Of the bootstrap.

    Raises:
        SightlineError: A file cannot be read.
    """
    speeds = {}
    if pff is not None:
        match, told, seen = _pff(*pff)
        speeds["pff, in view"] = _compared(match, np.where(seen, told, np.nan), seed)
        speeds["pff, with those it estimates"] = _compared(match, told, seed)
    if sportec is not None:
        speeds["sportec"] = _compared(*_sportec(*sportec), seed)
    return {
        "paths": [_path(name, rate_hz, shape) for rate_hz in (10, 25, 30) for name, shape in _PATHS.items()],
        "tracking": None if tracking is None else _distances(tracking),
        "speeds": speeds,
    }


def _line(t_s: Float64) -> tuple[Float64, float]:
    return np.stack([-30 + 1.0 * t_s, 0 * t_s], axis=1), 1.0 * _SECONDS


def _circle(t_s: Float64) -> tuple[Float64, float]:
    angle = 5.0 / 10.0 * t_s
    return 10.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1), 5.0 * _SECONDS


def _shuttle(t_s: Float64) -> tuple[Float64, float]:
    """Back and forth, with a cosine's speed: up to 6 m/s, a turn every 10 s."""
    rate = 2 * np.pi / 20.0
    size_m = 6.0 / rate
    return np.stack([size_m * np.sin(rate * t_s), 0 * t_s], axis=1), 4 * size_m * _SECONDS / 20.0


_PATHS: dict[str, Callable[[Float64], tuple[Float64, float]]] = {
    "line 1 m/s": _line,
    "circle 5 m/s, radius 10 m": _circle,
    "shuttle to 6 m/s": _shuttle,
}


def _path(name: str, rate_hz: int, shape: Callable[[Float64], tuple[Float64, float]]) -> dict[str, Any]:
    t_s = np.arange(int(_SECONDS * rate_hz) + 1) / rate_hz
    points, length_m = shape(t_s)
    match = Match(
        Fraction(rate_hz),
        np.arange(len(t_s)),
        t_s,
        (Period(1, 0, len(t_s), 1),),
        (Player("p", Team.HOME),),
        points[:, None],
        np.full((len(t_s), 3), np.nan),
        np.full(len(t_s), BallState.LOST.value),
    )
    whole = length_m * len(t_s) / (len(t_s) - 1)  # each row stands for a step
    found = measure_physical(match)[-1].distance_m
    return {
        "path": name,
        "rate_hz": rate_hz,
        "true_m": round(whole, 3),
        "found_m": round(found, 3),
        "error": round(found / whole - 1, 6),
    }


def _distances(folder: Path) -> dict[str, Any]:
    match = read_recorded(folder).match
    rows = [one for one in measure_physical(match) if one.period == 0]
    raw = np.nansum(np.hypot(*np.moveaxis(np.diff(match.positions_m, axis=0), 2, 0)), axis=0)
    players = [
        {
            "player": f"{match.players[one.column].team or 'none'}_{match.players[one.column].jersey}",
            "distance_m": round(one.distance_m, 2),
            "raw_m": round(float(raw[one.column]), 2),
            "top_speed_mps": round(one.top_speed_mps, 2),
            "coverage": round(one.coverage, 4),
        }
        for one in rows
    ]
    return {
        "folder": str(folder),
        "players": players,
        "distance_m": round(sum(one.distance_m for one in rows), 1),
        "raw_m": round(float(raw.sum()), 1),
        "top_speed_mps": round(max(one.top_speed_mps for one in rows), 2),
    }


def _compared(match: Match, told_mps: Float64, seed: int) -> dict[str, Any]:
    ours = measure_motion(match).speeds_mps
    apart = np.abs(ours - told_mps)
    by_player = [column[np.isfinite(column)] for column in apart.T]
    by_player = [column for column in by_player if len(column)]
    every = np.concatenate(by_player)
    medians = np.array([np.median(column) for column in by_player])
    low, high = bootstrap_interval(medians, lambda drawn: float(np.median(drawn)), seed=seed)
    return {
        "players": len(by_player),
        "speeds": len(every),
        "median_mps": round(float(np.median(every)), 4),
        "median_of_players_mps": round(float(np.median(medians)), 4),
        "low_mps": round(low, 4),
        "high_mps": round(high, 4),
        "p90_mps": round(float(np.quantile(every, 0.9)), 4),
    }


def _sportec(tracking: Path, meta: Path) -> tuple[Match, Float64]:
    """Give the match and the speeds that the file holds, in its own unit km/h brought to m/s."""
    dataset = load_dataset("sportec", tracking, meta)
    match = match_of(readout_of(dataset))
    place = {player.player_id: column for column, player in enumerate(match.players)}
    told = np.full(match.positions_m.shape[:2], np.nan)
    for row, record in enumerate(sorted(dataset.records, key=lambda one: (one.period.id, one.timestamp))):
        for player, data in record.players_data.items():
            if data.speed is not None:
                told[row, place[str(player.player_id)]] = data.speed / KMH
    return match, told


def _pff(tracking: Path, meta: Path, roster: Path) -> tuple[Match, Float64, NDArray[np.bool_]]:
    """Give the match at the file's raw positions, the speeds that those carry, and who was in view.

    kloppy reads the smoothed positions, which have no speeds.
    """
    match = match_of(readout_of(load_dataset("pff", tracking, (meta, roster))))
    column = {(player.team, player.jersey): place for place, player in enumerate(match.players)}
    row_of = {frame: row for row, frame in enumerate(match.frames.tolist())}
    told, places = np.full(match.positions_m.shape[:2], np.nan), np.full(match.positions_m.shape, np.nan)
    seen = np.zeros(told.shape, np.bool_)
    for frame in _lines(tracking):
        row = row_of.get(frame["frameNum"])
        for team, key in ((Team.HOME, "homePlayers"), (Team.AWAY, "awayPlayers")):
            for one in frame.get(key) or ():
                place = column.get((team, int(one["jerseyNum"])))
                if row is not None and place is not None and one.get("speed") is not None:
                    told[row, place] = one["speed"]
                    places[row, place] = one["x"], one["y"]
                    seen[row, place] = one.get("visibility") == "VISIBLE"
    return replace(match, positions_m=places), told, seen


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
