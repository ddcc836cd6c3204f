"""A run over its memory fails with a clear error, by itself: the worker goes on."""

from __future__ import annotations

import sys

import pytest
from fastapi.testclient import TestClient

from factories import make_clip
from sightline.bootstrap import build_platform
from sightline.server.app import build_server
from sightline.settings import read_settings
from sightline.testing.accounts import headers_of

API = "/api/v1"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is only watched on Linux")
def test_a_run_over_its_memory_fails_alone_and_says_why(tmp_path):
    make_clip(tmp_path / "a.mp4", frames=10)
    settings = read_settings(
        home=tmp_path / "home",
        allowed_folders=(tmp_path,),
        run_memory_bytes=40_000_000,  # less than the interpreter with its libraries
        min_free_bytes=0,
        reserve_bytes=0,
        password_memory_kib=19_456,
    )
    platform = build_platform(settings)
    with TestClient(build_server(platform)) as client:
        client.headers.update(headers_of(platform))
        for number in range(2):  # the second one needs a worker that lives
            body = {"video_path": str(tmp_path / "a.mp4"), "settings": {"min_score": 0.3 + number / 10}}
            ended = client.post(f"{API}/process-video", params={"wait": 60}, json=body).json()
            assert (ended["state"], ended["error"]["code"]) == ("failed", "run_memory")
            assert "SIGHTLINE_RUN_MEMORY_BYTES" in ended["error"]["hint"]
    platform.runs.close()
