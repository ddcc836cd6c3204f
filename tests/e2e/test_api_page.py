"""What docs/api.md tells people to type works against a real server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from factories import ROOT
from routes import build, routes_of

MARKED = re.compile(r"<!-- runnable: server -->\n```(bash|python)\n(.*?)```", re.DOTALL)
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
LIMIT_S = 240


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
