"""Turns video into data: detections, tracks and poses of every frame, as tables.

Importing this loads numpy and nothing heavier; each name is fetched on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.core.detections import Detections as Detections
    from sightline.core.errors import SightlineError as SightlineError
    from sightline.core.frames import Frame as Frame
    from sightline.core.ledger import Ledger as Ledger
    from sightline.core.media import MediaInfo as MediaInfo
    from sightline.core.poses import Poses as Poses
    from sightline.core.tracks import Tracks as Tracks
    from sightline.quick import analyze as analyze
    from sightline.quick import read_video as read_video
    from sightline.quick import track_video as track_video
    from sightline.service.results import Results as Results

__version__ = "0.1.0"

_HOMES = {
    "Detections": "sightline.core.detections",
    "Frame": "sightline.core.frames",
    "Ledger": "sightline.core.ledger",
    "MediaInfo": "sightline.core.media",
    "Poses": "sightline.core.poses",
    "Results": "sightline.service.results",
    "SightlineError": "sightline.core.errors",
    "Tracks": "sightline.core.tracks",
    "analyze": "sightline.quick",
    "read_video": "sightline.quick",
    "track_video": "sightline.quick",
}

__all__ = [
    "Detections",
    "Frame",
    "Ledger",
    "MediaInfo",
    "Poses",
    "Results",
    "SightlineError",
    "Tracks",
    "__version__",
    "analyze",
    "read_video",
    "track_video",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sightline' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
