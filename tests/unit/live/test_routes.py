"""The protocol, over the server's own application."""

import base64
import json

import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from sightline.core.accounts import Role
from sightline.core.cameras import StoredCamera
from sightline.core.stream_messages import write_binary
from sightline.service.live.stream.frames import Drop
from unit.live.doors import door, signed_in, user_id
from unit.service.live.streams import jpeg, text
from waiting import wait_for


@pytest.fixture
def app(tmp_path):
    return door(tmp_path)[0]


@pytest.fixture
def headers(app):
    return signed_in(app)


@pytest.fixture
def owner(app, headers):
    return user_id(app, headers)


@pytest.fixture
def client(app, headers):
    with TestClient(app, headers=headers) as client:
        yield client


def take(socket, kind):
    """Receive until a message of a kind comes."""
    for _ in range(50):
        message = socket.receive_json()
        if message["type"] == kind:
            return message["data"]
    raise AssertionError(kind)


def test_frames_as_json_and_binary_are_answered_with_their_ids(client):
    with client.websocket_connect("/stream/detection?fps_limit=20&confidence_threshold=0.2") as socket:
        settings = take(socket, "config_ack")
        assert (settings["fps_limit"], settings["confidence_threshold"]) == (20, 0.2)
        socket.send_json(
            {"type": "frame", "image_data": text(jpeg()), "frame_id": "ä-1", "timestamp": 1641234567.123}
        )
        result = take(socket, "detection_result")
        assert result["frame_id"] == "ä-1"
        assert result["timing"]["capture"] == 1641234567.123
        assert result["timing"]["received"] <= result["timing"]["inferred"] <= result["timing"]["sent"]
        assert result["detections"][0].keys() == {"bbox", "confidence", "class_id", "class_name", "track_id"}
        socket.send_bytes(write_binary(jpeg(), frame_id=[1, {"a": None}]))
        assert take(socket, "detection_result")["frame_id"] == [1, {"a": None}]


def test_settings_change_and_pings_come_back(client):
    with client.websocket_connect("/stream/detection") as socket:
        socket.send_json({"type": "config", "fps_limit": 3, "roi": [0, 0, 1, 1]})
        take(socket, "config_ack")
        assert take(socket, "config_ack")["fps_limit"] == 3
        socket.send_json({"type": "ping", "timestamp": 12})
        pong = take(socket, "pong")
        assert (pong["timestamp"], pong["frames"]["received"]) == (12, 0)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "message_invalid"),
        ("[" * 50_000, "message_invalid"),
        ('{"type":"frame"}', "message_invalid"),
        ('{"type":"frame","image_data":"!!!"}', "frame_refused"),
        ('{"type":"frame","image_data":"aGVsbG8="}', "unsupported_format"),
        ('{"type":"config","fps_limit":-1}', "settings_invalid"),
        ('{"type":"config","app":"nothing"}', "settings_invalid"),
        (b"SLF1\xff\xff", "message_invalid"),
        (b"garbage", "unsupported_format"),
        ('{"type":"frame","image_data":"aGVsbG8=","timestamp":1' + "0" * 400 + "}", "message_invalid"),
        ('{"type":"frame","image_data":"aGVsbG8=","frame_id":1e999}', "message_invalid"),
        ('{"type":"ping","timestamp":NaN}', "message_invalid"),
    ],
)
def test_a_hostile_message_is_answered_by_name_and_the_stream_goes_on(client, message, code):
    with client.websocket_connect("/stream/detection") as socket:
        (socket.send_bytes if isinstance(message, bytes) else socket.send_text)(message)
        assert take(socket, "error")["code"] == code
        socket.send_bytes(write_binary(jpeg(), frame_id="after"))
        assert take(socket, "detection_result")["frame_id"] == "after"


def test_wrong_settings_in_the_address_close_the_socket_with_the_reason(client):
    with client.websocket_connect("/stream/detection?fps_limit=99") as socket:
        assert take(socket, "error")["code"] == "settings_invalid"
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 1008


def test_a_server_without_room_says_when_to_come_back(app, client):
    app.state.live.admission.cost_s = 0.05
    app.state.live.open({"fps_limit": 30})
    with client.websocket_connect("/stream/detection?fps_limit=30") as socket:
        refused = take(socket, "error")
        assert (refused["code"], refused["retry_after_s"]) == ("stream_overloaded", 10)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 1013
    answer = client.post("/stream/sessions", json={"fps_limit": 30})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.json()["code"] == "stream_overloaded"


