"""A video that somebody gave to the server, and what is known of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sightline.core.errors import ConfigError

TAG = re.compile(r"[\w.:@/+-]{1,64}")
_UNSAFE = re.compile(r"[^\w.() +@=,-]+")
_LONGEST_NAME = 120


class VideoState(StrEnum):
    """Where a video stands.

    uploading -> ready | refused
    """

    UPLOADING = "uploading"
    READY = "ready"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Video:
    """One file, on its way in or here.

    Attributes:
        id: Unique and sortable by age.
        owner: Id of the user whose it is.
        name: What people call it, safe as a file's name.
        state: Where it stands.
        size_bytes: Of the whole file; 0 while not known.
        sha256: Of its bytes, hexadecimal; empty before it is ready.
        media: What the file says of itself, as plain data; empty before it is ready.
        tags: Words to find it by, sorted.
        origin: Where it came from: `upload`, or the address or path that was named.
        created_s: Wall clock, seconds since the Unix epoch.
        updated_s: Likewise, of the last change.
        expires_s: When an unfinished upload is given up; None for never.
        error: `code`, `message` and `hint` of why it was refused, else empty.
        version: Rises with each change; a write with an old one loses.
    """

    id: str
    owner: str
    name: str
    state: VideoState = VideoState.UPLOADING
    size_bytes: int = 0
    sha256: str = ""
    media: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    origin: str = "upload"
    created_s: float = 0.0
    updated_s: float = 0.0
    expires_s: float | None = None
    error: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0

    def __post_init__(self) -> None:
        if self.name != safe_name(self.name):
            raise ConfigError(
                f"not a safe name for a file: {self.name[:80]!r}", hint="give the name alone, without folders"
            )
        wrong = [tag for tag in self.tags if not TAG.fullmatch(tag)]
        if wrong or self.tags != tuple(sorted(set(self.tags))):
            raise ConfigError(
                f"not tags: {', '.join(self.tags)[:200]}",
                hint="letters, digits and . : @ / + - _, up to 64 each",
            )


@dataclass(frozen=True, slots=True)
class VideoFilter:
    """Which videos are wanted; what is left empty does not matter.

    Attributes:
        state: Where they stand.
        owner: Whose they are.
        shared_ids: Videos of others that are wanted as well as those of `owner`.
        tag: A tag they have.
        sha256: Of their bytes.
    """

    state: VideoState | None = None
    owner: str = ""
    shared_ids: frozenset[str] = frozenset()
    tag: str = ""
    sha256: str = ""

    def takes(self, video: Video) -> bool:
        """Whether a video is wanted."""
        return (
            (self.state is None or video.state is self.state)
            and (not self.owner or video.owner == self.owner or video.id in self.shared_ids)
            and (not self.tag or self.tag in video.tags)
            and self.sha256 in {"", video.sha256}
        )


def safe_name(given: str) -> str:
    """Give a file's name that is safe in any folder, log and header; its ending is kept."""
    base = given.replace("\\", "/").rpartition("/")[2]
    name = _UNSAFE.sub("_", base).strip(". ") or "video"
    if len(name) <= _LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 8:
        return name[:_LONGEST_NAME].strip(". ")
    return f"{stem[: _LONGEST_NAME - len(ending) - 1].strip('. ')}.{ending}"
