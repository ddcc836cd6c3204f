"""Writes a file as it comes: to disk at once, hashed on the way, never held in memory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sightline.core.errors import (
    NO_ROOM,
    ConflictError,
    MediaTooLargeError,
    OutputFullError,
    OutputUnwritableError,
)
from sightline.service.folder import free_bytes
from sightline.service.videos.hashing import FileHash

if TYPE_CHECKING:
    from types import TracebackType

_LOOK_EVERY_BYTES = 64_000_000
_HAND_EVERY_BYTES = 16_000_000


class IncomingFile:
    """A file that grows; only one writer has it at a time.

    What is on disk is the truth: a writer that comes back after a crash goes on where the file ends.

    Args:
        path: Where it lies; made with its folder where it is not there.
        limit_bytes: Most it may become.
        keep_free_bytes: Room that must stay free on the disk.
    """

    def __init__(self, path: Path, *, limit_bytes: int, keep_free_bytes: int) -> None:
        self._path = path
        self._limit_bytes = limit_bytes
        self._keep_free_bytes = keep_free_bytes
        self._handle = -1
        self._looked_bytes = 0
        self._handed_bytes = 0
        self.size_bytes = 0
        self._hash = FileHash()

    def __enter__(self) -> Self:
        """Open it at its end.

        Raises:
            ConflictError: Somebody else writes to it.
            OutputError: It cannot be opened.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _named(error, self._path) from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._close()
            raise ConflictError(
                "another request writes to this upload", hint="wait for it to end, then ask for the offset"
            ) from None
        self.size_bytes = self._handed_bytes = os.lseek(self._handle, 0, os.SEEK_END)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hash.close()
        self._close()

    def _close(self) -> None:
        """Close it, once: its number may be another file's by now."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            # A process that another thread is starting has a copy of the handle for a moment, which would keep the lock.
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)

    def check_room(self, more_bytes: int) -> None:
        """Refuse what would not fit.

        Raises:
            MediaTooLargeError: It would be over the limit.
            OutputFullError: It would fill the disk.
        """
        if self.size_bytes + more_bytes > self._limit_bytes:
            raise MediaTooLargeError(
                f"the file is over the limit of {self._limit_bytes:,} bytes", hint="cut it into parts"
            )
        if free_bytes(self._path.parent) - more_bytes < self._keep_free_bytes:
            raise OutputFullError(
                "there is no room for the file on this server", hint="try again later, or remove old videos"
            )

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append some bytes.

        Raises:
            MediaTooLargeError: The file is over the limit.
            OutputError: They could not be written; what was written before is whole.
        """
        if self.size_bytes + len(data) > self._limit_bytes or self.size_bytes >= self._looked_bytes:
            self.check_room(len(data))
            self._looked_bytes = self.size_bytes + _LOOK_EVERY_BYTES
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._handle, left) :]
        except OSError as error:
            os.ftruncate(self._handle, self.size_bytes)
            os.lseek(self._handle, 0, os.SEEK_END)
            raise _named(error, self._path) from error
        self._hash.update(data)
        self.size_bytes += len(data)
        self._hand_to_disk()

    def _hand_to_disk(self) -> None:
        """Have the disk begin while more comes, so that little is left to wait for at the end."""
        more_bytes = self.size_bytes - self._handed_bytes
        if more_bytes >= _HAND_EVERY_BYTES:
            # Pages that are not on disk yet are not dropped by this: Linux starts to write them.
            os.posix_fadvise(self._handle, self._handed_bytes, more_bytes, os.POSIX_FADV_DONTNEED)
            self._handed_bytes = self.size_bytes

    def take_back(self, size_bytes: int) -> None:
        """Cut the file back to what it was."""
        os.ftruncate(self._handle, size_bytes)
        self.size_bytes = self._handed_bytes = os.lseek(self._handle, 0, os.SEEK_END)

    def sync(self) -> None:
        """Have what was written on disk, and hashed, before anybody is told so."""
        try:
            os.fsync(self._handle)
        except OSError as error:
            raise _named(error, self._path) from error
        self._hash.close()

    @property
    def written_sha256(self) -> str:
        """Of the bytes that this writer wrote, hexadecimal."""
        return self._hash.hexdigest()


def _named(error: OSError, path: Path) -> OutputFullError | OutputUnwritableError:
    if error.errno in NO_ROOM:
        return OutputFullError(
            "the disk of this server is full", hint="try again later; a resumable upload goes on where it was"
        )
    return OutputUnwritableError(f"{path.name} cannot be written: {error.strerror}", hint="ask an admin")
