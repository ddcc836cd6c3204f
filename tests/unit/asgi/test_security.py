"""The one door that every route has."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse

from accounts import CAME, PASSWORD
from routes import rules_of
from sightline.asgi import problems
from sightline.asgi.security import May, Public, may, public
from sightline.bootstrap import build_platform
from sightline.core.accounts import LOCAL, AuditEntry, Outcome, Principal, Role
from sightline.core.errors import RunNotFoundError
from sightline.service.accounts import sessions, users
from sightline.service.accounts.access import allow
from sightline.service.accounts.keys import add_key, revoke_key
from sightline.settings import read_settings
from sightline.testing.accounts import MemoryAccountStore, headers_of
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryRunStore

router = APIRouter()


@router.get("/open", dependencies=[Depends(public("a test"))])
def open_to_all() -> str:
    return "open"


@router.get("/runs")
def read(who: Annotated[Principal, Depends(may("runs.read"))]) -> dict[str, str]:
    return {"name": who.name, "address": who.address}


@router.get("/runs/{run_id}")
def read_one(run_id: str, who: Annotated[Principal, Depends(may("runs.read"))]) -> str:
    allow(who, "runs.read", owner_id="somebody", missing=RunNotFoundError(f"there is no run {run_id!r}"))
    return run_id


@router.post("/runs")
def create(who: Annotated[Principal, Depends(may("runs.create"))]) -> str:
    return who.user_id


@router.post("/broken")
def broken(who: Annotated[Principal, Depends(may("runs.create"))]) -> str:
    raise RunNotFoundError("there is no run")


@router.websocket("/events")
async def events(socket: WebSocket, who: Annotated[Principal, Depends(may("runs.read"))]) -> None:
    await socket.accept()
    await socket.send_text(who.name)
    await socket.close()


@router.get("/forgotten")
def forgotten() -> str:
    return "nobody thought of a rule"


@pytest.fixture
def make(tmp_path):
    def made(**given):
        settings = read_settings(home=tmp_path, password_memory_kib=19_456, **given)
        platform = build_platform(
            settings, clock=FakeClock(), store=MemoryRunStore(), accounts=MemoryAccountStore()
        )
        app = FastAPI()
        app.state.platform = platform
        problems.install(app)
        app.include_router(router)
        return platform, TestClient(app)

    return made


@pytest.fixture
def door(make):
    return make()


def audited(platform, outcome):
    return [
        (one.actor, one.action, one.target) for one in platform.accounts.find(AuditEntry, outcome=outcome)
    ]


def test_a_route_without_a_rule_is_found():
    rules = {route.path: rules_of(route) for route in router.routes}
    assert rules.pop("/forgotten") == []
    assert all(len(found) == 1 for found in rules.values())
    assert isinstance(rules["/open"][0], Public)
    assert isinstance(rules["/runs/{run_id}"][0], May)
    assert rules["/events"][0].action == "runs.read"


def test_an_action_that_no_rule_names_fails_when_the_route_is_written():
    with pytest.raises(KeyError, match=r"runs\.frobnicate"):
        may("runs.frobnicate")


def test_one_who_asks_again_is_not_looked_up_again_for_a_second(door, monkeypatch):
    platform, client = door
    headers = headers_of(platform, name="ada")
    for _ in range(2):  # the first use of a key is written down, which is a change
        assert client.get("/runs", headers=headers).json()["name"] == "ada"
    asked, get = [], platform.accounts.get
    monkeypatch.setattr(platform.accounts, "get", lambda kind, key: asked.append(kind) or get(kind, key))
    assert client.get("/runs", headers=headers).json()["name"] == "ada"
    assert asked == []
    assert client.get("/runs", headers=headers | {"X-API-Key": "sl_other"}).status_code == 401
    platform.clock.advance(1.0)
    assert client.get("/runs", headers=headers).status_code == 200
    assert asked


def test_a_change_here_is_heeded_at_once(door):
    platform, client = door
    headers = headers_of(platform, name="ada")
    assert client.get("/runs", headers=headers).status_code == 200
    revoke_key(platform, LOCAL, headers["X-API-Key"].split("_")[1])
    assert client.get("/runs", headers=headers).status_code == 401


def test_nobody_gets_in_but_where_all_may(door):
    _, client = door
    answer = client.get("/runs")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert client.get("/open").json() == "open"


@pytest.mark.parametrize(
    "header", ["Basic YWRhOnB3", "Bearer", "Bearer ", "bearer nonsense", "Token x", "", "Bearer a b"]
)
def test_a_header_that_is_no_bearers_gets_nobody_in(door, header):
    assert door[1].get("/runs", headers={"Authorization": header}).status_code == 401


def test_a_key_gets_in_by_either_header(door):
    platform, client = door
    key = headers_of(platform, Role.VIEWER, name="vera")["X-API-Key"]
    for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}):
        assert client.get("/runs", headers=headers).json()["name"] == "vera"


def test_a_role_that_may_not_is_refused_and_both_are_in_the_audit(door):
    platform, client = door
    viewer, analyst = (headers_of(platform, role, name=role.value) for role in (Role.VIEWER, Role.ANALYST))
    refused = client.post("/runs", headers=viewer)
    assert (refused.status_code, refused.json()["code"]) == (403, "access_denied")
    assert client.post("/runs", headers=analyst).status_code == 200
    assert audited(platform, Outcome.REFUSED) == [("viewer", "runs.create", "/runs")]
    assert ("analyst", "runs.create", "/runs") in audited(platform, Outcome.DONE)


def test_what_is_hidden_looks_missing_and_is_in_the_audit(door):
    platform, client = door
    answer = client.get("/runs/r1", headers=headers_of(platform, Role.ANALYST, name="eve"))
    assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")
    assert audited(platform, Outcome.REFUSED) == [("eve", "runs.read", "/runs/r1")]


def test_a_change_that_fails_is_not_told_as_done(door):
    platform, client = door
    assert client.post("/broken", headers=headers_of(platform)).status_code == 404
    assert "runs.create" not in {action for _, action, _ in audited(platform, Outcome.DONE)}
    assert audited(platform, Outcome.REFUSED) == []


def test_a_scope_narrows_a_key(door):
    platform, client = door
    user = users.add_user(platform, LOCAL, "ada", Role.ADMIN).user
    key = add_key(platform, LOCAL, "read only", ["*.read"], user_id=user.id)
    headers = {"X-API-Key": key.text}
    assert client.get("/runs", headers=headers).status_code == 200
    assert client.post("/runs", headers=headers).status_code == 403
    revoke_key(platform, LOCAL, key.key.id)
    assert client.get("/runs", headers=headers).status_code == 401


def test_a_ticket_opens_what_reads_and_a_websocket(door):
    platform, client = door
    invited = users.add_user(platform, LOCAL, "ada", Role.ADMIN)
    found = users.set_up(platform, invited.setup_token, PASSWORD, came=CAME)
    who = client.get("/runs", headers={"Authorization": f"Bearer {found.access_token}"}).json()
    assert who["name"] == "ada"
    principal = Principal(invited.user.id, "ada", Role.ADMIN, session_id=found.refresh_token.split(".")[0])
    ticket = sessions.ticket(platform, principal)
    assert client.get("/runs", params={"ticket": ticket}).status_code == 200
    assert client.post("/runs", params={"ticket": ticket}).status_code == 401
    with client.websocket_connect(f"/events?ticket={ticket}") as socket:
        assert socket.receive_text() == "ada"


def test_a_websocket_without_a_ticket_is_refused(door):
    with pytest.raises(WebSocketDenialResponse) as raised, door[1].websocket_connect("/events"):
        pass
    assert raised.value.status_code == 401


def test_too_many_requests_are_told_when_to_come_back(make):
    platform, client = make(reads_per_min=8, public_per_min=8)
    headers = headers_of(platform, Role.VIEWER)
    for path, given in (("/runs", headers), ("/open", {})):
        assert [client.get(path, headers=given).status_code for _ in range(3)] == [200, 200, 429]
        refused = client.get(path, headers=given)
        assert refused.json()["code"] == "rate_limited"
        assert 1 <= int(refused.headers["retry-after"]) <= 8
        platform.clock.advance(8)
        assert client.get(path, headers=given).status_code == 200


def test_guessing_is_slowed_down_and_does_not_fill_the_audit(make):
    platform, client = make(public_per_min=0)
    for _ in range(80):
        client.get("/runs", headers={"X-API-Key": "sl_guess_guess"})
    assert len(audited(platform, Outcome.REFUSED)) == 60
    platform, client = make(public_per_min=4)
    assert [client.get("/runs").status_code for _ in range(3)] == [401, 429, 429]


@pytest.mark.parametrize(
    ("trusted", "passed", "expected"),
    [
        ([], "203.0.113.9", "testclient"),
        (["10.0.0.0/8"], "203.0.113.9", "testclient"),
    ],
)
def test_a_forwarded_address_counts_only_from_a_trusted_proxy(make, trusted, passed, expected):
    platform, client = make(trusted_proxies=tuple(trusted))
    headers = {**headers_of(platform, Role.VIEWER), "X-Forwarded-For": passed}
    assert client.get("/runs", headers=headers).json()["address"] == expected


def test_of_several_hops_the_nearest_that_is_no_proxy_counts(make):
    platform, client = make(trusted_proxies=("10.0.0.0/8", "127.0.0.1"))
    client = TestClient(client.app, client=("127.0.0.1", 5))
    headers = headers_of(platform, Role.VIEWER)
    for passed, expected in (
        ("6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("6.6.6.6, nonsense", "127.0.0.1"),
        ("10.1.2.3", "127.0.0.1"),
        ("", "127.0.0.1"),
    ):
        got = client.get("/runs", headers={**headers, "X-Forwarded-For": passed}).json()["address"]
        assert got == expected
