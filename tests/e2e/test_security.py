"""A real server, attacked: what strangers send is refused, told to the audit, and no secret reaches a log."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from commandline import COMMAND, environment

from servers.processes import free_port

pytestmark = [pytest.mark.server, pytest.mark.slow]
PASSWORD = "correct horse battery staple"
PATIENCE_S = 120


@dataclass
class Running:
    """A server process, its address, and what it has said."""

    process: subprocess.Popen[str]
    home: Path
    url: str
    setup: str
    said: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def raw(self, data: bytes, *, wait_s: float = PATIENCE_S) -> bytes:
        """Send bytes as they are; give all that comes back until the server hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait_s) as link:
            link.sendall(data)
            return self._drained(link)

    @staticmethod
    def _drained(link: socket.socket) -> bytes:
        got = b""
        while True:
            try:
                block = link.recv(65_536)
            except ConnectionResetError:
                return got
            if not block:
                return got
            got += block

    def logs(self) -> str:
        return "".join(path.read_text() for path in sorted((self.home / "logs").glob("*")))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)],
        env=environment(home, log_level="debug", password_memory_kib="19456", logins_per_min="5"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield Running(process, home, f"http://127.0.0.1:{port}", *until_set_up(process))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stderr.close()


def until_set_up(process):
    """Give the token of the first admin's link, and what the server said until it printed that."""
    said, setup = [], ""
    until_s = time.monotonic() + PATIENCE_S
    while not setup:
        ready, _, _ = select.select([process.stderr], [], [], max(0.0, until_s - time.monotonic()))
        assert ready, f"the server did not start: {said}"
        part = os.read(
            process.stderr.fileno(), 65_536
        ).decode()  # a reader with a buffer would hide lines from select
        assert part, f"the server ended: {said}"
        said.append(part)
        found = re.search(r"/setup#(\S+)\n", "".join(said))
        setup = found[1] if found else ""
    os.set_blocking(process.stderr.fileno(), False)
    return setup, said


@pytest.fixture(scope="module")
def client(server):
    with httpx.Client(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as found:
        yield found


@pytest.fixture(scope="module")
def tokens(server, client):
    """What the first admin has once they have used their link."""
    answer = client.post("/api/v1/auth/setup", json={"setup_token": server.setup, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def signed_in(tokens):
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_the_first_admins_link_works_once(server, client, tokens, signed_in):
    again = client.post("/api/v1/auth/setup", json={"setup_token": server.setup, "password": "x" + PASSWORD})
    assert (again.status_code, again.json()["code"]) == (401, "not_authenticated")
    me = client.get("/api/v1/auth/me", headers=signed_in).json()
    assert (me["name"], me["role"]) == ("admin", "admin")


def test_the_setup_page_runs_no_script_but_its_own(client):
    page = client.get("/setup")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in page.text
    assert client.get("/setup.js").headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/api/v1/auth/me", "/nothing", "/setup", "/health"])
def test_every_answer_carries_the_headers_that_protect_browsers(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"


def test_no_page_of_another_origin_may_call(client):
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE"}
    for answer in (client.options("/api/v1/users", headers=asked), client.get("/health", headers=asked)):
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/pipeline/../../etc/passwd/status",
        "/api/v1/pipeline/..%2f..%2fsecret.key/artifacts",
        "/api/v1/pipeline/x/artifacts/../../../../secret.key",
        "/api/v1/pipeline/x/artifacts/%2e%2e/%2e%2e/secret.key",
        "/api/v1/pipeline/x/artifacts/..%252f..%252fsecret.key",
        "/api/v1/pipeline/x/artifacts/%00",
        "/api/v1/pipeline/x/tables/..%2f..%2fsecret",
        "/..%2f..%2fetc/passwd",
        "//etc/passwd",
    ],
)
def test_no_path_leads_out_of_the_results(server, client, signed_in, path):
    answer = server.raw(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {signed_in['Authorization']}\r\nConnection: close\r\n\r\n".encode()
    )
    status = int(answer.split(b" ", 2)[1])
    assert status in {400, 404, 422}
    assert (server.home / "secret.key").read_bytes().strip() not in answer
    assert b"root:" not in answer


@pytest.mark.parametrize(
    ("name", "given"),
    [("x-request-id", "a\\r\\nSet-Cookie: x=1"), ("x-request-id", "<script>"), ("host", "evil")],
)
def test_no_header_is_given_back_that_was_put_in(client, name, given):
    answer = client.get("/health", headers={name: given})
    assert "set-cookie" not in answer.headers
    assert given not in str(answer.headers)


@pytest.mark.parametrize(
    "data",
    [
        b"GET /health HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\x00d\r\n\r\n",
        b"GET /health\r\nX: y HTTP/1.1\r\n\r\n",
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    ],
    ids=["null in header", "split request line", "two lengths", "long address", "many headers", "tls"],
)
def test_what_is_no_proper_http_is_cut_off_and_the_server_goes_on(server, client, data):
    answer = server.raw(data.replace(b"Host: a\r\n", b"Host: a\r\nConnection: close\r\n"))
    assert b"200 OK" not in answer.split(b"\r\n")[0]
    assert answer.count(b"HTTP/1.1 ") <= 1  # no second answer: nothing was smuggled in
    assert client.get("/health").status_code == 200


def test_a_client_that_dribbles_its_headers_is_cut_off_and_others_are_served(server, client):
    links = [socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) for _ in range(50)]
    try:
        for link in links:
            link.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        assert client.get("/health").status_code == 200
        until_s = time.monotonic() + PATIENCE_S
        left = list(links)
        while left and time.monotonic() < until_s:
            closed, _, _ = select.select(left, [], [], 1.0)
            for link in closed:
                server._drained(link)
                left.remove(link)
            for link in left:
                with suppress(OSError):  # cut off already; the next look finds it closed
                    link.sendall(b"x")
        assert not left, f"{len(left)} of 50 are still held"
    finally:
        for link in links:
            link.close()


def test_a_body_over_the_limit_is_refused_however_it_is_sent(server, client):
    huge = b'{"name": "' + b"a" * 5_000_000 + b'"}'
    # The server hangs up on the rest of such a body: a connection that was kept would break under the next test.
    headers = {"content-type": "application/json", "connection": "close"}
    assert client.post("/api/v1/auth/login", content=huge, headers=headers).status_code == 413
    chunked = (huge[at : at + 100_000] for at in range(0, len(huge), 100_000))
    assert client.post("/api/v1/auth/login", content=chunked, headers=headers).status_code == 413


def test_json_that_is_nested_very_deep_is_refused(client):
    deep = b"[" * 100_000 + b"]" * 100_000
    answer = client.post("/api/v1/auth/login", content=deep, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}


def test_paths_addresses_and_buckets_that_are_not_allowed_are_refused(client, signed_in):
    for body in (
        {"video_path": "/etc/passwd"},
        {"video_path": "/proc/self/environ"},
        {"video_url": "http://169.254.169.254/latest/meta-data/"},
        {"video_url": "https://[::ffff:127.0.0.1]/clip.mp4"},
        {"video_url": "file:///etc/passwd"},
        {"video_url": "s3://somebody/elses.mp4"},
    ):
        answer = client.post("/api/v1/process-video", json=body, headers=signed_in)
        assert (answer.status_code, answer.json()["code"]) == (403, "address_refused"), body


def test_guessing_a_password_is_slowed_down_and_told_to_the_audit(client, signed_in):
    statuses = [
        client.post(
            "/api/v1/auth/login", json={"name": "admin", "password": f"hunter2-guess-{n}"}
        ).status_code
        for n in range(8)
    ]
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    told = client.get(
        "/api/v1/audit", params={"action": "auth.login", "outcome": "refused"}, headers=signed_in
    )
    items = told.json()["items"]
    assert len(items) >= 6
    assert {one["address"] for one in items} == {"127.0.0.1"}


def test_signing_out_ends_the_tokens_and_a_used_refresh_token_ends_the_session(client, tokens, signed_in):
    made = client.post("/api/v1/users", json={"name": "eve", "role": "viewer"}, headers=signed_in).json()
    token = made["setup_path"].partition("#")[2]
    eve = client.post("/api/v1/auth/setup", json={"setup_token": token, "password": PASSWORD}).json()
    first = client.post("/api/v1/auth/refresh", json={"refresh_token": eve["refresh_token"]}).json()
    again = client.post("/api/v1/auth/refresh", json={"refresh_token": eve["refresh_token"]})
    assert again.status_code == 401
    headers = {"Authorization": f"Bearer {first['access_token']}"}
    assert client.get("/api/v1/auth/me", headers=headers).status_code == 401


def test_no_secret_is_in_a_log_or_in_the_database(server, client, tokens, signed_in):
    key = client.post("/api/v1/keys", json={"name": "ci", "scopes": ["*"]}, headers=signed_in).json()["text"]
    ticket = client.post("/api/v1/auth/ticket", headers=signed_in).json()["ticket"]
    client.get("/api/v1/auth/me", headers={"X-API-Key": key})
    client.get("/api/v1/pipelines", params={"ticket": ticket})
    client.get("/api/v1/auth/me", headers={"Authorization": "Basic aHVudGVyMmh1bnRlcjI="})
    client.post("/api/v1/auth/login", json={"name": "admin", "password": "hunter2hunter2"})
    refreshed = client.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]}).json()
    secrets = {
        "password": PASSWORD,
        "tried password": "hunter2",
        "basic": "aHVudGVyMm",
        "key": key.rpartition("_")[2],
        "ticket": ticket.rpartition(".")[2],
        "access": tokens["access_token"].rpartition(".")[2],
        "refresh": tokens["refresh_token"].rpartition(".")[2],
        "next refresh": refreshed["refresh_token"].rpartition(".")[2],
        "setup": server.setup.rpartition(".")[2],
        "signing": (server.home / "secret.key").read_text().strip(),
    }
    logged = server.logs() + (server.process.stderr.read() or "")
    assert '"path": "/api/v1/auth/me"' in logged
    with sqlite3.connect(server.home / "sightline.db") as database:
        kept = "\n".join(database.iterdump())
    assert "$argon2id$" in kept
    for name, secret in secrets.items():
        assert secret not in logged, f"{name} is in the log"
        assert secret not in kept, f"{name} is in the database"
    assert json.loads(logged.splitlines()[0])
