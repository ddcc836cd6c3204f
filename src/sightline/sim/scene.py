"""Films a scene: frames into a clip, what was in them into truth files, all with the same bytes for the same seed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from sightline.core.errors import SettingsError
from sightline.core.tables import schema_of
from sightline.media.encode import VideoWriter
from sightline.service.folder import whole
from sightline.sim.truth import CAMERAS_SCHEMA, OBJECTS_SCHEMA, Seen, mot_lines, object_rows, track_rows

if TYPE_CHECKING:
    from sightline import ports
    from sightline.core.arrays import UInt8
    from sightline.sim.camera import Camera

_ROWS_A_GROUP = 4096
_LARGEST_PX = 4096


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame.

    Attributes:
        index: Its number from 0.
        t_s: Its time.
        image: `(h, w, 3)` BGR uint8.
        camera: Where the camera looked.
        seen: What is in it, in rising order of id.
    """

    index: int
    t_s: float
    image: UInt8
    camera: Camera
    seen: Sequence[Seen]


class Filmable(Protocol):
    """What a scene must tell for `film` to make its files."""

    name: str
    options: ports.SceneOptions
    class_name: str

    @property
    def rest(self) -> Camera:
        """The camera at rest."""
        ...

    def shots(self) -> Iterator[Shot]:
        """Every frame in order."""
        ...

    def events(self) -> Mapping[str, Any]:
        """What happened, as `events.json` tells it."""
        ...

    def rules(self) -> Mapping[str, Any]:
        """Lines and zones for the analysis, as `rules.yaml` holds them."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """What was drawn by lot, for `scene.json`."""
        ...


def frame_count(options: ports.SceneOptions) -> int:
    """Give how many frames a clip has: as many as begin before its end, at least one."""
    return max(int(options.seconds * options.frame_rate_hz), 1)


def check(options: ports.SceneOptions) -> None:
    """Refuse what cannot be filmed.

    Raises:
        SettingsError: A number is out of range.
    """
    height, width = options.size
    if height % 2 or width % 2 or not (90 <= height <= _LARGEST_PX and 120 <= width <= _LARGEST_PX):
        raise SettingsError(
            f"a scene cannot be {width}x{height} pixels",
            hint=f"both sides even, at least 120x90 and at most {_LARGEST_PX}",
        )
    if not 0 < options.seconds <= 3600:
        raise SettingsError(f"a scene cannot last {options.seconds:g} s", hint="over 0 and up to 3600")
    if not 1 <= options.frame_rate_hz <= 240:
        raise SettingsError(
            f"a scene cannot have {float(options.frame_rate_hz):g} frames a second", hint="1 to 240"
        )
    if options.shake_px < 0 or options.noise < 0 or options.noise > 30:
        raise SettingsError("shake must be >= 0 and noise 0..30", hint="try --shake 1 --noise 2")
    if options.actors is not None and not 0 <= options.actors <= 200:
        raise SettingsError(f"a scene cannot have {options.actors} actors", hint="0 to 200")


def filled_in(scene: str, defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Give a scene's settings, those left out with their defaults.

    Raises:
        SettingsError: One is given that the scene does not have.
    """
    unknown = sorted(set(given) - set(defaults))
    if unknown:
        raise SettingsError(
            f"the {scene} scene has no setting {', '.join(unknown)}", hint=f"it has {', '.join(defaults)}"
        )
    return {**defaults, **given}


def film(
    scene: Filmable, out: Path, progress: Callable[[int, int], None] | None = None
) -> Mapping[str, Path]:
    """Write a scene's clip and truth; see `ports.Scene.render`.

    Raises:
        OutputError: The folder cannot be written to.
    """
    paths = {
        "clip": out / "clip.mp4",
        "gt": out / "truth" / "gt.txt",
        "tracks": out / "truth" / "tracks.parquet",
        "objects": out / "truth" / "objects.parquet",
        "cameras": out / "truth" / "cameras.parquet",
        "events": out / "truth" / "events.json",
        "rules": out / "rules.yaml",
        "camera": out / "camera.json",
        "scene": out / "scene.json",
    }
    with ExitStack() as stack:
        open_at = {role: stack.enter_context(whole(path)) for role, path in paths.items()}
        _film_frames(scene, open_at, progress)
        for role, facts in (("events", scene.events()), ("camera", _camera(scene)), ("scene", _facts(scene))):
            open_at[role].write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
        open_at["rules"].write_text(
            yaml.safe_dump(dict(scene.rules()), sort_keys=False, default_flow_style=None), encoding="utf-8"
        )
    return paths


def _film_frames(
    scene: Filmable, paths: Mapping[str, Path], progress: Callable[[int, int], None] | None
) -> None:
    total = frame_count(scene.options)
    with ExitStack() as stack:
        clip = stack.enter_context(
            VideoWriter(paths["clip"], size=scene.options.size, frame_rate_hz=scene.options.frame_rate_hz)
        )
        gt = stack.enter_context(paths["gt"].open("w", encoding="ascii", newline="\n"))
        tracks = stack.enter_context(_Rows(paths["tracks"], schema_of("tracks")))
        objects = stack.enter_context(_Rows(paths["objects"], OBJECTS_SCHEMA))
        cameras = stack.enter_context(_Rows(paths["cameras"], CAMERAS_SCHEMA))
        for shot in scene.shots():
            clip.write(shot.image)
            gt.writelines(mot_lines(shot.index, shot.seen))
            tracks.add(track_rows(shot.index, shot.t_s, shot.seen, scene.class_name))
            objects.add(object_rows(shot.index, shot.t_s, shot.seen))
            numbers = shot.camera.image_to_ground().matrix.ravel().tolist()
            row = dict(zip(CAMERAS_SCHEMA.names, (shot.index, shot.t_s, *numbers), strict=True))
            cameras.add(pa.RecordBatch.from_pylist([row], schema=CAMERAS_SCHEMA))
            if progress is not None:
                progress(shot.index + 1, total)


class _Rows:
    """A Parquet file written some thousand rows at a time."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._schema = schema
        self._held: list[pa.RecordBatch] = []

    def __enter__(self) -> _Rows:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, batch: pa.RecordBatch) -> None:
        """Take some rows."""
        self._held.append(batch)
        if sum(held.num_rows for held in self._held) >= _ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held, self._schema).combine_chunks())
        self._held = []


def _camera(scene: Filmable) -> Mapping[str, Any]:
    """Give `camera.json`: the camera at rest and its homography from image pixels to ground metres."""
    rest = scene.rest
    return {
        "size": {"height_px": rest.size[0], "width_px": rest.size[1]},
        "focal_px": rest.focal_px,
        "position_m": list(rest.position_m),
        "pan_deg": rest.pan_deg,
        "tilt_deg": rest.tilt_deg,
        "roll_deg": rest.roll_deg,
        "moves": scene.options.shake_px > 0 or bool(scene.options.settings.get("sweep_deg", 0)),
        "homography": {
            "source": "image_px",
            "target": "ground_m",
            "matrix": rest.image_to_ground().matrix.tolist(),
        },
    }


def _facts(scene: Filmable) -> Mapping[str, Any]:
    options = scene.options
    return {
        "scene": scene.name,
        "seconds": options.seconds,
        "frames": frame_count(options),
        "seed": options.seed,
        "size": {"height_px": options.size[0], "width_px": options.size[1]},
        "frame_rate_hz": str(options.frame_rate_hz),
        "shake_px": options.shake_px,
        "noise": options.noise,
        "settings": dict(options.settings),
        **scene.facts(),
    }
