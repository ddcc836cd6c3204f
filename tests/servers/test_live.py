"""Live streams and cameras against real peers: a real server, ffmpeg, GStreamer's RTSP server, Chromium."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import socket
import subprocess
import threading
import time
from contextlib import suppress

import psutil
import pytest
from websockets.asyncio.client import connect as async_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from servers.gstreamer import RtspServer
from servers.live import Server
from servers.processes import free_port
from sightline.core.stream_messages import write_binary
from sightline.core.time import SystemClock
from sightline.media.live.connection import Address, CameraState
from sightline.media.live.source import LiveSource
from unit.service.live.streams import jpeg, text
from waiting import wait_for

pytestmark = pytest.mark.server


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
    "no numbers": ['{"type":"frame","image_data":"AA","frame_id":NaN}', '{"type":"ping","timestamp":1e999}'],
    "a time of 400 digits": ['{"type":"frame","image_data":"AA","timestamp":1' + "0" * 400 + "}"],
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


async def come_and_go(server, number):
    """Connect and go: in good order, without a word, or with a key that is none."""
    headers = {"X-API-Key": "none"} if number % 3 == 2 else server.headers
    with suppress(ConnectionClosed, InvalidStatus, OSError, TimeoutError):
        opened = await async_connect(f"{server.url}?fps_limit=1", additional_headers=headers, open_timeout=60)
        if number % 3:
            opened.transport.abort()
        else:
            await opened.close()


def test_a_storm_of_reconnects_disturbs_nobody_and_leaves_nothing_behind(server):
    async def storm():
        await asyncio.gather(*(come_and_go(server, number) for number in range(150)))

    with server.connect() as good:
        answered(good, 0)
        before = server.size()
        for number in range(3):
            asyncio.run(storm())
            answered(good, number + 1)
        wait_for(lambda: server.http.get("/stream/health").json()["sessions"] == 1)
        # each thread that looks keys up keeps its database open; a connection that stayed would be one of 450
        wait_for(lambda: server.size()[1] <= before[1] + 100)


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
    made = RtspServer()
    made.start()
    yield made
    made.stop()


def test_an_rtsp_camera_that_goes_away_is_dialled_again(rtsp):
    source = LiveSource(Address(rtsp.url, silence_s=3, longest_wait_s=1), SystemClock(), fps_limit=30)
    try:
        assert source.open(within_s=60).size == (240, 320)
        rtsp.stop()
        connection = source.reconnector.connection
        wait_for(lambda: connection.state in (CameraState.WAITING, CameraState.CONNECTING))
        rtsp.start()
        wait_for(lambda: connection.state is CameraState.STREAMING and connection.connects == 2)
    finally:
        source.close()


def test_a_camera_over_rtsp_becomes_a_run(server, rtsp):
    body = {"name": "gate", "address": rtsp.url, "fps_limit": 5, "segment_s": 1}
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
        assert source.reconnector.connection.state is CameraState.STREAMING
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

    def left():
        gc.collect()  # the last decoder's thread ends with its container, which waits for the collector
        return facts.num_threads(), facts.num_fds(), facts.memory_info().rss

    for _ in range(5):
        flap()
    before = left()
    for _ in range(100):
        flap()
    wait_for(lambda: left()[0] <= before[0], 10)
    after = left()
    assert after[1] <= before[1]
    assert after[2] < before[2] * 1.1
