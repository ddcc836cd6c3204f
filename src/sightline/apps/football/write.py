"""Writes the application's own tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sightline.analytics.football.rows import ball_batch, record
from sightline.apps.football.video import player_rows
from sightline.core.tables import schema_of
from sightline.core.tracks import Quality

if TYPE_CHECKING:
    from sightline.apps.football.measure import Found
    from sightline.ports import TableWriter

_ROWS_A_BATCH = 16_384


def write_tables(found: Found, write: TableWriter) -> None:
    """Write every table that the match has; one without rows is written too, so that asking it is no error.

    Positions of tracking data lie in the tables already and are not written again.
    """
    if found.watched is not None and found.ball is not None:
        for batch in player_rows(found.watched, None):
            write.write("players", batch)
        write.write("ball", ball_batch(found.match, found.ball.speeds_mps, **found.ball.seen))
    columns = found.events.to_columns()
    columns["quality"] = [Quality.SEEN.value] * len(columns["frame"])
    columns["value"] = columns["confidence"]
    _write(write, "events", columns)
    _write(write, "possession", found.events.possession_columns(found.match.frames, found.match.t_s))


def _write(write: TableWriter, table: str, columns: Mapping[str, Any]) -> None:
    given = columns or {name: [] for name in schema_of(table).names}
    whole = record(table, given)
    for start in range(0, max(1, whole.num_rows), _ROWS_A_BATCH):
        write.write(table, whole.slice(start, _ROWS_A_BATCH))
