"""Reads kloppy's data sets: any provider's, frame by frame."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football.match import Team
from sightline.core.errors import UnsupportedFormatError
from sightline.service.football.tracking.readout import Claims, Member, Readout, once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

_NO_NAMES = {"home", "away", "home team", "away team"}


def readout_of(dataset: Any, *, in_play: Int64 | None = None) -> Readout:
    """Give what a `kloppy.domain.TrackingDataset` in metres from the centre spot holds.

    Args:
        dataset: Loaded with `coordinates="secondspectrum"`.
        in_play: See `Readout`.

    Raises:
        UnsupportedFormatError: No frame lies in a period.
    """
    records = sorted(
        (record for record in dataset.records if record.period is not None),
        key=lambda record: (record.period.id, record.timestamp),
    )
    if not records:
        raise no_frames()
    claims = claims_of(dataset)
    people = once(claims.squads)
    return Readout(
        claims,
        people,
        frames=np.array([int(record.frame_id) for record in records], np.int64),
        order=np.array([record.period.id for record in records], np.int64),
        clock_s=np.array([_seconds(record.timestamp) for record in records]),
        places_m=_places(records, people),
        ball_m=_ball(records),
        alive=_alive(records),
        owner=_owner(records),
        in_play=in_play,
    )


def no_frames() -> UnsupportedFormatError:
    """Give the error of a file without a frame in a period."""
    return UnsupportedFormatError(
        "there is no frame within a period", hint="the metadata may lack the period that the tracking is of"
    )


def claims_of(dataset: Any) -> Claims:
    """Give what the metadata claim."""
    sides = dataset.metadata.pitch_dimensions
    spans = [
        (int(one.id), _seconds(one.start_timestamp), _seconds(one.end_timestamp))
        for one in dataset.metadata.periods
        if isinstance(one.start_timestamp, timedelta) and isinstance(one.end_timestamp, timedelta)
    ]
    return Claims(
        frame_rate_hz=float(dataset.metadata.frame_rate or 0.0),
        pitch_m=(float(sides.x_dim.max - sides.x_dim.min), float(sides.y_dim.max - sides.y_dim.min)),
        starts_s={
            int(one.id): _seconds(one.start_timestamp)
            for one in dataset.metadata.periods
            if isinstance(one.start_timestamp, timedelta)
        },
        spans_s=spans,
        squads=[
            _member(one, whose)
            for team, whose in zip(dataset.metadata.teams, (Team.HOME, Team.AWAY), strict=False)
            for one in team.players
        ],
        names={
            whose: unescape(str(team.name))
            for team, whose in zip(dataset.metadata.teams, (Team.HOME, Team.AWAY), strict=False)
            if team.name and str(team.name).lower() not in _NO_NAMES
        },
    )


def _member(one: Any, team: Team) -> Member:
    return Member(
        str(one.player_id),
        team,
        jersey=None if one.jersey_no is None else int(one.jersey_no),
        name=unescape(
            str(one.name or " ".join(str(part) for part in (one.first_name, one.last_name) if part))
        ).strip(),
        keeper=getattr(one.starting_position, "name", "") == "Goalkeeper",
        listed=one.starting_position is not None,
    )


def _places(records: Sequence[Any], people: Sequence[Member]) -> Float64:
    column_of = {player.player_id: column for column, player in enumerate(people)}
    places = np.full((len(records), len(people), 2), np.nan)
    known: dict[int, int] = {}
    for row, record in enumerate(records):
        for one, data in record.players_data.items():
            point = data.coordinates
            if point is None:
                continue
            column = known.get(id(one))
            if column is None:
                column = known[id(one)] = column_of[str(one.player_id)]
            places[row, column] = point.x, point.y
    return places


def _ball(records: Sequence[Any]) -> Float64:
    ball_m = np.full((len(records), 3), np.nan)
    for row, record in enumerate(records):
        point = record.ball_coordinates
        if point is not None and np.isfinite(point.x) and np.isfinite(point.y):
            height_m = getattr(point, "z", None)
            ball_m[row] = point.x, point.y, 0.0 if height_m is None or np.isnan(height_m) else height_m
    return ball_m


def _alive(records: Sequence[Any]) -> NDArray[np.bool_] | None:
    states = [getattr(record.ball_state, "value", None) for record in records]
    return None if not any(states) else np.array([state == "alive" for state in states], np.bool_)


def _owner(records: Sequence[Any]) -> NDArray[np.str_] | None:
    words = [
        "" if record.ball_owning_team is None else str(record.ball_owning_team.ground.value)
        for record in records
    ]
    return None if not any(words) else np.array(words, dtype="<U4")


def _seconds(value: Any) -> float:
    return float(value.total_seconds())
