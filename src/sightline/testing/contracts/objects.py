"""What every `ObjectStore` promises."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sightline.core.errors import AdapterError, ConflictError, SourceUnavailableError


class ObjectStoreContract:
    """Subclass it and give an empty store in `make`."""

    def make(self, folder: Path) -> Any:
        """Give an implementation; `folder` is empty and its own."""
        raise NotImplementedError

    def opened(self, store: Any, address: str) -> bytes | None:
        """Give what a signed address leads to; None where it leads to nothing."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Any:
        return self.make(tmp_path / "store")

    def test_bytes_come_back_as_they_were(self, store: Any) -> None:
        data = bytes(range(256)) * 5000
        store.put("runs/r1/tables/a.parquet", (data[at : at + 7000] for at in range(0, len(data), 7000)))
        assert b"".join(store.get("runs/r1/tables/a.parquet")) == data

    def test_an_empty_object_is_an_object(self, store: Any) -> None:
        store.put("empty", [])
        assert b"".join(store.get("empty")) == b""
        assert store.list("") == ["empty"]

    @pytest.mark.parametrize(
        ("start", "end", "expected"),
        [(0, 4, b"0123"), (3, None, b"3456789"), (3, 5, b"34"), (8, 99, b"89"), (10, None, b""), (5, 5, b"")],
    )
    def test_a_range_is_read(self, store: Any, start: int, end: int | None, expected: bytes) -> None:
        store.put("digits", [b"01234", b"56789"])
        assert b"".join(store.get("digits", start=start, end=end)) == expected

    def test_a_key_is_written_once(self, store: Any) -> None:
        store.put("a", [b"first"])
        with pytest.raises(ConflictError):
            store.put("a", [b"second"])
        assert b"".join(store.get("a")) == b"first"

    def test_data_that_breaks_off_leaves_nothing(self, store: Any) -> None:
        def cut_off() -> Iterator[bytes]:
            yield b"half of it"
            raise ConnectionError("the other side went away")

        with pytest.raises(ConnectionError, match="the other side"):
            store.put("a/b", cut_off())
        assert store.list("") == []
        store.put("a/b", [b"whole"])
        assert b"".join(store.get("a/b")) == b"whole"

    def test_a_large_object_comes_back_whole_and_its_key_is_taken(self, store: Any) -> None:
        chunk = bytes(range(256)) * 4096
        store.put("large", (chunk for _ in range(20)))
        assert b"".join(store.get("large")) == chunk * 20
        assert (
            b"".join(store.get("large", start=12_345_678, end=12_345_700)) == (chunk * 20)[12345678:12345700]
        )
        with pytest.raises(ConflictError):
            store.put("large", (chunk for _ in range(20)))
        assert store.list("") == ["large"]

    def test_a_large_object_that_breaks_off_leaves_nothing(self, store: Any) -> None:
        def cut_off() -> Iterator[bytes]:
            yield from (bytes(1 << 20) for _ in range(12))
            raise ConnectionError("the other side went away")

        with pytest.raises(ConnectionError, match="the other side"):
            store.put("large", cut_off())
        assert store.list("") == []

    def test_of_many_who_write_one_key_at_once_one_wins(self, store: Any) -> None:
        self.race(store, length_bytes=3)

    def test_of_many_who_write_one_large_object_at_once_one_wins(self, store: Any) -> None:
        self.race(store, length_bytes=9 << 20)

    def race(self, store: Any, *, length_bytes: int) -> None:
        def write(letter: bytes) -> bool:
            try:
                store.put("race", [letter * length_bytes])
            except ConflictError:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            won = dict(zip(b"abcd", pool.map(write, (b"a", b"b", b"c", b"d")), strict=True))
        assert sum(won.values()) == 1
        kept = b"".join(store.get("race"))
        assert [letter for letter in won if won[letter]] == [kept[0]]
        assert len(kept) == length_bytes

    def test_a_signed_address_leads_to_the_object(self, store: Any) -> None:
        store.put("runs/a b/ü.parquet", [b"table"])
        address = store.sign("runs/a b/ü.parquet", expires_s=60)
        assert self.opened(store, address) == b"table"

    def test_a_missing_object_is_unavailable(self, store: Any) -> None:
        with pytest.raises(SourceUnavailableError, match="nothing"):
            b"".join(store.get("nothing/here"))

    def test_keys_are_listed_sorted_by_prefix(self, store: Any) -> None:
        for key in ("b/2", "a", "b/10", "b/1/x", "bc"):
            store.put(key, [b""])
        assert store.list("b/") == ["b/1/x", "b/10", "b/2"]
        assert store.list("") == ["a", "b/1/x", "b/10", "b/2", "bc"]
        assert store.list("z") == []

    def test_deleting_is_done_once_and_harmless_twice(self, store: Any) -> None:
        store.put("a", [b"x"])
        store.delete("a")
        store.delete("a")
        assert store.list("") == []
        store.put("a", [b"y"])

    @pytest.mark.parametrize(
        "key", ["", "../a", "a/../../b", "/etc/passwd", "a//b", "a/", ".hidden", "a\\b", "C:/a", "a/./b"]
    )
    def test_a_key_cannot_lead_out_of_the_store(self, store: Any, key: str) -> None:
        with pytest.raises(AdapterError):
            store.put(key, [b"x"])
