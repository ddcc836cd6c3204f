"""Hashes a file's bytes while the next ones are written."""

from __future__ import annotations

import hashlib
import threading
from queue import Queue

_THREAD_FROM_BYTES = 8_000_000  # what is smaller is hashed before a thread has begun
_MOST_WAITING = 8


class FileHash:
    """SHA-256 of what it is given, in order; of much in a thread of its own, which the second core has time for.

    Close it: a thread may wait for more.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._given_bytes = 0
        self._waiting: Queue[memoryview | None] = Queue(_MOST_WAITING)
        self._thread: threading.Thread | None = None

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Take some bytes; waits where many wait to be hashed."""
        self._given_bytes += len(data)
        if self._thread is None:
            if self._given_bytes < _THREAD_FROM_BYTES:
                self._hash.update(data)
                return
            self._thread = threading.Thread(target=self._work, name="sightline-hash", daemon=True)
            self._thread.start()
        view = memoryview(data)
        self._waiting.put(view if view.readonly else memoryview(bytes(view)))

    def hexdigest(self) -> str:
        """Give the hash of all that was taken, hexadecimal."""
        self.close()
        return self._hash.hexdigest()

    def close(self) -> None:
        """Have all that waits hashed, and end the thread; more may come afterwards."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while (data := self._waiting.get()) is not None:
            self._hash.update(data)
