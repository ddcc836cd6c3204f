"""Reads `stage_configs`: settings by stage, as clients of the API write them, onto what a run really has.

Nothing is ignored in silence. What nobody can mean (an unknown stage or key, a wrong type, two values for one thing)
is refused with a hint; a wish that this application or machine cannot meet is left out, and a warning says so.
`settings` of a request says the rest by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
        "target_resolution": "target_resolution",
        "extract_audio": "extract_audio",
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
"""Stage -> key -> `app:<setting>` of the application, or a field of the request."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "batch": (int,),
    "tracker": (str,),
    "camera_motion": (bool,),
    "skip_still": (bool,),
    "annotate": (bool,),
    "target_fps": (int, float),
    "target_resolution": (str, list, tuple, Mapping),
    "extract_audio": (bool,),
    "stride": (int,),
}
_SIDES = re.compile(r"\s*(\d{1,5})\s*[xX*:,]\s*(\d{1,5})\s*")
_LINES = re.compile(r"\s*(\d{2,5})\s*p\s*", re.IGNORECASE)
_LEAST_PX, _MOST_PX = 16, 16_384


@dataclass(frozen=True, slots=True)
class Configured:
    """What `stage_configs` came to.

    Attributes:
        fields: Fields of the request, by name; `target_fps` and `target_resolution` among them.
        settings: Settings of the application, by name.
        warnings: What was asked for and cannot be met, in sentences.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def read_stage_configs(
    configs: Mapping[str, Mapping[str, Any]], app: str, app_settings: frozenset[str]
) -> Configured:
    """Give what stages' settings mean for a run.

    Args:
        configs: Stage -> key -> value; a value of None is as if it were not there.
        app: The application's name, for the warning.
        app_settings: Settings that the application has.

    Raises:
        SettingsError: A stage or key is unknown, contradicts another one, or has a wrong type.
    """
    fields, settings, warnings = dict[str, Any](), dict[str, Any](), list[str]()
    for stage, config in configs.items():
        if stage not in STAGES:
            raise SettingsError(
                f"stage_configs: there is no stage {stage[:80]!r}", hint=f"stages are {', '.join(STAGES)}"
            )
        for key, value in config.items():
            target, place = _target(stage, key), f"stage_configs.{stage}.{key}"
            if value is None:
                continue
            if not target.startswith("app:"):
                _put(fields, target, _checked(target, value, place), place)
            elif (name := target.removeprefix("app:")) in app_settings:
                _put(settings, name, value, place)
            else:
                warnings.append(f"{place} is not used: the {app} application has no {name}")
    return Configured(fields, settings, tuple(warnings))


def read_resolution(value: Any, place: str) -> tuple[int, int]:
    """Give a resolution as `(height, width)` in pixels.

    Args:
        value: `1280x720`, `720p` (16:9), `[1280, 720]`, or `{"width": 1280, "height": 720}`.
        place: Where it was said, for the error.

    Raises:
        SettingsError: It is none.
    """
    sides = _sides(value)
    if sides is None or not all(_LEAST_PX <= side <= _MOST_PX for side in sides):
        raise SettingsError(
            f"{place} is not a resolution: {value!r}"[:200],
            hint=f'as in "1280x720", "720p" or [1280, 720]: width, then height, {_LEAST_PX} to {_MOST_PX} px',
        )
    return sides


def _sides(value: Any) -> tuple[int, int] | None:
    """Give `(height, width)`, None for what is not a resolution."""
    if isinstance(value, str):
        if found := _SIDES.fullmatch(value):
            return int(found[2]), int(found[1])
        if found := _LINES.fullmatch(value):
            return int(found[1]), round(int(found[1]) * 16 / 9)
        return None
    if isinstance(value, Mapping):
        value = [value.get("width"), value.get("height")] if set(value) == {"width", "height"} else None
    if not isinstance(value, Sequence) or len(value) != 2:
        return None
    if any(isinstance(side, bool) or not isinstance(side, int) for side in value):
        return None
    return value[1], value[0]


def _target(stage: str, key: str) -> str:
    """Give where a key goes."""
    keys = STAGES[stage]
    if key not in keys:
        raise SettingsError(
            f"stage_configs.{stage} has no {key[:80]!r}", hint=f"it has {', '.join(sorted(keys))}"
        )
    return keys[key]


def _put(found: dict[str, Any], name: str, value: Any, place: str) -> None:
    if found.setdefault(name, value) != value:
        raise SettingsError(f"{place} says {value!r}, another stage says {found[name]!r}", hint="say it once")


def _checked(name: str, value: Any, place: str) -> Any:
    kinds = _KINDS[name]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        words = " or ".join(kind.__name__ for kind in kinds)
        raise SettingsError(f"{place} must be {words}, got {value!r}"[:200], hint="/docs shows an example")
    return read_resolution(value, place) if name == "target_resolution" else value