def test_who_has_as_many_streams_as_one_may_is_told_when_to_come_back(tmp_path):
    app, live = door(tmp_path, quota_streams=1)
    live._settings = app.state.platform.settings
    with TestClient(app, headers=signed_in(app)) as client:
        assert client.post("/stream/sessions", json={}).status_code == 201
        answer = client.post("/stream/sessions", json={})
        assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (
            429,
            "quota_exceeded",
            "10",
        )
        with client.websocket_connect("/stream/detection") as socket:
            refused = take(socket, "error")
            assert (refused["code"], refused["retry_after_s"]) == ("quota_exceeded", 10)
            with pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_json()
            assert closed.value.code == 1013


def test_a_socket_that_ends_takes_its_stream_with_it(app, client):
    with client.websocket_connect("/stream/detection") as socket:
        take(socket, "config_ack")
        assert len(app.state.live.streams()) == 1
    assert app.state.live.streams() == ()


def sse(lines):
    """Read events `(id, kind, data)`."""
    found = {}
    for line in lines:
        if not line:
            if "event" in found:
                yield int(found.get("id", 0)), found["event"], json.loads(found["data"])
            found = {}
            continue
        name, _, value = line.partition(": ")
        found[name] = value


def test_a_stream_over_plain_http_from_open_to_close(client, app):
    opened = client.post("/stream/sessions", json={"fps_limit": 20})
    assert opened.status_code == 201
    session = opened.json()
    client_id = session["client_id"]
    assert session["sse_endpoint"] == f"/stream/events/{client_id}"
    upload = session["upload_endpoint"]
    sent = [
        client.post(upload, json={"image_data": text(jpeg()), "frame_id": 1, "timestamp": 5.0}),
        client.post(
            upload + "?frame_id=two&timestamp=6", content=jpeg(), headers={"Content-Type": "image/jpeg"}
        ),
    ]
    wait_for(lambda: app.state.live.get(client_id).ledger.waiting == 0)
    sent.append(
        client.post(
            upload, files={"frame": ("a.png", jpeg(suffix=".png"), "image/png")}, data={"frame_id": "three"}
        )
    )
    assert [answer.status_code for answer in sent] == [202] * 3
    assert [answer.json()["frame_id"] for answer in sent] == [1, "two", "three"]
    wait_for(lambda: app.state.live.get(client_id).ledger.waiting == 0)
    patched = client.patch(f"/stream/sessions/{client_id}/config", json={"max_detections": 7})
    assert patched.json()["config"]["max_detections"] == 7
    stats = client.get(f"/stream/sessions/{client_id}/stats").json()
    assert stats["frames"]["received"] == 3
    assert {"p50_ms", "p95_ms", "p99_ms", "count"} == set(stats["latency"]["infer"])
    closed = client.delete(f"/stream/sessions/{client_id}").json()
    assert closed["frames"]["waiting"] == 0
    assert client.get(f"/stream/sessions/{client_id}/stats").status_code == 404
    everything = client.get("/stream/stats").json()
    assert everything["frames"]["received"] == 3
    assert client.get("/stream/health").json()["status"] == "ok"


def test_a_reader_who_comes_back_has_every_event_once(app, client, owner):
    stream = app.state.live.open({}, owner=owner)
    for number in range(5):
        stream.tell("hazard_event", {"event_id": number})
    stream.outbox.close()
    first = list(sse(client.get(f"/stream/events/{stream.id}").text.splitlines()))
    assert [data["event_id"] for _, _, data in first] == [0, 1, 2, 3, 4]
    again = client.get(f"/stream/events/{stream.id}", headers={"Last-Event-ID": str(first[1][0])}).text
    assert [data["event_id"] for _, _, data in sse(again.splitlines())] == [2, 3, 4]
    after = client.get(f"/stream/events/{stream.id}?after={first[3][0]}").text
    assert [data["event_id"] for _, _, data in sse(after.splitlines())] == [4]


