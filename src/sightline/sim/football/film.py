"""Films a football match: the clip and all that is true of it, in the tables that analyses write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from sightline.core.tables import schema_of
from sightline.core.tracks import Quality
from sightline.media.encode import VideoWriter
from sightline.service.folder import whole
from sightline.sim.truth import CAMERAS_SCHEMA, COUNTED_FROM, OBJECTS_SCHEMA

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.ports import SceneOptions
    from sightline.sim.football.picture import Drawn
    from sightline.sim.football.play.record import Played
    from sightline.sim.football.staging import Staging
    from sightline.sim.football.views import PinholeCamera

CLASSES = ("ball", "goalkeeper", "player", "referee")
FOOTBALL_OBJECTS_SCHEMA: pa.Schema = pa.schema([*OBJECTS_SCHEMA, pa.field("class_name", pa.string())])
"""`truth/objects.parquet`: as for other scenes, and what each object is; of the ball, `x_m y_m` is below it."""
_ROLES = {
    "clip": "clip.mp4", "gt": "truth/gt.txt", "tracks": "truth/tracks.parquet", "objects": "truth/objects.parquet",
    "cameras": "truth/cameras.parquet", "soccernet": "truth/cameras.json", "players": "truth/players.parquet",
    "ball": "truth/ball.parquet", "events": "truth/events.json", "events_table": "truth/events.parquet",
    "match": "truth/match.json", "rules": "rules.yaml", "camera": "camera.json", "scene": "scene.json",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FootballShot:
    """One frame.

    Attributes:
        index: Its number from 0.
        t_s: Its time.
        image: `(h, w, 3)` BGR; None where only the truth is asked for.
        camera: Where it is seen from.
        seen: What is in it, the ball first.
    """

    index: int
    t_s: float
    image: UInt8 | None
    camera: PinholeCamera
    seen: Sequence[Drawn]


class _Scene(Protocol):
    """What is filmed; see `scene.FootballScene`."""

    options: SceneOptions
    frames: int
    drawn: bool
    ball_id: int
    played: Played
    staging: Staging
    cameras: tuple[PinholeCamera, ...]

    def shots(self) -> Iterator[FootballShot]: ...
    def event_rows(self) -> list[dict[str, Any]]: ...
    def events(self) -> Mapping[str, Any]: ...
    def match_facts(self) -> Mapping[str, Any]: ...
    def camera_facts(self) -> Mapping[str, Any]: ...
    def rules(self) -> Mapping[str, Any]: ...
    def facts(self) -> Mapping[str, Any]: ...


def film(scene: _Scene, out: Path, progress: Callable[[int, int], None] | None = None) -> Mapping[str, Path]:
    """Write a match's clip and truth; see `ports.Scene.render`.

    Without pictures (`pictures: none`) there is no clip among what is written.

    Raises:
        OutputError: The folder cannot be written to.
    """
    paths = {role: out / name for role, name in _ROLES.items() if role != "clip" or scene.drawn}
    with ExitStack() as stack:
        open_at = {role: stack.enter_context(whole(path)) for role, path in paths.items()}
        seen = _film_frames(scene, open_at, progress)
        _write_tables(scene, open_at, seen)
        for role, facts in (
            ("events", scene.events()), ("match", scene.match_facts()), ("camera", scene.camera_facts()), ("scene", scene.facts()),
            ("soccernet", {f"{index:05d}": camera.to_soccernet() for index, camera in enumerate(scene.cameras)}),
        ):  # fmt: skip
            open_at[role].write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        open_at["rules"].write_text(yaml.safe_dump(dict(scene.rules()), sort_keys=False), encoding="utf-8")
    return paths


def _film_frames(
    scene: _Scene, paths: Mapping[str, Path], progress: Callable[[int, int], None] | None
) -> set[tuple[int, int]]:
    """Write what belongs to single frames; give which column was seen in which frame, the ball as column -1."""
    tracks: list[dict[str, Any]] = []
    objects: list[dict[str, Any]] = []
    cameras: list[dict[str, Any]] = []
    found: set[tuple[int, int]] = set()
    with ExitStack() as stack:
        clip = None
        if scene.drawn:
            options = scene.options
            clip = stack.enter_context(
                VideoWriter(paths["clip"], size=options.size, frame_rate_hz=options.frame_rate_hz)
            )
        gt = stack.enter_context(paths["gt"].open("w", encoding="ascii", newline="\n"))
        for shot in scene.shots():
            if clip is not None and shot.image is not None:
                clip.write(shot.image)
            gt.writelines(_mot_lines(shot))
            tracks += _track_rows(shot, scene.ball_id)
            objects += _object_rows(shot, scene)
            numbers = shot.camera.image_to_ground().matrix.ravel().tolist()
            cameras.append(dict(zip(CAMERAS_SCHEMA.names, (shot.index, shot.t_s, *numbers), strict=True)))
            found |= {(shot.index, one.track_id - 1) for one in shot.seen if one.visibility >= COUNTED_FROM}
            if progress is not None:
                progress(shot.index + 1, scene.frames)
    for role, rows, schema in (
        ("tracks", tracks, schema_of("tracks")),
        ("objects", objects, FOOTBALL_OBJECTS_SCHEMA),
        ("cameras", cameras, CAMERAS_SCHEMA),
    ):
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), paths[role], compression="zstd")
    return found


def _mot_lines(shot: FootballShot) -> list[str]:
    """Give a frame's lines of `gt.txt`, people only, all of class 1."""
    lines = []
    for one in shot.seen:
        if one.kind != "ball":
            x1, y1, x2, y2 = one.box_px
            counted = int(one.visibility >= COUNTED_FROM)
            box = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
            lines.append(f"{shot.index + 1},{one.track_id},{box},{counted},1,{one.visibility:.4f}\n")
    return lines


