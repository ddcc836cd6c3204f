"""What applications share when they build their stages from `pipeline.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from sightline.core.errors import ConfigError

if TYPE_CHECKING:
    from sightline.ports import ModelAdapter, StageContext
    from sightline.stages.detect import DetectStage


@cache
def read_pipeline(package: str) -> tuple[Mapping[str, Any], ...]:
    """Give the steps that an application's `pipeline.yaml` lists, in order."""
    text = (files(package) / "pipeline.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text)["stages"])


def model_for(step: Mapping[str, Any], context: StageContext, application: str) -> ModelAdapter:
    """Give the model that a step names by its role.

    Raises:
        ConfigError: None was given for that role.
    """
    role = step["model"]
    if role not in context.models:
        raise ConfigError(
            f"the {application} application needs a model as its {role}", hint="choose one with --model"
        )
    return context.models[role]


def detect_stage(
    step: Mapping[str, Any], context: StageContext, model: ModelAdapter, settings: object
) -> DetectStage:
    """Give a step's detector, with the lowest score that the application's settings say."""
    from sightline.stages.detect import DetectStage

    min_score = getattr(settings, step["min_score"]["setting"])
    return DetectStage.for_model(model, min_score=min_score, in_flight=context.in_flight)


def unknown_stage(step: Mapping[str, Any], application: str) -> ConfigError:
    """Give the error for a step that the application does not know."""
    return ConfigError(f"the {application} pipeline knows no stage {step['stage']!r}")
