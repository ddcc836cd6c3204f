"""Remembers where unfinished uploads go, so that a program that is begun anew goes on with them.

One small file per upload, which only its user may read; it holds no key and no token.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

_KEPT_S = 30 * 86_400
"""A server has given up by then: it waits for a day unless it is told otherwise."""


class Note:
    """Where one upload goes.

    Attributes:
        place: Its address on the server; None where none is known.
        is_kept: Whether a later program will find it.
    """

    def __init__(self, path: Path, file: IO[str] | None, what: Mapping[str, Any]) -> None:
        self._path = path
        self._file = file
        self._what = what
        self.place = self._read()

    @property
    def is_kept(self) -> bool:
        """Whether a later program will find it."""
        return self._file is not None and self.place is not None

    def _read(self) -> str | None:
        try:
            said = json.load(self._file) if self._file is not None else {}
        except ValueError:  # it was cut short, or is new
            return None
        place = said.get("place") if {**said, "place": None} == {**self._what, "place": None} else None
        return place if isinstance(place, str) else None

    def keep(self, place: str) -> None:
        """Write down where the upload goes; one that cannot be written down goes on without."""
        self.place = place
        try:
            self._write(json.dumps({**self._what, "place": place}, indent=1))
        except OSError:
            self._file = None

    def forget(self) -> None:
        """Know of no place any more: the upload has ended."""
        self.place = None
        if self._file is not None:
            with suppress(OSError):
                self._write("")
                self._path.unlink(missing_ok=True)

    def _write(self, text: str) -> None:
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(text)
            self._file.flush()


@contextmanager
def note_of(folder: Path, what: Mapping[str, Any]) -> Iterator[Note]:
    """Give the note of an upload, for this block alone.

    Where another program sends the same file just now, or the folder cannot be written, the note is a blank one that is
    not kept: the upload is then one of its own.

    Args:
        folder: Where notes lie; made where it is not there.
        what: What tells this upload from others: plain data.
    """
    name = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:32]
    path = folder / f"{name}.json"
    file = _held(path)
    try:
        yield Note(path, file, what)
    finally:
        if file is not None:
            file.close()


def _held(path: Path) -> IO[str] | None:
    """Open a file that no other program has open by this; the system lets go of it however this one ends."""
    try:
        import fcntl
    except ImportError:  # not on Windows
        return None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _clear(path.parent)
        file = open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+", encoding="utf-8")  # noqa: PTH123, SIM115
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _clear(folder: Path) -> None:
    """Remove notes that nobody came back to."""
    for path in folder.glob("*.json"):
        if path.stat().st_mtime < time.time() - _KEPT_S:
            path.unlink(missing_ok=True)
