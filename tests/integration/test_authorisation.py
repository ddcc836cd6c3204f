"""Every role, at every route, with what is theirs, what is shared with them, and what is somebody else's.

The cases come from the server's own routes and from the table of rules: a new route joins by itself, and one whose
address names a thing of a kind that nobody can make here fails until somebody says how.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse

from finished_run import finished_run
from routes import build, routes_of
from sightline.asgi.security import May, Public
from sightline.core.accounts import LOCAL, AuditEntry, Outcome, Principal, Resource, Role
from sightline.core.events import EventKind, RunEvent
from sightline.core.videos import Video, VideoState
from sightline.core.webhooks import Webhook
from sightline.service.accounts import groups, keys, shares, users
from sightline.service.accounts.access import RULES, can
from sightline.service.videos.uploads import path_of
from sightline.testing.accounts import headers_of

ROUTES = [route for route in routes_of(build()) if isinstance(route.rule, May)]
ROLES = list(Role)
# Parameters that name a thing with an owner, and those that can be shared.
OWNED = {"pipeline_id", "video_id", "webhook_id", "key_id", "share_id"}
SHARED = {"pipeline_id", "video_id"}
# Parameters that name something without one, or a part of a thing.
# Streams and cameras are pictures without end: who may have which is tested where they live.
FREE = {"user_id", "group_id", "name", "table", "client_id", "camera_id", "upload_id"}


# What a route needs in its body before it looks for the thing.
BODIES = {"/query": {"sql": "select 1"}, "/{webhook_id}": {"active": True}}


def parameters(route):
    return re.findall(r"{(\w+)", route.path)


def owned_parameter(route):
    return next((name for name in parameters(route) if name in OWNED), None)


def cases():
    for route in ROUTES:
        relations = ["nothing"]
        if owned_parameter(route):
            relations = (
                ["own", "shared", "others"] if "pipeline_id" in parameters(route) else ["own", "others"]
            )
        for role in ROLES:
            for relation in relations:
                yield pytest.param(route, role, relation, id=f"{route}-{role}-{relation}")


class World:
    """A server, a user of each role, their group, and somebody else."""

    def __init__(self, folder):
        self.app = build(folder / "home", workers=0, reads_per_min=0, writes_per_min=0, public_per_min=0)
        self.platform = self.app.state.platform
        self.folder = folder
        self.count = 0
        self.client = TestClient(self.app)
        self.group = groups.add_group(self.platform, LOCAL, "crew")
        self.people = {role: self._user(role.value, role) for role in ROLES}
        self.other = self._user("other", Role.ANALYST)[0]
        for user, _ in (*self.people.values(),):
            groups.add_member(self.platform, LOCAL, self.group.id, user.id)

    def _user(self, name, role):
        headers = headers_of(self.platform, role, name=name)
        return users.named_user(self.platform, name), headers

    def principal(self, role):
        return Principal(self.people[role][0].id, role.value, role, group_ids=frozenset({self.group.id}))

    def make(self, route, owner_id, *, shared):
        """Make what the route's address names, anew: a case may delete it."""
        name = owned_parameter(route)
        if name == "pipeline_id":
            return self.run(owner_id, shared=shared)
        if name == "key_id":
            return keys.add_key(self.platform, LOCAL, "k", ["*.read"], user_id=owner_id).key.id
        if name == "video_id":
            return self.video(owner_id, shared=shared)
        if name == "webhook_id":
            self.count += 1
            kinds = (EventKind.PIPELINE_COMPLETED,)
            hook = Webhook(
                f"w{self.count:04d}", owner_id, "https://example.org/hook", kinds, "whsec_" + "a" * 40
            )
            self.platform.webhooks.add(hook)
            return hook.id
        run_id = self.run(owner_id, shared=False)
        if "/links/" in route.path:
            by = replace(LOCAL, user_id=owner_id)
            return shares.add_link(
                self.platform, by, Resource.RUN, run_id, owner_id=owner_id, ttl_s=60
            ).link.id
        given = (Resource.RUN, run_id, self.group.id)
        return shares.share(self.platform, LOCAL, *given, owner_id=owner_id).id

    def run(self, owner_id, *, shared):
        self.count += 1
        run = finished_run(self.folder / f"r{self.count}", f"{self.count:04d}-aa", owner_id)
        self.platform.runs.add(run)
        ended = RunEvent(run.id, EventKind.PIPELINE_COMPLETED, "", 1.0, {})
        self.platform.runs.update(run, events=[ended])
        if shared:
            given = (Resource.RUN, run.id, self.group.id)
            shares.share(self.platform, LOCAL, *given, owner_id=owner_id)
        return run.id

    def video(self, owner_id, *, shared):
        self.count += 1
        video = Video(f"v{self.count:04d}", owner_id, "clip.mp4", VideoState.READY, size_bytes=4)
        self.platform.videos.add(video)
        path = path_of(self.platform, video)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"clip")
        if shared:
            given = (Resource.VIDEO, video.id, self.group.id)
            shares.share(self.platform, LOCAL, *given, owner_id=owner_id)
        return video.id

    def ask(self, route, thing_id, headers):
        """Give status and body of a request to a route."""
        free = dict.fromkeys(FREE, "nobody") | {"name": "report.json", "table": "frames"}
        given = {**free, owned_parameter(route) or "": thing_id}
        path = re.sub(r"{(\w+)(:path)?}", lambda match: given[match[1]], route.path)
        client = self.client
        if route.method == "WEBSOCKET":
            try:
                with client.websocket_connect(f"{path}?client_id=nobody", headers=headers):  # opens no stream
                    return 101, {}
            except WebSocketDenialResponse as refused:
                return refused.status_code, refused.json()
        body = next((body for ending, body in BODIES.items() if route.path.endswith(ending)), None)
        answer = client.request(route.method, path, headers=headers, json=body)
        if route.method == "HEAD":  # has no body to tell its code in
            return answer.status_code, {
                "code": {401: "not_authenticated", 403: "access_denied"}.get(answer.status_code)
            }
        is_json = answer.content and "json" in answer.headers.get("content-type", "")
        return answer.status_code, answer.json() if is_json else {}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    found = World(tmp_path_factory.mktemp("world"))
    with TestClient(found.app, raise_server_exceptions=False) as found.client:
        yield found


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_what_an_address_names_is_known_here(route):
    assert set(parameters(route)) <= OWNED | FREE


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_nobody_gets_in_without_signing_in(world, route):
    status, body = world.ask(route, "0001-aa", {})
    assert (status, body["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_key_that_is_good_for_nothing_here_is_refused(world, route):
    owner = world.people[Role.ADMIN][0]
    made = keys.add_key(world.platform, LOCAL, "k", ["other.thing"], user_id=owner.id)
    status, body = world.ask(route, "0001-aa", {"X-API-Key": made.text})
    assert (status, body["code"]) == (403, "access_denied")


@pytest.mark.parametrize(("route", "role", "relation"), list(cases()))
def test_each_role_may_do_what_the_table_says(world, route, role, relation):
    action, who = route.rule.action, world.principal(role)
    owner_id = who.user_id if relation == "own" else world.other.id
    groups_of_it = {world.group.id} if relation == "shared" else set()
    thing_id = world.make(route, owner_id, shared=relation == "shared") if relation != "nothing" else ""
    status, body = world.ask(route, thing_id, world.people[role][1])
    on_thing = {} if relation == "nothing" else {"owner_id": owner_id, "shared_with": groups_of_it}
    if role not in RULES[action].anyone:
        assert (status, body["code"]) == (403, "access_denied")
    elif relation == "nothing" or can(who, action, **on_thing):
        assert status not in {401, 403}
        assert not (status == 404 and relation != "nothing" and thing_id in body["detail"]), body
        assert status < 500 or status == 503  # no room for another stream is an answer too
    elif can(who, action.partition(".")[0] + ".read", **on_thing):
        assert (status, body["code"]) == (403, "access_denied")
    else:
        _looks_missing(world, route, role, thing_id, status, body)


def _looks_missing(world, route, role, thing_id, status, body):
    """What somebody may not know of is refused in the very words that something missing is; the audit knows better."""
    told = world.platform.accounts.find(AuditEntry, outcome=Outcome.REFUSED, limit=1)[0]
    assert told.actor == role.value
    absent = "no-such-thing"
    absent_status, absent_body = world.ask(route, absent, world.people[role][1])
    for answer in (body, absent_body):
        answer.pop("request_id")
    assert status == absent_status == 404
    assert {**body, "detail": body["detail"].replace(thing_id, absent)} == absent_body


def test_a_link_opens_one_run_for_reading_and_nothing_else(world):
    owner = world.people[Role.ANALYST][0]
    mine, other = world.run(owner.id, shared=False), world.run(owner.id, shared=False)
    by = world.principal(Role.ANALYST)
    made = shares.add_link(world.platform, by, Resource.RUN, mine, owner_id=owner.id, ttl_s=60)
    client = world.client
    opened = {"share": made.token}
    assert client.get(f"/api/v1/pipeline/{mine}/status", params=opened).status_code == 200
    assert client.get(f"/api/v1/pipeline/{mine}/artifacts", params=opened).status_code == 200
    assert [one["id"] for one in client.get("/api/v1/pipelines", params=opened).json()["items"]] == [mine]
    assert client.get(f"/api/v1/pipeline/{other}/status", params=opened).status_code == 404
    for method, path in (
        ("DELETE", f"pipeline/{mine}"),
        ("POST", f"pipeline/{mine}/cancel"),
        ("POST", "keys"),
    ):
        assert client.request(method, f"/api/v1/{path}", params=opened).status_code == 401
    for path in ("users", "keys", "auth/me", "audit", "models"):
        assert client.get(f"/api/v1/{path}", params=opened).status_code == 403
    shares.revoke_link(world.platform, by, made.link.id)
    assert client.get(f"/api/v1/pipeline/{mine}/status", params=opened).status_code == 401


def test_the_matrix_is_complete():
    actions = {route.rule.action for route in ROUTES}
    assert {"runs.read", "runs.change", "runs.delete", "users.create", "keys.delete", "audit.read"} <= actions
    assert all(isinstance(route.rule, May) for route in ROUTES)
    assert len(list(cases())) > 150
    assert Public not in {type(route.rule) for route in ROUTES}
