"""Cameras against peers that misbehave: MJPEG and HLS over HTTP that cut and stall, RTSP both ways, a server that restarts."""

from __future__ import annotations

import io
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import psutil
import pytest

from servers.gstreamer import RtspServer
from servers.live import Server
from servers.processes import free_port
from sightline.core.time import SystemClock
from sightline.media.live.connection import Address, CameraState
from sightline.media.live.push import Push
from sightline.media.live.source import LiveSource
from unit.service.live.streams import jpeg
from waiting import wait_for

pytestmark = pytest.mark.server
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")


class HttpPeer:
    """Serves one path as a handler has it; `mode` says how it misbehaves."""

    def __init__(self, answer):
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                peer.asked += 1
                with suppress(OSError):  # it hung up
                    answer(peer, self)

            def log_message(self, *_):
                pass

        self.asked = 0
        self.mode = "well"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self.mode = "closing"
        self._server.shutdown()
        self._server.server_close()


def mjpeg(peer, request):
    """Send pictures; `cut` ends after five, `stall` stays silent after five."""
    request.send_response(200)
    request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=b")
    request.end_headers()
    sent = 0
    while peer.mode != "closing":
        picture = jpeg((120, 160))
        head = f"--b\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
        request.wfile.write(head.encode() + picture + b"\r\n")
        sent += 1
        time.sleep(0.04)
        if sent >= 5 and peer.mode == "cut":
            return
        while sent >= 5 and peer.mode == "stall":
            time.sleep(0.02)


@pytest.fixture
def peer(request):
    made = HttpPeer(request.param)
    yield made
    made.close()


def opened(url, **more):
    return LiveSource(
        Address(url, longest_wait_s=0.2, **{"silence_s": 1.5, **more}), SystemClock(), fps_limit=30
    )


@pytest.mark.parametrize("peer", [mjpeg], indirect=True, ids=["mjpeg"])
@pytest.mark.parametrize("fault", ["cut", "stall"])
def test_an_mjpeg_camera_that_cuts_or_stalls_is_dialled_again(peer, fault):
    peer.mode = fault
    source = opened(peer.url)
    try:
        assert source.open(within_s=30).size == (120, 160)
        connection = source.reconnector.connection
        wait_for(lambda: connection.connects >= 2, 30)
        assert connection.error
        peer.mode = "well"
        wait_for(lambda: connection.state is CameraState.STREAMING, 30)
    finally:
        source.close()


def least(facts, seconds=1.0):
    """Give the fewest threads and files, and the memory, over a while: a dial under way has some of its own."""
    seen, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        seen.append((facts.num_threads(), facts.num_fds(), facts.memory_info().rss))
        time.sleep(0.02)
    return tuple(min(column) for column in zip(*seen, strict=True))


@pytest.mark.parametrize("peer", [mjpeg], indirect=True, ids=["mjpeg"])
def test_one_camera_that_flaps_a_hundred_times_leaves_nothing_behind(peer):
    facts = psutil.Process()
    peer.mode = "cut"
    source = LiveSource(Address(peer.url, silence_s=5, longest_wait_s=0.02), SystemClock(), fps_limit=30)
    try:
        source.open(within_s=30)
        connection = source.reconnector.connection
        wait_for(lambda: connection.connects >= 10)
        before = least(facts)
        begun = connection.connects
        wait_for(lambda: connection.connects >= begun + 100, 300)
        after = least(facts)
    finally:
        source.close()
    assert peer.asked >= 100
    assert after[0] <= before[0] + 1
    assert after[1] <= before[1] + 1
    assert after[2] < before[2] * 1.1


@pytest.fixture
def segments(clip, tmp_path):
    """A live playlist's pieces: MPEG-TS, made by ffmpeg."""
    subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-i", str(clip(frames=80, rate_hz=20).path), "-an", "-c:v", "libx264",
         "-preset", "ultrafast", "-g", "10", "-f", "hls", "-hls_time", "0.5", "-hls_list_size", "0",
         str(tmp_path / "live.m3u8")], check=True,
    )  # fmt: skip
    return [
        path.read_bytes() for path in sorted(tmp_path.glob("live*.ts"), key=lambda path: int(path.stem[4:]))
    ]


