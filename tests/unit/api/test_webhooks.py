"""Webhooks over HTTP: made, changed, looked at, replayed; nobody sees another's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from routes import build
from sightline.core.accounts import LOCAL, Role
from sightline.core.events import EventKind
from sightline.core.webhooks import Delivery, DeliveryState
from sightline.service.accounts import keys, users

URL = "https://example.org/hook"


@pytest.fixture
def server(tmp_path):
    return build(tmp_path)


@pytest.fixture
def as_user(server):
    """Give a client of a new user."""
    platform = server.state.platform

    def make(name: str, role: Role = Role.ANALYST) -> TestClient:
        user = users.add_user(platform, LOCAL, name, role).user
        who = replace(LOCAL, user_id=user.id, name=name, role=role)
        key = keys.add_key(platform, who, "test", ("*",), ttl_s=None)
        return TestClient(server, headers={"x-api-key": key.text})

    return make


def test_a_webhook_is_made_changed_and_deleted_and_its_secret_shown_once(as_user):
    ada = as_user("ada")
    made = ada.post("/api/v1/webhooks", json={"url": URL})
    assert made.status_code == 201, made.text
    hook = made.json()
    assert hook["secret"].startswith("whsec_")
    assert hook["kinds"] == ["pipeline_completed", "pipeline_failed"]
    path = f"/api/v1/webhooks/{hook['id']}"
    assert ada.get(path).json()["secret"] is None
    assert [one["id"] for one in ada.get("/api/v1/webhooks").json()["items"]] == [hook["id"]]
    assert ada.patch(path, json={"active": False}).json()["active"] is False
    assert ada.patch(path, json={"new_secret": True}).json()["secret"] not in {None, hook["secret"]}
    assert ada.delete(path).status_code == 204
    assert ada.get(path).status_code == 404


@pytest.mark.parametrize("wrong", [{"url": "ftp://example.org"}, {"url": URL, "kinds": ["lunch"]}, {}])
def test_what_makes_no_sense_is_refused(as_user, wrong):
    answer = as_user("ada").post("/api/v1/webhooks", json=wrong)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_nobody_sees_or_changes_anothers(as_user):
    ada, bob, eve = as_user("ada"), as_user("bob"), as_user("eve", Role.VIEWER)
    path = f"/api/v1/webhooks/{ada.post('/api/v1/webhooks', json={'url': URL}).json()['id']}"
    assert bob.get("/api/v1/webhooks").json()["items"] == []
    assert {bob.get(path).status_code, bob.delete(path).status_code} == {404}
    assert bob.post(f"{path}/replay").status_code == 404
    assert bob.get(f"{path}/deliveries").status_code == 404
    assert eve.post("/api/v1/webhooks", json={"url": URL}).status_code == 403
    assert ada.get(path).status_code == 200


def test_dead_letters_are_shown_and_sent_again(server, as_user):
    ada = as_user("ada")
    hook = ada.post("/api/v1/webhooks", json={"url": URL}).json()
    dead = Delivery(
        "d1", hook["id"], "r1", EventKind.PIPELINE_FAILED, "{}", DeliveryState.DEAD, 8, status=500
    )
    server.state.platform.deliveries.post([dead])
    path = f"/api/v1/webhooks/{hook['id']}"
    (shown,) = ada.get(f"{path}/deliveries", params={"state": "dead"}).json()["items"]
    assert (shown["id"], shown["status"], shown["attempts"]) == ("d1", 500, 8)
    assert ada.post(f"{path}/replay").json() == {"ids": ["d1"]}
    assert ada.get(f"{path}/deliveries").json()["items"][0]["state"] == "waiting"
    assert ada.post(f"{path}/replay", params={"delivery": "d1"}).status_code == 404
