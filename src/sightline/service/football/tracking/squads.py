"""Finds out whose position a number on a shirt is, as kloppy does: who is not listed joins the squad when first seen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import Team
from sightline.core.errors import UnsupportedFormatError
from sightline.service.football.tracking.readout import Member, once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sightline.core.arrays import Float64, Int64

_SHIRTS = 1_000_000  # more than there are numbers: team and number in one key
_TEAMS = (Team.HOME, Team.AWAY)


class Squads:
    """Collects positions by team and number, and lays them out by player in the end."""

    def __init__(self, listed: Sequence[Member]) -> None:
        self._listed = {team: [one for one in listed if one.team is team] for team in _TEAMS}
        self._found: dict[Team, list[Member]] = {team: [] for team in _TEAMS}
        self._slots: dict[int, int] = {}
        self._members: list[Member] = []
        self._parts: list[tuple[Int64, Int64, Float64]] = []

    def add(
        self, rows: Int64, teams: Int64, numbers: Int64, places: Float64, name: Callable[[int], str]
    ) -> None:
        """Take positions in.

        Args:
            rows: `(k,)` the row of each.
            teams: `(k,)`, 0 home, 1 away.
            numbers: `(k,)` on the shirts.
            places: `(k, 2)`.
            name: Gives the id of the player at a place of these arrays.

        Raises:
            UnsupportedFormatError: Somebody's id is listed in the other team.
        """
        keys = teams * _SHIRTS + numbers
        known, first, where = np.unique(keys, return_index=True, return_inverse=True)
        slots = np.zeros(len(known), np.int64)
        for place in np.argsort(first).tolist():
            key = int(known[place])
            if key not in self._slots:
                team, number = _TEAMS[int(teams[first[place]])], int(numbers[first[place]])
                self._slots[key] = len(self._members)
                self._members.append(self._who(team, number, partial(name, int(first[place]))))
            slots[place] = self._slots[key]
        self._parts.append((rows, slots[where.reshape(-1)], places))

    def people(self) -> list[Member]:
        """Give everybody, listed or found, home first."""
        return once([one for team in _TEAMS for one in (*self._listed[team], *self._found[team])])

    def places(self, count: int) -> Float64:
        """Give `(count, p, 2)` by row and player; NaN where somebody is not seen."""
        people = self.people()
        column_of = {one.player_id: column for column, one in enumerate(people)}
        columns = np.array([column_of[one.player_id] for one in self._members], np.int64)
        places = np.full((count, len(people), 2), np.nan)
        for rows, slots, points in self._parts:
            places[rows, columns[slots]] = points
        return places

    def _who(self, team: Team, number: int, name: Callable[[], str]) -> Member:
        player_id = name()
        self._check_team(team, player_id)
        for one in self._listed[team]:
            if one.jersey == number:
                return one
        found = Member(player_id, team, number, listed=False)
        self._found[team].append(found)
        return found

    def _check_team(self, team: Team, player_id: str) -> None:
        (other,) = (one for one in _TEAMS if one is not team)
        listed = {whose: {one.player_id for one in self._listed[whose]} for whose in _TEAMS}
        if player_id in listed[other] and player_id not in listed[team]:
            raise UnsupportedFormatError(
                f"player {player_id} is in the {other.value} team by the metadata and in the {team.value} team by the frames",
                hint="home and away are swapped in one of the files, or an id is used twice",
            )
