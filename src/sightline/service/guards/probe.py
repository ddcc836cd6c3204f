"""Looks into a stranger's file in a process of its own, bounded in memory, processor and time.

Demuxers and decoders are large and are written in C. What a broken or hostile file does to one of them ends with the
child: it may not write, has no environment to read, and what it answers is parsed as a stranger's words.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core import errors
from sightline.core.errors import ContentRefusedError, MediaError
from sightline.core.media import MediaInfo
from sightline.service.guards.probe_pool import PROBES
from sightline.service.guards.sniff import sniff_container

if TYPE_CHECKING:
    from sightline.media.container import MediaLimits
    from sightline.settings import Settings

_MOST_ANSWER_BYTES = 100_000
_TOO_COSTLY = "convert it, as in `ffmpeg -i in.mp4 -c:v libx264 out.mp4`, and send the result"
_KINDS: Mapping[str, type[MediaError]] = {
    kind.code: kind
    for kind in (
        errors.SourceUnavailableError,
        errors.DecodeFailedError,
        errors.UnsupportedFormatError,
        errors.MediaTooLargeError,
    )
}


@dataclass(frozen=True, slots=True)
class ProbeRules:
    """What a look into a file may cost, and which codecs are taken.

    Attributes:
        memory_bytes: Most memory beyond what the child has in use when it starts.
        cpu_s: Most processor time.
        wall_s: Most time on the clock.
        codecs: Video codecs, as ffmpeg names them; empty for all.
    """

    memory_bytes: int = 1_000_000_000
    cpu_s: float = 60.0
    wall_s: float = 120.0
    codecs: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Settings) -> ProbeRules:
        """Give what the settings allow."""
        return cls(
            memory_bytes=settings.probe_memory_bytes,
            cpu_s=settings.probe_s,
            wall_s=2 * settings.probe_s,  # a busy machine takes longer than the processor is at work
            codecs=frozenset(settings.video_codecs),
        )


def probe_stranger(path: Path, limits: MediaLimits, rules: ProbeRules) -> MediaInfo:
    """Give a video's facts, or refuse the file.

    Raises:
        ContentRefusedError: It is not a video, its codec is not taken, or it would cost too much to open.
        MediaError: It is damaged, or over a limit on size, duration or resolution.
    """
    sniff_container(path)
    info = _info(_asked(path, limits, rules))
    if rules.codecs and info.codec not in rules.codecs:
        raise ContentRefusedError(
            f"videos in {info.codec[:40]} are not taken", hint=f"send {', '.join(sorted(rules.codecs))}"
        )
    return info


def _asked(path: Path, limits: MediaLimits, rules: ProbeRules) -> Mapping[str, Any]:
    asked = {
        "path": str(path.absolute()),
        "memory_bytes": rules.memory_bytes,
        "cpu_s": rules.cpu_s,
        "limits": {
            "max_pixels": limits.max_pixels,
            "min_side_px": limits.min_side_px,
            "max_duration_s": limits.max_duration_s,
            "max_bytes": limits.max_bytes,
        },
    }
    try:
        status, answer = PROBES.ask(json.dumps(asked).encode(), within_s=rules.wall_s)
    except subprocess.TimeoutExpired:
        raise ContentRefusedError(
            f"the file takes over {rules.wall_s:g} s to open", hint=_TOO_COSTLY
        ) from None
    if status != 0 or not 0 < len(answer) <= _MOST_ANSWER_BYTES:
        raise ContentRefusedError("the file takes too much memory or time to open", hint=_TOO_COSTLY)
    try:
        said = json.loads(answer)
    except ValueError:
        raise ContentRefusedError("the file cannot be opened", hint=_TOO_COSTLY) from None
    if "code" in said:
        raise _KINDS.get(said["code"], MediaError)(str(said["message"])[:500], hint=said.get("hint"))
    return dict(said)


def _info(said: Mapping[str, Any]) -> MediaInfo:
    """Read the facts; a child that was taken over can say what it likes, but not in another shape."""
    try:
        height_px, width_px = said["size"]
        rate = said["frame_rate_hz"]
        return MediaInfo(
            container=str(said["container"])[:40],
            codec=str(said["codec"])[:40],
            size=(int(height_px), int(width_px)),
            rotation_deg=int(said["rotation_deg"]),
            frame_rate_hz=None if rate is None else Fraction(rate),
            variable_frame_rate=bool(said["variable_frame_rate"]),
            duration_s=Fraction(said["duration_s"]),
            frames=int(said["frames"]),
            size_bytes=int(said["size_bytes"]),
            audio_codec=None if said["audio_codec"] is None else str(said["audio_codec"])[:40],
            pixel_aspect=Fraction(said["pixel_aspect"]),
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        raise ContentRefusedError("the file cannot be opened", hint=_TOO_COSTLY) from None