@pytest.mark.parametrize(
    ("kind", "body", "answered"),
    [
        ("application/json", b"{", (422, "message_invalid")),
        ("application/json", b'{"image_data": 5}', (422, "message_invalid")),
        ("text/plain", b"hello", (415, "content_type")),
        ("", b"hello", (415, "content_type")),
        ("multipart/form-data; boundary=x", b"--x--\r\n", (422, "message_invalid")),
    ],
)
def test_an_upload_that_is_no_frame_is_refused(client, app, owner, kind, body, answered):
    stream = app.state.live.open({}, owner=owner)
    answer = client.post(f"/stream/process/{stream.id}", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == answered
    assert stream.ledger.received == 0


@pytest.mark.parametrize("stamp", ["nan", "inf", "1e999", "x"])
def test_a_time_that_is_no_number_is_refused_in_the_address_and_in_a_form(client, app, owner, stamp):
    stream = app.state.live.open({}, owner=owner)
    place = f"/stream/process/{stream.id}"
    answers = [
        client.post(f"{place}?timestamp={stamp}", content=jpeg(), headers={"Content-Type": "image/jpeg"}),
        client.post(place, data={"timestamp": stamp}, files={"frame": ("a.jpg", jpeg(), "image/jpeg")}),
        client.post(place, data={"frame_id": "x" * 300}, files={"frame": ("a.jpg", jpeg(), "image/jpeg")}),
    ]
    assert [answer.status_code for answer in answers] == [422] * 3
    assert stream.ledger.received == 0


def test_an_applications_settings_stand_in_the_address_as_json(client):
    query = 'app=road&app_settings={"camera_height_m":1.3,"horizon":0.45,"camera_hfov_deg":70}'
    with client.websocket_connect(f"/stream/detection?{query}") as socket:
        assert take(socket, "config_ack")["app_settings"]["horizon"] == 0.45
    with client.websocket_connect("/stream/detection?app=road&app_settings={") as socket:
        assert take(socket, "error")["code"] == "settings_invalid"


def test_a_frame_over_the_rate_says_so(client, app, owner):
    stream = app.state.live.open({"fps_limit": 1}, owner=owner)
    answers = [
        client.post(
            f"/stream/process/{stream.id}", content=jpeg(), headers={"Content-Type": "image/jpeg"}
        ).json()
        for _ in range(4)
    ]
    assert answers[0]["accepted"]
    assert answers[-1] == {"frame_id": None, "accepted": False, "dropped": Drop.RATE}


def test_a_camera_of_another_server_is_named_with_that_server(app, client, owner):
    request = {"name": "gate", "address": "rtsp://me:secret@192.0.2.7/1", "app": "people"}
    app.state.platform.cameras.add(StoredCamera("c1", owner, request, 1.0, "http://10.0.0.5:8000"))
    app.state.platform.locks.take("camera:c1", lease_s=600)
    (listed,) = client.get("/api/v1/cameras").json()["items"]
    assert (listed["server"], listed["connection"]["state"]) == ("http://10.0.0.5:8000", "elsewhere")
    assert client.get("/api/v1/cameras/c1").json() == listed
    for part in ("view", "hls", "events", "clips/a.mp4"):
        answer = client.get(f"/api/v1/cameras/c1/{part}")
        assert (answer.status_code, answer.json()["code"]) == (421, "camera_elsewhere")
        assert answer.json()["hint"] == "ask http://10.0.0.5:8000"
    stranger = TestClient(app, headers=signed_in(app, name="berta"))
    for part in ("", "/view"):
        assert stranger.get(f"/api/v1/cameras/c1{part}").json()["code"] == "stream_not_found"
    assert stranger.delete("/api/v1/cameras/c1").status_code == 404
    assert client.delete("/api/v1/cameras/c1").status_code == 200
    assert client.get("/api/v1/cameras").json()["items"] == []


def test_how_many_streams_fit_is_a_question_that_can_be_asked(client):
    answer = client.get("/stream/capacity?fps=10&within_ms=100").json()
    assert answer["measured"]
    assert answer["sessions"] >= 1
    assert client.get("/stream/capacity?fps=100").status_code == 422


def test_metrics_tell_of_live_streams(client, app):
    stream = app.state.live.open({})
    stream.arrived(jpeg())
    stream.arrived(b"junk")
    wait_for(lambda: stream.ledger.waiting == 0)
    found = client.get("/metrics").text
    assert "sightline_live_sessions 1.0" in found
    assert 'sightline_live_seconds_bucket{le="+Inf",leg="infer"}' in found
    assert "sightline_live_frames_total" in found
    assert "sightline_live_fps_in" in found
    assert stream.id not in found  # series do not grow with clients
    assert client.get("/stream/stats").json()["fps_in"] > 0


def test_metrics_tell_of_each_stream_where_that_is_wanted(tmp_path):
    app, live = door(tmp_path, stream_metrics_each=True)
    with TestClient(app, headers=signed_in(app)) as client:
        stream = live.open({})
        stream.arrived(jpeg())
        stream.arrived(b"junk")
        wait_for(lambda: stream.ledger.waiting == 0)
        found = client.get("/metrics").text
        assert f'sightline_live_session_fps_in{{session="{stream.id}"}}' in found
        assert f'sightline_live_session_frames_total{{outcome="processed",session="{stream.id}"}}' in found
        for quantile in ("0.50", "0.95", "0.99"):
            told = (
                f'sightline_live_session_seconds{{leg="infer",quantile="{quantile}",session="{stream.id}"}}'
            )
            assert told in found
        live.close(stream.id)
        assert stream.id not in client.get("/metrics").text


def test_the_page_for_phones_may_use_the_camera_and_loads_nothing_from_elsewhere(client):
    page = client.get("/stream/view")
    assert "getUserMedia" in client.get("/stream/view.js").text
    assert page.headers["Permissions-Policy"].startswith("camera=(self), geolocation=(self)")
    for name in ("view", "view.js", "view.css"):
        assert "http://" not in client.get(f"/stream/{name}").text
        assert "https://" not in client.get(f"/stream/{name}").text


def test_base64_that_is_longer_than_a_frame_may_be_is_refused(client, app, owner):
    stream = app.state.live.open({}, owner=owner)
    huge = base64.b64encode(b"\xff\xd8" + b"x" * 2_950_000).decode()
    answer = client.post(f"/stream/process/{stream.id}", json={"image_data": huge})
    assert answer.json()["dropped"] == "too_large"


def test_nobody_and_those_who_only_look_open_no_stream(app, client):
    assert TestClient(app).post("/stream/sessions").status_code == 401
    viewer = signed_in(app, Role.VIEWER, "vera")
    assert TestClient(app, headers=viewer).post("/stream/sessions").status_code == 403
    for headers, status in (({}, 401), (viewer, 403)):
        with (
            pytest.raises(WebSocketDenialResponse) as denied,
            TestClient(app, headers=headers).websocket_connect("/stream/detection"),
        ):
            pass
        assert denied.value.status_code == status
    assert TestClient(app).get("/stream/health").status_code == 200


def test_another_users_stream_is_not_there(app, client):
    client_id = client.post("/stream/sessions").json()["client_id"]
    other = TestClient(app, headers=signed_in(app, name="berta"))
    for answer in (
        other.get(f"/stream/sessions/{client_id}/stats"),
        other.get(f"/stream/events/{client_id}"),
        other.patch(f"/stream/sessions/{client_id}/config", json={}),
        other.post(f"/stream/process/{client_id}", content=jpeg(), headers={"Content-Type": "image/jpeg"}),
        other.delete(f"/stream/sessions/{client_id}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "stream_not_found")
    with other.websocket_connect(f"/stream/detection?client_id={client_id}") as socket:
        assert take(socket, "error")["code"] == "stream_not_found"
    assert client.get(f"/stream/sessions/{client_id}/stats").status_code == 200


def test_a_browser_opens_its_stream_by_post_and_joins_it_with_a_ticket(app, client):
    client_id = client.post("/stream/sessions", json={"fps_limit": 4}).json()["client_id"]
    ticket = client.post("/api/v1/auth/ticket").json()["ticket"]
    browser = TestClient(app)
    with browser.websocket_connect(f"/stream/detection?client_id={client_id}&ticket={ticket}") as socket:
        assert take(socket, "config_ack")["fps_limit"] == 4
        socket.send_bytes(write_binary(jpeg(), frame_id=1))
        assert take(socket, "detection_result")["frame_id"] == 1
    with (
        pytest.raises(WebSocketDenialResponse),
        browser.websocket_connect(f"/stream/detection?ticket={ticket}"),  # it is good for reading alone
    ):
        pass
