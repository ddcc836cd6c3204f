"""Holds what a reader of our own took out of a file against what kloppy makes of some lines of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.errors import UnsupportedFormatError
from sightline.service.football.tracking.files import open_text
from sightline.service.football.tracking.records import readout_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sightline.core.arrays import Float64
    from sightline.service.football.tracking.readout import Readout

_LINES = 12
_NEAR_M = 1e-6
_LONGEST_BYTES = 1 << 20


def some_lines(path: Path, count: int = _LINES) -> bytes | None:
    """Give so many whole lines from all over a file, in its order; None where its lines are no frames but longer."""
    size = path.stat().st_size
    lines = []
    with open_text(path) as file:
        reached = -1
        for place in range(count):
            if place:
                file.seek(size * place // count)
            if place and len(file.readline(_LONGEST_BYTES)) == _LONGEST_BYTES:
                return None
            if file.tell() > reached and (line := file.readline(_LONGEST_BYTES)):
                if len(line) == _LONGEST_BYTES:
                    return None
                lines.append(line.rstrip(b"\r\n") + b"\n")
                reached = file.tell() - 1
    return b"".join(lines) or b"\n"


def agree(ours: Readout, some: Any) -> bool:
    """Tell whether frames that kloppy read lie in ours just so: times, players, places, ball, play."""
    try:
        theirs = readout_of(some)
    except UnsupportedFormatError:
        return True
    keys = {key: row for row, key in enumerate(zip(ours.order.tolist(), ours.frames.tolist(), strict=True))}
    wanted = zip(theirs.order.tolist(), theirs.frames.tolist(), strict=True)
    rows = np.array([keys.get(key, -1) for key in wanted], np.int64)
    if (rows < 0).any():
        return False
    return (
        _near(ours.clock_s[rows], theirs.clock_s)
        and _near(ours.ball_m[rows], theirs.ball_m)
        and _same(ours.alive, theirs.alive, rows)
        and _same(ours.owner, theirs.owner, rows)
        and _same_places(ours, theirs, rows)
    )


def _same_places(ours: Readout, theirs: Readout, rows: NDArray[np.int64]) -> bool:
    """Compare by player; who is in none of these lines is not looked for in them."""
    column_of = {one.player_id: column for column, one in enumerate(ours.people)}
    columns = [column_of.get(one.player_id) for one in theirs.people]
    if any(column is None for column in columns):
        return False
    mine = ours.places_m[rows]
    left = np.delete(mine, [column for column in columns if column is not None], axis=1)
    return bool(np.isnan(left).all()) and _near(mine[:, [column or 0 for column in columns]], theirs.places_m)


def _same(ours: NDArray[Any] | None, theirs: NDArray[Any] | None, rows: NDArray[np.int64]) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return bool((ours[rows] == theirs).all())


def _near(ours: Float64, theirs: Float64) -> bool:
    return bool(np.allclose(ours, theirs, rtol=0, atol=_NEAR_M, equal_nan=True))
