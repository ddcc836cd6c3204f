"""Every refusal has one shape, and its status stands in one table."""

from __future__ import annotations

import inspect

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from sightline.asgi import problems
from sightline.asgi.metrics import HttpMetrics
from sightline.asgi.middleware import BodyLimitMiddleware, RequestMiddleware
from sightline.core import errors
from sightline.core.errors import OutputFullError, RunNotFoundError, SightlineError

KEYS = {"type", "title", "status", "detail", "code", "hint", "request_id"}
KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, SightlineError)]


class Body(BaseModel):
    count: int


def application() -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.add_middleware(BodyLimitMiddleware, limit_bytes=100, upload_limit_bytes=1000, uploads=("/upload",))
    app.add_middleware(RequestMiddleware, metrics=HttpMetrics(), tls=True)

    @app.get("/missing")
    def missing() -> None:
        raise RunNotFoundError("there is no run 7", hint="look at the list")

    @app.get("/full")
    def full() -> None:
        raise OutputFullError("no room left")

    @app.get("/crash")
    def crash() -> None:
        raise ZeroDivisionError("secret detail")

    @app.post("/body")
    def body(given: Body) -> Body:
        return given

    return app


@pytest.fixture
def client() -> TestClient:
    return TestClient(application(), raise_server_exceptions=False)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status(kind):
    assert 400 <= problems.status_of(kind) < 600


def test_what_may_succeed_later_is_never_told_to_be_the_askers_fault():
    for kind in KINDS:
        if kind.retryable:
            status = problems.status_of(kind)
            assert status in {404, 408, 429} or status >= 500, kind


def test_an_error_is_told_with_its_code_and_hint(client):
    answer = client.get("/missing", headers={"X-Request-ID": "abc-1"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:sightline:problem:run_not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "there is no run 7",
        "code": "run_not_found",
        "hint": "look at the list",
        "request_id": "abc-1",
    }


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "code"),
    [
        ("GET", "/nowhere", None, 404, "route_not_found"),
        ("DELETE", "/missing", None, 405, "method_not_allowed"),
        ("POST", "/body", b'{"count": "many"}', 422, "request_invalid"),
        ("POST", "/body", b"{", 400, "request_malformed"),
        ("POST", "/body", b"x" * 101, 413, "body_too_large"),
        ("GET", "/crash", None, 500, "internal"),
    ],
)
def test_whatever_refuses_a_request_says_so_in_the_same_shape(client, method, path, sent, status, code):
    answer = client.request(method, path, content=sent, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.json().keys() >= KEYS
    assert answer.json()["code"] == code
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_crash_does_not_tell_what_it_was_about(client):
    assert "secret" not in client.get("/crash").text


def test_a_full_disk_says_when_to_come_back(client):
    answer = client.get("/full")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


def test_a_body_that_declares_no_length_stops_at_the_limit(client):
    answer = client.post("/body", content=iter([b"x" * 60, b"x" * 60]))
    assert answer.status_code == 413


def test_a_request_id_that_could_forge_a_line_of_the_log_is_replaced(client):
    answer = client.get("/missing", headers={"X-Request-ID": "a b;c"})
    assert answer.headers["x-request-id"] != "a b;c"


def test_answers_protect_the_browser_that_shows_them(client):
    headers = client.get("/missing").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["strict-transport-security"].startswith("max-age=")
