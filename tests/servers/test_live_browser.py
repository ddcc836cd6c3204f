"""Live streams with a real browser and a fake camera: WebSocket, server-sent events, WebRTC."""

from __future__ import annotations

import json
import time

import pytest

from servers import browser
from servers.browser import Browser
from servers.live import Server, Wire
from servers.processes import free_port
from unit.service.live.streams import jpeg, text
from waiting import wait_for

pytestmark = [pytest.mark.server, browser.needed]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(
        tmp_path_factory.mktemp("live"),
        SIGHTLINE_STREAM_ICE_SERVERS='["stun:127.0.0.1:9", "turn:127.0.0.1:9?transport=tcp"]',
        SIGHTLINE_STREAM_TURN_SECRET="north",
    )
    yield made
    made.close()


@pytest.fixture
def page(server, tmp_path):
    with Browser(f"http://127.0.0.1:{server.port}/stream/view", tmp_path) as opened:
        opened.run(f"window.KEY = {json.dumps(server.headers['X-API-Key'])}")
        yield opened


@pytest.mark.parametrize("way", ["frames", "webrtc"])
def test_a_browsers_camera_is_answered_on_the_phone_page(page, way):
    page.run("document.getElementById('key').value = KEY")
    page.run("document.getElementById('fps').value = 1")
    page.run(f"document.getElementById('way').value = '{way}'")
    page.run("document.getElementById('start').click()")
    try:
        wait_for(lambda: int(page.run("document.body.dataset.answered") or 0) >= 3, 90)
    except AssertionError:
        pytest.fail(str(page.run("document.getElementById('state').value")))
    if way == "webrtc":
        stun, turn = page.run("running.run.connection.getConfiguration().iceServers")
        assert stun["urls"] == ["stun:127.0.0.1:9"]
        assert turn["urls"] == ["turn:127.0.0.1:9?transport=tcp"]
        assert turn["username"].partition(":")[0].isdecimal()
    page.run("document.getElementById('start').click()")


def begin(page, *, app="", fps=2):
    page.run(f"document.getElementById('key').value = KEY; document.getElementById('fps').value = {fps}")
    page.run(f"document.getElementById('app').value = '{app}'; document.getElementById('start').click()")


def state(page):
    return page.run("document.getElementById('state').value")


def answered(page):
    return int(page.run("document.body.dataset.answered") or 0)


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        ("{getUserMedia: async () => { throw new DOMException('', 'NotAllowedError'); }}", "was not allowed"),
        (
            "{getUserMedia: async () => { throw new DOMException('', 'NotFoundError'); }}",
            "No camera was found",
        ),
        ("undefined", "by https"),
    ],
)
def test_the_phone_page_says_in_words_why_there_is_no_camera(page, camera, said):
    page.run(f"Object.defineProperty(navigator, 'mediaDevices', {{value: {camera}}})")
    begin(page)
    wait_for(lambda: said in state(page))
    assert page.run("document.getElementById('start').textContent") == "Start"


def test_a_camera_that_opens_after_stop_was_pressed_is_let_go(page):
    page.run("""
      const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        window.camera = await own(wanted);
        await new Promise((resolve) => { window.lend = resolve; });
        return window.camera;
      };
    """)
    begin(page)
    wait_for(lambda: page.run("!!window.lend"))
    page.run("document.getElementById('start').click(); lend()")
    wait_for(lambda: page.run("camera.getTracks()[0].readyState") == "ended")
    assert state(page) == "Stopped."


def test_the_phone_page_takes_its_key_from_a_link_and_keeps_it_out_of_the_address(server, tmp_path):
    address = f"http://127.0.0.1:{server.port}/stream/view"
    with Browser(f"{address}#sl_one", tmp_path) as page:
        wait_for(lambda: page.run("document.getElementById('key').value") == "sl_one")
        assert page.run("location.href") == address


