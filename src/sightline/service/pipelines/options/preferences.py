"""Meets what somebody would like of machine and video as far as they go, and says where they do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from sightline.core.media import MediaInfo

_NEARLY = 0.05


@dataclass(frozen=True, slots=True)
class Preferences:
    """What somebody would like; None where they do not mind.

    Attributes:
        gpu: Compute on a GPU.
        checkpoints: Keep what lets a run go on where it stopped.
        target_fps: Frames to look at each second.
        stride: Look at every n-th frame.
        within: Size `(height, width)` in pixels that pictures are to fit into.
        audio: Have the sound as a file of its own.
    """

    gpu: bool | None = None
    checkpoints: bool | None = None
    target_fps: float | None = None
    stride: int | None = None
    within: tuple[int, int] | None = None
    audio: bool | None = None


@dataclass(frozen=True, slots=True)
class Effective:
    """What a run will do about it.

    Attributes:
        stride: Look at every n-th frame.
        within: Size `(height, width)` that pictures are decoded within; None for no limit.
        audio: Whether the sound becomes a file.
        checkpoints: Whether they are kept.
        warnings: What cannot be met, in sentences.
    """

    stride: int
    within: tuple[int, int] | None
    audio: bool
    checkpoints: bool
    warnings: tuple[str, ...]


def resolve_preferences(media: MediaInfo, preferences: Preferences) -> Effective:
    """Give what can be done of what somebody would like.

    Raises:
        SettingsError: They contradict one another, or a number makes no sense.
    """
    warnings: list[str] = []
    if preferences.gpu:
        warnings.append("gpu_enabled: no GPU is used here; the run computes on the processor")
    audio = bool(preferences.audio)
    if audio and media.audio_codec is None:
        warnings.append("extract_audio: the video has no sound")
        audio = False
    return Effective(
        stride=_stride(media, preferences, warnings),
        within=_within(media, preferences.within, warnings),
        audio=audio,
        checkpoints=preferences.checkpoints is not False,
        warnings=tuple(warnings),
    )


def _stride(media: MediaInfo, preferences: Preferences, warnings: list[str]) -> int:
    """Give every how many frames are looked at, for a pace as near to `target_fps` as whole frames allow."""
    target_fps = preferences.target_fps
    if target_fps is None:
        return 1 if preferences.stride is None else preferences.stride
    if preferences.stride is not None:
        raise SettingsError("target_fps and stride say the same thing twice", hint="give one of them")
    if not 0 < target_fps < float("inf"):
        raise SettingsError(f"target_fps is {target_fps:g}", hint="give frames a second, above 0")
    if media.frame_rate_hz is None:
        warnings.append("target_fps: the video does not say its own frame rate; every frame is looked at")
        return 1
    own_hz = float(media.frame_rate_hz)
    stride = max(1, round(own_hz / target_fps))
    real_hz = own_hz / stride
    if abs(real_hz - target_fps) > _NEARLY * target_fps:
        warnings.append(
            f"target_fps {target_fps:g}: the video has {own_hz:g}, and whole frames are left out, never made up; "
            f"{real_hz:.4g} a second are looked at"
        )
    return stride


def _within(media: MediaInfo, within: tuple[int, int] | None, warnings: list[str]) -> tuple[int, int] | None:
    if within is None:
        return None
    height, width = media.size
    if height <= within[0] and width <= within[1]:
        if (height, width) != within:
            warnings.append(
                f"target_resolution {within[1]}x{within[0]}: the video has {width}x{height}, and no picture is enlarged"
            )
        return None
    return within
