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
        for batch in player_rows(found.watched, found.motion.speeds_mps):
            write.write("players", batch)
        write.write("ball", ball_batch(found.match, found.ball.speeds_mps, **found.ball.seen))
    columns = found.events.to_columns()
    columns["quality"] = [Quality.SEEN.value] * len(columns["frame"])
    columns["value"] = columns["confidence"]
    _write(write, "events", columns)
    _write(write, "possession", found.events.possession_columns(found.match.frames, found.match.t_s))
    _write(write, "formations", _formations(found))
    _write(write, "physical", _physical(found))


def _formations(found: Found) -> Mapping[str, Any]:
    match = found.match
    rows = [(one, rank, fit) for one in found.formations for rank, fit in enumerate(one.fits, start=1)]
    rows.sort(key=lambda row: (row[0].start, row[0].team.value, row[0].phase, row[1]))
    ends = [one.stop - 1 for one, _, _ in rows]
    return {
        "frame": [int(match.frames[one.start]) for one, _, _ in rows],
        "t_s": [float(match.t_s[one.start]) for one, _, _ in rows],
        "end_frame": [int(match.frames[end]) for end in ends],
        "end_t_s": [float(match.t_s[end]) for end in ends],
        "period": [one.period for one, _, _ in rows],
        "team": [one.team.value for one, _, _ in rows],
        "phase": [one.phase for one, _, _ in rows],
        "rank": [rank for _, rank, _ in rows],
        "formation": [fit.name for _, _, fit in rows],
        "cost_m": [fit.cost_m for _, _, fit in rows],
        "margin": [fit.margin for _, _, fit in rows],
        "back_line": [one.back_line or None for one, _, _ in rows],
        **{
            name: [getattr(one, name) for one, _, _ in rows]
            for name in ("line_height_m", "length_m", "width_m", "coverage")
        },
    }


def _physical(found: Found) -> Mapping[str, Any]:
    """One row for each player of a team who was seen, by period."""
    players = found.match.players
    rows = [one for one in found.physical if one.seen_s > 0 and players[one.column].team is not None]
    teams = [players[one.column].team for one in rows]
    return {
        "player_id": [players[one.column].player_id for one in rows],
        "team": [team.value if team else None for team in teams],
        "zone": [list(one.zone_m) for one in rows],
        **{
            name: [getattr(one, name) for one in rows]
            for name in (
                *("period", "seen_s", "coverage", "distance_m", "sprints", "sprint_m"),
                *("accelerations", "decelerations", "top_speed_mps"),
            )
        },
    }


def _write(write: TableWriter, table: str, columns: Mapping[str, Any]) -> None:
    given = columns or {name: [] for name in schema_of(table).names}
    whole = record(table, given)
    for start in range(0, max(1, whole.num_rows), _ROWS_A_BATCH):
        write.write(table, whole.slice(start, _ROWS_A_BATCH))
