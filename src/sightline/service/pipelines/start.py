"""Starts a pipeline for somebody on the network: reads what they ask for onto a run, and queues it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline import plugins
from sightline.core.errors import SettingsError
from sightline.media.probe import probe
from sightline.service.accounts.quotas import check_run_quota
from sightline.service.jobs.enqueue import Enqueued, enqueue
from sightline.service.pipelines.options.preferences import Preferences, resolve_preferences
from sightline.service.pipelines.options.stage_configs import Configured, read_stage_configs
from sightline.service.submit import AnalyzeRequest, media_limits

if TYPE_CHECKING:
    from sightline.core.accounts import Principal
    from sightline.ports import Application
    from sightline.service.platform import Platform

_ANY_MODEL = frozenset({"", "default", "latest"})


@dataclass(frozen=True, slots=True)
class PipelineRequest:
    """What somebody asks for.

    Attributes:
        app: What to make of the video, as in `people`.
        model: Name of a model; None for the application's default.
        batch: Frames handed from stage to stage at once; None for the server's.
        gpu: Whether the GPU is wanted; None where it does not matter.
        checkpoints: Whether checkpoints are wanted; None where it does not matter.
        priority: The higher, the sooner it is begun.
        stage_configs: Settings by stage.
        settings: The application's own settings, by name.
        tags: Words to find it by.
    """

    app: str = "people"
    model: str | None = None
    batch: int | None = None
    gpu: bool | None = None
    checkpoints: bool | None = None
    priority: int = 0
    stage_configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()


def start_pipeline(
    platform: Platform, who: Principal, video: Path, request: PipelineRequest, *, video_id: str = ""
) -> Enqueued:
    """Queue a run on a video, or answer from what is stored.

    A wish that this machine, video or application cannot meet does not stop it: the run's warnings say so.

    Args:
        platform: The adapters.
        who: Whose run it will be.
        video: The file; whoever asks may use it, which has been checked.
        request: What is asked for.
        video_id: Of the uploaded video, empty where it is none.

    Raises:
        ConfigError: A name or setting is wrong.
        MediaError: The video cannot be used.
        OutputError: The results folder cannot be written to.
        QuotaExceededError: They have had their share of runs.
    """
    check_run_quota(platform, who)
    application: Application = plugins.load("apps", request.app)()
    configured = read_stage_configs(request.stage_configs, request.app, frozenset(application.defaults()))
    fields = configured.fields
    effective = resolve_preferences(
        probe(video, media_limits(platform)),
        Preferences(
            gpu=request.gpu,
            checkpoints=request.checkpoints,
            target_fps=fields.get("target_fps"),
            stride=fields.get("stride"),
            within=fields.get("target_resolution"),
            audio=fields.get("extract_audio"),
        ),
    )
    warnings = [*configured.warnings, *effective.warnings]
    analyze = AnalyzeRequest(
        video=video,
        app=request.app,
        model=_closest("model_version", _named(request.model), _named(fields.get("model")), warnings),
        stride=effective.stride,
        skip_still=fields.get("skip_still", False),
        annotate=fields.get("annotate", True),
        tracker=fields.get("tracker", "bytetrack"),
        camera_motion=fields.get("camera_motion", False),
        settings=_merged(request, configured),
        batch=_closest("batch_size", request.batch, fields.get("batch"), warnings),
        owner=who.user_id,
        priority=request.priority,
        tags=tuple(sorted(set(request.tags))),
        video_id=video_id,
        within=effective.within,
        audio=effective.audio,
        checkpoints=effective.checkpoints,
        warnings=tuple(warnings),
    )
    return enqueue(platform, analyze)


def _named(model: str | None) -> str | None:
    """Give a model's name, None where any would do."""
    return None if model is None or model in _ANY_MODEL else model


def _closest(name: str, general: Any, of_stage: Any, warnings: list[str]) -> Any:
    """Give the value of the stage, which is nearer to what is meant, else the general one."""
    if general is not None and of_stage is not None and general != of_stage:
        warnings.append(f"{name} {general!r} is not used: the stage's own {of_stage!r} is")
    return general if of_stage is None else of_stage


def _merged(request: PipelineRequest, configured: Configured) -> dict[str, Any]:
    """Join the settings that were said by stage and by name; what cannot be stored as JSON is refused."""
    said = dict(request.settings)
    for name, value in configured.settings.items():
        if said.get(name) not in (None, value):
            raise SettingsError(f"{name} is {said[name]!r} here and {value!r} there", hint="say it once")
        said[name] = value
    try:
        json.dumps(said, allow_nan=False)
    except ValueError:
        raise SettingsError(
            "settings hold a number that is none", hint="NaN and Infinity are not taken"
        ) from None
    return said
