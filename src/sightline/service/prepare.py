"""Builds what a run needs from its stored settings: source, model, stages, provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sightline
from sightline import plugins
from sightline.core.arrow import lean_arrow
from sightline.core.errors import ConfigError
from sightline.core.models import Task
from sightline.core.tables import TABLES
from sightline.engine.run import EngineSettings
from sightline.media.motion_gate import MotionGate
from sightline.ports import ModelOptions, StageContext
from sightline.service.submit import media_limits
from sightline.stages.decode import VideoSource
from sightline.stages.record import RecordStage
from sightline.vision.catalog import build_model
from sightline.vision.detect import decode_size

if TYPE_CHECKING:
    from sightline.core.media import MediaInfo, Segment
    from sightline.core.runs import Run
    from sightline.ports import Application, FrameSource, ModelAdapter, Stage, Tracker
    from sightline.service.folder import RunFolder
    from sightline.service.platform import Platform


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run works with.

    Attributes:
        source: The opened video.
        media: Facts about it.
        segments: What it is worked on in.
        application: What the results are for.
        model: Finds things; opened by its stage.
        stages: The whole pipeline, recording included.
        tables: Those that are recorded, besides `frames`.
        provenance: What every number depends on: versions, model, settings, source.
    """

    source: FrameSource
    media: MediaInfo
    segments: Sequence[Segment]
    application: Application
    model: ModelAdapter
    stages: Sequence[Stage]
    tables: Sequence[str]
    provenance: Mapping[str, Any]


def prepare(platform: Platform, run: Run, folder: RunFolder) -> Prepared:
    """Build what a run needs; no weights load yet.

    Raises:
        SightlineError: The video, the model or a setting cannot be used.
    """
    lean_arrow()
    settings = run.settings
    application: Application = plugins.load("apps", run.app)()
    source = VideoSource(
        Path(run.source),
        stride=settings["stride"],
        segment_s=settings["segment_s"],
        threads=decode_threads(platform),
        limits=media_limits(platform),
        motion_gate=MotionGate() if settings["skip_still"] else None,
    )
    media = source.open()
    options = replace(model_options(platform, settings), source_size=media.size)
    model = build_model(settings["model"], options, platform.zoo)
    check_task(model)
    more = _more_models(platform, settings)
    context = StageContext(
        media=media,
        models={"detector": model, **more},
        tracker=partial(make_tracker, settings["tracker"], camera_motion=settings["camera_motion"]),
        settings=settings["app"],
        in_flight=in_flight(platform),
    )
    stages = list(application.stages(context))
    wanted = (
        None
        if any(getattr(stage, "full_frames", False) for stage in stages)
        else decode_size(model.info, media.size)
    )
    source.scale_to(_within(settings.get("within"), wanted, media.size))
    produced = frozenset[str]().union(*(stage.produces for stage in stages))
    tables = [table for table in TABLES if table in produced]
    record = RecordStage(
        folder.write_part,
        tables=tables,
        class_names=lambda: model.info.class_names,
    )
    return Prepared(
        source=source,
        media=media,
        segments=source.segments(),
        application=application,
        model=model,
        stages=[*stages, record],
        tables=tables,
        provenance=_provenance(run, model, more),
    )


def _within(
    most: Sequence[int] | None, wanted: tuple[int, int] | None, size: tuple[int, int]
) -> tuple[int, int] | None:
    """Give the size that pictures are decoded to: what the stages want, or less where `most` allows no more.

    Args:
        most: `(height, width)` in pixels that a picture must fit into; None for no limit.
        wanted: What the stages want; None for the source's own.
        size: The source's own.
    """
    if most is None:
        return wanted
    scale = min(1.0, most[0] / size[0], most[1] / size[1])
    fitted = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    return fitted if fitted[0] * fitted[1] < (wanted or size)[0] * (wanted or size)[1] else wanted


