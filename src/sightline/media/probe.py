"""Facts about a video, without decoding it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sightline.media.container import MediaLimits
from sightline.media.index import index_video

if TYPE_CHECKING:
    from sightline.core.media import MediaInfo

__all__ = ["MediaLimits", "probe"]


def probe(path: Path, limits: MediaLimits | None = None) -> MediaInfo:
    """Read a video's facts from its container and packets.

    Raises:
        SourceUnavailableError: It is not there or may not be read.
        UnsupportedFormatError: It is not a video that Sightline reads, or holds no frame.
        MediaTooLargeError: It is over a limit.
    """
    return index_video(path, limits).info
