"""A match as tables and back: `players` and `ball` hold positions, `MatchFacts` what is not a position."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sightline.analytics.football.match import BallState, Match, Period, PitchSize, Player, Role, Team
from sightline.core.errors import AnalysisError
from sightline.core.tables import schema_of
from sightline.core.tracks import Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64
    from sightline.ports import TableReader

_FRAMES_A_BATCH = 4096


def facts_of(match: Match) -> dict[str, Any]:
    """Give what a match holds beside positions, as plain data: periods, players, pitch, play and owner in spells."""
    return {
        "frame_rate_hz": str(match.frame_rate_hz),
        "pitch_m": [match.pitch.length_m, match.pitch.width_m],
        "periods": [[one.number, one.start, one.stop, one.home_attacks] for one in match.periods],
        "players": [
            {
                "player_id": one.player_id,
                "team": one.team.value if one.team else None,
                "role": one.role.value,
                "jersey": one.jersey,
                "name": one.name,
            }
            for one in match.players
        ],
        "alive": None if match.alive is None else [list(run[:2]) for run in _spells(match.alive) if run[2]],
        "owner": None if match.owner is None else [list(run) for run in _spells(match.owner) if run[2]],
    }


def match_from_tables(read: TableReader, facts: Mapping[str, Any]) -> Match:
    """Give the match that `players` and `ball` hold; see `facts_of` for the rest.

    Raises:
        AnalysisError: The tables and the facts do not fit one another.
    """
    frames, times_s = _frames(read)
    players = tuple(
        Player(
            one["player_id"],
            Team(one["team"]) if one["team"] else None,
            Role(one["role"]),
            one["jersey"],
            one["name"],
        )
        for one in facts["players"]
    )
    ball_m, states = _ball(read, frames)
    return Match(
        frame_rate_hz=Fraction(facts["frame_rate_hz"]),
        frames=frames,
        t_s=times_s,
        periods=tuple(Period(*period) for period in facts["periods"]),
        players=players,
        positions_m=_positions(read, frames, [player.player_id for player in players]),
        ball_m=ball_m,
        ball_states=states,
        alive=_mask(facts["alive"], len(frames)),
        owner=_owner(facts["owner"], len(frames)),
        pitch=PitchSize(*facts["pitch_m"]),
    )


def player_batches(match: Match, speeds_mps: Float64 | None = None) -> Iterator[pa.RecordBatch]:
    """Give the rows of `players`: one for each frame and player that was seen.

    Args:
        match: Positions.
        speeds_mps: `(n, p)`; NaN becomes null.
    """
    names = [player.player_id for player in match.players]
    teams = [player.team.value if player.team else _team_word(player.role) for player in match.players]
    roles = [player.role.value for player in match.players]
    jerseys = [player.jersey for player in match.players]
    for start in range(0, len(match), _FRAMES_A_BATCH):
        cut = slice(start, start + _FRAMES_A_BATCH)
        rows, columns = np.nonzero(np.isfinite(match.positions_m[cut]).all(axis=2))
        places = match.positions_m[cut][rows, columns]
        speeds = speeds_mps[cut][rows, columns] if speeds_mps is not None else np.full(len(rows), np.nan)
        yield record(
            "players",
            {
                "frame": match.frames[cut][rows],
                "t_s": match.t_s[cut][rows],
                "player_id": words(columns, names),
                "team": words(columns, teams),
                "role": words(columns, roles),
                "jersey": pa.array(jerseys, pa.int32()).take(pa.array(columns)),
                "x_m": places[:, 0],
                "y_m": places[:, 1],
                "speed_mps": speeds,
                "quality": words(np.zeros(len(rows), np.int32), [Quality.SEEN.value]),
            },
        )


def ball_batch(match: Match, speeds_mps: Float64 | None = None, **seen: Any) -> pa.RecordBatch:
    """Give the rows of `ball`, one a frame.

    Args:
        match: Positions.
        speeds_mps: `(n,)`; NaN becomes null.
        **seen: More columns, as in `x_px`, `y_px`, `radius_px`, `score`.
    """
    columns = {
        "frame": match.frames,
        "t_s": match.t_s,
        **{name: match.ball_m[:, axis] for axis, name in enumerate(("x_m", "y_m", "z_m"))},
        "state": pa.array(match.ball_states.tolist(), pa.string()),
        **seen,
    }
    if speeds_mps is not None:
        columns["speed_mps"] = speeds_mps
    return record("ball", columns)


def record(table: str, columns: Mapping[str, Any]) -> pa.RecordBatch:
    """Give columns as rows of a table; what is left out and NaN are null."""
    schema = schema_of(table)
    count = len(next(iter(columns.values())))

    def column(field: pa.Field) -> pa.Array:
        given = columns.get(field.name)
        if isinstance(given, pa.Array):
            return given
        return pa.nulls(count, field.type) if given is None else pa.array(given, field.type, from_pandas=True)

    return pa.RecordBatch.from_arrays([column(field) for field in schema], schema=schema)


def words(places: NDArray[Any], names: Sequence[str | None]) -> pa.Array:
    """Give `names[place]` for each place."""
    return pa.array(names, pa.string()).take(pa.array(places))


def _team_word(role: Role) -> str | None:
    return "referee" if role is Role.REFEREE else None


def _frames(read: TableReader) -> tuple[NDArray[np.int64], Float64]:
    parts = [
        (
            batch["frame"].to_numpy(),
            batch["t_s"].to_numpy(),
            np.asarray(pc.equal(batch["status"], "inferred")),
        )
        for batch in read.batches("frames", ["frame", "t_s", "status"])
    ]
    frames = np.concatenate([frame[looked] for frame, _, looked in parts] or [np.zeros(0, np.int64)])
    times_s = np.concatenate([t_s[looked] for _, t_s, looked in parts] or [np.zeros(0)])
    return frames.astype(np.int64), times_s.astype(np.float64)


def _positions(read: TableReader, frames: NDArray[np.int64], names: Sequence[str]) -> Float64:
    positions = np.full((len(frames), len(names), 2), np.nan)
    known = pa.array(names, pa.string())
    for batch in read.batches("players", ["frame", "player_id", "x_m", "y_m"]):
        columns = pc.index_in(batch["player_id"], value_set=known)
        if columns.null_count:
            raise AnalysisError("the players table has somebody whom the match does not know")
        rows = _rows_of(frames, batch["frame"].to_numpy())
        positions[rows, columns.to_numpy()] = np.stack(
            [batch[name].to_numpy(zero_copy_only=False) for name in ("x_m", "y_m")], axis=1
        )
    return positions


def _ball(read: TableReader, frames: NDArray[np.int64]) -> tuple[Float64, NDArray[np.str_]]:
    places = np.full((len(frames), 3), np.nan)
    states = np.full(len(frames), BallState.LOST.value, dtype="<U12")
    for batch in read.batches("ball", ["frame", "x_m", "y_m", "z_m", "state"]):
        rows = _rows_of(frames, batch["frame"].to_numpy())
        for axis, name in enumerate(("x_m", "y_m", "z_m")):
            places[rows, axis] = batch[name].to_numpy(zero_copy_only=False)
        states[rows] = batch["state"].to_numpy(zero_copy_only=False).astype("<U12")
    return places, states


def _rows_of(frames: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    rows = np.searchsorted(frames, wanted)
    if len(wanted) and (rows.max() >= len(frames) or (frames[rows] != wanted).any()):
        raise AnalysisError("a table has a frame that the frames table does not have")
    return rows


def _spells(values: NDArray[Any]) -> list[tuple[int, int, Any]]:
    """Give runs of equal values as `(start, stop, value)`."""
    if not len(values):
        return []
    edges = [0, *(np.flatnonzero(values[1:] != values[:-1]) + 1).tolist(), len(values)]
    return [(start, stop, values[start].item()) for start, stop in itertools.pairwise(edges)]


def _mask(spells: Sequence[Sequence[int]] | None, count: int) -> NDArray[np.bool_] | None:
    if spells is None:
        return None
    mask = np.zeros(count, np.bool_)
    for start, stop in spells:
        mask[start:stop] = True
    return mask


def _owner(spells: Sequence[Sequence[Any]] | None, count: int) -> NDArray[np.str_] | None:
    if spells is None:
        return None
    owner = np.full(count, "", dtype="<U4")
    for start, stop, team in spells:
        owner[start:stop] = team
    return owner
