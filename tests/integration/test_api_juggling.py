"""A juggler's video over HTTP: sent, worked on while one asks how far it is, and its throws fetched; wrong wishes refused."""

from __future__ import annotations

import time

import pytest
from fastapi.testclient import TestClient

from sightline.bootstrap import build_platform
from sightline.server.app import build_server
from sightline.settings import Settings
from sightline.testing.accounts import headers_of
from unit.apps.juggling_film import three_balls

pytestmark = pytest.mark.slow
API = "/api/v1"
PATIENCE_S = 240


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    platform = build_platform(Settings(home=home, min_free_bytes=0, reserve_bytes=0))
    with TestClient(build_server(platform)) as client:
        client.headers.update(headers_of(platform))
        yield client


@pytest.fixture(scope="module")
def video_id(client, tmp_path_factory):
    clip = three_balls(tmp_path_factory.mktemp("clip") / "three.mp4").read_bytes()
    answer = client.post(f"{API}/videos", files={"file": ("three.mp4", clip, "video/mp4")})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def test_an_uploaded_juggler_becomes_throws_and_a_pattern(client, video_id):
    body = {"video_id": video_id, "app": "juggling", "stage_configs": {"rendering": {"annotate": False}}}
    begun = client.post(f"{API}/process-video", json=body)
    assert begun.status_code == 202, begun.text
    links, patience = begun.json()["links"], time.monotonic() + PATIENCE_S
    status = client.get(links["status"]).json()
    while status["state"] not in {"completed", "failed", "cancelled"} and time.monotonic() < patience:
        time.sleep(0.5)
        status = client.get(links["status"]).json()
    assert (status["state"], status["error"]) == ("completed", None)
    files = {one["name"]: one["href"] for one in client.get(links["artifacts"]).json()["items"]}
    report = client.get(files["report.json"]).json()
    assert (report["siteswap"], report["balls"]["value"]) == ("3", 3)
    table = f"{API}/pipeline/{begun.json()['id']}/tables/throws"
    throws = client.get(table, params={"format": "json"}).json()
    assert len(throws) == report["throws"]["value"] == status["rows"]["throws"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"mode": "hop"}, "settings_invalid"),
        ({"balls": 3}, "settings_invalid"),
        ({"min_score": 2}, "settings_invalid"),
    ],
)
def test_what_juggling_does_not_know_is_refused_with_a_hint(client, video_id, settings, code):
    body = {"video_id": video_id, "app": "juggling", "settings": settings}
    answer = client.post(f"{API}/process-video", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["hint"]
