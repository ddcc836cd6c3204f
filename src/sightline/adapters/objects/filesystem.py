"""Objects as files under one folder."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.adapters.objects.keys import checked_key
from sightline.core.errors import (
    AdapterError,
    ConflictError,
    OutputFullError,
    OutputUnwritableError,
    SourceUnavailableError,
)

if TYPE_CHECKING:
    from io import FileIO

    from sightline.adapters.wiring import Wiring

_CHUNK_BYTES = 1 << 20
_INCOMING = ".incoming"  # no key starts with a dot


class FilesystemStore:
    """Keeps each object in a file of its key's name; a file is there whole or not at all.

    Args:
        root: Folder of the store; made when the first object comes.
        links: Makes addresses for `sign`; without one there are none.
    """

    def __init__(self, root: Path, links: Callable[[str, float], str] | None = None) -> None:
        self._root = root
        self._links = links

    @classmethod
    def wired(cls, wiring: Wiring) -> FilesystemStore:
        """Make it as the settings say."""
        address = wiring.settings.objects_url.removeprefix("file://")
        return cls(Path(address) if address else wiring.settings.home / "objects")

    def put(self, key: str, data: Iterable[bytes]) -> None:
        """Store under a new key, whole or not at all; raises `ConflictError` where the key is taken.

        The bytes go to a hidden file first and get their name by a link, which the system refuses where the
        name exists: two writers cannot both win, and a crash leaves nothing under a final name.
        """
        final = self._path(key)
        incoming = self._root / _INCOMING
        with _storing(key):
            if final.exists():
                raise FileExistsError
            incoming.mkdir(parents=True, exist_ok=True)
            final.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=incoming)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                for chunk in data:  # an error of the data's own passes as it is
                    with _storing(key):
                        _write_all(file, chunk)
                with _storing(key):
                    os.fsync(file.fileno())
            with _storing(key):
                os.link(name, final)
        finally:
            Path(name).unlink()

    def get(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`; raises `SourceUnavailableError`."""
        path = self._path(key)
        try:
            with path.open("rb") as file:
                file.seek(start)
                left = None if end is None else max(0, end - start)
                while chunk := file.read(_CHUNK_BYTES if left is None else min(_CHUNK_BYTES, left)):
                    left = None if left is None else left - len(chunk)
                    yield chunk
        except OSError as error:
            raise SourceUnavailableError(
                f"the object {key!r} cannot be read: {error.strerror}",
                hint="check the permissions of the store's folder, and the disk",
            ) from error

    def list(self, prefix: str) -> Sequence[str]:
        """Keys under a prefix, sorted."""
        keys = []
        for folder, folders, files in os.walk(self._root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            inside = Path(folder).relative_to(self._root).as_posix()
            keys += [name if inside == "." else f"{inside}/{name}" for name in files]
        return sorted(key for key in keys if key.startswith(prefix))

    def delete(self, key: str) -> None:
        """Remove a key; does nothing where there is none."""
        path = self._path(key)
        with _storing(key):
            path.unlink(missing_ok=True)

    def sign(self, key: str, *, expires_s: float) -> str:
        """Give an address from which anybody may read the object for a while."""
        if self._links is None:
            raise AdapterError(
                "a folder gives no addresses to its objects", hint="fetch it through the API, or use S3"
            )
        return self._links(checked_key(key), expires_s)

    def _path(self, key: str) -> Path:
        """Give the key's file; a link inside the store must not lead out of it."""
        path = self._root / checked_key(key)
        if not path.parent.resolve().is_relative_to(self._root.resolve()):
            raise AdapterError(f"the key {key!r} leads out of the store")
        return path


def _write_all(file: FileIO, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[file.write(left) :]


@contextmanager
def _storing(key: str) -> Iterator[None]:
    """Give the operating system's refusals their names."""
    try:
        yield
    except FileExistsError as error:
        raise ConflictError(f"the object {key!r} exists already") from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise OutputFullError(f"no room to store {key!r}", hint="free some room and try again") from error
        raise OutputUnwritableError(
            f"the object {key!r} cannot be stored: {error.strerror}",
            hint="check the permissions of the store's folder, and the disk",
        ) from error
