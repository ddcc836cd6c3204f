"""Fetching weights from a local server that cuts off, lies and stalls."""

from __future__ import annotations

import errno
from pathlib import Path
from random import Random

import pytest

from sightline.core.errors import (
    DownloadFailedError,
    OutputFullError,
    OutputUnwritableError,
    WeightsInvalidError,
)
from sightline.testing.fakes import FakeClock
from sightline.vision.download import Patience, Wanted, fetch
from unit.vision.flaky_server import (
    BODY,
    LENGTH,
    PATIENCE,
    SHA,
    answers,
    cut_off,
    hangs_up,
    ignores_range,
    lies,
    moves_to,
    no_length_and_no_end,
    other_length,
    stalls,
    whole,
    wrong_range,
)


@pytest.fixture
def get(server, tmp_path):
    def run(*, sha256=SHA, size_bytes=LENGTH, url=None, patience=PATIENCE, progress=None):
        run.clock = FakeClock()
        wanted = Wanted(url or server.url, sha256, size_bytes)
        fetch(wanted, run.target, clock=run.clock, rng=Random(1), patience=patience, progress=progress)
        return run.target.read_bytes()

    run.target = tmp_path / "cache" / "model.onnx"
    run.part = tmp_path / "cache" / "model.onnx.part"
    return run


def test_a_file_is_fetched_whole(get, server):
    seen = []
    assert get(progress=lambda have, total: seen.append((have, total))) == BODY
    assert seen[-1] == (len(BODY), len(BODY))
    assert not get.part.exists()
    assert get.clock.slept_s == []


@pytest.mark.parametrize(
    ("case", "plays", "requests"),
    [
        ("cut off twice, then whole", [cut_off, cut_off, whole], 3),
        ("a server that cannot resume", [cut_off, ignores_range], 2),
        ("a server that resumes at the wrong place", [cut_off, wrong_range, whole], 3),
        ("a stall", [stalls, whole], 2),
        ("a hang-up", [hangs_up, whole], 2),
        ("busy servers", [answers(503), answers(429), whole], 3),
    ],
)
def test_a_fetch_survives(get, server, case, plays, requests):
    server.plays = plays
    assert get() == BODY
    assert len(server.asked) == requests
    assert len(get.clock.slept_s) == requests - 1


def test_a_fetch_goes_on_where_it_broke_off(get, server):
    server.plays = [cut_off, whole]
    assert get() == BODY
    assert server.asked == [None, f"bytes={len(BODY) // 2}-"]


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(get, server):
    server.plays = [cut_off, answers(500)]
    with pytest.raises(DownloadFailedError, match=r"gave up .* after 4 attempts"):
        get()
    assert get.part.stat().st_size == len(BODY) // 2
    assert not get.target.exists()
    server.plays, server.asked = [whole], []
    assert get() == BODY
    assert server.asked == [f"bytes={len(BODY) // 2}-"]


def test_a_part_that_is_whole_already_needs_no_server(get, server):
    get.part.parent.mkdir()
    get.part.write_bytes(BODY)
    assert get() == BODY
    assert server.asked == []


@pytest.mark.parametrize(
    "left", [b"x" * 1000, b"x" * (len(BODY) + 5)], ids=["of another file", "longer than the file"]
)
def test_what_an_earlier_call_left_is_thrown_away_if_it_does_not_fit(get, left):
    get.part.parent.mkdir()
    get.part.write_bytes(left)
    assert get() == BODY


def test_a_part_longer_than_the_servers_file_is_begun_anew(get):
    get.part.parent.mkdir()
    get.part.write_bytes(b"x" * (len(BODY) + 5))
    assert get(size_bytes=None) == BODY


def test_waits_double_and_differ(get, server):
    server.plays = [answers(500)]
    with pytest.raises(DownloadFailedError):
        get()
    waits = get.clock.slept_s
    assert len(waits) == 3
    for index, wait_s in enumerate(waits):
        assert 0.5 * 2**index <= wait_s <= 2**index
    assert len({wait_s / 2**index for index, wait_s in enumerate(waits)}) == 3


@pytest.mark.parametrize(
    ("case", "play", "error", "words"),
    [
        ("wrong bytes", lies, WeightsInvalidError, "not the file that was expected"),
        ("wrong length", other_length, WeightsInvalidError, "has 1000 bytes, not 300000"),
        ("endless", no_length_and_no_end, WeightsInvalidError, "sends more than 300000 bytes"),
        ("not there", answers(404), DownloadFailedError, "answered 404"),
        ("forbidden", answers(403), DownloadFailedError, "answered 403"),
        ("moved to http", moves_to("http://example.org/m.onnx"), DownloadFailedError, "not an https"),
        ("moved to a file", moves_to("ftp://example.org/m"), DownloadFailedError, "not an https"),
    ],
)
def test_a_fetch_is_refused_at_once(get, server, case, play, error, words):
    server.plays = [play]
    with pytest.raises(error, match=words) as raised:
        get()
    assert "\n" not in str(raised.value)
    assert len(server.asked) == 1
    assert not get.target.exists()


def test_a_lie_leaves_nothing_behind(get, server):
    server.plays = [lies]
    with pytest.raises(WeightsInvalidError):
        get()
    assert list(get.target.parent.iterdir()) == []


def test_a_redirect_on_the_same_machine_is_followed(get, server):
    server.plays = [moves_to(server.url), whole]
    assert get() == BODY


@pytest.mark.parametrize("url", ["http://example.org/m.onnx", "file:///etc/passwd", "ftp://127.0.0.1/m"])
def test_only_https_is_asked(get, url):
    with pytest.raises(DownloadFailedError, match="not an https address"):
        get(url=url)


def test_without_a_checksum_two_halves_are_never_joined(get, server):
    server.plays = [cut_off, whole]
    assert get(sha256=None, size_bytes=None) == BODY
    assert server.asked == [None, None]


def test_a_file_too_large_to_take_is_refused(get):
    with pytest.raises(WeightsInvalidError, match="at most 1000 are taken"):
        get(size_bytes=None, patience=Patience(most_bytes=1000))


def test_a_full_disk_and_an_unwritable_folder_are_told_apart(get, monkeypatch, tmp_path):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(OutputFullError, match="no room left"):
            get()
    get.target = tmp_path / "file" / "model.onnx"
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputUnwritableError, match="cannot write"):
        get()
