"""What every store of videos, and of receipts, promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sightline.core.errors import ConflictError, NotFoundError
from sightline.core.receipts import WATCHED, Receipt
from sightline.core.videos import Video, VideoFilter, VideoState

if TYPE_CHECKING:
    from sightline.ports import ReceiptStore, VideoStore


class VideoStoreContract:
    """Name an implementation in `make`."""

    def make(self, folder: Path) -> VideoStore:
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> VideoStore:
        return self.make(tmp_path)

    def test_a_video_comes_back_as_it_was_stored(self, store: VideoStore) -> None:
        video = Video(
            "0001",
            "ann",
            "street.mp4",
            state=VideoState.READY,
            size_bytes=5_000_000_000,
            sha256="ab" * 32,
            media={"frames": 20},
            tags=("a", "b-ü"),
            expires_s=12.5,
            error={"code": "x"},
        )
        store.add(video)
        assert store.get("0001") == video

    def test_an_id_is_taken_once(self, store: VideoStore) -> None:
        store.add(Video("0001", "ann", "a.mp4"))
        with pytest.raises(ConflictError):
            store.add(Video("0001", "bob", "b.mp4"))

    def test_an_unknown_video_is_not_found(self, store: VideoStore) -> None:
        for act in (store.get, store.delete):
            with pytest.raises(NotFoundError):
                act("none")

    def test_lists_are_newest_first_filtered_and_paged(self, store: VideoStore) -> None:
        for number in range(6):
            owner = "ann" if number % 2 else "bob"
            store.add(
                Video(f"{number:04}", owner, "a.mp4", tags=("even",) if number % 2 == 0 else ("odd", "z"))
            )
        assert [one.id for one in store.list(limit=2)] == ["0005", "0004"]
        assert [one.id for one in store.list(limit=2, before="0004")] == ["0003", "0002"]
        assert [one.id for one in store.list(VideoFilter(owner="ann"))] == ["0005", "0003", "0001"]
        assert [one.id for one in store.list(VideoFilter(owner="ann", shared_ids=frozenset({"0002"})))] == [
            "0005",
            "0003",
            "0002",
            "0001",
        ]
        assert [one.id for one in store.list(VideoFilter(tag="even"))] == ["0004", "0002", "0000"]
        assert store.list(VideoFilter(tag="eve")) == []
        assert store.list(VideoFilter(state=VideoState.READY)) == []

    def test_a_change_is_stored_and_an_old_one_loses(self, store: VideoStore) -> None:
        store.add(Video("0001", "ann", "a.mp4"))
        first = store.get("0001")
        changed = store.update(replace(first, state=VideoState.READY, sha256="cd"))
        assert store.get("0001") == changed
        assert [one.id for one in store.list(VideoFilter(sha256="cd"))] == ["0001"]
        with pytest.raises(ConflictError):
            store.update(first)

    def test_a_video_that_was_forgotten_is_gone(self, store: VideoStore) -> None:
        store.add(Video("0001", "ann", "a.mp4"))
        store.delete("0001")
        with pytest.raises(NotFoundError):
            store.get("0001")


class ReceiptStoreContract:
    """Name an implementation in `make`."""

    def make(self, folder: Path) -> ReceiptStore:
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> ReceiptStore:
        return self.make(tmp_path)

    def test_a_key_is_claimed_once_by_each_user(self, store: ReceiptStore) -> None:
        first = Receipt("ann", "k", "d1", created_s=1.0)
        assert store.claim(first) is None
        assert store.claim(Receipt("ann", "k", "d2")) == first
        assert store.claim(Receipt("bob", "k", "d2")) is None

    def test_what_came_of_it_is_kept(self, store: ReceiptStore) -> None:
        receipt = Receipt("ann", "k", "d")
        store.claim(receipt)
        store.settle(replace(receipt, result_id="r1"))
        assert store.claim(receipt) == replace(receipt, result_id="r1")

    def test_a_dropped_key_can_be_claimed_again(self, store: ReceiptStore) -> None:
        store.claim(Receipt("ann", "k", "d"))
        store.drop("ann", "k")
        store.drop("ann", "k")
        assert store.claim(Receipt("ann", "k", "d")) is None

    def test_old_ones_are_forgotten(self, store: ReceiptStore) -> None:
        store.claim(Receipt("ann", "old", "d", created_s=1.0))
        store.claim(Receipt("ann", "new", "d", created_s=9.0))
        store.claim(Receipt("ann", f"{WATCHED}old", "d", created_s=1.0))
        assert store.forget(before_s=5.0) == 1
        assert store.claim(Receipt("ann", "old", "d", created_s=9.0)) is None
        assert store.claim(Receipt("ann", f"{WATCHED}old", "d")) is not None
