"""Who asks again and again is answered as everybody is, only sooner."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from sightline.api import statuses
from sightline.bootstrap import build_platform
from sightline.core.accounts import LOCAL, Role
from sightline.core.runs import Run, RunState
from sightline.server.app import build_server
from sightline.service.accounts.keys import revoke_key
from sightline.settings import Settings
from sightline.testing.accounts import headers_of
from sightline.testing.memory import MemoryRunStore

PATH = "/api/v1/pipeline/r/status"


class Here:
    """A server that many have just asked about one run, and how many questions since came to its route."""

    def __init__(self, home, monkeypatch, **settings):
        monkeypatch.setattr(statuses, "_MANY", 3)
        monkeypatch.setattr(statuses, "_SHARED_FOR_S", 60.0)
        monkeypatch.setattr(statuses, "_WINDOW_S", 60.0)
        given = Settings(home=home, workers=0, **settings)
        self.platform = build_platform(given, store=MemoryRunStore())
        self.headers = headers_of(self.platform)
        self.platform.runs.add(Run("r", RunState.QUEUED, "v.mp4", "people", str(home / "out"), owner="ada"))
        self.app = build_server(self.platform)
        self.client = TestClient(self.app)
        self.first = [self.ask() for _ in range(5)]
        self.framework = 0
        cache = self.app.state.statuses
        answer = cache.answer

        async def counted(who, run_id):
            self.framework += 1
            return await answer(who, run_id)

        monkeypatch.setattr(cache, "answer", counted)

    def ask(self, headers=None, method="GET", path=PATH):
        return self.client.request(method, path, headers=self.headers if headers is None else headers)


@pytest.fixture
def here(tmp_path, monkeypatch):
    return Here(tmp_path, monkeypatch)


def test_the_answer_is_the_same_and_the_framework_is_not_asked(here):
    answer = here.ask()
    assert here.framework == 0
    assert (answer.status_code, answer.content) == (200, here.first[0].content)
    own = {"x-request-id"}
    assert {name: answer.headers[name] for name in answer.headers if name not in own} == {
        name: here.first[0].headers[name] for name in here.first[0].headers if name not in own
    }


def test_it_counts_in_the_metrics_under_its_route(here):
    line = 'sightline_http_request_seconds_count{method="GET",route="/api/v1/pipeline/{pipeline_id}/status",status="200"}'
    here.ask()
    assert f"{line} 6.0" in here.client.get("/metrics").text


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "sl_abcdefgh_wrong"}])
def test_who_is_not_known_is_refused_as_ever(here, headers):
    assert here.ask(headers).status_code == 401


def test_somebody_else_finds_nothing(here):
    other = headers_of(here.platform, Role.ANALYST, name="ben")
    assert [here.ask(other).status_code for _ in range(2)] == [404, 404]
    assert here.framework == 2


def test_a_key_that_was_taken_back_opens_nothing(here):
    key_id = here.headers["X-API-Key"].split("_")[1]
    revoke_key(here.platform, LOCAL, key_id)
    assert here.ask().status_code == 401


def test_other_methods_and_paths_go_the_way_of_all(here):
    assert here.ask(method="POST").status_code == 405
    assert here.ask(path="/api/v1/pipeline/other/status").status_code == 404
    assert here.framework == 1


def test_who_asks_too_often_is_slowed(tmp_path, monkeypatch):
    here = Here(tmp_path, monkeypatch, reads_per_min=40)
    assert 429 in {here.ask().status_code for _ in range(10)}
