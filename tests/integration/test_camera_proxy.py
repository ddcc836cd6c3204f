"""What http cameras lead to is judged before it is called: redirects, playlists, tunnels."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import av
import httpx
import pytest

from sightline.media.live.connection import Address
from sightline.service.live.cameras.proxy import GuardedProxy

HERE = "127.0.0.1"
NAMES = {
    "camera.test": [HERE],
    "inside.test": ["127.0.0.2"],
    "both.test": [HERE, "127.0.0.2"],
    "nobody.test": [],
}


class Camera(BaseHTTPRequestHandler):
    """Redirects to, and names segments at, a place inside; remembers what it was asked."""

    def do_GET(self):
        self.server.asked.append(self.path)
        inside = f"http://inside.test:{self.server.server_port}/secret"
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", inside)
            self.end_headers()
            return
        text = "hello"
        if self.path == "/live.m3u8":
            text = f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{inside}.ts\n#EXT-X-ENDLIST\n"
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.apple.mpegurl")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def camera():
    with ThreadingHTTPServer(("0.0.0.0", 0), Camera) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy():
    made = GuardedProxy([ip_network("127.0.0.1/32")], resolve=lambda host, _: NAMES.get(host, [host]))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("camera.test", 200),
        (HERE, 200),
        ("inside.test", 403),
        ("both.test", 403),
        ("nobody.test", 403),
        ("127.0.0.2", 403),
    ],
)
def test_every_address_of_a_name_is_judged(proxy, camera, host, status):
    with httpx.Client(proxy=proxy.url) as client:
        answer = client.get(f"http://{host}:{camera.server_port}/x?a=1")
    assert answer.status_code == status
    assert camera.asked == (["/x?a=1"] if status == 200 else [])


@pytest.mark.parametrize("path", ["/away", "/live.m3u8"])
def test_a_camera_that_leads_inside_gets_nobody_there(proxy, camera, path):
    url = f"http://camera.test:{camera.server_port}{path}"
    with pytest.raises((OSError, av.FFmpegError)):
        av.open(url, options=Address(url, proxy=proxy.url).options(), timeout=(5, 5)).close()
    assert set(camera.asked) == {path}


def test_a_tunnel_leads_to_whom_may_be_called_alone(proxy, camera):
    port = int(proxy.url.rpartition(":")[2])
    for host, words in (("camera.test", b"200"), ("inside.test", b"403")):
        with socket.create_connection((HERE, port), timeout=5) as near:
            near.sendall(f"CONNECT {host}:{camera.server_port} HTTP/1.1\r\n\r\n".encode())
            assert near.recv(100).split()[1] == words
            if words == b"200":
                near.sendall(b"GET /through HTTP/1.0\r\n\r\n")
                assert b"200 OK" in near.recv(1000)
    assert camera.asked == ["/through"]


@pytest.mark.parametrize(
    "line",
    ["GET nonsense HTTP/1.1", "GET http://[ HTTP/1.1", "CONNECT x HTTP/1.1", "CONNECT :99999999 HTTP/1.1"],
)
def test_nonsense_is_answered(proxy, line):
    with socket.create_connection((HERE, int(proxy.url.rpartition(":")[2])), timeout=5) as near:
        near.sendall(f"{line}\r\n\r\n".encode())
        assert near.recv(100).split()[1] in (b"400", b"403", b"502")


def test_only_http_goes_through_the_proxy():
    assert "http_proxy" not in Address("rtsp://x/", proxy="http://y").options()
    assert "http_proxy" not in Address("http://x/").options()
