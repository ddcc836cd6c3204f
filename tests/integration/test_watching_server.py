"""A server that is told to watch a folder makes a pipeline of each new video in it, for the user it is told."""

from __future__ import annotations

import time

import pytest
from fastapi.testclient import TestClient

from factories import make_clip
from sightline.bootstrap import build_platform
from sightline.core.accounts import Role
from sightline.server.app import build_server
from sightline.settings import WatchedPlace, read_settings
from sightline.testing.accounts import headers_of

pytestmark = pytest.mark.slow
LIMIT_S = 60.0


def test_a_video_that_turns_up_becomes_its_owners_pipeline(tmp_path):
    inbox = tmp_path / "in"
    inbox.mkdir()
    place = WatchedPlace(place=str(inbox), owner="ann", tags=("night",))
    settings = read_settings(
        home=tmp_path / "home",
        allowed_folders=(inbox,),
        watch=(place,),
        watch_every_s=0.1,
        watch_settle_s=0.2,
        workers=0,
        min_free_bytes=0,
        reserve_bytes=0,
        password_memory_kib=19_456,
    )
    platform = build_platform(settings)
    headers = headers_of(platform, Role.ANALYST, name="ann")
    with TestClient(build_server(platform)) as client:
        make_clip(inbox / "a.mp4", frames=5)
        deadline_s = time.monotonic() + LIMIT_S
        while not (items := client.get("/api/v1/pipelines?tag=night", headers=headers).json()["items"]):
            assert time.monotonic() < deadline_s, "nothing was made of the video"
            time.sleep(0.1)
    assert [(one["video"], one["state"]) for one in items] == [("a.mp4", "queued")]
    platform.runs.close()
