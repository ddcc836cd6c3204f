"""The client against the real application: it sends, follows and fetches, and goes on after what breaks."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from factories import make_clip
from sightline.bootstrap import build_platform
from sightline.client.client import SightlineClient
from sightline.client.follow import events_in
from sightline.client.http import Patience, RemoteError
from sightline.core.accounts import Role
from sightline.core.errors import AdapterUnavailableError, ConflictError
from sightline.core.events import EventKind
from sightline.server.app import build_server
from sightline.settings import Settings
from sightline.testing.accounts import headers_of

pytestmark = pytest.mark.slow


class Wire(httpx.BaseTransport):
    """Carries requests to an application in this process; breaks off where a test says so."""

    def __init__(self, inside: TestClient) -> None:
        self._inside = inside
        self.breaks: list[str] = []
        self.sent: list[tuple[str, str]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append((request.method, request.url.path))
        broken = self.breaks.pop(0) if self.breaks else ""
        if broken == "before":
            raise httpx.ConnectError("refused", request=request)
        answer = self._inside.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        if broken == "after":
            raise httpx.ReadError("broken off", request=request)
        if broken == "busy":
            return httpx.Response(503, headers={"Retry-After": "0"}, json={})
        kept = {name: value for name, value in answer.headers.items() if name != "content-encoding"}
        body = answer.content
        if broken == "half":
            return httpx.Response(answer.status_code, headers=kept, stream=Half(body))
        if broken == "short":  # as a server that is stopped ends it
            body = body[: body.rindex(b"\n\n", 0, len(body) // 2) + 2]
        return httpx.Response(answer.status_code, headers=kept, content=body)


class Half(httpx.SyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body[: len(self._body) // 2]
        raise httpx.ReadError("broken off")


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    platform = build_platform(Settings(home=home, min_free_bytes=0, workers=1, segment_s=0.5))
    with TestClient(build_server(platform), base_url="http://server") as client:
        client.key = headers_of(platform)["X-API-Key"]
        client.hers = headers_of(platform, Role.ANALYST)["X-API-Key"]
        yield client


@pytest.fixture
def wire(inside):
    return Wire(inside)


@pytest.fixture
def notes(monkeypatch, tmp_path) -> Path:
    """Where uploads are noted."""
    monkeypatch.setenv("SIGHTLINE_HOME", str(tmp_path / "mine"))
    return tmp_path / "mine" / "unfinished"


@pytest.fixture
def client(inside, wire, notes):
    with SightlineClient(
        "http://server", inside.key, patience=Patience(tries=3, base_s=0), transport=wire
    ) as client:
        yield client


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "street.mp4", frames=20).path


def test_a_video_is_sent_processed_followed_and_fetched(client, wire, clip, tmp_path):
    told = []
    video = client.upload(clip, tags=["street"], progress=lambda done, total: told.append((done, total)))
    assert (video["state"], told[-1]) == ("ready", (clip.stat().st_size,) * 2)
    pipeline = client.process(video_id=video["id"])
    kinds = [event.kind for event in client.follow(pipeline["id"])]
    assert kinds[-1] is EventKind.PIPELINE_COMPLETED
    assert client.wait(pipeline["id"])["state"] == "completed"
    folder = client.download(pipeline["id"], tmp_path / "out")
    assert (folder / "manifest.json").is_file()
    table = client.table(pipeline["id"], "frames", columns=["frame"], where=["frame>=18"])
    assert table["frame"].to_pylist() == [18, 19]
    assert client.query(pipeline["id"], "select count(*) as n from frames") == [{"n": 20}]
    assert next(client.videos(tag="street"))["id"] == video["id"]
    assert pipeline["id"] in [one["id"] for one in client.pipelines(limit=1)]
    wire.sent.clear()
    client.download(pipeline["id"], folder)
    assert len(wire.sent) == 1  # the list; every file is there already


@pytest.mark.parametrize("broken", ["before", "after", "busy"])
def test_an_upload_survives_what_breaks(client, wire, clip, broken):
    client_part = "sightline.client.upload._PART_BYTES"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client_part, 1500)
        wire.breaks = ["", "", broken]
        assert client.upload(clip)["state"] == "ready"


def test_an_upload_survives_a_server_that_is_away_for_longer_than_one_request_is_tried(client, wire, clip):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sightline.client.upload._PART_BYTES", 1500)
        wire.breaks = [
            "",
            "",
            *["before"] * 5,
        ]  # a part, three times the question how far it is, once more ...
        assert client.upload(clip)["state"] == "ready"


def stop_at(wanted_bytes):
    """Press Ctrl-C once so much has arrived."""

    def stop(done, _total):
        if done >= wanted_bytes:
            raise KeyboardInterrupt

    return stop


@pytest.fixture
def parts(monkeypatch):
    """Send small parts."""
    monkeypatch.setattr("sightline.client.upload._PART_BYTES", 1500)


@pytest.fixture
def own(clip, tmp_path) -> Path:
    """A file that no other test sends."""
    return Path(shutil.copy(clip, tmp_path))


def test_a_stopped_upload_says_how_much_has_arrived_and_goes_on_there(
    client, inside, wire, own, parts, notes
):
    with pytest.raises(KeyboardInterrupt) as stopped:
        client.upload(own, progress=stop_at(3000))
    assert (stopped.value.arrived_bytes, stopped.value.is_kept) == (3000, True)
    (note,) = notes.iterdir()
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert inside.key not in note.read_text()
    told = []
    with SightlineClient("http://server", inside.key, transport=wire) as later:
        video = later.upload(own, progress=lambda done, _total: told.append(done))
    assert told[0] == 3000
    assert video["sha256"] == hashlib.sha256(own.read_bytes()).hexdigest()
    assert list(notes.iterdir()) == []


def test_an_upload_whose_last_answer_nobody_read_is_not_sent_again(client, wire, own):
    with pytest.raises(KeyboardInterrupt):
        client.upload(own, progress=stop_at(own.stat().st_size))
    wire.sent.clear()
    assert client.upload(own)["state"] == "ready"
    assert "PATCH" not in [method for method, _path in wire.sent]


def test_an_upload_that_the_server_does_not_have_any_more_begins_anew(client, own, parts, notes):
    with pytest.raises(KeyboardInterrupt):
        client.upload(own, progress=stop_at(3000))
    client.delete_video(next(client.videos(state="uploading"))["id"])
    told = []
    client.upload(own, progress=lambda done, _total: told.append(done))
    assert told[0] == 0
    assert list(notes.iterdir()) == []


def test_what_ends_an_upload_is_told_and_not_that_it_has_ended(client, inside, wire, own, parts, notes):
    def fill(done, _total):
        if done == 1500:
            client.ask("PUT", f"/api/v1/quotas/{who}", json={"storage_bytes": 2000})

    with SightlineClient(
        "http://server", inside.hers, patience=Patience(tries=3, base_s=0), transport=wire
    ) as hers:
        who = hers.ask("GET", "/api/v1/auth/me")["id"]
        with pytest.raises(RemoteError) as refused:
            hers.upload(own, progress=fill)
    client.ask("PUT", f"/api/v1/quotas/{who}", json={"storage_bytes": None})
    assert (refused.value.status, refused.value.code) == (429, "quota_exceeded")
    assert "are over the limit" in str(refused.value)


def test_a_note_that_was_cut_short_counts_as_none(client, own, parts, notes):
    with pytest.raises(KeyboardInterrupt):
        client.upload(own, progress=stop_at(3000))
    (note,) = notes.iterdir()
    note.write_text(note.read_text()[:40])
    assert client.upload(own)["state"] == "ready"
    assert list(notes.iterdir()) == []


def test_where_nothing_can_be_noted_an_upload_says_so_when_it_is_stopped(inside, wire, own, parts, tmp_path):
    (tmp_path / "file").touch()
    with (
        SightlineClient(
            "http://server", inside.key, transport=wire, unfinished=tmp_path / "file" / "x"
        ) as client,
        pytest.raises(KeyboardInterrupt) as stopped,
    ):
        client.upload(own, progress=stop_at(3000))
    assert not stopped.value.is_kept


def test_two_uploads_of_one_file_at_once_are_two(client, own, parts, notes):
    nested = []

    def once(done, _total):
        if done == 3000 and not nested:
            nested.append(client.upload(own))

    video = client.upload(own, progress=once)
    assert nested[0]["id"] != video["id"]
    assert nested[0]["sha256"] == video["sha256"]
    assert list(notes.iterdir()) == []


def test_a_file_that_is_written_to_while_it_is_sent_is_refused_and_none_of_it_is_kept(
    client, own, parts, notes
):
    before = {video["id"] for video in client.videos()}

    def write(done, _total):
        if done == 1500:
            own.write_bytes(own.read_bytes()[:2000])

    with pytest.raises(ConflictError, match="was changed while it was sent"):
        client.upload(own, progress=write)
    assert {video["id"] for video in client.videos()} == before
    assert list(notes.iterdir()) == []


def test_bytes_that_were_changed_in_secret_are_found_out(client, own, parts):
    before, times = {video["id"] for video in client.videos()}, own.stat()
    with pytest.raises(KeyboardInterrupt):
        client.upload(own, progress=stop_at(3000))
    data = bytearray(own.read_bytes())
    data[100] ^= 1
    own.write_bytes(data)
    os.utime(own, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(ConflictError, match="was changed"):
        client.upload(own, progress=lambda done, _total: None)
    assert {video["id"] for video in client.videos()} == before


def test_nobody_goes_on_with_what_another_user_began(client, inside, wire, own, parts):
    with SightlineClient("http://server", inside.hers, transport=wire) as hers:
        with pytest.raises(KeyboardInterrupt):
            hers.upload(own, progress=stop_at(3000))
        told = []
        client.upload(own, progress=lambda done, _total: told.append(done))
        assert told[0] == 0
        told.clear()
        hers.upload(own, progress=lambda done, _total: told.append(done))
        assert told[0] == 3000


@pytest.mark.parametrize("broken", ["half", "short", "busy", "before"])
def test_events_are_not_lost_where_the_stream_breaks(client, wire, clip, broken):
    pipeline = client.process(video_id=client.upload(clip)["id"], settings={"min_score": 0.3})
    client.wait(pipeline["id"])
    wire.breaks = [broken, "", "", broken]
    cursors = [event.cursor for event in client.follow(pipeline["id"]) if event.cursor]
    assert cursors == list(range(1, len(cursors) + 1))
    assert len(cursors) > 4


def test_following_a_run_from_its_last_event_on_ends_at_once(client, wire, clip):
    pipeline = client.process(video_id=client.upload(clip)["id"], settings={"min_score": 0.3})
    client.wait(pipeline["id"])
    last = [event.cursor for event in client.follow(pipeline["id"]) if event.cursor][-1]
    wire.sent.clear()
    assert list(client.follow(pipeline["id"], after=last)) == []
    assert len(wire.sent) == 3  # the stream, the status, and the stream once more


def test_a_request_whose_answer_was_lost_is_done_once(client, wire, clip):
    video = client.upload(clip)
    wire.breaks = ["after"]
    pipeline = client.process(video_id=video["id"], settings={"min_score": 0.35})
    assert [one["id"] for one in client.pipelines(video_id=video["id"])] == [pipeline["id"]]


def test_a_refusal_says_code_and_hint(client):
    with pytest.raises(RemoteError) as refused:
        client.status("none")
    assert (refused.value.status, refused.value.code) == (404, "run_not_found")
    assert refused.value.hint


def test_a_server_that_is_away_is_told_of_after_some_tries(client, wire):
    wire.breaks = ["before"] * 3
    with pytest.raises(AdapterUnavailableError):
        client.status("x")


def test_data_over_several_lines_is_one_event():
    assert list(events_in([": hello", "", "event: x", 'data: {"a":', "data: 1}", "", "data: 2"])) == [
        {"a": 1}
    ]
