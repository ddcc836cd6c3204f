"""Builds the live streams of this process, from how this machine is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sightline import plugins
from sightline.core.errors import SettingsError
from sightline.core.models import Task
from sightline.ports import ModelOptions
from sightline.service.jobs.relay import tell
from sightline.service.live.models import ChosenModel
from sightline.service.live.streams import LiveStreams
from sightline.service.prepare import cores
from sightline.service.webhooks.notifier import Notifier
from sightline.vision.catalog import build_model

if TYPE_CHECKING:
    from sightline.ports import ModelAdapter
    from sightline.service.platform import Platform
    from sightline.settings import Settings

_MIN_SCORE = 0.1
_STEP_PX = 32


def build_live(platform: Platform) -> LiveStreams:
    """Give them; nothing is opened before the first stream is."""
    settings = platform.settings
    workers = cores(platform)
    at_once = 1 if settings.stream_performance == "latency" else None
    options = ModelOptions(
        runtime=settings.runtime,
        precision=platform.machine.precision(settings.precision),
        threads=workers,
        in_flight=workers + 1,
        min_score=_MIN_SCORE,
        device=settings.stream_device,
        at_once=at_once,
    )

    def build(chosen: ChosenModel, scale: float, source_size: tuple[int, int] | None) -> ModelAdapter:
        wanted = replace(options, iou=chosen.iou, max_detections=chosen.max_detections)
        model = build_model(chosen.name, wanted, platform.zoo)
        if model.info.task is not Task.DETECT:
            raise SettingsError(
                f"{model.info.name} does not detect", hint="name a detector with SIGHTLINE_STREAM_MODEL"
            )
        own = model.info.input_size
        if own is None or (scale == 1.0 and source_size is None):
            return model
        size = own if scale == 1.0 else scaled_size(own, scale)
        return build_model(
            chosen.name, replace(wanted, input_size=size, source_size=source_size), platform.zoo
        )

    return LiveStreams(
        settings,
        workers,
        platform.clock,
        build,
        choose=partial(default_model, settings),
        notifier=Notifier(platform),
        publish=partial(tell, platform),
    )


def default_model(settings: Settings, app: str | None) -> ChosenModel:
    """Give the model of an application's streams: the one that is set for streams, its own, or everybody's."""
    if app is None or app not in plugins.names("apps"):
        return ChosenModel(settings.stream_model or settings.model)
    own: Mapping[str, Any] = plugins.load("apps", app)().defaults()
    name = settings.stream_model or own.get("model") or settings.model
    return ChosenModel(name, **{key: own[key] for key in ("iou", "max_detections") if key in own})


def scaled_size(own: tuple[int, int], scale: float) -> tuple[int, int]:
    """Give a model's input size scaled, in steps that every detector's strides divide."""
    height, width = (max(_STEP_PX, round(side * scale / _STEP_PX) * _STEP_PX) for side in own)
    return height, width
