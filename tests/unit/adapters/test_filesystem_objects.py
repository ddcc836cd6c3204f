"""What the filesystem store does beyond its port: nothing half-written, nothing outside."""

from __future__ import annotations

import errno
import os

import pytest

from sightline.adapters.objects.filesystem import FilesystemStore
from sightline.core.errors import AdapterError, ConflictError, OutputFullError, OutputUnwritableError


def test_an_object_is_a_file_of_its_keys_name(tmp_path):
    FilesystemStore(tmp_path / "store").put("a/b.txt", [b"x"])
    assert (tmp_path / "store" / "a" / "b.txt").read_bytes() == b"x"


def test_a_link_inside_the_store_does_not_lead_out(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "store"
    root.mkdir()
    (root / "door").symlink_to(outside)
    store = FilesystemStore(root)
    with pytest.raises(AdapterError, match="leads out"):
        store.put("door/x", [b"x"])
    assert list(outside.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    store = FilesystemStore(tmp_path)

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputFullError, match="no room"):
        store.put("a", [b"x"])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_store_below_a_file_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputUnwritableError):
        FilesystemStore(tmp_path / "file" / "store").put("a", [b"x"])


def test_of_two_writers_that_both_saw_no_object_one_loses(tmp_path):
    store = FilesystemStore(tmp_path)

    def meanwhile():
        yield b"mine"
        store.put("a", [b"theirs"])

    with pytest.raises(ConflictError):
        store.put("a", meanwhile())
    assert b"".join(store.get("a")) == b"theirs"
    assert store.list("") == ["a"]
