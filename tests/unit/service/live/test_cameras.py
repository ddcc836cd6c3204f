"""Each camera is a live run: tables, ledger, events, clips, retention."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from sightline.core.accounts import Role
from sightline.core.ledger import Ledger
from sightline.core.runs import RunState
from sightline.service.live.cameras.recording import redacted
from unit.live.doors import door, signed_in
from unit.service.live.test_stream import road
from waiting import wait_for

pytestmark = pytest.mark.slow  # each plays a clip at its own pace


@pytest.fixture
def app(tmp_path):
    return door(tmp_path, script=road, allowed_folders=(tmp_path,))[0]


@pytest.fixture
def client(app):
    with TestClient(app, headers=signed_in(app)) as client:
        yield client


@pytest.fixture
def video(clip):
    """A clip where users of the server may name it."""
    return str(clip(frames=40, rate_hz=20, size=(480, 640)).path)


def test_a_camera_becomes_a_run_with_tables_a_balanced_ledger_and_events(app, client, video):
    body = {
        "name": "drive", "address": video, "app": "road", "fps_limit": 20, "segment_s": 1,
        "app_settings": {"gate": False, "classes": ["D40"]}, "clip_before_s": 0.2, "clip_after_s": 0.2,
    }  # fmt: skip
    answer = client.post("/api/v1/cameras", json=body)
    assert answer.status_code == 201, answer.text
    camera_id = answer.json()["id"]
    camera = app.state.cameras.get(camera_id)
    wait_for(lambda: not camera.is_working)
    facts = client.get(f"/api/v1/cameras/{camera_id}").json()
    assert facts["connection"]["state"] == "ended", facts
    (run_id,) = facts["runs"]
    run = app.state.platform.runs.get(run_id)
    assert run.state is RunState.COMPLETED
    tables = {path.stem: pq.read_table(path) for path in Path(run.folder, "tables").glob("*.parquet")}
    rows = list(
        zip(tables["frames"]["status"].to_pylist(), tables["frames"]["cause"].to_pylist(), strict=True)
    )
    ledger = Ledger.from_rows(rows)
    assert ledger.decoded == 40
    assert ledger.inferred == camera.frames
    assert tables["frames"]["frame"].to_pylist() == list(range(40))
    assert set(tables) >= {"frames", "detections", "tracks", "events"}
    events = [message.data for message in camera.outbox.after(0) if message.kind == "hazard_event"]
    assert [event["phase"] for event in events] == ["confirmed", "closed"]
    gone = client.delete(f"/api/v1/cameras/{camera_id}").json()
    assert gone["clips_written"] == 1
    assert client.get(f"/api/v1/cameras/{camera_id}").status_code == 404
    assert camera.clip(events[0]["clip"]).stat().st_size > 1000


def test_the_live_view_shows_the_newest_picture_with_boxes(app, client, video):
    body = {"address": video, "fps_limit": 10, "app": "people"}
    camera = app.state.cameras.get(client.post("/api/v1/cameras", json=body).json()["id"])
    wait_for(lambda: not camera.is_working)
    assert camera.showing.jpeg()[:2] == b"\xff\xd8"
    camera.outbox.close()
    events = client.get(f"/api/v1/cameras/{camera.id}/events").text
    assert "event: detection_result" in events


@pytest.mark.parametrize(
    "address",
    [
        "/etc/passwd",
        "http://169.254.169.254/",
        "rtsp://127.0.0.1/x",
        "gopher://x/",
        "http://[",
        "rtsp://",
        "rtsp://a..b/",
        "rtsp://" + "a" * 300,
        "http://192.0.2.1/\x00",
    ],
)
def test_a_camera_leads_nowhere_that_users_may_not_go(client, address):
    answer = client.post("/api/v1/cameras", json={"address": address})
    assert answer.status_code in (403, 404, 422), answer.text
    assert client.get("/api/v1/cameras").json() == {"items": []}


def test_a_network_may_be_allowed_by_name_and_passwords_are_never_shown(tmp_path):
    app, _ = door(tmp_path, camera_networks=("127.0.0.0/8",))
    with TestClient(app, headers=signed_in(app)) as client:
        body = {"address": "rtsp://me:secret@127.0.0.1:1/x?key=hidden", "silence_s": 1}
        answer = client.post("/api/v1/cameras", json=body)
        assert answer.status_code == 201
        camera_id = answer.json()["id"]
        camera = app.state.cameras.get(camera_id)
        wait_for(lambda: camera.to_json()["connection"]["failures"] >= 2)
        shown = client.get(f"/api/v1/cameras/{camera_id}").text
        assert "secret" not in shown
        assert "hidden" not in shown
        assert client.delete(f"/api/v1/cameras/{camera_id}").status_code == 200


def test_who_may_not_sees_no_camera(app, client, video):
    camera_id = client.post("/api/v1/cameras", json={"address": video}).json()["id"]
    other = TestClient(app, headers=signed_in(app, name="berta"))
    assert other.get("/api/v1/cameras").json() == {"items": []}
    for answer in (
        other.get(f"/api/v1/cameras/{camera_id}"),
        other.get(f"/api/v1/cameras/{camera_id}/view"),
        other.delete(f"/api/v1/cameras/{camera_id}"),
    ):
        assert answer.status_code == 404
    viewer = TestClient(app, headers=signed_in(app, Role.VIEWER, "vera"))
    assert viewer.post("/api/v1/cameras", json={"address": video}).status_code == 403


def test_an_address_is_shown_without_what_opens_it():
    assert redacted("rtsp://u:p@host:554/a?token=x") == "rtsp://u:***@host:554/a"
    assert redacted("/a?b.mp4") == "/a?b.mp4"
    json.dumps(redacted("http://host/"))