def test_a_phone_whose_network_goes_and_comes_back_goes_on_with_its_stream(server, tmp_path):
    wire = Wire(server.port)
    try:
        with Browser(f"http://127.0.0.1:{wire.port}/stream/view", tmp_path) as page:
            page.run(f"window.KEY = {json.dumps(server.headers['X-API-Key'])}")
            begin(page)
            wait_for(lambda: answered(page) >= 2, 90)
            client = page.run("running.run.opened.client_id")
            wire.shut = True
            wire.cut()
            wait_for(lambda: "connection was lost" in state(page))
            assert not page.run("document.getElementById('figures').textContent")
            before = answered(page)
            wire.shut = False
            wait_for(lambda: answered(page) >= before + 2, 90)
            assert state(page) == "Watching."
            assert page.run("running.run.opened.client_id") == client
            server.http.delete(f"/stream/sessions/{client}")  # as when the server was started anew
            wait_for(lambda: page.run("running.run.opened?.client_id || ''") not in {"", client}, 90)
            before = answered(page)
            wait_for(lambda: answered(page) > before, 90)
            page.run("document.getElementById('start').click()")
            wait_for(lambda: server.http.get("/stream/health").json()["sessions"] == 0)
    finally:
        wire.close()


def test_video_over_webrtc_comes_back_when_the_server_ended_it(server, page):
    page.run("document.getElementById('way').value = 'webrtc'")
    begin(page, fps=1)
    wait_for(lambda: answered(page) >= 1, 90)
    place = page.run("running.run.stream")
    assert server.http.delete(place).status_code == 204
    wait_for(lambda: page.run("running.run.stream || ''") not in {"", place}, 60)
    before = answered(page)
    wait_for(lambda: answered(page) > before, 90)
    page.run("document.getElementById('start').click()")
    wait_for(lambda: server.http.get("/stream/health").json()["sessions"] == 0)


def test_a_wire_on_which_nothing_comes_any_more_counts_as_lost(page):
    begin(page)
    wait_for(lambda: answered(page) >= 1, 90)
    page.run("running.run.take = () => {}")
    wait_for(lambda: "connection was lost" in state(page), 30)
    page.run("document.getElementById('start').click()")


def test_juggling_does_not_ask_where_the_phone_is_and_the_road_says_that_it_does_not_know(page):
    page.run("""
      window.asked = 0;
      navigator.geolocation.watchPosition = (found, failed) => { asked++; failed({code: 1, PERMISSION_DENIED: 1}); return 1; };
    """)
    begin(page, app="juggling")
    wait_for(lambda: answered(page) >= 1, 90)
    assert page.run("asked") == 0
    page.run("document.getElementById('start').click()")
    begin(page, app="road")
    wait_for(lambda: "not allowed" in page.run("document.getElementById('figures').textContent"), 90)
    page.run("document.getElementById('start').click()")


WEBRTC = """
window.seen = [];
(async () => {
  const media = await navigator.mediaDevices.getUserMedia({video: {width: 320, height: 240}});
  const pc = window.pc = new RTCPeerConnection();
  const channel = window.channel = pc.createDataChannel("results");
  channel.onmessage = (event) => window.seen.push(JSON.parse(event.data));
  pc.addTransceiver(media.getVideoTracks()[0], {direction: "sendrecv"});
  pc.ontrack = (event) => {
    const video = window.back = document.createElement("video");
    video.muted = true;
    video.srcObject = new MediaStream([event.track]);
    video.play();
  };
  await pc.setLocalDescription(await pc.createOffer());
  const answer = await fetch("/stream/whip?fps_limit=5&confidence_threshold=0.3", {
    method: "POST", body: pc.localDescription.sdp,
    headers: {Authorization: `Bearer ${KEY}`, "Content-Type": "application/sdp"},
  });
  if (answer.status !== 201) throw new Error(await answer.text());
  window.place = answer.headers.get("Location");
  await pc.setRemoteDescription({type: "answer", sdp: await answer.text()});
})().catch((error) => { window.failed = `${error}`; });
"""


def kinds(page):
    failed = page.run("window.failed || ''")
    assert not failed, failed
    return page.run("seen.map((message) => message.type)") or []


