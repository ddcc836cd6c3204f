"""Live streams and cameras against real peers: a real server, ffmpeg, GStreamer's RTSP server, Chromium."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from factories import ROOT
from sightline.core.time import SystemClock
from sightline.live.wire import write_binary
from sightline.media.live.connection import Address, CameraState
from sightline.media.live.source import LiveSource
from unit.service.live.streams import jpeg, text

pytestmark = pytest.mark.server

RTSP_SERVER = """
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer, GLib
Gst.init(None)
server = GstRtspServer.RTSPServer.new(); server.set_address("127.0.0.1"); server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_launch("( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! "
                   "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 )")
factory.set_shared(True)
server.get_mount_points().add_factory("/live", factory)
server.attach(None); print("ready", flush=True)
GLib.MainLoop().run()
"""


def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def wait_for(holds, seconds=60):
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


class Server:
    def __init__(self, home):
        self.port = free_port()
        environ = os.environ | {"SIGHTLINE_STREAM_LATENCY_MS": "60000", "SIGHTLINE_WORKER_SLOTS": "1"}
        environ |= {"SIGHTLINE_CAMERA_NETWORKS": '["127.0.0.0/8"]'}
        command = [sys.executable, str(ROOT / "benchmarks/live_server.py"), str(home), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
        key = next(line.strip() for line in self.process.stdout if line.startswith("sl_"))
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.headers = {"X-API-Key": key}
        self.url = f"ws://127.0.0.1:{self.port}/stream/detection"
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=self.headers, timeout=60)
        self.facts = psutil.Process(self.process.pid)

    @contextmanager
    def connect(self, query=""):
        calling = connect(
            self.url + (query or "?fps_limit=1"),  # a busy machine admits few
            additional_headers=self.headers,
            compression=None,
            open_timeout=60,
            max_size=None,
        )
        with calling as opened:
            first = json.loads(opened.recv(timeout=60))
            assert first["type"] == "config_ack", first
            yield opened

    def size(self):
        return self.facts.num_threads(), self.facts.num_fds(), self.facts.memory_info().rss / 1e6

    def close(self):
        self.http.close()
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("live"))
    yield made
    made.close()


def answered(opened, frame_id):
    """Send a frame until it is answered: over the rate it is left out."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        opened.send(write_binary(jpeg(), frame_id=frame_id))
        with suppress(TimeoutError):
            while True:
                message = json.loads(opened.recv(timeout=2))
                if message["type"] == "detection_result" and message["data"]["frame_id"] == frame_id:
                    return
    pytest.fail(f"frame {frame_id} was not answered")


