"""Files of a server in a real browser."""

from __future__ import annotations

import pytest

from factories import make_clip
from servers import browser
from servers.browser import Browser
from servers.live import Server
from waiting import wait_for

pytestmark = [pytest.mark.server, browser.needed]


def test_a_video_whose_signed_link_is_opened_plays_and_is_wound_forward(tmp_path):
    clip = make_clip(tmp_path / "street.mp4", frames=60).path
    server = Server(tmp_path / "home")
    try:
        sent = server.http.post("/api/v1/videos", files={"file": ("street.mp4", clip.read_bytes())})
        wanted = {"video_id": sent.raise_for_status().json()["id"], "model_version": "motion"}
        run = server.http.post("/api/v1/process-video", json=wanted).raise_for_status().json()
        status = f"/api/v1/pipeline/{run['id']}/status"
        wait_for(lambda: server.http.get(status).json()["state"] == "completed", 180)
        signed = (
            server.http.post(f"/api/v1/pipeline/{run['id']}/sign/annotated.mp4").raise_for_status().json()
        )
        root = f"http://127.0.0.1:{server.port}/"
        with Browser(root, tmp_path / "profile", "--autoplay-policy=no-user-gesture-required") as page:
            page.ask("Page.navigate", url=signed["url"])
            wait_for(lambda: (page.run("document.querySelector('video')?.readyState") or 0) >= 2, 20)
            length_s = page.run("document.querySelector('video').duration")
            page.run(f"document.querySelector('video').currentTime = {length_s / 2}")
            wait_for(lambda: page.run("document.querySelector('video').currentTime") >= length_s / 2, 20)
    finally:
        server.close()
