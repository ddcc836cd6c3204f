"""Pictures and clips inside the page itself, so that it needs nothing beside it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8

_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".mp4": "video/mp4"}
_QUALITY = 84


def inlined(path: Path) -> str | None:
    """Give a file as a `data:` address; None where there is none."""
    if not path.is_file():
        return None
    return _data(_TYPES[path.suffix], path.read_bytes())


def jpeg(picture: UInt8) -> str:
    """Give a picture `(height, width, 3)` BGR as a `data:` address."""
    packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return _data("image/jpeg", packed.tobytes())


def drawn(report: Mapping[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Give the figures of a report that are in the folder, each with its `source`."""
    listed: Sequence[Mapping[str, Any]] = report["figures"]
    sources = [(each, inlined(folder / Path(each["file"]).name)) for each in listed]
    return [{**each, "source": source} for each, source in sources if source is not None]


def provenance(report: Mapping[str, Any]) -> str:
    """Give what a report was made with, for the end of its page."""
    return json.dumps(report["provenance"], indent=2, sort_keys=True, ensure_ascii=False)


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode('ascii')}"