def _track_rows(shot: FootballShot, ball_id: int) -> list[dict[str, Any]]:
    return [
        {
            "frame": shot.index, "t_s": shot.t_s, "track_id": one.track_id or ball_id,
            **dict(zip(("x1_px", "y1_px", "x2_px", "y2_px"), one.box_px, strict=True)),
            "score": 1.0, "class_id": CLASSES.index(one.kind), "class_name": one.kind, "quality": Quality.SEEN.value,
        }
        for one in shot.seen
        if one.visibility >= COUNTED_FROM
    ]  # fmt: skip


def _object_rows(shot: FootballShot, scene: _Scene) -> list[dict[str, Any]]:
    names = ("full_x1_px", "full_y1_px", "full_x2_px", "full_y2_px")
    rows = []
    for one in shot.seen:
        staging = scene.staging
        place = (
            staging.ball_m[shot.index]
            if one.kind == "ball"
            else staging.positions_m[shot.index, one.track_id - 1]
        )
        rows.append(
            {
                "frame": shot.index, "t_s": shot.t_s, "track_id": one.track_id or scene.ball_id, "x_m": float(place[0]),
                "y_m": float(place[1]), "visibility": one.visibility, **dict(zip(names, one.full_box_px, strict=True)),
                "class_name": one.kind,
            }
        )  # fmt: skip
    return rows


def _write_tables(scene: _Scene, paths: Mapping[str, Path], seen: set[tuple[int, int]]) -> None:
    """Write `players`, `ball` and `events`: everybody in every frame, also who is out of the picture."""
    staging = scene.staging
    players = scene.played.players
    rows: list[dict[str, Any]] = []
    balls: list[dict[str, Any]] = []
    speeds = np.hypot(staging.speeds_mps[..., 0], staging.speeds_mps[..., 1])
    for index, t_s in enumerate(staging.times_s.tolist()):
        for column, player in enumerate(players):
            x, y = staging.positions_m[index, column].tolist()
            if np.isfinite(x):
                rows.append(
                    {
                        "frame": index, "t_s": t_s, "track_id": column + 1, "player_id": player.player_id,
                        "team": player.team.value if player.team else "referee", "role": player.role.value,
                        "jersey": player.jersey, "x_m": x, "y_m": y, "speed_mps": float(speeds[index, column]),
                        "quality": (Quality.SEEN if (index, column) in seen else Quality.EXTRAPOLATED).value,
                    }
                )  # fmt: skip
        place = staging.ball_m[index]
        if np.isfinite(place).all():
            balls.append(_ball_row(scene, index, t_s, shown=(index, -1) in seen))
    names = schema_of("events").names
    events = [{**dict.fromkeys(names), **event, "rule": "truth"} for event in scene.event_rows()]
    for role, table in (("players", rows), ("ball", balls), ("events_table", events)):
        schema = schema_of("events" if role == "events_table" else role)
        pq.write_table(pa.Table.from_pylist(table, schema=schema), paths[role], compression="zstd")


def _ball_row(scene: _Scene, index: int, t_s: float, *, shown: bool) -> dict[str, Any]:
    staging, camera = scene.staging, scene.cameras[index]
    place = staging.ball_m[index]
    points_px, depths_m = camera.project(place[None])
    x, y = points_px[0].tolist()
    ahead = bool(np.isfinite(x))
    return {
        "frame": index, "t_s": t_s, "x_px": x if ahead else None, "y_px": y if ahead else None,
        "radius_px": 0.11 * camera.focal_px / float(depths_m[0]) if ahead else None,
        "x_m": float(place[0]), "y_m": float(place[1]), "z_m": float(place[2]),
        "speed_mps": float(np.sqrt((staging.ball_mps[index] ** 2).sum())), "score": 1.0,
        "state": "seen" if shown else "interpolated",
    }  # fmt: skip


def homography_facts(camera: PinholeCamera) -> dict[str, Any]:
    """Give a camera as `camera.json` tells it, with its map from picture pixels to pitch metres."""
    return {
        "size": {"height_px": camera.size[0], "width_px": camera.size[1]},
        "focal_px": camera.focal_px,
        "position_m": list(camera.position_m),
        "pan_deg": camera.pan_deg,
        "tilt_deg": camera.tilt_deg,
        "roll_deg": camera.roll_deg,
        "homography": {
            "source": "image_px",
            "target": "pitch_m",
            "matrix": camera.image_to_ground().matrix.tolist(),
        },
    }
