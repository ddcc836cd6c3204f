"""Reads TRACAB's .dat file into arrays; what is not as it is always written is left to kloppy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import csv

from sightline.analytics.football.match import Team
from sightline.service.football.tracking.files import open_text
from sightline.service.football.tracking.readout import Claims, Readout
from sightline.service.football.tracking.records import no_frames
from sightline.service.football.tracking.squads import Squads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64

_BYTES = 8 << 20
_HOME, _AWAY = 1, 0
_NOBODY = (-1, 3, 4)  # referees, and what the system did not name
_CM = 100.0
# Words of a frame's end as numbers: who has the ball, whether play is on. What is about to be taken is not needed.
_WORDS = (
    (b",SetHome;", b";"),
    (b",SetAway;", b";"),
    (b",H,Alive;", b",1,1;"),
    (b",H,Dead;", b",1,0;"),
    (b",A,Alive;", b",0,1;"),
    (b",A,Dead;", b",0,0;"),
)
_LINES = bytes.maketrans(
    b",:;\r ", b"\n" * 5
)  # one number a line, which Arrow reads three times as fast as NumPy
_FIELDS = 6  # of a player, and of the ball


@dataclass(frozen=True, slots=True)
class _Block:
    """Some lines: number and ball of each, and the players in all of them."""

    frames: Int64
    balls: Float64
    rows: Int64
    players: Float64


def read_tracab(path: Path, claims: Claims) -> Readout | None:
    """Read the file; None where it holds something unusual.

    Raises:
        UnsupportedFormatError: No frame lies in a period.
    """
    squads, count = Squads(claims.squads), 0
    kept: list[tuple[Int64, Float64, Int64]] = []
    in_play: list[Int64] = []
    for text in _lines(path):
        try:
            block = _block(text)
        except pa.ArrowInvalid:
            return None
        if block is None or not np.isin(block.players[:, 0], (_HOME, _AWAY, *_NOBODY)).all():
            return None
        in_play.append(block.frames[block.balls[:, 5] == 1])
        rows, periods = _within(block.frames, claims)
        for number in np.unique(periods).tolist():
            mine = rows[periods == number]
            _add(squads, block, mine, count)
            kept.append((block.frames[mine], block.balls[mine], np.full(len(mine), number, np.int64)))
            count += len(mine)
    if not count:
        raise no_frames()
    return _readout(claims, squads, kept, np.concatenate(in_play))


def _lines(path: Path) -> Iterator[bytes]:
    """Give the file in pieces of whole lines."""
    rest = b""
    with open_text(path) as file:
        while piece := file.read(_BYTES):
            text = rest + piece
            cut = text.rfind(b"\n") + 1
            rest = text[cut:]
            if cut:
                yield text[:cut]
    if rest.strip():
        yield rest + b"\n"


def _block(text: bytes) -> _Block | None:
    for word, number in _WORDS:
        text = text.replace(word, number)
    signs = np.frombuffer(text, np.uint8)
    if (signs >= ord("A")).any():
        return None
    ends = np.flatnonzero(signs == ord("\n"))
    parts = np.diff(np.searchsorted(np.flatnonzero(signs == ord(";")), ends), prepend=0)
    blank = np.diff(ends, prepend=-1) <= len(b"\r\n")
    parts = parts[~blank]
    numbers = _numbers(text)
    lengths = 1 + _FIELDS * parts
    if (parts < 1).any() or lengths.sum() != len(numbers):
        return None
    if text.count(b",") != (_FIELDS - 1) * parts.sum() or text.count(b":") != 3 * len(parts):
        return None
    starts = np.cumsum(lengths) - lengths
    balls = (starts + lengths)[:, None] - np.arange(_FIELDS, 0, -1)
    kept = np.ones(len(numbers), np.bool_)
    kept[starts] = kept[balls] = False
    return _Block(
        numbers[starts].astype(np.int64),
        numbers[balls],
        np.repeat(np.arange(len(parts)), parts - 1),
        numbers[kept].reshape(-1, _FIELDS),
    )


def _numbers(text: bytes) -> Float64:
    """Give all numbers in their order."""
    lines = csv.read_csv(
        pa.BufferReader(text.translate(_LINES)),
        read_options=csv.ReadOptions(column_names=["number"]),
        convert_options=csv.ConvertOptions(column_types={"number": pa.float64()}, null_values=[]),
    )
    return np.asarray(lines["number"].to_numpy(), np.float64)


def _within(frames: Int64, claims: Claims) -> tuple[Int64, Int64]:
    """Give which lines lie in a period, and its number; a frame at the border of two lies in both."""
    clock_s = _clock_s(frames, claims)
    kept = [
        np.flatnonzero((clock_s >= start_s) & (clock_s <= stop_s)) for _, start_s, stop_s in claims.spans_s
    ]
    numbers = [np.full(len(rows), number) for rows, (number, _, _) in zip(kept, claims.spans_s, strict=True)]
    none = np.zeros(0, np.int64)
    return np.concatenate([none, *kept]), np.concatenate([none, *numbers])


def _clock_s(frames: Int64, claims: Claims) -> Float64:
    return np.asarray(np.rint(frames / claims.frame_rate_hz * 1e6) / 1e6)


def _add(squads: Squads, block: _Block, lines: Int64, count: int) -> None:
    """Hand over who plays, in the lines that lie in a period."""
    row_of = np.full(len(block.frames), -1, np.int64)
    row_of[lines] = count + np.arange(len(lines))
    plays = (row_of[block.rows] >= 0) & np.isin(block.players[:, 0], (_HOME, _AWAY))
    players = block.players[plays]
    teams = np.where(players[:, 0] == _HOME, 0, 1)
    numbers = players[:, 2].astype(np.int64)

    def name(place: int) -> str:
        return f"{(Team.HOME, Team.AWAY)[int(teams[place])].value}_{numbers[place]}"

    squads.add(row_of[block.rows[plays]], teams, numbers, players[:, 3:5] / _CM, name)


def _readout(
    claims: Claims, squads: Squads, kept: list[tuple[Int64, Float64, Int64]], in_play: Int64
) -> Readout:
    frames = np.concatenate([part[0] for part in kept])
    balls = np.concatenate([part[1] for part in kept])
    order = np.concatenate([part[2] for part in kept])
    began_s = np.array([claims.starts_s[number] for number in order.tolist()])
    clock_s = np.rint((_clock_s(frames, claims) - began_s) * 1e6) / 1e6
    rows = np.lexsort((clock_s, order))
    return Readout(
        claims,
        squads.people(),
        frames=frames[rows],
        order=order[rows],
        clock_s=clock_s[rows],
        places_m=squads.places(len(frames))[rows],
        ball_m=balls[rows, :3] / _CM,
        alive=balls[rows, 5] == 1,
        owner=_owners(balls[rows, 4]),
        in_play=in_play,
    )


def _owners(home: Float64) -> NDArray[np.str_]:
    return np.where(home == 1, Team.HOME.value, Team.AWAY.value).astype("<U4")
