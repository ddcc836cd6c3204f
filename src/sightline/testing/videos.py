"""Videos and receipts in memory: the same promises as the real stores, gone with the process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sightline.core.errors import ConflictError, NotFoundError
from sightline.core.receipts import WATCHED
from sightline.core.videos import VideoFilter

if TYPE_CHECKING:
    from sightline.core.receipts import Receipt
    from sightline.core.videos import Video


class MemoryVideoStore:
    """`VideoStore` in a dictionary."""

    def __init__(self) -> None:
        self._videos: dict[str, Video] = {}
        self._lock = threading.Lock()

    def add(self, video: Video) -> None:
        with self._lock:
            if video.id in self._videos:
                raise ConflictError(f"there is already a video {video.id}")
            self._videos[video.id] = video

    def get(self, video_id: str) -> Video:
        if video_id not in self._videos:
            raise NotFoundError(f"there is no video {video_id!r}")
        return self._videos[video_id]

    def list(
        self, wanted: VideoFilter | None = None, *, limit: int = 100, before: str | None = None
    ) -> Sequence[Video]:
        wanted = wanted or VideoFilter()
        with self._lock:
            newest_first = sorted(self._videos.values(), key=lambda video: video.id, reverse=True)
        return [one for one in newest_first if wanted.takes(one) and (before is None or one.id < before)][
            :limit
        ]

    def update(self, video: Video) -> Video:
        with self._lock:
            if self.get(video.id).version != video.version:
                raise ConflictError(f"video {video.id} was changed by somebody else")
            self._videos[video.id] = replace(video, version=video.version + 1)
            return self._videos[video.id]

    def delete(self, video_id: str) -> None:
        with self._lock:
            self.get(video_id)
            del self._videos[video_id]


class MemoryReceiptStore:
    """`ReceiptStore` in a dictionary."""

    def __init__(self) -> None:
        self._receipts: dict[tuple[str, str], Receipt] = {}
        self._lock = threading.Lock()

    def claim(self, receipt: Receipt) -> Receipt | None:
        with self._lock:
            found = self._receipts.get((receipt.owner, receipt.key))
            if found is None:
                self._receipts[receipt.owner, receipt.key] = receipt
            return found

    def settle(self, receipt: Receipt) -> None:
        with self._lock:
            self._receipts[receipt.owner, receipt.key] = receipt

    def drop(self, owner: str, key: str) -> None:
        with self._lock:
            self._receipts.pop((owner, key), None)

    def forget(self, *, before_s: float) -> int:
        with self._lock:
            old = [
                place
                for place, receipt in self._receipts.items()
                if receipt.created_s < before_s and not receipt.key.startswith(WATCHED)
            ]
            for place in old:
                del self._receipts[place]
            return len(old)
