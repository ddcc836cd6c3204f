"""Joins tracks to persons: who was lost and found again a moment later and a few metres on is the same one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import Player, Role, Team

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.teams import TrackTeam
    from sightline.core.arrays import Float64, Int64


@dataclass(frozen=True, slots=True)
class JoinRules:
    """When two tracks are one person.

    Attributes:
        gap_s: Longest time unseen.
        speed_mps: Fastest anybody goes meanwhile.
        slack_m: What is allowed beyond that, for errors of position.
        margin_m: By how much the best candidate must be nearer than the next one.
    """

    gap_s: float = 3.0
    speed_mps: float = 8.0
    slack_m: float = 1.5
    margin_m: float = 1.0


@dataclass(frozen=True, slots=True)
class Persons:
    """Who is who.

    Attributes:
        players: One for each person, in order of team, role and first sighting.
        column_of: Track id -> place in `players`.
    """

    players: tuple[Player, ...]
    column_of: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _Ends:
    """First and last sighting of each track, rows in order of track id."""

    ids: Int64
    starts_s: Float64
    stops_s: Float64
    starts_m: Float64
    stops_m: Float64


def join_tracks(
    track_ids: Int64,
    times_s: Float64,
    points_m: Float64,
    teams: Mapping[int, TrackTeam],
    rules: JoinRules | None = None,
) -> Persons:
    """Give the persons behind tracks; tracks of unlike team or role are never joined.

    Args:
        track_ids: `(n,)`, one a row.
        times_s: `(n,)`, rising.
        points_m: `(n, 2)` in `Space.PITCH_M`; NaN where not known.
        teams: Track id -> team and role.
        rules: When two tracks are one person.
    """
    ends = _ends(track_ids, times_s, points_m)
    follows = _links(ends, teams, rules or JoinRules())
    first_of = dict[int, int]()
    for row in np.argsort(ends.starts_s, kind="stable").tolist():
        before = follows.get(row)
        first_of[row] = row if before is None else first_of[before]
    heads = sorted(set(first_of.values()), key=lambda row: _rank(ends, row, teams))
    place = {row: number for number, row in enumerate(heads)}
    players, counts = [], dict[str, int]()
    for row in heads:
        one = teams.get(int(ends.ids[row]))
        team, role = (one.team, one.role) if one is not None else (None, Role.PLAYER)
        word = team.value if team else ("referee" if role is Role.REFEREE else "unknown")
        counts[word] = counts.get(word, 0) + 1
        players.append(Player(f"{word}-{counts[word]}", team, role))
    columns = {int(ends.ids[row]): place[first] for row, first in sorted(first_of.items())}
    return Persons(tuple(players), columns)


def _rank(ends: _Ends, row: int, teams: Mapping[int, TrackTeam]) -> tuple[int, int, float, int]:
    one = teams.get(int(ends.ids[row]))
    team = {Team.HOME: 0, Team.AWAY: 1}.get(one.team, 2) if one is not None and one.team else 2
    keeper = 0 if one is not None and one.role is Role.GOALKEEPER else 1
    return team, keeper, float(ends.starts_s[row]), int(ends.ids[row])


def _ends(track_ids: Int64, times_s: Float64, points_m: Float64) -> _Ends:
    order = np.lexsort((times_s, track_ids))
    ids, first, counts = np.unique(track_ids[order], return_index=True, return_counts=True)
    begin, end = order[first], order[first + counts - 1]
    known = np.asarray(np.isfinite(points_m).all(axis=1), np.bool_).reshape(-1)
    starts_m, stops_m = np.full((len(ids), 2), np.nan), np.full((len(ids), 2), np.nan)
    for row, (at, count) in enumerate(zip(first, counts, strict=True)):
        mine = order[at : at + count]
        seen = mine[known[mine]]
        if len(seen):
            starts_m[row], stops_m[row] = points_m[seen[0]], points_m[seen[-1]]
    return _Ends(ids, times_s[begin], times_s[end], starts_m, stops_m)


def _links(ends: _Ends, teams: Mapping[int, TrackTeam], rules: JoinRules) -> dict[int, int]:
    """Give later row -> earlier row, nearest pairs first; a pair that is not clearly the nearest is left apart."""
    kinds = [_kind(teams, int(track)) for track in ends.ids]
    order = np.argsort(ends.starts_s, kind="stable")
    starts_s = ends.starts_s[order]
    pairs: list[tuple[float, int, int]] = []
    for earlier in range(len(ends.ids)):
        low = int(np.searchsorted(starts_s, ends.stops_s[earlier], side="right"))
        high = int(np.searchsorted(starts_s, ends.stops_s[earlier] + rules.gap_s, side="right"))
        for later in order[low:high].tolist():
            if kinds[later] != kinds[earlier]:
                continue
            away_m = float(np.hypot(*(ends.starts_m[later] - ends.stops_m[earlier])))
            reach_m = rules.slack_m + rules.speed_mps * float(ends.starts_s[later] - ends.stops_s[earlier])
            if away_m <= reach_m:
                pairs.append((away_m, earlier, later))
    return _clear_pairs(sorted(pairs), rules.margin_m)


def _clear_pairs(pairs: list[tuple[float, int, int]], margin_m: float) -> dict[int, int]:
    nearest = dict[tuple[str, int], list[float]]()
    for away_m, earlier, later in pairs:
        nearest.setdefault(("earlier", earlier), []).append(away_m)
        nearest.setdefault(("later", later), []).append(away_m)
    follows, taken = dict[int, int](), set[int]()
    for away_m, earlier, later in pairs:
        rivals = [*nearest["earlier", earlier][:2], *nearest["later", later][:2]]
        clear = all(rival == away_m or rival - away_m >= margin_m for rival in rivals)
        if clear and earlier not in taken and later not in follows:
            follows[later] = earlier
            taken.add(earlier)
    return follows


def _kind(teams: Mapping[int, TrackTeam], track: int) -> tuple[str, str]:
    one: TrackTeam | None = teams.get(track)
    return (str(one.team), one.role.value) if one is not None else ("None", Role.PLAYER.value)


def positions_of(
    rows: NDArray[np.int64], columns: NDArray[np.int64], points_m: Float64, shape: tuple[int, int]
) -> Float64:
    """Give `(frames, persons, 2)` from single sightings; NaN where there is none.

    Args:
        rows: `(n,)`, which frame.
        columns: `(n,)`, which person.
        points_m: `(n, 2)`.
        shape: `(frames, persons)`.
    """
    positions = np.full((*shape, 2), np.nan)
    positions[rows, columns] = points_m
    return positions


def fill_gaps(positions_m: Float64, *, longest_rows: int) -> Float64:
    """Give positions with short gaps filled on the straight line between their ends.

    A detector misses somebody for a frame or two all the time; without this each miss would cut a way in two.

    Args:
        positions_m: `(n, p, 2)`; NaN where not seen.
        longest_rows: Longest gap that is filled; what was not seen for longer stays unknown, as do both ends.

    Returns:
        `(n, p, 2)`.
    """
    filled = positions_m.copy()
    for column in range(positions_m.shape[1]):
        seen = np.flatnonzero(np.isfinite(positions_m[:, column]).all(axis=1))
        gaps = np.diff(seen) - 1
        for place in np.flatnonzero((gaps > 0) & (gaps <= longest_rows)):
            before, after = int(seen[place]), int(seen[place + 1])
            share = (np.arange(before + 1, after) - before)[:, None] / (after - before)
            ends = positions_m[before, column], positions_m[after, column]
            filled[before + 1 : after, column] = ends[0] * (1 - share) + ends[1] * share
    return filled
