"""Where new videos may turn up, and which of them are all there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sightline import plugins
from sightline.core.errors import SourceUnavailableError
from sightline.service.guards.places import allowed_folder, allowed_prefix

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_UNFINISHED = frozenset({".part", ".partial", ".tmp", ".crdownload", ".download", ".filepart"})


@dataclass(frozen=True, slots=True)
class Found:
    """A file that lies in a watched place, whole.

    Attributes:
        name: Its path, or address as in `s3://bucket/key`.
        mark: Another one where its bytes are others.
    """

    name: str
    mark: str


class Place(Protocol):
    """What can be watched."""

    def look(self) -> Sequence[Found]:
        """Give the files that are whole, sorted by name; raises `MediaError` or `AdapterError` where it is away."""
        ...


def open_place(platform: Platform, address: str) -> Place:
    """Give a place to watch.

    Raises:
        AddressRefusedError: It lies in no folder or bucket that may be read.
        SourceUnavailableError: There is no such folder.
    """
    if address.startswith("s3://"):
        return BucketPlace(platform, address)
    return FolderPlace(platform, allowed_folder(platform.settings, address))


class FolderPlace:
    """A folder and all below it; names that begin with a dot, and those of unfinished downloads, are left alone.

    A file is whole once its size and time have been the same for a while.
    """

    def __init__(self, platform: Platform, folder: Path) -> None:
        self._clock = platform.clock
        self._settle_s = platform.settings.watch_settle_s
        self._folder = folder
        self._since_s: dict[Path, tuple[str, float]] = {}

    def look(self) -> Sequence[Found]:
        """Give the files that have not changed for a while."""
        if not self._folder.is_dir():
            raise SourceUnavailableError(f"the folder {self._folder} is gone", hint="put it back")
        now_s, seen = self._clock.monotonic_s(), dict[Path, tuple[str, float]]()
        for path, mark in self._files():
            before = self._since_s.get(path)
            seen[path] = before if before is not None and before[0] == mark else (mark, now_s)
        self._since_s = seen
        whole = (
            Found(str(path), mark) for path, (mark, t_s) in seen.items() if now_s - t_s >= self._settle_s
        )
        return sorted(whole, key=lambda found: found.name)

    def _files(self) -> Iterator[tuple[Path, str]]:
        for path in self._folder.rglob("*"):
            inside = path.relative_to(self._folder)
            if any(part.startswith(".") for part in inside.parts) or path.suffix.lower() in _UNFINISHED:
                continue
            try:
                facts = path.stat()
                if path.is_file() and facts.st_size:
                    yield path, f"{facts.st_size}:{facts.st_mtime_ns}"
            except OSError:  # gone meanwhile
                continue


class BucketPlace:
    """A bucket, or what begins with a prefix in it; what lies in a bucket is whole."""

    def __init__(self, platform: Platform, address: str) -> None:
        self._bucket, self._prefix = allowed_prefix(platform.settings, address)
        self._store = plugins.load("objects", "s3")(
            f"s3://{self._bucket}",
            platform.breakers.of(f"s3:{self._bucket}"),
            endpoint=platform.settings.s3_endpoint,
            region=platform.settings.s3_region,
        )

    def look(self) -> Sequence[Found]:
        """Give its objects, each with its ETag."""
        entries = self._store.entries(self._prefix)
        return [
            Found(f"s3://{self._bucket}/{entry.key}", f"{entry.size_bytes}:{entry.tag}")
            for entry in entries
            if entry.size_bytes and not entry.key.endswith("/")
        ]
