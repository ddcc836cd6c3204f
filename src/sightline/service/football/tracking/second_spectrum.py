"""Reads Second Spectrum's JSON lines into arrays; what is not as it is always written is left to kloppy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sightline.analytics.football.match import Team
from sightline.core.errors import UnsupportedFormatError
from sightline.service.football.tracking.readout import Claims, Readout
from sightline.service.football.tracking.records import no_frames
from sightline.service.football.tracking.squads import Squads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sightline.core.arrays import Float64

_BLOCK_BYTES = 8 << 20
_PLAYERS = ("homePlayers", "awayPlayers")
_AXES = 3


def read_second_spectrum(path: Path, claims: Claims) -> Readout | None:
    """Read the file; None where it holds something unusual.

    Raises:
        UnsupportedFormatError: It holds no frame, or the metadata contradict it in periods or players.
    """
    squads, count = Squads(claims.squads), 0
    parts: list[dict[str, Any]] = []
    try:
        for batch in _batches(path):
            frames = _frames(batch, claims)
            if frames is None or not all(_add(squads, batch, team, count) for team in range(len(_PLAYERS))):
                return None
            parts.append(frames)
            count += len(batch)
    except pa.ArrowInvalid:
        return None
    if not count:
        raise no_frames()
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows = np.lexsort((columns["clock_s"], columns["order"]))
    return Readout(
        claims,
        squads.people(),
        places_m=squads.places(count)[rows],
        **{name: values[rows] for name, values in columns.items()},
    )


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    from pyarrow import json

    people = pa.list_(
        pa.struct([("playerId", pa.string()), ("number", pa.int64()), ("xyz", pa.list_(pa.float64()))])
    )
    schema = pa.schema(
        [
            ("period", pa.int64()),
            ("frameIdx", pa.int64()),
            ("gameClock", pa.float64()),
            *((name, people) for name in _PLAYERS),
            ("ball", pa.struct([("xyz", pa.list_(pa.float64()))])),
            ("live", pa.bool_()),
            ("lastTouch", pa.string()),
        ]
    )
    if not path.stat().st_size:
        return
    with json.open_json(
        path,
        read_options=json.ReadOptions(block_size=_BLOCK_BYTES),
        parse_options=json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    ) as batches:
        yield from batches


def _frames(batch: pa.RecordBatch, claims: Claims) -> dict[str, Any] | None:
    """Give what is told once a frame; None where something is missing.

    Raises:
        UnsupportedFormatError: The metadata list other periods than the frames name.
    """
    told = ("period", "frameIdx", "gameClock", "live")
    if any(batch[name].null_count for name in told):
        return None
    places = batch["period"].to_numpy() - 1
    if len(places) and not (places.min() >= 0 and places.max() < len(claims.spans_s)):
        return None
    ball_m = _points(pc.struct_field(batch["ball"], "xyz"))
    if ball_m is None:
        return None
    numbers = np.array([number for number, _, _ in claims.spans_s], np.int64)
    if (numbers[places] != places + 1).any():
        raise UnsupportedFormatError(
            f"frames are of period {places[numbers[places] != places + 1][0] + 1}, which the metadata lack or list elsewhere",
            hint="the metadata must list every period, in order",
        )
    ball_m[np.isfinite(ball_m[:, 0]) & np.isnan(ball_m[:, 2]), 2] = 0.0
    home = pc.fill_null(pc.equal(batch["lastTouch"], Team.HOME.value), fill_value=False)
    return {
        "frames": batch["frameIdx"].to_numpy(),
        "order": numbers[places],
        "clock_s": np.rint(batch["gameClock"].to_numpy() * 1e6) / 1e6,
        "ball_m": ball_m,
        "alive": batch["live"].to_numpy(zero_copy_only=False),
        "owner": np.where(home.to_numpy(zero_copy_only=False), Team.HOME.value, Team.AWAY.value).astype(
            "<U4"
        ),
    }


def _add(squads: Squads, batch: pa.RecordBatch, team: int, count: int) -> bool:
    """Hand over a team's players who are somewhere; false where one has no number or no id."""
    people = batch[_PLAYERS[team]]
    each = pc.list_flatten(people)
    points = _points(pc.struct_field(each, "xyz"))
    if points is None:
        return False
    there = np.isfinite(points[:, :2]).all(axis=1)
    rows = pc.list_parent_indices(people).to_numpy()[there]
    each = each.filter(pa.array(there))
    numbers = pc.struct_field(each, "number")
    names = pc.struct_field(each, "playerId")
    if numbers.null_count or names.null_count:
        return False
    squads.add(
        count + rows,
        np.full(len(rows), team, np.int64),
        numbers.to_numpy(),
        points[there, :2],
        lambda place: str(names[place].as_py()),
    )
    return True


def _points(lists: pa.Array) -> Float64 | None:
    """Give `(n, 3)`; NaN where there is no place; None where one has another number of numbers than three."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    there = lengths == _AXES
    if not (there | (lengths == 0)).all():
        return None
    points = np.full((len(lists), _AXES), np.nan)
    points[there] = pc.list_flatten(lists).to_numpy(zero_copy_only=False).reshape(-1, _AXES)
    return points
