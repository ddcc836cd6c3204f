"""Looks into a file that somebody sent, in a process of its own."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.service.guards.probe import ProbeRules, probe_stranger
from sightline.service.submit import media_limits

if TYPE_CHECKING:
    from sightline.core.media import MediaInfo
    from sightline.service.platform import Platform

_AT_ONCE = threading.BoundedSemaphore(
    4
)  # each look is a process with a decoder in it; many would fill the memory


def look_into(platform: Platform, path: Path) -> MediaInfo:
    """Give a file's facts.

    Raises:
        ContentRefusedError: It is not a video, its codec is not taken, or it would cost too much to open.
        MediaError: It is damaged, or over a limit.
    """
    settings = platform.settings
    rules = ProbeRules(
        memory_bytes=settings.probe_memory_bytes,
        cpu_s=settings.probe_s,
        wall_s=2 * settings.probe_s,
        codecs=frozenset(settings.video_codecs),
    )
    with _AT_ONCE:
        return probe_stranger(path, media_limits(platform), rules)
