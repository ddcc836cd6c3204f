"""A video becomes tables over HTTP: start, follow, fetch; with the real engine and a database on disk."""

from __future__ import annotations

import io
import json

import av
import psutil
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from factories import make_clip
from sightline.api.views.pipelines import EXAMPLE
from sightline.bootstrap import build_platform
from sightline.server.app import build_server
from sightline.settings import Settings
from sightline.testing.accounts import headers_of

pytestmark = pytest.mark.slow
API = "/api/v1"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def client(home):
    make_clip(home / "street.mp4", frames=30)
    platform = build_platform(Settings(home=home, segment_s=0.5, min_free_bytes=0, allowed_folders=(home,)))
    with TestClient(build_server(platform)) as client:
        client.headers.update(headers_of(platform))
        yield client


@pytest.fixture(scope="module")
def done(client, home):
    """A pipeline that was waited for."""
    body = {"video_path": str(home / "street.mp4"), "tags": ["first"]}
    answer = client.post(f"{API}/process-video", params={"wait": 120}, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_pipeline_that_was_waited_for_is_complete_and_accounts_for_every_frame(client, done):
    status = client.get(done["links"]["status"]).json()
    assert (status["state"], status["percent"], status["stage"]) == ("completed", 100.0, "")
    assert status["ledger"]["decoded"] == 30
    assert status["rows"]["frames"] == 30
    assert (status["attempts"], status["error"]) == (1, None)


def test_a_run_gives_way_to_the_server(client, done):
    own = psutil.Process()
    nice = [one.nice() for one in own.children() if "sightline.worker.child" in one.cmdline()]
    assert nice == [min(19, own.nice() + client.app.state.platform.settings.run_niceness)]


def test_events_are_replayed_in_order_from_where_a_client_was(client, done):
    def ids(**headers):
        text = client.get(done["links"]["events"], headers=headers).text
        return [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]

    everything = ids()
    assert everything == list(range(1, len(everything) + 1))
    assert ids(**{"Last-Event-ID": "3"}) == everything[3:]


def test_events_come_over_a_websocket_too(client, done):
    seen = []
    with client.websocket_connect(f"{done['links']['events']}?after=2") as socket:
        while not seen or seen[-1]["kind"] != "pipeline_completed":
            seen.append(json.loads(socket.receive_text()))
    assert seen[0]["cursor"] == 3


def test_tables_come_in_part_or_whole(client, done):
    table = f"{API}/pipeline/{done['id']}/tables/frames"
    rows = client.get(
        table, params={"format": "json", "where": "frame>=28", "columns": "frame,status"}
    ).json()
    assert rows == [{"frame": 28, "status": "inferred"}, {"frame": 29, "status": "inferred"}]
    assert pq.read_table(io.BytesIO(client.get(table).content)).num_rows == 30


def test_files_come_whole_in_ranges_and_not_again(client, done):
    files = client.get(done["links"]["artifacts"]).json()["items"]
    one = next(file for file in files if file["name"] == "annotated.mp4")
    whole = client.get(one["href"])
    assert len(whole.content) == one["size_bytes"]
    part = client.get(one["href"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert client.get(one["href"], headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert client.get(one["href"], headers={"Range": "bytes=99999999-"}).status_code == 416


def test_sql_is_answered(client, done):
    answer = client.post(done["links"]["query"], json={"sql": "select count(*) as n from frames"})
    assert answer.json() == {"columns": ["n"], "rows": [[30]], "is_cut": False}
    refused = client.post(done["links"]["query"], json={"sql": "drop view frames"})
    assert (refused.status_code, refused.json()["code"]) == (400, "query_invalid")


def test_lists_filter_and_page(client, done):
    items = client.get(f"{API}/pipelines", params={"tag": "first", "state": "completed"}).json()["items"]
    assert [item["id"] for item in items] == [done["id"]]
    assert client.get(f"{API}/pipelines", params={"tag": "other"}).json() == {
        "items": [],
        "next_cursor": None,
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "settings_invalid"),
        ({"video_path": "HOME/none.mp4"}, 404, "source_unavailable"),
        ({"video_path": "/etc/passwd"}, 403, "address_refused"),
        ({"video_path": "HOME/sightline.db"}, 415, "content_refused"),
        ({"video_path": "HOME/street.mp4", "app": "chess"}, 400, "unknown_plugin"),
        ({"video_path": "HOME/street.mp4", "priority": "urgent"}, 422, "request_invalid"),
        ({"video_path": "HOME/street.mp4", "settings": {"iou": 7}}, 422, "settings_invalid"),
        ({"video_path": "HOME/street.mp4", "stage_configs": {"magic": {}}}, 422, "settings_invalid"),
        (
            {"video_path": "HOME/street.mp4", "stage_configs": {"video_decoding": {"target_fps": 0}}},
            422,
            "settings_invalid",
        ),
        ({"video_path": "HOME/street.mp4", "colour": "red"}, 422, "request_invalid"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_hint(client, home, body, status, code):
    said = json.loads(json.dumps(body).replace("HOME", str(home)))
    answer = client.post(f"{API}/process-video", json=said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["hint"]


def test_json_that_is_sent_as_something_else_is_refused_with_the_kind_to_send_it_as(client):
    answer = client.post(
        f"{API}/process-video", content='{"video_id": "x"}', headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 422
    assert answer.json()["hint"] == "send JSON, with Content-Type: application/json"


def test_a_share_link_says_that_it_opens_one_thing(client, done):
    wanted = {"resource": "run", "resource_id": done["id"], "ttl_s": 60}
    token = client.post(f"{API}/shares/links", json=wanted).json()["token"]
    stranger = TestClient(client.app)
    assert stranger.get(done["links"]["status"], params={"share": token}).status_code == 200
    other = stranger.get(f"{API}/videos", params={"share": token})
    assert (other.status_code, other.json()["hint"]) == (403, "ask for a link to it")
    cut = stranger.get(done["links"]["status"], params={"share": token[:-3]})
    assert (cut.status_code, cut.json()["hint"]) == (401, "copy the whole link, or ask for a new one")


def test_a_wait_that_is_too_short_says_so_and_the_pipeline_goes_on(client, home):
    body = {"video_path": str(home / "street.mp4"), "settings": {"min_score": 0.4}}
    answer = client.post(f"{API}/process-video", params={"wait": 0.001}, json=body)
    assert (answer.status_code, answer.json()["code"]) == (408, "waited_too_long")
    run = f"{API}/pipeline/{answer.json()['pipeline_id']}"
    client.get(f"{run}/events")  # ends with the pipeline
    assert client.get(f"{run}/status").json()["state"] == "completed"
    assert client.post(f"{run}/cancel").status_code == 409
    assert client.delete(run).status_code == 204
    assert client.get(run).status_code == 404


def test_the_example_of_the_document_is_taken_as_it_is(client, home):
    body = {name: value for name, value in EXAMPLE.items() if name != "video_id"}
    body |= {"video_path": str(home / "street.mp4")}
    answer = client.post(f"{API}/process-video", json=body)
    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert client.post(said["links"]["cancel"]).status_code == 202
    effective = said["effective"]
    assert (said["priority"], effective["model"], effective["batch"], effective["stride"]) == (
        5,
        "sightline-football-n",
        8,
        1,
    )
    assert effective["app"] | {"min_score": 0.3, "iou": 0.6, "tracking_method": "kalman"} == effective["app"]
    assert effective["app"] | {"min_ball_radius": 1, "max_ball_radius": 30} == effective["app"]
    assert [text.partition(":")[0] for text in said["warnings"]] == [
        "gpu_enabled",
        "extract_audio",
        "target_resolution 1280x720",
    ]
    assert client.get(said["links"]["status"]).json()["warnings"] == said["warnings"]


def test_wishes_that_can_be_met_are_met(client, home):
    make_clip(home / "loud.mp4", frames=20, size=(192, 256), audio=True)
    body = {
        "video_path": str(home / "loud.mp4"),
        "gpu_enabled": True,
        "checkpoint_enabled": False,
        "priority": "high",
        "model_version": "latest",
        "stage_configs": {
            "video_decoding": {"target_fps": 12, "target_resolution": [128, 96], "extract_audio": True},
            "ball_tracking": {"tracking_method": "kalman"},
            "rendering": {"annotate": False},
        },
    }
    answer = client.post(f"{API}/process-video", params={"wait": 120}, json=body)
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert (done["priority"], done["effective"]["stride"], done["effective"]["within"]) == (10, 2, [96, 128])
    assert ["tracking_method" in done["warnings"][0], "gpu" in done["warnings"][1]] == [True, True]
    files = {one["name"]: one for one in client.get(done["links"]["artifacts"]).json()["items"]}
    sound = av.open(io.BytesIO(client.get(files["audio.m4a"]["href"]).content))
    assert [(stream.type, stream.codec_context.name) for stream in sound.streams] == [("audio", "aac")]
    manifest = client.get(files["manifest.json"]["href"]).json()
    assert manifest["run"]["warnings"] == done["warnings"]
    assert manifest["provenance"]["settings"]["within"] == [96, 128]
    assert manifest["ledger"]["skipped"] == {"stride": 10}
    journal = client.app.state.platform.journal
    assert journal.checkpoints(done["id"]) == []


def test_the_same_wishes_are_answered_from_what_is_stored_with_their_own_warnings(client, home, done):
    body = {"video_path": str(home / "street.mp4"), "gpu_enabled": True, "checkpoint_enabled": False}
    again = client.post(f"{API}/process-video", json=body).json()
    assert (again["id"], again["reused"]) == (done["id"], True)
    assert [text.partition(":")[0] for text in again["warnings"]] == ["gpu_enabled"]
