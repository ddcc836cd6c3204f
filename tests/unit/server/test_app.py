"""The server as a whole: its health pages, its metrics, its document."""

from __future__ import annotations

import json
import re

import pytest
from fastapi.testclient import TestClient

from finished_run import finished_run
from sightline.bootstrap import build_platform
from sightline.core.errors import AdapterUnavailableError
from sightline.core.events import EventKind, RunEvent
from sightline.core.runs import Run, RunState
from sightline.server.app import build_server
from sightline.settings import Settings
from sightline.testing.memory import MemoryRunStore


class BrokenStore(MemoryRunStore):
    def list(self, *_, **__):
        raise AdapterUnavailableError("the run database does not answer")


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def server(home, store=None):
    return build_server(build_platform(Settings(home=home), store=store or MemoryRunStore()))


def test_health_says_the_version(home):
    with TestClient(server(home)) as client:
        assert client.get("/health").json()["status"] == "ok"
        assert client.get("/livez").status_code == 200


def test_readiness_names_what_is_down(home):
    with TestClient(server(home, BrokenStore())) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        down = [one for one in answer.json()["dependencies"] if not one["ok"]]
        assert down == [{"name": "database", "ok": False, "detail": "the run database does not answer"}]
        assert client.get("/livez").status_code == 200


def test_a_ready_server_says_so(home):
    with TestClient(server(home)) as client:
        assert client.get("/readyz").json()["ready"] is True


def test_metrics_tell_requests_by_route_and_stages_by_name(home):
    app = server(home)
    with TestClient(app) as client:
        client.get("/health")
        for kind, t_s in ((EventKind.STAGE_STARTED, 10.0), (EventKind.STAGE_COMPLETED, 12.5)):
            app.state.metrics.take(RunEvent("r", kind, "analyze", t_s))
        text = client.get("/metrics").text
    assert 'sightline_http_request_seconds_count{method="GET",route="/health",status="200"} 1.0' in text
    assert 'sightline_stage_seconds_sum{outcome="completed",stage="analyze"} 2.5' in text
    assert 'sightline_runs{state="queued"} 0.0' in text


def test_metrics_tell_how_long_the_oldest_has_waited(home):
    store = MemoryRunStore()
    app = server(home, store)
    now_s = app.state.platform.clock.now_s()
    for number, age_s in enumerate((5.0, 600.0)):
        store.add(Run(f"r{number}", RunState.QUEUED, "/v.mp4", "people", "/out", updated_s=now_s - age_s))
    assert app.state.service_metrics.lag_s()["queue"] == pytest.approx(600, abs=60)
    assert app.state.service_metrics.lag_s()["outbox"] == 0
    store.append("r0", [RunEvent("r0", EventKind.STAGE_STARTED, "analyze", now_s - 90)], attempt=0)
    assert app.state.service_metrics.lag_s()["outbox"] == pytest.approx(90, abs=60)


def test_metrics_tell_what_became_of_frames_by_cause(home, tmp_path):
    store = MemoryRunStore()
    app = server(home, store)
    run = finished_run(tmp_path / "run")
    manifest = tmp_path / "run" / "manifest.json"
    ledger = {
        "decoded": 20,
        "inferred": 8,
        "skipped": {"stride": 10},
        "failed": {"decode": 2},
        "coverage": 0.4,
    }
    manifest.write_text(json.dumps({"files": {}, "ledger": ledger}))
    store.add(run)
    for run_id in (run.id, "gone"):
        app.state.service_metrics.take(RunEvent(run_id, EventKind.PIPELINE_COMPLETED, "", 1.0))
    text = app.state.metrics.text().decode()
    assert 'sightline_frames_total{cause="",outcome="inferred"} 8.0' in text
    assert 'sightline_frames_total{cause="stride",outcome="skipped"} 10.0' in text
    assert 'sightline_frames_total{cause="decode",outcome="failed"} 2.0' in text
    assert 'sightline_lag_seconds{of="queue"}' in text


def test_a_route_of_the_api_answers_nobody_without_a_token(home):
    with TestClient(server(home)) as client:
        assert client.get("/api/v1/apps").status_code == 401


def test_a_document_describes_every_problem(home):
    document = server(home).openapi()
    assert document["components"]["schemas"]["Problem"]["properties"].keys() >= {"code", "hint", "request_id"}


def test_who_opens_the_servers_address_finds_links_that_work(home):
    with TestClient(server(home)) as client:
        answer = client.get("/")
        assert answer.headers["content-type"].startswith("text/html")
        assert "script-src" not in answer.headers["content-security-policy"]
        links = re.findall(r'href="([^"]+)"', answer.text)
        assert {"/docs", "/stream/view", "/readyz"} <= set(links)
        assert {client.get(link).status_code for link in links} == {200}


def test_the_reference_shows_every_route_and_needs_nothing_from_elsewhere(home):
    app = server(home)
    with TestClient(app) as client:
        answer = client.get("/docs")
        assert answer.status_code == 200
        paths = client.get("/openapi.json").json()["paths"]
        assert len(paths) > 30
        assert not [path for path in paths if f"<code>{path}</code>" not in answer.text]
        parts = re.findall(r"<h2>(\w+)</h2>", answer.text)
        assert parts[:3] == ["videos", "uploads", "pipelines"]
        assert sorted(parts[8:-1]) == parts[8:-1]
        assert "<code>hint</code>" in answer.text
        assert "<script" not in answer.text
        assert "://" not in re.sub(r"<pre>.*?</pre>|<td>.*?</td>", "", answer.text, flags=re.DOTALL)
        assert "script-src" not in answer.headers["content-security-policy"]
        assert client.get("/docs.css").headers["content-type"].startswith("text/css")
