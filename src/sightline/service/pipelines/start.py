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
from sightline.service.pipelines.stage_configs import Configured, read_stage_configs
from sightline.service.submit import AnalyzeRequest, media_limits

if TYPE_CHECKING:
    from sightline.core.accounts import Principal
    from sightline.ports import Application
    from sightline.service.platform import Platform


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

    Args:
        platform: The adapters.
        who: Whose run it will be.
        video: The file; whoever asks may use it, which has been checked.
        request: What is asked for.
        video_id: Of the uploaded video, empty where it is none.

    Raises:
        ConfigError: A name or setting is wrong, or would have no effect.
        MediaError: The video cannot be used.
        OutputError: The results folder cannot be written to.
        QuotaExceededError: They have had their share of runs.
    """
    _check_machine(request)
    check_run_quota(platform, who)
    application: Application = plugins.load("apps", request.app)()
    configured = read_stage_configs(request.stage_configs, request.app, frozenset(application.defaults()))
    settings = _merged(request, configured)
    fields = dict(configured.fields)
    analyze = AnalyzeRequest(
        video=video,
        app=request.app,
        model=_agreed("model", request.model, fields.get("model")),
        stride=_stride(platform, video, fields),
        skip_still=fields.get("skip_still", False),
        annotate=fields.get("annotate", True),
        tracker=fields.get("tracker", "bytetrack"),
        camera_motion=fields.get("camera_motion", False),
        settings=settings,
        batch=_agreed("batch_size", request.batch, fields.get("batch")),
        owner=who.user_id,
        priority=request.priority,
        tags=tuple(sorted(set(request.tags))),
        video_id=video_id,
    )
    return enqueue(platform, analyze)


def _check_machine(request: PipelineRequest) -> None:
    if request.gpu:
        raise SettingsError(
            "gpu_enabled: this build computes on the processor; no GPU would be used",
            hint="leave gpu_enabled out, or say false",
        )
    if request.checkpoints is False:
        raise SettingsError(
            "checkpoint_enabled: checkpoints are always kept; saying false would change nothing",
            hint="leave checkpoint_enabled out, or say true",
        )


def _merged(request: PipelineRequest, configured: Configured) -> dict[str, Any]:
    """Join the settings that were said by stage and by name; what cannot be stored as JSON is refused."""
    said = dict(request.settings)
    for name, value in configured.settings.items():
        said[name] = _agreed(name, said.get(name), value)
    try:
        json.dumps(said, allow_nan=False)
    except ValueError:
        raise SettingsError(
            "settings hold a number that is none", hint="NaN and Infinity are not taken"
        ) from None
    return said


def _agreed(name: str, one: Any, other: Any) -> Any:
    """Give the value that was said, once or twice alike."""
    if one is not None and other is not None and one != other:
        raise SettingsError(f"{name} is {one!r} here and {other!r} there", hint="say it once")
    return other if one is None else one


def _stride(platform: Platform, video: Path, fields: Mapping[str, Any]) -> int:
    """Give every how many frames are looked at, for a pace as near to `target_fps` as whole frames allow."""
    target_fps = fields.get("target_fps")
    if target_fps is None:
        return int(fields.get("stride", 1))
    if "stride" in fields:
        raise SettingsError("target_fps and stride say the same thing twice", hint="give one of them")
    rate_hz = probe(video, media_limits(platform)).frame_rate_hz
    if rate_hz is None:
        return 1
    if not 0 < target_fps <= float(rate_hz) * 1.001:
        raise SettingsError(
            f"target_fps is {target_fps:g}; the video has {float(rate_hz):g}",
            hint="frames are left out, never made up: give at most the video's own",
        )
    return max(1, round(float(rate_hz) / float(target_fps)))
