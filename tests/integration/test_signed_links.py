"""A link that opens one file of a run for whoever holds it, for a while."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from finished_run import finished_run
from sightline.bootstrap import build_platform
from sightline.core.accounts import AuditEntry, Role
from sightline.core.errors import AdapterUnavailableError
from sightline.server.app import build_server
from sightline.service.accounts.users import named_user
from sightline.service.object_results import publish_objects
from sightline.settings import read_settings
from sightline.testing.accounts import MemoryAccountStore, headers_of
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryObjects, MemoryRunStore

API = "/api/v1"
NOW_S = 2_000_000_000.0


@pytest.fixture
def platform(tmp_path):
    settings = read_settings(home=tmp_path / "home", workers=0, min_free_bytes=0, password_memory_kib=19_456)
    return build_platform(
        settings, clock=FakeClock(NOW_S), store=MemoryRunStore(), accounts=MemoryAccountStore()
    )


@pytest.fixture
def asked(platform, tmp_path):
    """A client, its headers, and a finished run of its own."""

    def make(platform=platform):
        headers = headers_of(platform, Role.ANALYST, name="ann")
        owner = named_user(platform, "ann").id
        run = finished_run(tmp_path / "run", owner=owner)
        platform.runs.add(run)
        return TestClient(build_server(platform)), headers, run

    return make


def signed(client, headers, run, name="tables/tracks.parquet", **params):
    return client.post(f"{API}/pipeline/{run.id}/sign/{name}", headers=headers, params=params)


def path_of(url):
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_a_link_opens_its_file_for_anybody_in_ranges_until_it_runs_out(platform, asked):
    client, headers, run = asked()
    answer = signed(client, headers, run, expires_s=60)
    assert answer.status_code == 201, answer.text
    link = path_of(answer.json()["url"])
    whole = client.get(link)
    assert (whole.status_code, len(whole.content)) == (200, answer.json()["size_bytes"])
    assert whole.headers["etag"] == f'"{answer.json()["sha256"]}"'
    part = client.get(link, headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.content) == (206, whole.content[4:10])
    assert client.get(link, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    platform.clock.advance(61)
    late = client.get(link)
    assert (late.status_code, late.json()["code"]) == (403, "access_denied")
    assert late.json()["hint"]


def test_a_link_opens_nothing_else(asked):
    client, headers, run = asked()
    link = path_of(signed(client, headers, run).json()["url"])
    for other in (
        link.replace("tracks", "frames"),
        link.replace(run.id, "0002-bb"),
        link.replace("expires=2", "expires=3"),
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.partition("?")[0],
        f"{API}/files/{run.id}/own.txt",
    ):
        assert client.get(other).status_code == 403, other


def test_who_made_a_link_and_who_used_it_is_told(platform, asked):
    client, headers, run = asked()
    link = path_of(signed(client, headers, run).json()["url"])
    client.get(link)
    client.get(link, headers={"Range": "bytes=4-9"})  # goes on with what was begun
    client.get(link + "0")
    told = [one for one in platform.accounts.find(AuditEntry, limit=10) if one.actor != "local"]
    assert sorted((one.actor, one.action, one.outcome.value) for one in told) == [
        ("", "files.read", "done"),
        ("", "files.read", "refused"),
        ("ann", "runs.share", "done"),
    ]
    targets = {one.target for one in told if not one.actor}
    assert targets == {f"run:{run.id}/tables/tracks.parquet"}


def test_only_files_of_the_results_are_signed_and_only_for_a_while(asked):
    client, headers, run = asked()
    assert signed(client, headers, run, "own.txt").status_code == 404
    assert signed(client, headers, run, "../../home/secret.key").status_code == 404
    assert signed(client, headers, run, expires_s=8 * 86_400).status_code == 422
    assert signed(client, headers, run, expires_s=0).status_code == 422


def test_a_file_in_the_object_store_is_opened_by_its_own_link(platform, asked):
    client, headers, run = asked(replace(platform, objects=MemoryObjects()))
    here = signed(client, headers, run).json()["url"]
    assert "/api/v1/files/" in here  # it was not published yet
    publish_objects(client.app.state.platform, run)
    there = signed(client, headers, run).json()["url"]
    assert f"runs/{run.id}/tables/tracks.parquet" in there
    assert "/api/v1/" not in there


def test_a_store_that_is_away_costs_no_link(platform, asked):
    class Away(MemoryObjects):
        def list(self, prefix):
            raise AdapterUnavailableError("away")

    client, headers, run = asked(replace(platform, objects=Away()))
    assert "/api/v1/files/" in signed(client, headers, run).json()["url"]


def test_the_link_of_a_run_that_is_gone_opens_nothing(platform, asked):
    client, headers, run = asked()
    link = path_of(signed(client, headers, run).json()["url"])
    platform.runs.delete(run.id)
    assert client.get(link).status_code == 403
