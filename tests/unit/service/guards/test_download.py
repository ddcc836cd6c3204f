"""A video is fetched from where it may be, at a bounded cost, and from nowhere else."""

from __future__ import annotations

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from sightline.core.addresses import networks
from sightline.core.errors import (
    AddressRefusedError,
    MediaTooLargeError,
    OutputFullError,
    RunTimeoutError,
    SourceUnavailableError,
)
from sightline.service.guards.download import DownloadRules, checked_url, download

CLIP = b"0123456789" * 1000


class Pages(BaseHTTPRequestHandler):
    """A web server with a clip, redirects, and bad habits."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[tuple[str, str]]] = []
    stopped = threading.Event()

    def log_message(self, *_):
        pass

    def do_GET(self):
        type(self).asked.append((self.headers["Host"], self.path))
        name, _, rest = self.path.removeprefix("/").partition("?")
        getattr(self, f"answer_{name}", self.answer_missing)(rest)

    def answer_clip(self, _):
        self.send(200, CLIP)

    def answer_to(self, target):
        self.send(302, b"", Location=target)

    def answer_missing(self, _):
        self.send(404, b"no")

    def answer_packed(self, _):
        self.send(200, b"x", **{"Content-Encoding": "gzip"})

    def answer_liar(self, _):
        """Says nothing of its size and never ends."""
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        while not self.stopped.is_set():
            try:
                self.wfile.write(b"x" * 65_536)
            except OSError:
                return

    def answer_dribble(self, _):
        """Sends a byte now and then, for ever."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.stopped.wait(0.02):
            try:
                self.wfile.write(b"x")
            except OSError:
                return

    def send(self, status, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def server():
    found = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    found.daemon_threads = True
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found.server_port
    Pages.stopped.set()
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.fixture
def rules(server):
    Pages.asked.clear()
    return DownloadRules(
        most_bytes=100_000,
        silence_s=5,
        schemes=frozenset({"http", "https"}),
        ports=frozenset({server, 80, 443}),
        networks=networks(["127.0.0.1/32"]),
    )


def fetch(server, rules, path="/clip", resolve=lambda host, port: ["127.0.0.1"], host="videos.example"):
    out = io.BytesIO()
    found = download(f"http://{host}:{server}{path}", out, rules, resolve=resolve)
    assert found.size_bytes == len(out.getvalue())
    return found, out.getvalue()


def test_a_file_comes_whole_and_its_server_hears_its_own_name(server, rules):
    _, body = fetch(server, rules)
    assert body == CLIP
    assert Pages.asked == [(f"videos.example:{server}", "/clip")]


def test_redirects_are_followed_one_by_one(server, rules):
    found, body = fetch(server, rules, f"/to?/to?http://other.example:{server}/clip")
    assert body == CLIP
    assert found.url == f"http://other.example:{server}/clip"
    with pytest.raises(SourceUnavailableError, match="more than 5"):
        fetch(server, rules, "/to?" * 6 + "/clip")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "::127.0.0.1", "nonsense",
    ],
)  # fmt: skip
def test_no_address_of_the_inner_network_is_called(server, rules, address):
    strict = DownloadRules(most_bytes=10, schemes=rules.schemes, ports=rules.ports)
    with pytest.raises(AddressRefusedError):
        fetch(server, strict, resolve=lambda host, port: [address])
    with pytest.raises(AddressRefusedError):  # one that is public does not vouch for another
        fetch(server, strict, resolve=lambda host, port: ["93.184.216.34", address])
    assert Pages.asked == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
    ],
)
def test_no_way_to_write_this_machine_gets_through(server, rules, host):
    strict = DownloadRules(most_bytes=10, schemes=rules.schemes, ports=rules.ports)
    with pytest.raises((AddressRefusedError, SourceUnavailableError)):
        download(f"http://{host}:{server}/clip", io.BytesIO(), strict)
    assert Pages.asked == []


def test_a_redirect_to_the_inner_network_is_not_followed(server, rules):
    def resolve(host, port):
        return ["169.254.169.254"] if host.startswith("metadata") else ["127.0.0.1"]

    for target in (
        "http://metadata.example/latest",
        "http://metadata.example:80/",
        "https://metadata.example/",
    ):
        Pages.asked.clear()
        with pytest.raises(AddressRefusedError, match="public"):
            fetch(server, rules, f"/to?{target}", resolve=resolve)
        assert [path for _, path in Pages.asked] == [f"/to?{target}"]


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "gopher://x/", "ftp://x/clip", "//user:pw@x/", "http://x:22/"]
)
def test_a_redirect_to_another_scheme_or_port_is_not_followed(server, rules, target):
    with pytest.raises(AddressRefusedError):
        fetch(server, rules, f"/to?{target}")


def test_a_name_is_looked_up_once_and_the_judged_address_is_called(server, rules):
    """DNS rebinding: the second answer would lead elsewhere, and is never asked for."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    _, body = fetch(server, rules, resolve=lambda host, port: answers.pop(0))
    assert body == CLIP
    assert answers == [["10.0.0.1"]]


def test_a_name_that_rebinds_between_redirects_is_judged_anew(server, rules):
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    with pytest.raises(AddressRefusedError):
        fetch(server, rules, "/to?/clip", resolve=lambda host, port: answers.pop(0))
    assert len(Pages.asked) == 1


def test_a_file_over_the_limit_is_refused_whatever_its_server_says(server, rules):
    for path, limit in (("/clip", len(CLIP) - 1), ("/liar", 200_000)):
        small = DownloadRules(limit, schemes=rules.schemes, ports=rules.ports, networks=rules.networks)
        with pytest.raises(MediaTooLargeError):
            fetch(server, small, path)


def test_a_server_that_dribbles_is_cut_off(server, rules):
    hasty = DownloadRules(
        1000, most_s=0.15, silence_s=5, schemes=rules.schemes, ports=rules.ports, networks=rules.networks
    )
    with pytest.raises(RunTimeoutError, match="longer"):
        fetch(server, hasty, "/dribble")


def test_what_is_packed_is_not_unpacked(server, rules):
    with pytest.raises(SourceUnavailableError, match="packed"):
        fetch(server, rules, "/packed")


def test_an_answer_without_a_file_is_no_file(server, rules):
    with pytest.raises(SourceUnavailableError, match="404"):
        fetch(server, rules, "/nothing")
    with pytest.raises(SourceUnavailableError, match="nobody knows"):
        fetch(server, rules, resolve=lambda host, port: [])


def test_a_full_disk_is_told(server, rules):
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputFullError, match="No space"):
        download(f"http://videos.example:{server}/clip", Full(), rules, resolve=lambda h, p: ["127.0.0.1"])


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/clip", "ftp://example.org/clip", "file:///etc/passwd", "https:///clip", "https://", "",
        "https://user:pw@example.org/", "https://user@example.org/", "https://example.org:22/", "https://example.org:x/",
        "https://example.org/a\r\nHost: inner", "https://example.org\\@inner/", "https://exa mple.org/",
        "https://[::1", "javascript:alert(1)", "https://example.org/" + "a" * 5000,
    ],
)  # fmt: skip
def test_by_default_only_https_to_a_web_port_is_an_address(url):
    with pytest.raises(AddressRefusedError):
        checked_url(url, DownloadRules(most_bytes=1))


def test_a_plain_https_address_is_one():
    assert (
        checked_url("https://example.org/a/clip.mp4?x=1", DownloadRules(most_bytes=1)).hostname
        == "example.org"
    )
