"""The zoo against a local server that cuts off, lies and stalls."""

from __future__ import annotations

import errno
import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest
import yaml

from graphs import constant_graph
from sightline.core.errors import (
    ConfigError,
    DownloadFailedError,
    OutputFullError,
    OutputUnwritableError,
    SettingsError,
    UnknownPluginError,
    WeightsInvalidError,
    WeightsMissingError,
)
from sightline.testing.fakes import FakeClock
from sightline.vision.download import Patience, Wanted, fetch
from sightline.vision.weights import Zoo

BODY = Random(5).randbytes(300_000)
LENGTH = len(BODY)
SHA = hashlib.sha256(BODY).hexdigest()


class Server:
    """Answers each request by the next of its plays, the last one for ever; notes what was asked."""

    def __init__(self) -> None:
        self.plays: list[Callable[[BaseHTTPRequestHandler], None]] = [whole]
        self.asked: list[str | None] = []
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            body = BODY
            server_of_tests = outer

            def do_GET(self) -> None:
                outer.asked.append(self.headers.get("Range"))
                play = outer.plays.pop(0) if len(outer.plays) > 1 else outer.plays[0]
                play(self)
                self.close_connection = True

            def log_message(self, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/model.onnx"

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def start_of(request) -> int:
    asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
    return int(asked[1]) if asked else 0


def send(request, body, *, code=200, length=None, **headers):
    request.send_response(code)
    request.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


def whole(request):
    start = start_of(request)
    if start >= len(BODY):
        send(request, b"", code=416)
    elif start:
        span = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
        send(request, BODY[start:], code=206, Content_Range=span)
    else:
        send(request, BODY)


def cut_off(request):
    rest = BODY[start_of(request) :]
    code = 206 if start_of(request) else 200
    span = f"bytes {start_of(request)}-{len(BODY) - 1}/{len(BODY)}"
    send(request, rest[: len(rest) // 2], code=code, length=len(rest), Content_Range=span)


def ignores_range(request):
    send(request, BODY)


def wrong_range(request):
    send(request, BODY[5:], code=206, Content_Range=f"bytes 5-{len(BODY) - 1}/{len(BODY)}")


def lies(request):
    send(request, BODY[:-1] + b"?")


def other_length(request):
    send(request, BODY[:1000])


def no_length_and_no_end(request):
    request.send_response(200)
    request.end_headers()
    request.wfile.write(BODY + BODY)


def stalls(request):
    request.send_response(200)
    request.send_header("Content-Length", str(len(BODY)))
    request.end_headers()
    request.wfile.write(BODY[:1000])
    request.wfile.flush()
    request.server_of_tests.released.wait(5)


def hangs_up(request):
    request.connection.shutdown(socket.SHUT_RDWR)


def answers(code):
    return lambda request: send(request, b"", code=code)


def moves_to(address):
    return lambda request: send(request, b"", code=302, Location=address)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


PATIENCE = Patience(attempts=4, read_timeout_s=0.05)


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


# --- the zoo ----------------------------------------------------------------------------------------------


def manifest(tmp_path, server, **changes):
    file = {"name": "model.onnx", "url": server.url, "sha256": SHA, "size_bytes": len(BODY)} | changes
    entry = {"layout": "yolox", "licence": "MIT", "classes": "coco-80", "files": [file]}
    path = tmp_path / "zoo.yaml"
    path.write_text(yaml.safe_dump({"models": {"tiny": entry}}))
    return path


def zoo_of(tmp_path, server, **changes):
    return Zoo(
        tmp_path / "models",
        manifest(tmp_path, server, **changes),
        clock=FakeClock(),
        rng=Random(1),
        patience=PATIENCE,
    )


def test_pulled_weights_are_there_and_verified(tmp_path, server):
    zoo = zoo_of(tmp_path, server)
    assert not zoo.installed("tiny")
    with pytest.raises(WeightsMissingError, match="not on this machine") as raised:
        zoo.path("tiny")
    assert raised.value.hint == "sightline models pull tiny"
    seen = []
    path = zoo.pull("tiny", progress=lambda *step: seen.append(step))
    assert path.read_bytes() == BODY
    assert seen[-1] == ("model.onnx", len(BODY), len(BODY))
    assert zoo.installed("tiny")
    assert zoo.path("tiny") == path
    assert [check.good for check in zoo.verify("tiny")] == [True]
    assert zoo.pull("tiny") == path
    assert len(server.asked) == 1


def test_damaged_weights_are_noticed_and_fetched_again(tmp_path, server):
    zoo = zoo_of(tmp_path, server)
    path = zoo.pull("tiny")
    path.write_bytes(BODY[:-1] + b"?")
    (check,) = zoo.verify("tiny")
    assert not check.good
    assert check.expected == SHA
    zoo.pull("tiny")
    assert path.read_bytes() == BODY
    path.unlink()
    assert zoo.verify("tiny")[0].actual is None
    assert not zoo.installed("tiny")


def test_weights_that_nobody_vouches_for_need_trust(tmp_path, server):
    zoo = zoo_of(tmp_path, server, sha256=None, size_bytes=None)
    assert not zoo.show("tiny").verified
    with pytest.raises(WeightsInvalidError, match="no checksum is known") as raised:
        zoo.pull("tiny")
    assert "--trust" in raised.value.hint
    zoo.pull("tiny", trust=True)
    assert zoo.show("tiny").files[0].sha256 == SHA
    assert zoo.show("tiny").verified


def test_weights_without_an_address_are_to_be_added(tmp_path, server):
    zoo = zoo_of(tmp_path, server, url="")
    with pytest.raises(WeightsMissingError, match="no address") as raised:
        zoo.pull("tiny")
    assert "models add" in raised.value.hint
    source = tmp_path / "any.onnx"
    source.write_bytes(BODY)
    entry = zoo.add(source, name="tiny")
    assert (entry.layout, entry.licence, len(entry.classes)) == ("yolox", "MIT", 80)
    assert zoo.path("tiny").read_bytes() == BODY


def test_a_file_that_the_manifest_knows_takes_its_facts_from_there(tmp_path, server):
    source = tmp_path / "My Copy.onnx"
    source.write_bytes(BODY)
    zoo = zoo_of(tmp_path, server)
    assert zoo.add(source).name == "my-copy"
    assert zoo.show("my-copy").licence == "MIT"
    assert zoo.names() == ("my-copy", "tiny")
    assert "my-copy" in zoo
    assert [entry.name for entry in zoo.entries()] == ["my-copy", "tiny"]


def test_another_file_under_the_manifests_name_is_refused(tmp_path, server):
    source = tmp_path / "other.onnx"
    source.write_bytes(b"another")
    with pytest.raises(WeightsInvalidError, match="this is not 'tiny'"):
        zoo_of(tmp_path, server).add(source, name="tiny")


def test_own_weights_keep_what_the_user_says_of_them(tmp_path, server):
    source = constant_graph(tmp_path / "own.onnx", {"out": [[1.0]]})
    zoo = zoo_of(tmp_path, server)
    zoo.add(source, layout="yolo", classes=("ball", "player"), licence="mine")
    again = zoo_of(tmp_path, server).show("own")
    assert (again.layout, again.classes, again.licence, again.local) == (
        "yolo",
        ("ball", "player"),
        "mine",
        True,
    )
    zoo.add(source)
    source.write_bytes(b"changed")
    with pytest.raises(SettingsError, match="taken by other weights"):
        zoo.add(source)


def test_an_xml_is_kept_with_its_bin(tmp_path, server):
    (tmp_path / "m.xml").write_text("<net/>")
    zoo = zoo_of(tmp_path, server)
    with pytest.raises(WeightsMissingError, match=r"m\.bin"):
        zoo.add(tmp_path / "m.xml")
    (tmp_path / "m.bin").write_bytes(b"123")
    zoo.add(tmp_path / "m.xml")
    assert zoo.path("m").with_suffix(".bin").read_bytes() == b"123"
    assert [check.good for check in zoo.verify("m")] == [True, True]


@pytest.mark.parametrize(
    ("source", "name", "error"),
    [
        ("absent.onnx", None, WeightsMissingError),
        ("there.pt", None, WeightsInvalidError),
        ("there.onnx", "../escape", SettingsError),
        ("there.onnx", "", None),
    ],
)
def test_what_cannot_be_added_is_refused(tmp_path, server, source, name, error):
    (tmp_path / "there.onnx").write_bytes(b"1")
    (tmp_path / "there.pt").write_bytes(b"1")
    zoo = zoo_of(tmp_path, server)
    if error is None:
        assert zoo.add(tmp_path / source, name=name).name == "there"
    else:
        with pytest.raises(error):
            zoo.add(tmp_path / source, name=name)


def test_unknown_names_come_with_the_known_ones(tmp_path, server):
    zoo = zoo_of(tmp_path, server)
    for call in (zoo.show, zoo.path, zoo.pull, zoo.verify):
        with pytest.raises(UnknownPluginError, match="no weights are called 'nothing'") as raised:
            call("nothing")
        assert "tiny" in raised.value.hint


def test_a_damaged_record_says_what_to_delete(tmp_path, server):
    zoo = zoo_of(tmp_path, server)
    zoo.pull("tiny")
    (tmp_path / "models" / "tiny" / "model.json").write_text("{")
    with pytest.raises(WeightsInvalidError, match="damaged") as raised:
        zoo.show("tiny")
    assert "delete" in raised.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "no: models",
        "models: [1]",
        "models: {a: {files: []}}",
        "models: {a: {files: [{name: ../b}]}}",
        "{",
        "models: 3",
    ],
)
def test_a_broken_manifest_is_named(tmp_path, text):
    path = tmp_path / "zoo.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match="not a manifest"):
        Zoo(tmp_path / "models", path).names()


def test_a_manifest_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the manifest"):
        Zoo(tmp_path / "models", tmp_path / "none.yaml").names()


def test_the_shipped_manifest_is_honest(tmp_path):
    zoo = Zoo(tmp_path / "models")
    assert "yolox-nano" in zoo
    for entry in zoo.entries():
        assert entry.layout, entry.name
        assert entry.licence in {"Apache-2.0", "MIT", "BSD-3-Clause"}, entry.name
        assert entry.summary
        assert entry.input
        for file in entry.files:
            assert not file.url or file.url.startswith("https://"), file
            assert file.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", file.sha256), file
            assert file.sha256 is not None or file.url, file
        json.dumps(entry.as_dict())