def test_a_browsers_camera_over_webrtc_has_results_and_its_own_video_back(server, page):
    page.run(WEBRTC + "0")
    wait_for(lambda: kinds(page).count("detection_result") >= 3)
    assert kinds(page)[0] == "config_ack"
    results = page.run("seen.filter((message) => message.type === 'detection_result')")
    ids = [one["data"]["frame_id"] for one in results]
    assert ids == sorted(set(ids))
    assert results[0]["data"]["frame_size"] == [320, 240]
    wait_for(lambda: page.run("back.videoWidth === 320 && back.currentTime > 0"))
    page.run("channel.send(JSON.stringify({type: 'ping', timestamp: 7}))")
    wait_for(lambda: "pong" in kinds(page))
    assert server.http.get("/stream/health").json()["sessions"] == 1
    place = page.run("place")
    stats = server.http.get(f"/stream/sessions/{place.rpartition('/')[2]}/stats").json()["frames"]
    assert stats["received"] == stats["processed"] + sum(stats["dropped"].values()) + stats["waiting"]
    assert server.http.delete(place).status_code == 204
    wait_for(lambda: server.http.get("/stream/health").json()["sessions"] == 0)
    assert server.http.delete(place).status_code == 404


def test_a_browser_that_goes_away_leaves_nothing_open(server, page):
    page.run(WEBRTC + "0")
    wait_for(lambda: "detection_result" in kinds(page))
    page.run("pc.close()")
    wait_for(lambda: server.http.get("/stream/health").json()["sessions"] == 0)


REMOTE_PORTS = """
pc.getStats().then((stats) => [...stats.values()]
  .filter((one) => one.type === "candidate-pair" && one.state === "succeeded")
  .map((one) => stats.get(one.remoteCandidateId).port))
"""


def test_two_browsers_come_through_the_one_port_that_was_chosen(tmp_path):
    port = free_port()
    server = Server(tmp_path / "home", SIGHTLINE_STREAM_WEBRTC_PORT=str(port))
    address = f"http://127.0.0.1:{server.port}/stream/view"
    try:
        with Browser(address, tmp_path / "one") as one, Browser(address, tmp_path / "two") as two:
            for page in (one, two):
                page.run(f"window.KEY = {json.dumps(server.headers['X-API-Key'])}")
                page.run(WEBRTC + "0")
            for page in (one, two):
                wait_for(lambda page=page: kinds(page).count("detection_result") >= 3)
                wait_for(lambda page=page: page.run("back.videoWidth === 320 && back.currentTime > 0"))
                assert set(page.run(REMOTE_PORTS)) == {port}
            one.run("pc.close()")
            wait_for(lambda: server.http.get("/stream/health").json()["sessions"] == 1)
            before = kinds(two).count("detection_result")
            wait_for(lambda: kinds(two).count("detection_result") > before)
    finally:
        server.close()


SSE = """
window.seen = []; window.opens = 0;
fetch("/api/v1/auth/ticket", {method: "POST", headers: {Authorization: `Bearer ${KEY}`}}).then(async (answer) => {
  const source = window.source = new EventSource(`${PLACE}?ticket=${(await answer.json()).ticket}`);
  source.onopen = () => window.opens++;
  source.addEventListener("detection_result", (event) => window.seen.push(JSON.parse(event.data).frame_id));
});
"""


def test_a_browser_whose_wire_is_cut_comes_back_by_itself_and_has_every_result_once(server, tmp_path):
    wire = Wire(server.port)
    opened = server.http.post("/stream/sessions", json={"fps_limit": 5}).raise_for_status().json()

    def send(number):
        body = {"image_data": text(jpeg()), "frame_id": number}
        server.http.post(opened["upload_endpoint"], json=body).raise_for_status()
        stats = f"/stream/sessions/{opened['client_id']}/stats"
        wait_for(lambda: server.http.get(stats).json()["frames"]["processed"] == number + 1)
        time.sleep(0.25)  # under the rate

    try:
        with Browser(f"http://127.0.0.1:{wire.port}/stream/view", tmp_path) as page:
            page.run(f"window.KEY = {json.dumps(server.headers['X-API-Key'])}")
            page.run(f"window.PLACE = {json.dumps(opened['sse_endpoint'])};" + SSE + "0")
            wait_for(lambda: page.run("opens") == 1)
            for number in range(3):
                send(number)
            wait_for(lambda: page.run("seen.length") == 3)
            wire.cut()
            send(3)  # nobody listens
            wait_for(lambda: page.run("opens") == 2)
            send(4)
            wait_for(lambda: page.run("seen.length") >= 5)
            assert page.run("seen") == [0, 1, 2, 3, 4]
    finally:
        wire.close()
        server.http.delete(f"/stream/sessions/{opened['client_id']}")
