"""Reads a recorded match with its event feed: a folder of Parquet files as databallpy saves a game.

`tracking.parquet` has a row per frame: `ball_x ball_y ball_z` and `<team>_<shirt>_x`, `_y` of each player in metres from
the centre spot, `ball_status` (alive, dead), `team_possession`, `period_id`. Beside it are `home_players.parquet`,
`away_players.parquet`, `metadata.json`, and the feed: `events.parquet` and `pass_events.parquet`, whose clock is not
the tracking's.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football.match import BallState, Match, Period, PitchSize, Player, Role, Team
from sightline.core.errors import SourceUnavailableError, UnsupportedFormatError
from sightline.service.text_files import read_json_object

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

_LAYOUT = "a folder with tracking.parquet, home_players.parquet, away_players.parquet, metadata.json"
_PERIOD_START = 32  # Opta's event type for the start of a period


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One event of the provider's feed.

    Attributes:
        kind: The feed's own word, as in `pass`, `miss`, `out`.
        t_s: Seconds since the feed's start of the period: not the tracking's clock.
        team: `home`, `away` or None.
        player_id: As in the match; None where the feed names nobody.
        x_m: Where, in `Space.PITCH_M`.
        y_m: See `x_m`.
    """

    kind: str
    t_s: float
    team: str | None
    player_id: str | None
    x_m: float
    y_m: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """A match and what its provider says of it.

    Attributes:
        match: Positions; `alive` and `owner` are the provider's.
        feed: Events in order of the feed's clock.
        formations: Team -> formation as digits, where the folder names them.
    """

    match: Match
    feed: tuple[FeedEvent, ...]
    formations: dict[str, str]


def read_recorded(folder: Path) -> Recorded:
    """Read such a folder.

    Raises:
        SourceUnavailableError: A file is missing or cannot be read.
        UnsupportedFormatError: A file lacks what is needed; the text names it.
    """
    columns = _columns(folder / "tracking.parquet")
    facts = read_json_object(folder / "metadata.json", _LAYOUT)
    teams = {team: _rows(folder / f"{team}_players.parquet") for team in ("home", "away")}
    try:
        match = _match(columns, facts, teams)
        feed = _feed(folder, teams) if (folder / "events.parquet").exists() else ()
    except (KeyError, TypeError, ValueError) as error:
        raise UnsupportedFormatError(f"{folder}: {error}", hint=_LAYOUT) from error
    formations = {team: str(facts[f"{team}_formation"]) for team in teams if f"{team}_formation" in facts}
    return Recorded(match, feed, formations)


def _columns(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except OSError as error:
        raise SourceUnavailableError(f"cannot read {path}: {error}", hint=_LAYOUT) from error
    except pa.ArrowInvalid as error:
        raise UnsupportedFormatError(f"{path} is not Parquet", hint=_LAYOUT) from error
    return {
        name: table.column(name).to_numpy()
        for name in table.column_names
        if not pa.types.is_timestamp(table.schema.field(name).type)
    }


def _rows(path: Path) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    except OSError as error:
        raise SourceUnavailableError(f"cannot read {path}: {error}", hint=_LAYOUT) from error
    except pa.ArrowInvalid as error:
        raise UnsupportedFormatError(f"{path} is not Parquet", hint=_LAYOUT) from error
    return rows


def _match(
    columns: dict[str, np.ndarray[Any, Any]], facts: dict[str, Any], teams: dict[str, list[dict[str, Any]]]
) -> Match:
    frames = columns["frame"].astype(np.int64)
    rate_hz = Fraction(facts["frame_rate_hz"]).limit_denominator(1001)
    players: list[Player] = []
    places: list[Float64] = []
    for team, rows in teams.items():
        for row in rows:
            name = f"{team}_{row['shirt_num']}"
            if f"{name}_x" not in columns:
                continue
            place = np.stack([columns[f"{name}_x"], columns[f"{name}_y"]], axis=1).astype(np.float64)
            if np.isnan(place).all():
                continue
            keeper = row.get("position") == "goalkeeper"
            role = Role.GOALKEEPER if keeper else Role.PLAYER
            players.append(Player(row["id"], Team(team), role, int(row["shirt_num"]), row["full_name"]))
            places.append(place)
    positions_m = np.stack(places, axis=1) if places else np.zeros((len(frames), 0, 2))
    ball_m = np.stack([columns[f"ball_{axis}"] for axis in "xyz"], axis=1).astype(np.float64)
    lost = np.isnan(ball_m[:, 0])
    length_m, width_m = facts["pitch_m"]
    return Match(
        rate_hz,
        frames,
        (frames - frames[0]) / float(rate_hz),
        _periods(columns["period_id"], positions_m, players),
        tuple(players),
        positions_m,
        ball_m,
        np.where(lost, BallState.LOST.value, BallState.SEEN.value),
        columns["ball_status"] == "alive",
        np.where(
            np.isin(columns["team_possession"], ("home", "away")), columns["team_possession"], ""
        ).astype(np.str_),
        PitchSize(float(length_m), float(width_m)),
    )


def _periods(
    numbers: np.ndarray[Any, Any], positions_m: Float64, players: list[Player]
) -> tuple[Period, ...]:
    keepers = [
        column
        for column, player in enumerate(players)
        if player.role is Role.GOALKEEPER and player.team is Team.HOME
    ]
    periods = []
    for number in sorted({int(number) for number in numbers if number > 0}):
        rows = np.flatnonzero(numbers == number)
        start, stop = int(rows[0]), int(rows[-1]) + 1
        x_m = positions_m[start:stop, keepers, 0]
        x_m = x_m[~np.isnan(x_m)]
        periods.append(Period(number, start, stop, -int(np.sign(np.median(x_m))) if len(x_m) else 0))
    return tuple(periods)


def _feed(folder: Path, teams: dict[str, list[dict[str, Any]]]) -> tuple[FeedEvent, ...]:
    rows = _rows(folder / "events.parquet")
    whose = {row["id"]: team for team, squad in teams.items() for row in squad}
    starts = [row["datetime"] for row in rows if row["event_type_id"] == _PERIOD_START]
    if not starts:
        raise ValueError("the feed names no start of a period")
    began = min(starts)
    events = []
    for row in rows:
        if row["period_id"] < 1:
            continue
        player = row["player_id"] or None
        t_s = (row["datetime"] - began).total_seconds()
        events.append(
            FeedEvent(
                row["databallpy_event"] or row["original_event"],
                t_s,
                whose.get(player) if player else None,
                player,
                float(row["start_x"]),
                float(row["start_y"]),
            )
        )
    return tuple(sorted(events, key=lambda event: event.t_s))
