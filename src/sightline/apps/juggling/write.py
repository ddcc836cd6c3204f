"""Writes the application's own tables: `balls`, `throws`, `catches` and `touches`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sightline.analytics.juggling.paths import GRAVITY_MPS2
from sightline.core.tables import schema_of

if TYPE_CHECKING:
    from sightline.analytics.juggling.paths import Juggle, Throw
    from sightline.apps.juggling.measure import Found
    from sightline.ports import TableWriter

SEEN, INTERPOLATED, HELD = "seen", "interpolated", "held"
_ROWS_A_BATCH = 50_000


def write_tables(found: Found, write: TableWriter) -> None:
    """Write all four tables; one without rows is written too, so that asking it is no error."""
    _write(write, "balls", _balls(found))
    _write(write, "throws", _throws(found))
    _write(write, "catches", _catches(found))
    _write(write, "touches", _touches(found))


def px_per_m(juggle: Juggle) -> float | None:
    """Give the scale at the juggler, from gravity; None where nothing flew."""
    return juggle.gravity_px_s2 / GRAVITY_MPS2 if juggle.gravity_px_s2 else None


def height_m(throw: Throw, juggle: Juggle) -> float | None:
    """Give how far a throw rose; None for one that was not seen."""
    return None if throw.flight is None else juggle.flights[throw.flight].height_m


def _balls(found: Found) -> list[dict[str, Any]]:
    """Give one row per ball and frame, in order of frame: in flight every frame, in a hand where it was seen."""
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    if found.keeping is not None:
        flying: Iterable[tuple[int, int, Any]] = (
            (1, number, arc) for number, arc in enumerate(found.keeping.arcs)
        )
        radius = found.keeping.radius_px
        held: Mapping[int, list[int]] = {}
    else:
        linked = found.linked
        pairs = zip(linked.flights, linked.arcs, strict=True)
        flying = ((flight.ball_id, number, arc) for number, (flight, arc) in enumerate(pairs))
        radius, held = linked.radius_px, linked.held
    candidates = found.candidates
    owners: dict[int, int] = {}
    for ball, number, arc in flying:
        owners[number] = ball
        seen = dict(zip(arc.frames, arc.rows, strict=True))
        for frame in range(arc.frames[0], arc.frames[-1] + 1):
            row = seen.get(frame)
            place = candidates.points_px[row] if row is not None else arc.at(float(candidates.clock_s[frame]))
            size = float(candidates.radii_px[row]) if row is not None else radius
            rows[ball, frame] = _ball(
                candidates, frame, ball, place, size, number, SEEN if row is not None else INTERPOLATED
            )
    for number, spell in held.items():
        for row in spell:
            frame = int(candidates.rows[row])
            key = owners[number], frame
            if key not in rows:
                place, size = candidates.points_px[row], float(candidates.radii_px[row])
                rows[key] = _ball(candidates, frame, owners[number], place, size, None, HELD)
    return [rows[key] for key in sorted(rows, key=lambda key: (key[1], key[0]))]


def _ball(  # noqa: PLR0917 - a row's columns
    candidates: Any, frame: int, ball: int, place: Any, radius: float | None, flight: int | None, state: str
) -> dict[str, Any]:
    return {
        "frame": int(candidates.numbers[frame]),
        "t_s": float(candidates.clock_s[frame]),
        "ball_id": ball,
        "x_px": float(place[0]),
        "y_px": float(place[1]),
        "radius_px": None if radius is None else float(radius),
        "flight": flight,
        "state": state,
    }


def _throws(found: Found) -> list[dict[str, Any]]:
    juggle = found.juggle
    if juggle is None:
        return []
    return [
        {
            "frame": found.frame_at(throw.t_s),
            "t_s": throw.t_s,
            "ball_id": throw.ball_id,
            "flight": throw.flight,
            "hand": str(throw.hand),
            "x_px": throw.place_px[0],
            "y_px": throw.place_px[1],
            "catch_t_s": throw.catch_t_s,
            "catch_hand": None if throw.catch_hand is None else str(throw.catch_hand),
            "flight_s": None if throw.catch_t_s is None else throw.catch_t_s - throw.t_s,
            "height_px": throw.height_px,
            "height_m": height_m(throw, juggle),
            "value": throw.value,
            "outcome": throw.outcome,
            "confidence": throw.confidence,
        }
        for throw in juggle.throws
    ]


def _catches(found: Found) -> list[dict[str, Any]]:
    juggle = found.juggle
    if juggle is None:
        return []
    return [
        {
            "frame": found.frame_at(catch.t_s),
            "t_s": catch.t_s,
            "ball_id": catch.ball_id,
            "flight": catch.flight,
            "hand": str(catch.hand),
            "x_px": catch.place_px[0],
            "y_px": catch.place_px[1],
            "dwell_s": catch.dwell_s,
            "confidence": catch.confidence,
        }
        for catch in juggle.catches
    ]


def _touches(found: Found) -> list[dict[str, Any]]:
    keeping = found.keeping
    if keeping is None:
        return []
    return [
        {
            "frame": found.frame_at(touch.t_s),
            "t_s": touch.t_s,
            "kind": touch.kind,
            "body_part": touch.body_part,
            "side": touch.side,
            "x_px": touch.place_px[0],
            "y_px": touch.place_px[1],
            "streak": touch.streak,
            "confidence": touch.confidence,
        }
        for touch in keeping.touches
    ]


def _write(write: TableWriter, table: str, rows: list[dict[str, Any]]) -> None:
    schema = schema_of(table)
    for start in range(0, max(1, len(rows)), _ROWS_A_BATCH):
        part = rows[start : start + _ROWS_A_BATCH]
        arrays = [pa.array([row[name] for row in part], schema.field(name).type) for name in schema.names]
        write.write(table, pa.RecordBatch.from_arrays(arrays, schema=schema))


def finite(values: Iterable[float | None]) -> Any:
    """Give those numbers that are there, as an array."""
    return np.array([value for value in values if value is not None and np.isfinite(value)], np.float64)
