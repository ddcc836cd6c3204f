"""What docs/api.md tells people to type works against a real server."""

from __future__ import annotations

import json
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

import cv2
import numpy as np
import pytest
from commandline import environment

from factories import ROOT
from routes import build, routes_of
from sightline.bootstrap import build_platform
from sightline.settings import Settings
from sightline.testing.accounts import headers_of

MARKED = re.compile(r"<!-- runnable: server -->\n```(bash|python)\n(.*?)```", re.DOTALL)
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
LIMIT_S = 240


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def server(tmp_path, work):
    """A server of its own, and what a client of it has in its environment."""
    home = tmp_path / "home"
    key = headers_of(build_platform(Settings(home=home)))["X-API-Key"]
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    place = str(Path(sys.executable).parent)
    path = f"{place}{os.pathsep}{os.environ['PATH']}"
    env = {**environment(home), "PATH": path, "SIGHTLINE_MIN_FREE_BYTES": "0"}
    env["SIGHTLINE_ALLOWED_FOLDERS"] = json.dumps([str(work)])
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


def asked(home: Path) -> set[str]:
    """Give the routes that the server's log tells of, as in `GET /api/v1/apps`."""
    found = set()
    for path in (home / "logs").glob("*"):
        for line in path.read_text(encoding="utf-8").splitlines():
            said = json.loads(line)
            if said.get("event") == "request" and said.get("route"):
                found.add(f"{said['method']} {said['route']}")
    return found


def documented() -> set[str]:
    """Give all routes but pages for browsers, and WebSockets, which the log of requests does not tell of."""
    pages = ("/docs", "/setup", "/stream/view")
    routes = [route for route in routes_of(build()) if route.path != "/" and not route.path.startswith(pages)]
    return {str(route) for route in routes if route.method != "WEBSOCKET"}


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("language", ["bash", "python"])
def test_the_snippets_of_the_page_run_one_after_the_other_and_ask_every_route(
    language, server, people_clip, work
):
    shutil.copy(people_clip, work / "street.mp4")
    cv2.imwrite(str(work / "frame.jpg"), np.zeros((96, 128, 3), np.uint8))
    code = "\n".join(code for found, code in MARKED.findall(PAGE) if found == language)
    command = {
        "bash": ["bash", "-euo", "pipefail", "-v", "-c", code],
        "python": [sys.executable, "-c", code],
    }[language]
    done = subprocess.run(
        command, cwd=work, env=server, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-1500:]}\n{done.stderr[-3000:]}"
    if language == "bash":
        assert (work / "there" / "manifest.json").is_file()
    assert len(documented()) > 70
    assert documented() - asked(Path(server["SIGHTLINE_HOME"])) == set()
