"""Reads `stage_configs`: settings by stage, as clients of the API write them, onto what a run really has.

Nothing is taken and then ignored: a stage or a key that would change nothing is refused, and the hint says what
does. A stage may only say what the application has; `settings` of a request says the rest by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sightline.core.errors import SettingsError

_DETECTION = {
    "model_name": "model",
    "confidence_threshold": "app:min_score",
    "nms_threshold": "app:iou",
    "max_detections": "app:max_detections",
    "batch_size": "batch",
}
_TRACKING = {"tracker": "tracker", "camera_motion": "camera_motion"}
STAGES: Mapping[str, Mapping[str, str]] = {
    "video_decoding": {
        "target_fps": "target_fps",
        "stride": "stride",
        "skip_still": "skip_still",
        "target_resolution": "!frames are decoded straight at the size that the model wants; choose another model",
        "extract_audio": "!the sound stays in annotated.mp4; leave it out",
    },
    "detection": _DETECTION,
    "player_detection": _DETECTION,
    "person_detection": _DETECTION,
    "tracking": _TRACKING,
    "player_tracking": _TRACKING,
    "person_tracking": _TRACKING,
    "ball_tracking": {
        name: f"app:{name}"
        for name in ("tracking_method", "min_ball_radius", "max_ball_radius", "max_missing_frames")
    },
    "team_classification": {
        name: f"app:{name}" for name in ("kit_every", "home_kit", "away_kit", "home_name", "away_name")
    },
    "pitch_calibration": {
        name: f"app:{name}"
        for name in ("calibration", "pitch_length_m", "pitch_width_m", "pitch_every", "min_pitch_quality")
    },
    "pose_estimation": {"model_name": "app:pose_model"},
    "rendering": {"annotate": "annotate"},
}
"""Stage -> key -> `app:<setting>` of the application, a field of the request, or `!` and why it is refused."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "batch": (int,),
    "tracker": (str,),
    "camera_motion": (bool,),
    "skip_still": (bool,),
    "annotate": (bool,),
    "target_fps": (int, float),
    "stride": (int,),
}
# What a key that has no effect may still say: that it wants what happens anyway.
_HARMLESS: Mapping[tuple[str, str], tuple[Any, ...]] = {
    ("video_decoding", "target_resolution"): (None,),
    ("video_decoding", "extract_audio"): (None, False),
}


@dataclass(frozen=True, slots=True)
class Configured:
    """What `stage_configs` came to.

    Attributes:
        fields: Fields of the request, by name; `target_fps` among them.
        settings: Settings of the application, by name.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def read_stage_configs(
    configs: Mapping[str, Mapping[str, Any]], app: str, app_settings: frozenset[str]
) -> Configured:
    """Give what stages' settings mean for a run.

    Args:
        configs: Stage -> key -> value; a value of None is as if it were not there.
        app: The application's name, for the hint.
        app_settings: Settings that the application has.

    Raises:
        SettingsError: A stage or key is unknown, has no effect, contradicts another one, or has a wrong type.
    """
    fields, settings = dict[str, Any](), dict[str, Any]()
    for stage, config in configs.items():
        if stage not in STAGES:
            raise SettingsError(
                f"stage_configs: there is no stage {stage[:80]!r}", hint=f"stages are {', '.join(STAGES)}"
            )
        for key, value in config.items():
            target = _target(stage, key, value)
            if value is None or target.startswith("!"):
                continue
            place = f"stage_configs.{stage}.{key}"
            if target.startswith("app:"):
                _put(settings, _app_setting(target, place, app, app_settings), value, place)
            else:
                _put(fields, target, _checked(target, value, place), place)
    return Configured(fields, settings)


def _target(stage: str, key: str, value: Any) -> str:
    """Give where a key goes; a key without an effect may only say what happens anyway."""
    keys = STAGES[stage]
    if key not in keys:
        raise SettingsError(
            f"stage_configs.{stage} has no {key[:80]!r}", hint=f"it has {', '.join(sorted(keys))}"
        )
    target = keys[key]
    if target.startswith("!") and not any(value is harmless for harmless in _HARMLESS[stage, key]):
        raise SettingsError(f"stage_configs.{stage}.{key} would have no effect", hint=target[1:])
    return target


def _app_setting(target: str, place: str, app: str, app_settings: frozenset[str]) -> str:
    name = target.removeprefix("app:")
    if name not in app_settings:
        raise SettingsError(
            f"{place} would have no effect: the {app} application has no {name}",
            hint="choose an application that has it; GET /api/v1/apps lists them with their settings",
        )
    return name


def _put(found: dict[str, Any], name: str, value: Any, place: str) -> None:
    if found.setdefault(name, value) != value:
        raise SettingsError(f"{place} says {value!r}, another stage says {found[name]!r}", hint="say it once")


def _checked(name: str, value: Any, place: str) -> Any:
    kinds = _KINDS[name]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        words = " or ".join(kind.__name__ for kind in kinds)
        raise SettingsError(f"{place} must be {words}, got {value!r}"[:200], hint="/docs shows an example")
    return value