EVIL = {
    "no JSON": ["{" * 50_000],
    "no base64": [json.dumps({"type": "frame", "image_data": "?" * 1000})],
    "half a header": [b"SLF1\xff\xff"],
    "a PNG bomb": [b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x7f" * 16],
    "a large frame": [b"x" * 3_500_000],
    "many pings": [json.dumps({"type": "ping"})] * 400,
    "half pictures": [jpeg()[:200]] * 200,
}


@pytest.mark.parametrize("messages", EVIL.values(), ids=EVIL)
def test_a_hostile_client_is_answered_and_disturbs_nobody(server, messages):
    with server.connect() as good:
        answered(good, 0)
        with server.connect() as bad:
            for message in messages:
                bad.send(message)
            assert json.loads(bad.recv(timeout=60))["type"] in ("error", "pong")
            answered(good, 1)


def test_a_frame_of_a_hundred_megabytes_ends_its_own_socket(server):
    with server.connect() as good:
        with suppress(ConnectionClosed, TimeoutError, OSError), server.connect() as bad:
            bad.send(b"x" * 100_000_000)
            while True:
                bad.recv(timeout=10)
        answered(good, "after")


def test_half_a_handshake_and_half_a_frame_hold_nothing(server):
    for data in (b"GET /stream/detection HTTP/1.1\r\nHost: x\r\n", b"\x00" * 100):
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(data)
    with suppress(ConnectionClosed, OSError), server.connect() as half:
        half.socket.sendall(b"\x82\xff\x00\x00\x00\x00\x7f\xff\xff\xff")  # a frame of 2 GB begins
        half.socket.shutdown(socket.SHUT_RDWR)
    with server.connect() as good:
        answered(good, 1)


def test_a_reader_that_never_reads_costs_results_not_memory(server):
    with server.connect("?fps_limit=1") as lazy:
        before = server.size()[2]
        for number in range(120):
            lazy.send(write_binary(jpeg(), frame_id=number))
            time.sleep(0.02)
        assert server.size()[2] - before < 60


def test_a_thousand_streams_leave_nothing_behind(server):
    with server.connect() as first:
        answered(first, 0)
    before = server.size()
    for number in range(1000):
        with server.connect() as opened:
            if number % 50 == 0:
                answered(opened, number)
    health = wait_for(lambda: (h := server.http.get("/stream/health").json())["sessions"] == 0 and h)
    assert health["status"] == "ok"
    after = server.size()
    assert after[0] <= before[0] + 4
    assert after[1] <= before[1] + 8
    assert after[2] <= before[2] * 1.15 + 10
    ledger = server.http.get("/stream/stats").json()["frames"]
    assert ledger["received"] == ledger["processed"] + sum(ledger["dropped"].values())


def test_a_reconnecting_reader_of_events_loses_and_doubles_nothing(server):
    opened = server.http.post("/stream/sessions", json={"fps_limit": 2}).raise_for_status().json()
    seen: list[int] = []
    for round_ in range(3):
        for number in range(3):
            server.http.post(
                opened["upload_endpoint"],
                json={"image_data": text(jpeg()), "frame_id": 3 * round_ + number},
            ).raise_for_status()
            time.sleep(1)
        headers = {"Last-Event-ID": str(seen[-1])} if seen else {}
        with server.http.stream("GET", opened["sse_endpoint"], headers=headers) as events:
            for line in events.iter_lines():
                if line.startswith("id: "):
                    seen.append(int(line[4:]))
                if len(seen) >= 3 * (round_ + 1):
                    break
    assert seen == list(range(1, 10))


@pytest.fixture
def rtsp():
    if (
        not Path("/usr/bin/python3").exists()
        or subprocess.run(
            ["/usr/bin/python3", "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"],
            capture_output=True,
        ).returncode
    ):
        pytest.skip("no GStreamer RTSP server: apt install python3-gi gir1.2-gst-rtsp-server-1.0")
    port, running = free_port(), []

    def start():
        one = subprocess.Popen(
            ["/usr/bin/python3", "-c", RTSP_SERVER, str(port)], stdout=subprocess.PIPE, text=True
        )
        assert one.stdout.readline().strip() == "ready"
        running.append(one)

    def stop():
        one = running.pop()
        one.kill()
        one.wait()
        one.stdout.close()

    start()
    yield f"rtsp://127.0.0.1:{port}/live", start, stop
    while running:
        stop()


def test_an_rtsp_camera_that_goes_away_is_dialled_again(rtsp):
    url, start, stop = rtsp
    source = LiveSource(Address(url, silence_s=3, longest_wait_s=1), SystemClock(), fps_limit=30)
    try:
        assert source.open(within_s=60).size == (240, 320)
        stop()
        connection = source.dialler.connection
        wait_for(lambda: connection.state in (CameraState.WAITING, CameraState.CONNECTING))
        start()
        wait_for(lambda: connection.state is CameraState.STREAMING and connection.connects == 2)
    finally:
        source.close()


def test_a_camera_over_rtsp_becomes_a_run(server, rtsp):
    body = {"name": "gate", "address": rtsp[0], "fps_limit": 5, "segment_s": 1}
    camera = server.http.post("/api/v1/cameras", json=body)
    assert camera.status_code == 201, camera.text
    place = f"/api/v1/cameras/{camera.json()['id']}"
    wait_for(lambda: server.http.get(place).json()["frames"] >= 5)
    with server.http.stream("GET", f"{place}/view") as view:
        assert b"\xff\xd8" in next(view.iter_bytes())
    gone = server.http.delete(place).json()
    assert len(gone["runs"]) == 1


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
def test_ffmpeg_pushes_rtmp_into_us(clip):
    url = f"rtmp://127.0.0.1:{free_port()}/live/key"
    source = LiveSource(Address(url, listens=True, silence_s=20), SystemClock(), fps_limit=30)
    opening = threading.Thread(target=lambda: source.open(within_s=60))
    opening.start()
    time.sleep(1)
    push = subprocess.Popen(
        ["ffmpeg", "-loglevel", "error", "-re", "-i", str(clip(frames=300, rate_hz=20).path), "-an", "-c:v", "libx264", "-preset",
         "ultrafast", "-tune", "zerolatency", "-g", "10", "-f", "flv", url]
    )  # fmt: skip
    try:
        opening.join(60)
        assert source.dialler.connection.state is CameraState.STREAMING
        packets = []
        for segment in source.stretches():
            packets += [packet for packet in source.read(segment) if packet.frame is not None]
            if len(packets) >= 3:
                break
        assert len(packets) >= 3
    finally:
        push.kill()
        push.wait()
        source.close()


def test_a_hundred_flaps_of_a_camera_leave_nothing_behind(clip):
    path, facts = clip(frames=3, rate_hz=100).path, psutil.Process()

    def flap():
        source = LiveSource(Address(str(path)), SystemClock(), fps_limit=30)
        source.open(within_s=60)
        source.close()

    for _ in range(5):
        flap()
    before = facts.num_threads(), facts.num_fds(), facts.memory_info().rss
    for _ in range(100):
        flap()
    assert facts.num_threads() <= before[0]
    assert facts.num_fds() <= before[1]
    assert facts.memory_info().rss < before[2] * 1.1


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")
def test_a_browsers_camera_is_answered_on_the_phone_page(server, tmp_path):
    """Chromium with a fake camera opens the page, signs in with a key, and counts answers."""
    port = free_port()
    browser = subprocess.Popen(
        ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
         "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--remote-debugging-port={port}",
         "--remote-allow-origins=*", f"http://127.0.0.1:{server.port}/stream/view"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        pages = wait_for(lambda: tabs(port))
        with connect(pages[0]["webSocketDebuggerUrl"], max_size=None) as devtools:

            def run(script):
                devtools.send(
                    json.dumps({"id": 1, "method": "Runtime.evaluate", "params": {"expression": script}})
                )
                while (answer := json.loads(devtools.recv(timeout=60))).get("id") != 1:
                    pass
                return answer.get("result", {}).get("result", {}).get("value")

            wait_for(lambda: run("document.readyState == 'complete' && typeof running") == "object")
            run(f"document.getElementById('key').value = {server.headers['X-API-Key']!r}")
            run("document.getElementById('fps').value = 1")
            run("document.getElementById('start').click()")
            try:
                wait_for(lambda: int(run("document.body.dataset.answered") or 0) >= 3, 90)
            except AssertionError:
                pytest.fail(str(run("document.getElementById('state').value")))
            run("document.getElementById('start').click()")
    finally:
        browser.terminate()
        browser.wait(30)


def tabs(port):
    try:
        found = httpx.get(f"http://127.0.0.1:{port}/json", timeout=5).json()
    except httpx.HTTPError:
        return None
    return [page for page in found if "/stream/view" in page["url"]] or None
