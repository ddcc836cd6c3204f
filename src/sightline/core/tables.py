"""The Arrow schema of every table; docs/tables.md says the same and a test compares the two.

Frames are 0-based, times come from the source's own presentation time, boxes are source-image pixels.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from sightline.core.errors import ConfigError

_FRAME = (("frame", pa.int64()), ("t_s", pa.float64()))
_BOX = (("x1_px", pa.float32()), ("y1_px", pa.float32()), ("x2_px", pa.float32()), ("y2_px", pa.float32()))
_CLASS = (("class_id", pa.int32()), ("class_name", pa.string()))


def _schema(*columns: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in columns])


TABLES: Mapping[str, pa.Schema] = {
    # The ledger: one row per frame. `cause` is null for an inferred frame.
    "frames": _schema(
        *_FRAME,
        ("segment", pa.int32()),
        ("status", pa.string()),
        ("cause", pa.string()),
        ("detections", pa.int32()),
    ),
    # One row per detection, also those no track took up.
    "detections": _schema(*_FRAME, *_BOX, ("score", pa.float32()), *_CLASS),
    # One row per track and frame.
    "tracks": _schema(
        *_FRAME, ("track_id", pa.int64()), *_BOX, ("score", pa.float32()), *_CLASS, ("quality", pa.string())
    ),
    # One row per keypoint; `instance` counts bodies within the frame, `track_id` is null where none is known.
    "poses": _schema(
        *_FRAME,
        ("instance", pa.int32()),
        ("track_id", pa.int64()),
        ("point", pa.string()),
        ("x_px", pa.float32()),
        ("y_px", pa.float32()),
        ("score", pa.float32()),
    ),
    # One row for each thing that happened; `kind` as in `line_in`, `line_out`, `zone_enter`, `zone_exit`.
    "events": _schema(
        *_FRAME,
        ("kind", pa.string()),
        ("rule", pa.string()),
        ("track_id", pa.int64()),
        *_CLASS,
        ("x_px", pa.float32()),
        ("y_px", pa.float32()),
        ("value", pa.float64()),
        ("quality", pa.string()),
        # What an application knows beyond a point in time and in the picture; null where it does not apply.
        ("end_frame", pa.int64()),
        ("end_t_s", pa.float64()),
        ("team", pa.string()),
        ("player_id", pa.string()),
        ("receiver_id", pa.string()),
        ("x_m", pa.float64()),
        ("y_m", pa.float64()),
        ("end_x_m", pa.float64()),
        ("end_y_m", pa.float64()),
        ("outcome", pa.string()),
        ("confidence", pa.float64()),
        ("evidence", pa.string()),
    ),
    # One row per stay in a zone; `frame`, `t_s` are its start. `complete` is false where it was cut by the
    # clip's or the track's end.
    "dwells": _schema(
        *_FRAME,
        ("rule", pa.string()),
        ("track_id", pa.int64()),
        *_CLASS,
        ("end_frame", pa.int64()),
        ("end_t_s", pa.float64()),
        ("dwell_s", pa.float64()),
        ("complete", pa.bool_()),
    ),
    # One row per zone and second: how many were inside. `coverage` is the share of that second really seen.
    "occupancy": _schema(
        *_FRAME,
        ("rule", pa.string()),
        ("mean", pa.float64()),
        ("maximum", pa.int32()),
        ("coverage", pa.float64()),
    ),
    # One row per track: how long it was seen and how far it went. `frame`, `t_s` are its first sighting.
    "objects": _schema(
        *_FRAME,
        ("track_id", pa.int64()),
        *_CLASS,
        ("end_frame", pa.int64()),
        ("end_t_s", pa.float64()),
        ("seen_frames", pa.int64()),
        ("seen_s", pa.float64()),
        ("coverage", pa.float64()),
        ("distance_px", pa.float64()),
        ("mean_speed_px_s", pa.float64()),
        ("top_speed_px_s", pa.float64()),
        ("distance_m", pa.float64()),
        ("mean_speed_mps", pa.float64()),
        ("top_speed_mps", pa.float64()),
    ),
    # --- football ---
    # One row per frame and object whose shirt was looked at: mean colour of the shirt in CIE L*a*b* and how much
    # of the crop it was taken from.
    "kits": _schema(
        *_FRAME,
        ("track_id", pa.int64()),
        ("l", pa.float32()),
        ("a", pa.float32()),
        ("b", pa.float32()),
        ("share", pa.float32()),
    ),
    # One row per frame: the camera as it was found. `m11`..`m33` map source pixels to `pitch_m`; null where nothing
    # was found. `source` is `lines`, `keypoints`, `points`, `file`, `propagated` or `none`; `quality` is 0..1.
    "pitch": _schema(
        *_FRAME,
        *((f"m{row}{column}", pa.float64()) for row in (1, 2, 3) for column in (1, 2, 3)),
        ("pan_deg", pa.float64()),
        ("tilt_deg", pa.float64()),
        ("roll_deg", pa.float64()),
        ("focal_px", pa.float64()),
        ("camera_x_m", pa.float64()),
        ("camera_y_m", pa.float64()),
        ("camera_z_m", pa.float64()),
        ("source", pa.string()),
        ("quality", pa.float64()),
    ),
    # One row per frame: where the ball is. `state` is `seen`, `interpolated` or `lost`.
    "ball": _schema(
        *_FRAME,
        ("x_px", pa.float64()),
        ("y_px", pa.float64()),
        ("radius_px", pa.float64()),
        ("x_m", pa.float64()),
        ("y_m", pa.float64()),
        ("z_m", pa.float64()),
        ("speed_mps", pa.float64()),
        ("score", pa.float64()),
        ("state", pa.string()),
    ),
    # One row per frame and person on the pitch; the box is smoothed, and null for tracking data. `team` is `home`, `away`, `referee` or null; `role` is
    # `player`, `goalkeeper`, `referee` or `other`.
    "players": _schema(
        *_FRAME,
        ("track_id", pa.int64()),
        ("player_id", pa.string()),
        ("team", pa.string()),
        ("role", pa.string()),
        ("jersey", pa.int32()),
        *_BOX,
        ("x_m", pa.float64()),
        ("y_m", pa.float64()),
        ("speed_mps", pa.float64()),
        ("quality", pa.string()),
    ),
    # One row per spell of one team or nobody having the ball; `frame`, `t_s` are its start.
    "possession": _schema(
        *_FRAME,
        ("end_frame", pa.int64()),
        ("end_t_s", pa.float64()),
        ("period", pa.int32()),
        ("team", pa.string()),
        ("player_id", pa.string()),
        ("confidence", pa.float64()),
    ),
    # One row per team, phase of play, window of time and rank: the formations that fit best.
    "formations": _schema(
        *_FRAME,
        ("end_frame", pa.int64()),
        ("end_t_s", pa.float64()),
        ("period", pa.int32()),
        ("team", pa.string()),
        ("phase", pa.string()),
        ("rank", pa.int32()),
        ("formation", pa.string()),
        ("cost_m", pa.float64()),
        ("margin", pa.float64()),
        ("back_line", pa.int32()),
        ("line_height_m", pa.float64()),
        ("length_m", pa.float64()),
        ("width_m", pa.float64()),
        ("coverage", pa.float64()),
    ),
    # One row per player and period (0: the whole match). Zone columns follow the settings' limits, lowest first.
    "physical": _schema(
        ("player_id", pa.string()),
        ("team", pa.string()),
        ("period", pa.int32()),
        ("seen_s", pa.float64()),
        ("coverage", pa.float64()),
        ("distance_m", pa.float64()),
        ("zone", pa.list_(pa.float64())),
        ("sprints", pa.int32()),
        ("sprint_m", pa.float64()),
        ("accelerations", pa.int32()),
        ("decelerations", pa.int32()),
        ("top_speed_mps", pa.float64()),
    ),
    # --- juggling ---
    # One row per ball and frame; `state` is `seen`, `interpolated` (within a flight) or `held`.
    "balls": _schema(
        *_FRAME,
        ("ball_id", pa.int64()),
        ("x_px", pa.float64()),
        ("y_px", pa.float64()),
        ("radius_px", pa.float64()),
        ("flight", pa.int64()),
        ("state", pa.string()),
    ),
    # One row per throw: `t_s` is the moment it leaves the hand, to a fraction of a frame.
    "throws": _schema(
        *_FRAME,
        ("ball_id", pa.int64()),
        ("flight", pa.int64()),
        ("hand", pa.string()),
        ("x_px", pa.float64()),
        ("y_px", pa.float64()),
        ("catch_t_s", pa.float64()),
        ("catch_hand", pa.string()),
        ("flight_s", pa.float64()),
        ("height_px", pa.float64()),
        ("height_m", pa.float64()),
        ("value", pa.int32()),
        ("outcome", pa.string()),
        ("confidence", pa.float64()),
    ),
    # One row per catch: `t_s` is the moment the ball comes to the hand.
    "catches": _schema(
        *_FRAME,
        ("ball_id", pa.int64()),
        ("flight", pa.int64()),
        ("hand", pa.string()),
        ("x_px", pa.float64()),
        ("y_px", pa.float64()),
        ("dwell_s", pa.float64()),
        ("confidence", pa.float64()),
    ),
    # One row per touch of a ball that is kept up, or its bounce off the ground (`kind` is `touch` or `bounce`).
    "touches": _schema(
        *_FRAME,
        ("kind", pa.string()),
        ("body_part", pa.string()),
        ("side", pa.string()),
        ("x_px", pa.float64()),
        ("y_px", pa.float64()),
        ("streak", pa.int32()),
        ("confidence", pa.float64()),
    ),
    # --- road ---
    # One row per frame: how well the lower part of the picture shows the road.
    "sight": _schema(
        *_FRAME, ("brightness", pa.float64()), ("contrast", pa.float64()), ("sharpness", pa.float64())
    ),
    # One row per hazard, however often the car went over it; `frame`, `t_s` say where it was confirmed first. Sizes
    # are null where the camera is not known, places where there is no GPS.
    "hazards": _schema(
        *_FRAME,
        ("hazard_id", pa.int64()),
        ("class_name", pa.string()),
        ("confidence", pa.float64()),
        ("visits", pa.int32()),
        ("track_id", pa.int64()),
        ("first_t_s", pa.float64()),
        ("last_t_s", pa.float64()),
        ("hits", pa.int32()),
        ("judged", pa.int32()),
        ("best_frame", pa.int64()),
        ("best_t_s", pa.float64()),
        *_BOX,
        ("length_m", pa.float64()),
        ("width_m", pa.float64()),
        ("length_sd_m", pa.float64()),
        ("width_sd_m", pa.float64()),
        ("area_m2", pa.float64()),
        ("extent", pa.float64()),
        ("extent_unit", pa.string()),
        ("extent_sd", pa.float64()),
        ("measured_frames", pa.int32()),
        ("severity", pa.string()),
        ("severity_sure", pa.bool_()),
        ("latitude_deg", pa.float64()),
        ("longitude_deg", pa.float64()),
        ("heading_deg", pa.float64()),
        ("place_of", pa.string()),
        ("quality", pa.string()),
    ),
}


def schema_of(table: str) -> pa.Schema:
    """Give a table's schema.

    Raises:
        ConfigError: There is no such table; the text lists those there are.
    """
    try:
        return TABLES[table]
    except KeyError:
        raise ConfigError(f"no table {table!r}", hint=f"one of {', '.join(sorted(TABLES))}") from None
