"""The page on which a person clicks the pitch's points, in Chromium: served by the command, and alone as a file."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import contextmanager

import cv2
import httpx
import numpy as np
import pytest
from websockets.sync.client import connect

from e2e.commandline import COMMAND
from servers.processes import free_port
from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import PitchCamera
from sightline.analytics.pitch.jaccard import visible_polylines
from sightline.analytics.pitch.markings import markings_of
from waiting import wait_for

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium"),
]

SIZE = PitchSize()
HEIGHT, WIDTH = 360, 640
CAMERA = PitchCamera(
    3.0, 76.0, 0.2, 620.0, np.array([2.0, -62.0, 17.0]), np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
)


@pytest.fixture
def video(tmp_path):
    """A clip in which the pitch's lines are drawn as the camera sees them."""
    from fractions import Fraction

    from sightline.media.encode import VideoWriter

    picture = np.full((HEIGHT, WIDTH, 3), (70, 130, 60), np.uint8)
    for line in visible_polylines(CAMERA, markings_of(SIZE), size=(HEIGHT, WIDTH)).values():
        cv2.polylines(
            picture, [np.round(line * 8).astype(np.int32)], False, (235, 240, 238), 2, cv2.LINE_AA, 3
        )
    with VideoWriter(tmp_path / "clip.mp4", size=(HEIGHT, WIDTH), frame_rate_hz=Fraction(25)) as writer:
        for _ in range(10):
            writer.write(picture)
    return tmp_path / "clip.mp4"


def shown():
    """Where named points of the grass lie in the picture, well inside it."""
    places = {name: place for name, place in markings_of(SIZE).points.items() if place[2] == 0}
    pixels = {name: CAMERA.project(np.array([place]))[0] for name, place in places.items()}
    return {
        name: at.tolist()
        for name, at in pixels.items()
        if 10 < at[0] < WIDTH - 10 and 10 < at[1] < HEIGHT - 10
    }


class Browser:
    def __init__(self, devtools):
        self._devtools, self._number = devtools, 0

    def run(self, script):
        return self.call("Runtime.evaluate", expression=script, awaitPromise=True)["result"].get("value")

    def call(self, method, **given):
        self._number += 1
        self._devtools.send(json.dumps({"id": self._number, "method": method, "params": given}))
        while (answer := json.loads(self._devtools.recv(timeout=60))).get("id") != self._number:
            pass
        return answer["result"]

    def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def click_point(self, name, at):
        """Click in the picture, then the point's dot on the plan: real mouse clicks on the screen."""
        box = json.loads(self.run("JSON.stringify(document.getElementById('frame').getBoundingClientRect())"))
        self.click(
            box["x"] + (at[0] + 0.5) * box["width"] / WIDTH, box["y"] + (at[1] + 0.5) * box["height"] / HEIGHT
        )
        dot = f"[...document.querySelectorAll('#plan circle')].find(one => one.dataset.point === {name!r})"
        middle = json.loads(
            self.run(f"(() => {{ const box = {dot}.getBoundingClientRect(); "
                     "return JSON.stringify([box.x + box.width / 2, box.y + box.height / 2]); })()")
        )  # fmt: skip
        self.click(*middle)


@contextmanager
def browsing(address, folder):
    port = free_port()
    process = subprocess.Popen(
        ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}",
         "--window-size=1280,900", f"--remote-debugging-port={port}", "--remote-allow-origins=*", address],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        page = wait_for(lambda: page_of(port))
        with connect(page["webSocketDebuggerUrl"], max_size=None) as devtools:
            browser = Browser(devtools)
            wait_for(
                lambda: browser.run(
                    "document.readyState == 'complete' && document.getElementById('frame').complete"
                )
            )
            yield browser
    finally:
        process.terminate()
        process.wait(30)


def page_of(port):
    try:
        tabs = httpx.get(f"http://127.0.0.1:{port}/json", timeout=5).json()
    except httpx.HTTPError:
        return None
    return next((tab for tab in tabs if tab["type"] == "page"), None)


def clicked(address, tmp_path, command):
    """Click every point that is shown, save, and give what the command says then."""
    with browsing(address, tmp_path / "browser") as browser:
        for name, at in shown().items():
            browser.click_point(name, at)
        wait_for(lambda: "quality" in (browser.run("document.getElementById('state').textContent") or ""))
        assert browser.run("document.querySelectorAll('#marks polyline').length") >= 4
        errors = browser.run(
            "JSON.stringify([...document.querySelectorAll('#pairs tbody td:nth-child(2)')].map(one => +one.textContent))"
        )
        assert max(json.loads(errors)) < 2
        browser.run("document.getElementById('save').click()")
        wait_for(lambda: browser.run("document.body.dataset.saved") == "yes")
    return command.communicate(timeout=30)[0]


def test_points_are_clicked_and_the_command_goes_on(video, tmp_path):
    out = tmp_path / "points.json"
    with subprocess.Popen(
        [*COMMAND, "football", "click", str(video), "-o", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as command:  # fmt: skip
        try:
            address = command.stderr.readline().split(" at ")[1].strip()
            said = clicked(address, tmp_path, command)
        finally:
            command.kill()
    assert command.returncode == 0
    assert str(out) in said
    kept = {one["point"]: one["at"] for one in json.loads(out.read_text())["points"]}
    assert kept.keys() == shown().keys()
    for name, at in shown().items():
        assert np.hypot(*np.subtract(kept[name], at)) < 1.0


def test_the_page_alone_solves_the_plane_and_saves_a_file(video, tmp_path):
    page = tmp_path / "click.html"
    subprocess.run([*COMMAND, "football", "click", str(video), "--page", str(page)], check=True)
    with browsing(page.as_uri(), tmp_path / "browser") as browser:
        browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        for name, at in list(shown().items())[:6]:
            browser.click_point(name, at)
        assert "largest error" in browser.run("document.getElementById('state').textContent")
        assert browser.run("document.querySelectorAll('#marks polyline').length") >= 4
        browser.run("document.getElementById('save').click()")
        wait_for((tmp_path / "points.json").exists)
    assert len(json.loads((tmp_path / "points.json").read_text())["points"]) == 6
