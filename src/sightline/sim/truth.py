"""What really happened: boxes and identities per frame, line crossings and stays from exact paths, and the files.

A scene's rules are drawn on the ground; the truth is decided there, on the paths, and not on boxes. Files hold
the same lines and zones in image pixels, as a fixed camera sees them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sightline.core.tables import schema_of
from sightline.core.tracks import Quality

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

COUNTED_FROM = 0.1
"""Objects with a smaller share visible are marked as not to be counted in `gt.txt`."""

_EXTRA = (
    ("x_m", pa.float64()), ("y_m", pa.float64()), ("visibility", pa.float32()),
    ("full_x1_px", pa.float32()), ("full_y1_px", pa.float32()), ("full_x2_px", pa.float32()), ("full_y2_px", pa.float32()),
)  # fmt: skip
OBJECTS_SCHEMA: pa.Schema = pa.schema(
    [("frame", pa.int64()), ("t_s", pa.float64()), ("track_id", pa.int64()), *_EXTRA]
)
"""`truth/objects.parquet`: ground place in metres, visible share, and the box as if nothing hid or cut it."""
CAMERAS_SCHEMA: pa.Schema = pa.schema(
    [
        ("frame", pa.int64()),
        ("t_s", pa.float64()),
        *((f"h{row}{column}", pa.float64()) for row in range(3) for column in range(3)),
    ]
)
"""`truth/cameras.parquet`: the homography from image pixels to ground metres of each frame."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One object in one frame.

    Attributes:
        track_id: Who, >= 1.
        box_px: `x1 y1 x2 y2` of the whole object, cut at the picture's edges.
        full_box_px: The same uncut.
        visibility: Share of the whole object that shows, 0..1; hidden and cut-off parts do not.
        place_m: `(x, y)` on the ground.
        kind: Its class where a scene has several; None for the scene's only one.
        class_id: Number of that class.
    """

    track_id: int
    box_px: tuple[float, float, float, float]
    full_box_px: tuple[float, float, float, float]
    visibility: float
    place_m: tuple[float, float]
    kind: str | None = None
    class_id: int = 0


@dataclass(frozen=True, slots=True)
class GroundLine:
    """A counting line on the ground; who crosses from its left to its right goes in, seen from above."""

    name: str
    start_m: tuple[float, float]
    end_m: tuple[float, float]


@dataclass(frozen=True, slots=True)
class GroundZone:
    """A zone on the ground; corners in order."""

    name: str
    polygon_m: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Crossing:
    """Somebody crossed a line, at the exact time `t_s`; `frame` is the first one at or after it."""

    rule: str
    track_id: int
    direction: str
    frame: int
    t_s: float
    x_m: float
    y_m: float


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody was in a zone; `complete` is false where the clip began or ended meanwhile."""

    rule: str
    track_id: int
    frame: int
    t_s: float
    end_frame: int
    end_t_s: float
    dwell_s: float
    complete: bool


def crossings(
    line: GroundLine,
    track_id: int,
    times_s: Float64,
    places_m: Float64,
    *,
    frame_rate_hz: float,
    last_t_s: float,
) -> list[Crossing]:
    """Give every crossing of a line by a path that is straight between its places.

    Args:
        line: Which.
        track_id: Whose path.
        times_s: `(n,)`, rising.
        places_m: `(n, 2)`.
        frame_rate_hz: To number frames.
        last_t_s: Time of the last frame; what happens before 0 or after it does not count.
    """
    start, end = np.array(line.start_m), np.array(line.end_m)
    along = end - start
    offset = along[0] * (places_m[:, 1] - start[1]) - along[1] * (places_m[:, 0] - start[0])
    side = np.where(offset >= 0, 1, -1)  # 1: left of the line
    found = []
    for step in np.flatnonzero(side[1:] != side[:-1]):
        share = float(offset[step] / (offset[step] - offset[step + 1]))
        t_s = float(times_s[step] + share * (times_s[step + 1] - times_s[step]))
        place = places_m[step] + share * (places_m[step + 1] - places_m[step])
        reach = float((place - start) @ along / (along @ along))
        if 0 <= reach <= 1 and 0 < t_s <= last_t_s:
            direction = "in" if side[step] == 1 else "out"
            frame = int(np.ceil(t_s * frame_rate_hz - 1e-9))
            found.append(
                Crossing(line.name, track_id, direction, frame, t_s, float(place[0]), float(place[1]))
            )
    return found