@needs_ffmpeg
def test_an_hls_camera_whose_server_fails_for_a_while_goes_on(segments):
    begun = time.monotonic()

    def answer(peer, request):
        place = int((time.monotonic() - begun) / 0.5)
        if peer.mode == "fails":
            request.send_error(503)
            return
        if request.path.endswith(".ts"):
            body = segments[int(request.path[1:-3]) % len(segments)]
        else:
            first = max(0, place - 2)
            lines = [
                "#EXTM3U",
                "#EXT-X-VERSION:3",
                "#EXT-X-TARGETDURATION:1",
                f"#EXT-X-MEDIA-SEQUENCE:{first}",
            ]
            for number in range(first, place + 1):
                lines += ["#EXT-X-DISCONTINUITY"] * (number % len(segments) == 0) + [
                    "#EXTINF:0.5,",
                    f"{number}.ts",
                ]
            body = "\n".join(lines).encode()
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    peer = HttpPeer(answer)
    source = opened(f"{peer.url}/live.m3u8", silence_s=3)
    try:
        source.open(within_s=30)
        connection = source.reconnector.connection
        wait_for(lambda: connection.state is CameraState.STREAMING)
        peer.mode = "fails"
        wait_for(lambda: connection.state is not CameraState.STREAMING, 40)
        peer.mode = "well"
        wait_for(lambda: connection.state is CameraState.STREAMING, 40)
    finally:
        source.close()
        peer.close()


@needs_ffmpeg
def test_ffmpeg_pushes_rtsp_into_us(clip):
    url = f"rtsp://127.0.0.1:{free_port()}/live"
    source = LiveSource(Address(url, listens=True, silence_s=20), SystemClock(), fps_limit=30)
    opening = threading.Thread(target=lambda: source.open(within_s=60))
    opening.start()
    time.sleep(1)
    push = subprocess.Popen(
        ["ffmpeg", "-loglevel", "error", "-re", "-i", str(clip(frames=300, rate_hz=20).path), "-an", "-c:v", "libx264",
         "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10", "-f", "rtsp", "-rtsp_transport", "tcp", url]
    )  # fmt: skip
    try:
        opening.join(60)
        assert source.reconnector.connection.state is CameraState.STREAMING
    finally:
        push.kill()
        push.wait()
        source.close()


@pytest.fixture
def pictures():
    """Ten pictures a second, a box wandering over them."""
    import numpy as np

    def made(ended):
        number = 0
        while not ended.wait(0.05):
            image = np.full((120, 160, 3), 40, np.uint8)
            image[40:80, number % 120 : number % 120 + 40] = 220
            yield image, number / 20
            number += 1

    return made


def test_an_annotated_view_is_pushed_to_a_server_that_goes_away_and_comes_back(pictures, tmp_path):
    server = RtspServer(tmp_path / "pushed.h264")
    push = Push(f"{server.url}", pictures, SystemClock())
    thread = threading.Thread(target=push.run, daemon=True)
    try:
        server.start()
        thread.start()
        wait_for(lambda: push.connection.state is CameraState.STREAMING)
        wait_for(lambda: server.bytes_taken() > 2000)
        server.stop()
        wait_for(lambda: push.connection.failures > 0, 40)
        server.start()
        wait_for(lambda: push.connection.state is CameraState.STREAMING and push.connection.connects >= 2, 60)
        wait_for(lambda: server.bytes_taken() > 2000)
        with av.open(io.BytesIO(Path(server.path).read_bytes()), format="h264") as video:
            assert next(video.decode(video=0)).width == 160
    finally:
        push.ended.set()
        thread.join(20)
        server.stop()
    assert push.connection.state is CameraState.STOPPED


def test_a_camera_outlives_its_server_and_is_watched_as_hls(tmp_path, clip):
    home = tmp_path / "home"
    peer = HttpPeer(mjpeg)
    server = Server(home)
    try:
        body = {"name": "gate", "address": peer.url, "fps_limit": 10, "segment_s": 1, "silence_s": 2}
        camera = server.http.post("/api/v1/cameras", json=body).raise_for_status().json()
        place = f"/api/v1/cameras/{camera['id']}"
        wait_for(lambda: server.http.get(place).json()["frames"] >= 3)
        playlist = server.http.get(f"{place}/hls").raise_for_status().json()["playlist"]
        with av.open(f"http://127.0.0.1:{server.port}{playlist}", timeout=20) as video:
            assert [frame.width for _, frame in zip(range(5), video.decode(video=0), strict=False)] == [
                160
            ] * 5
        server.close()
        server = Server(home)
        again = wait_for(lambda: (found := server.http.get(place).json())["runs"] is not None and found)
        assert again["name"] == "gate"
        assert len(again["runs"]) == 1
        wait_for(lambda: server.http.get(place).json()["frames"] >= 3)
        assert server.http.get(place).json()["connection"]["state"] == "streaming"
        assert server.http.delete(place).status_code == 200
    finally:
        server.close()
        peer.close()
