"""Sends a file in parts; goes on where a connection broke, and where an earlier program stopped.

Source:
    tus resumable upload protocol 1.0: creation, checksum, termination.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from sightline.client.http import RemoteError
from sightline.core.errors import AdapterUnavailableError, ConflictError

if TYPE_CHECKING:
    from sightline.client.http import Http
    from sightline.client.unfinished import Note

Progress = Callable[[int, int], None]
_API = "/api/v1"
_TUS = {"Tus-Resumable": "1.0.0"}
_PART_BYTES = 8 << 20
_GONE = frozenset({404, 410})
_GO_ON = frozenset({408, 409, 423, 429, 460, 502, 503, 504})
"""Bytes were damaged, another request still has the upload, or the server asks to wait."""


class UploadInterrupted(KeyboardInterrupt):
    """Ctrl-C came while a file was sent.

    Attributes:
        arrived_bytes: What the server has of it.
        size_bytes: Of the file.
        is_kept: Whether the next upload of the same file goes on there.
    """

    def __init__(self, arrived_bytes: int, size_bytes: int, *, is_kept: bool) -> None:
        super().__init__(f"{arrived_bytes} of {size_bytes} bytes have arrived")
        self.arrived_bytes = arrived_bytes
        self.size_bytes = size_bytes
        self.is_kept = is_kept


class FileUpload:
    """One file on its way.

    Args:
        http: The server.
        path: The file; its size and time are taken down now, and it must keep them.
        tags: Words to find the video by.
    """

    def __init__(self, http: Http, path: Path, tags: Sequence[str]) -> None:
        self._http = http
        self._path = path
        self._tags = ",".join(tags)
        self._stamp = _stamp(path)
        self._size_bytes = self._stamp[0]
        self._arrived_bytes = 0

    def identity(self, user: str) -> dict[str, Any]:
        """Give what tells this upload from others: a file that was changed is another one."""
        size_bytes, modified_ns = self._stamp
        return {
            "server": str(self._http.client.base_url),
            "user": user,
            "file": str(self._path.absolute()),
            "size_bytes": size_bytes,
            "modified_ns": modified_ns,
            "tags": self._tags,
        }

    def send(self, note: Note, progress: Progress | None) -> str:
        """Send what the server has not, and give the video's id.

        Args:
            note: Where an earlier program sent it; kept up to date.
            progress: Told bytes that have come, and bytes in all.

        Raises:
            RemoteError: The server refuses it.
            AdapterUnavailableError: It does not answer.
            ConflictError: The file was changed meanwhile; what has come of it is removed.
            UploadInterrupted: Ctrl-C came.
        """
        try:
            place = self._earlier(note) or self._begin()
            note.keep(place)
            self._send_rest(place, note, progress or _untold)
        except KeyboardInterrupt:
            raise UploadInterrupted(self._arrived_bytes, self._size_bytes, is_kept=note.is_kept) from None
        return place.rpartition("/")[2]

    def _earlier(self, note: Note) -> str | None:
        """Give where an earlier program sent it, where the server still has that."""
        if note.place is None:
            return None
        try:
            self._arrived_bytes = self._offset(note.place)
        except RemoteError as error:
            if not _is_gone(error):
                raise
            note.forget()
        return note.place

    def _begin(self) -> str:
        told = {"filename": self._path.name, "tags": self._tags}
        metadata = ",".join(f"{key} {_base64(value.encode())}" for key, value in told.items() if value)
        headers = {**_TUS, "Upload-Length": str(self._size_bytes), "Upload-Metadata": metadata}
        return self._http.ask("POST", f"{_API}/uploads", headers=headers).headers["location"]

    def _send_rest(self, place: str, note: Note, progress: Progress) -> None:
        failures, trouble = 0, None
        with self._path.open("rb") as file:
            while self._arrived_bytes < self._size_bytes:
                try:
                    if trouble is not None:
                        self._arrived_bytes = self._offset(place)
                    progress(self._arrived_bytes, self._size_bytes)
                    file.seek(self._arrived_bytes)
                    part = file.read(_PART_BYTES)
                    if _stamp(self._path) != self._stamp:
                        self._give_up(place, note)
                    self._arrived_bytes = self._send_part(place, part)
                    failures, trouble = 0, None
                except (AdapterUnavailableError, RemoteError) as error:
                    if trouble is not None and _is_gone(error):
                        raise trouble from error  # what ended it says more than that it has ended
                    failures, trouble = failures + 1, error
                    if not _may_go_on(error) or not self._http.wait(failures):
                        raise
        progress(self._size_bytes, self._size_bytes)

    def _send_part(self, place: str, part: bytes) -> int:
        headers = {
            **_TUS,
            "Upload-Offset": str(self._arrived_bytes),
            "Upload-Checksum": f"sha256 {_base64(hashlib.sha256(part).digest())}",
            "Content-Type": "application/offset+octet-stream",
        }
        answer = self._http.ask("PATCH", place, headers=headers, content=part, timeout=300.0)
        return int(answer.headers["upload-offset"])

    def _offset(self, place: str) -> int:
        answer = self._http.ask("HEAD", place, headers=_TUS)
        return min(self._size_bytes, int(answer.headers["upload-offset"]))

    def _give_up(self, place: str, note: Note) -> NoReturn:
        note.forget()
        self._http.ask("DELETE", place, headers=_TUS)
        raise changed(self._path)


def changed(path: Path) -> ConflictError:
    """Give the error of a file that is not what was sent of it."""
    return ConflictError(
        f"{path} was changed while it was sent", hint="send it again when nothing writes to it any more"
    )


def _stamp(path: Path) -> tuple[int, int]:
    """Give a file's size in bytes and when it was changed, in nanoseconds."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _untold(_done: int, _total: int) -> None:
    pass


def _is_gone(error: AdapterUnavailableError | RemoteError) -> bool:
    return isinstance(error, RemoteError) and error.status in _GONE


def _may_go_on(error: AdapterUnavailableError | RemoteError) -> bool:
    return isinstance(error, AdapterUnavailableError) or error.status in _GO_ON
