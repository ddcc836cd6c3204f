"""What docs/api.md tells people to type works against a real server."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from commandline import environment

from factories import ROOT
from sightline.api import app as api
from sightline.bootstrap import build_platform
from sightline.settings import Settings
from sightline.testing.accounts import headers_of

MARKED = re.compile(r"<!-- runnable: server -->\n```(bash|python)\n(.*?)```", re.DOTALL)
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
LIMIT_S = 240


@pytest.fixture
def server(tmp_path):
    """A server of its own, and what a client of it has in its environment."""
    home = tmp_path / "home"
    key = headers_of(build_platform(Settings(home=home)))["X-API-Key"]
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    place = str(Path(sys.executable).parent)
    path = f"{place}{os.pathsep}{os.environ['PATH']}"
    env = {**environment(home), "PATH": path, "SIGHTLINE_MIN_FREE_BYTES": "0"}
    command = [str(Path(place) / "sightline"), "serve", "--port", str(port)]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=tmp_path)
    url = f"http://127.0.0.1:{port}"
    try:
        _await_answer(url, process)
        yield {**env, "SIGHTLINE_SERVER": url, "SIGHTLINE_TOKEN": key}
    finally:
        process.terminate()
        process.wait(60)


def _await_answer(url: str, process: subprocess.Popen) -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline_s:
        assert process.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(f"{url}/livez", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_snippets_of_the_page_run_one_after_the_other(server, people_clip, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(people_clip, work / "street.mp4")
    for language, code in MARKED.findall(PAGE):
        command = (
            ["bash", "-euo", "pipefail", "-c", code] if language == "bash" else [sys.executable, "-c", code]
        )
        done = subprocess.run(
            command, cwd=work, env=server, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        assert done.returncode == 0, f"{code}\n{done.stdout[-800:]}\n{done.stderr[-800:]}"
    assert (work / "there" / "manifest.json").is_file()


def test_the_page_names_every_route_of_videos_pipelines_and_results():
    tags = {"pipelines", "events", "results", "videos", "uploads", "catalog", "health"}
    routes = [
        route
        for router in api.routers()
        for route in router.routes
        if route.include_in_schema and tags & set(getattr(route, "tags", ()))
    ]
    last = {route.path.rpartition("/")[2].partition(":")[0].strip("{}") for route in routes}
    placeholders = {"pipeline_id", "video_id", "upload_id", "name", "table"}
    assert not [word for word in sorted(last - placeholders) if word not in PAGE]