def stays(
    zone: GroundZone,
    track_id: int,
    times_s: Float64,
    places_m: Float64,
    *,
    frame_rate_hz: float,
    last_t_s: float,
) -> list[Stay]:
    """Give every stay of a path in a convex zone; arguments as for `crossings`.

    A path is inside from where its straight piece meets the zone's edge; a piece shorter than one step that
    cuts a corner and ends outside again is not a stay.
    """
    corners = np.array(zone.polygon_m, np.float64)
    depths = _depths(corners, places_m)
    found, began_s, entered = [], 0.0, False
    was = False
    for step, depth in enumerate(depths):
        now = bool(depth >= 0)
        if now and not was:
            entered = step > 0
            began_s = _edge_s(depths, times_s, step) if entered else float(times_s[0])
        if was and not now:
            found.append((began_s, _edge_s(depths, times_s, step), entered, True))
        was = now
    if was:
        found.append((began_s, float(times_s[-1]), entered, False))
    result = []
    for start_s, end_s, came, left in found:
        first_s, final_s = max(start_s, 0.0), min(end_s, last_t_s)
        if final_s <= first_s:
            continue
        complete = came and left and start_s > 0 and end_s <= last_t_s
        frames = (int(np.ceil(value * frame_rate_hz - 1e-9)) for value in (first_s, final_s))
        result.append(
            Stay(
                zone.name, track_id, next(frames), first_s, next(frames), final_s, final_s - first_s, complete
            )
        )
    return result


def _depths(corners: Float64, places_m: Float64) -> Float64:
    """Give how far inside a convex polygon each place is, negative outside, metres to the nearest edge's line."""
    edges = np.roll(corners, -1, axis=0) - corners
    lengths = np.sqrt((edges**2).sum(axis=1))
    following = np.roll(corners, -1, axis=0)
    turn = np.sign((corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0]).sum())
    gap = places_m[:, None, :] - corners[None, :, :]
    offsets = (edges[None, :, 0] * gap[:, :, 1] - edges[None, :, 1] * gap[:, :, 0]) / lengths * turn
    result: Float64 = offsets.min(axis=1)
    return result


def _edge_s(depths: Float64, times_s: Float64, step: int) -> float:
    """Give when the path met the edge between `step - 1` and `step`."""
    before, after = depths[step - 1], depths[step]
    return float(times_s[step - 1] + before / (before - after) * (times_s[step] - times_s[step - 1]))


def mot_lines(frame: int, seen: Sequence[Seen]) -> list[str]:
    """Give a frame's lines of `gt.txt`: frame from 1, id, box, counted or not, class 1, visibility."""
    lines = []
    for item in seen:
        x1, y1, x2, y2 = item.box_px
        counted = int(item.visibility >= COUNTED_FROM)
        box = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
        lines.append(f"{frame + 1},{item.track_id},{box},{counted},1,{item.visibility:.4f}\n")
    return lines


def track_rows(frame: int, t_s: float, seen: Sequence[Seen], class_name: str) -> pa.RecordBatch:
    """Give a frame's rows of the `tracks` table; only what is counted."""
    kept = [item for item in seen if item.visibility >= COUNTED_FROM]
    rows = [
        {
            "frame": frame, "t_s": t_s, "track_id": item.track_id,
            **dict(zip(("x1_px", "y1_px", "x2_px", "y2_px"), item.box_px, strict=True)),
            "score": 1.0, "class_id": item.class_id, "class_name": item.kind or class_name, "quality": Quality.SEEN.value,
        }
        for item in kept
    ]  # fmt: skip
    return pa.RecordBatch.from_pylist(rows, schema=schema_of("tracks"))


def object_rows(frame: int, t_s: float, seen: Sequence[Seen]) -> pa.RecordBatch:
    """Give a frame's rows of `OBJECTS_SCHEMA`, all that is in the picture."""
    names = ("full_x1_px", "full_y1_px", "full_x2_px", "full_y2_px")
    rows = [
        {
            "frame": frame, "t_s": t_s, "track_id": item.track_id,
            "x_m": item.place_m[0], "y_m": item.place_m[1], "visibility": item.visibility,
            **dict(zip(names, item.full_box_px, strict=True)),
        }
        for item in seen
    ]  # fmt: skip
    return pa.RecordBatch.from_pylist(rows, schema=OBJECTS_SCHEMA)


def events_json(found: Sequence[Crossing], stayed: Sequence[Stay]) -> Mapping[str, Any]:
    """Give `events.json`: all crossings and stays in order of time, and how many each rule saw."""
    lines: dict[str, dict[str, int]] = {}
    for item in found:
        tally = lines.setdefault(item.rule, {"in": 0, "out": 0})
        tally[item.direction] += 1
    order = sorted(found, key=lambda item: (item.t_s, item.rule, item.track_id))
    return {
        "lines": {name: lines[name] for name in sorted(lines)},
        "crossings": [asdict(item) for item in order],
        "dwells": [
            asdict(item) for item in sorted(stayed, key=lambda item: (item.t_s, item.rule, item.track_id))
        ],
    }
