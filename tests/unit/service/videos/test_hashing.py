"""A file's hash is that of its bytes, whoever computes it and however they came."""

from __future__ import annotations

import hashlib
import threading
from random import Random

import pytest

from sightline.service.videos import hashing
from sightline.service.videos.hashing import FileHash


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(hashing, "_THREAD_FROM_BYTES", 1000)


def pieces(sizes):
    rng = Random(5)
    return [rng.randbytes(size) for size in sizes]


@pytest.mark.parametrize("sizes", [[], [0], [999], [400, 400, 400], [5000], [1] * 1500, [300] * 100])
def test_it_is_the_hash_of_all_bytes_in_order(sizes):
    found, given = FileHash(), pieces(sizes)
    for piece in given:
        found.update(memoryview(piece))
    assert found.hexdigest() == hashlib.sha256(b"".join(given)).hexdigest()


def test_what_changes_after_it_was_given_does_not_matter():
    found, held = FileHash(), bytearray(b"a" * 2000)
    for _ in range(20):
        found.update(held)
    held[:] = b"b" * 2000
    assert found.hexdigest() == hashlib.sha256(b"a" * 40_000).hexdigest()


def test_more_may_come_after_it_was_asked_for():
    found, (first, second) = FileHash(), pieces([2000, 3000])
    found.update(first)
    assert found.hexdigest() == hashlib.sha256(first).hexdigest()
    found.update(second)
    assert found.hexdigest() == hashlib.sha256(first + second).hexdigest()


def test_no_thread_is_left():
    found = FileHash()
    found.update(b"a" * 2000)
    found.close()
    found.close()
    assert "sightline-hash" not in {one.name for one in threading.enumerate()}
