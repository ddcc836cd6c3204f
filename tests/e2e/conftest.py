"""A clip with people in it, rendered once for all end-to-end tests; a real server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import environment, sightline

from sightline.bootstrap import build_platform
from sightline.settings import Settings
from sightline.testing.accounts import headers_of

_ANSWER_WITHIN_S = 240


@pytest.fixture(scope="session")
def people_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated clip of some seconds; its truth and rules lie beside it."""
    folder = tmp_path_factory.mktemp("people")
    done = sightline(
        "simulate",
        "people",
        "--seconds",
        "8",
        "--seed",
        "3",
        "--size",
        "320x180",
        "-o",
        folder,
        home=folder / "home",
    )
    assert done.returncode == 0, done.stderr
    return folder / "clip.mp4"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def server(tmp_path: Path, work: Path) -> Iterator[dict[str, str]]:
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


def _await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline_s = time.monotonic() + _ANSWER_WITHIN_S
    while time.monotonic() < deadline_s:
        assert process.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(f"{url}/livez", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")
