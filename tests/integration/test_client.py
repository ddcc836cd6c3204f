"""The client against the real application: it sends, follows and fetches, and goes on after what breaks."""

from __future__ import annotations

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
from sightline.core.errors import AdapterUnavailableError
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
        yield client


@pytest.fixture
def wire(inside):
    return Wire(inside)


@pytest.fixture
def client(inside, wire):
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
    client_part = "sightline.client.client._PART_BYTES"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client_part, 1500)
        wire.breaks = ["", "", broken]
        assert client.upload(clip)["state"] == "ready"


def test_an_upload_survives_a_server_that_is_away_for_longer_than_one_request_is_tried(client, wire, clip):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sightline.client.client._PART_BYTES", 1500)
        wire.breaks = [
            "",
            "",
            *["before"] * 5,
        ]  # a part, three times the question how far it is, once more ...
        assert client.upload(clip)["state"] == "ready"


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