def engine_settings(platform: Platform, run: Run) -> EngineSettings:
    """Give how the engine is to run."""
    return EngineSettings(
        channel_frames=max(2, run.settings.get("batch") or platform.settings.batch),
        stage_timeout_s=platform.settings.stage_timeout_s,
    )


_MORE_ROLES: Mapping[str, Task] = MappingProxyType({"pose": Task.POSE, "pitch": Task.DETECT})
"""What models beside the detector are for, and what they answer."""


def _more_models(platform: Platform, settings: Mapping[str, Any]) -> dict[str, ModelAdapter]:
    """Give the models that an application's settings name by role beside the detector, as in `pose_model`."""
    found = {}
    for role, task in _MORE_ROLES.items():
        name = settings["app"].get(f"{role}_model")
        if name:
            options = replace(model_options(platform, settings), layout=None)
            found[role] = build_model(name, options, platform.zoo)
            if found[role].info.task is not task:
                raise ConfigError(
                    f"{found[role].info.name} is not a model to {task.value}",
                    hint="`sightline models list` names some",
                )
    return found


def check_task(model: ModelAdapter) -> None:
    """Refuse a model that does not detect.

    Raises:
        ConfigError: It answers something else.
    """
    info = model.info
    if info.task is not Task.DETECT:
        raise ConfigError(
            f"{info.name} ({info.family}) does not detect: it is a model to {info.task}",
            hint="give a detector with --model; `sightline models list` names some",
        )


def cores(platform: Platform) -> int:
    """Give the core budget of one run."""
    return platform.settings.threads or platform.machine.cores


def in_flight(platform: Platform) -> int:
    """Give how many inferences may be under way at once: while half of them are read, each core has one left."""
    return max(platform.settings.in_flight, 2 * cores(platform))


def decode_threads(platform: Platform) -> int:
    """Give how many threads the decoder may use: it waits for the model most of the time."""
    return min(2, cores(platform))


def model_options(platform: Platform, settings: Mapping[str, Any]) -> ModelOptions:
    """Give how a run's model is to be run."""
    chosen = {name: settings["app"][name] for name in ("iou", "max_detections") if name in settings["app"]}
    return ModelOptions(
        runtime=settings["runtime"],
        precision=settings["precision"],
        threads=cores(platform),
        in_flight=in_flight(platform),
        min_score=settings["app"].get("min_score", 0.1),
        layout=settings["layout"],
        **chosen,
    )


def make_tracker(
    name: str, *, camera_motion: bool, tuned: Mapping[str, Mapping[str, Any]] | None = None
) -> Tracker:
    """Give a fresh tracker.

    Args:
        name: Plugin's name.
        camera_motion: Take the camera's motion out.
        tuned: Settings that suit an application, by a tracker's name.

    Raises:
        UnknownPluginError: None of that name is installed.
    """
    own = (tuned or {}).get(name, {})
    tracker: Tracker = plugins.load("trackers", name)(camera_motion=camera_motion, **own)
    return tracker


def _provenance(run: Run, model: ModelAdapter, more: Mapping[str, ModelAdapter]) -> dict[str, Any]:
    """Give what decides the results; nothing in it differs between two runs of the same request."""
    settings = run.settings
    return {
        "sightline": sightline.__version__,
        "app": run.app,
        "source": dict(settings["source"]),
        "model": _described(model, settings["runtime"]),
        "more_models": {role: _described(other, settings["runtime"]) for role, other in more.items()},
        "settings": {
            name: settings[name]
            for name in ("stride", "skip_still", "within", "tracker", "camera_motion", "segment_s", "app")
            if name in settings
        },
    }


def _described(model: ModelAdapter, runtime: str) -> dict[str, str]:
    info = model.info
    return {
        "name": Path(info.name).name,
        "family": info.family,
        "sha256": info.sha256,
        "precision": info.precision,
        "runtime": runtime if info.sha256 else "",
        "licence": info.licence,
    }
