"""The commands and the example that stream, as people type them, against a server of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import cv2
import pytest
from commandline import sightline

from factories import ROOT
from servers.live import Server
from unit.service.live.streams import jpeg

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("live")
    made = Server(home)
    made.home = home
    yield made
    made.close()


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.jpg").write_bytes(jpeg((120, 160)))
    return folder


def client(server, source, *options):
    key = server.headers["X-API-Key"]
    home = server.home / "client"
    done = sightline("stream-client", source, "--url", server.url, "--api-key", key, *options, home=home)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("how", [(), ("--base64",)], ids=["binary", "base64"])
def test_a_folder_of_pictures_is_streamed_and_timed(server, pictures, how):
    told = json.loads(client(server, pictures, "--fps", "5", "--every-frame", "--json", *how))
    assert (told["sent"], told["answered"]) == (6, 6)
    assert {"p50", "p95", "p99"} <= told["latency_ms"]["capture_to_result"].keys()


def test_a_video_is_streamed_with_the_applications_settings(server, people_clip):
    options = ("--frames", "8", "--every-frame", "--results", "--set", "app=road", "--set")
    text = client(server, people_clip, *options, 'app_settings={"horizon":0.45}')
    messages = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert [one["type"] for one in messages].count("detection_result") == 8
    home, key = server.home / "client", server.headers["X-API-Key"]
    wrong = sightline(
        "stream-client",
        people_clip,
        "--url",
        server.url,
        "--api-key",
        key,
        *options,
        'app_settings={"horizon":7}',
        home=home,
    )
    assert wrong.returncode != 0
    assert "horizon" in wrong.stderr


def test_the_example_streams_pictures(server, pictures, tmp_path):
    text = (ROOT / "examples" / "live" / "stream_frames.py").read_text(encoding="utf-8")
    script = tmp_path / "stream_frames.py"
    script.write_text(text.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}"))
    names = [str(path) for path in sorted(pictures.iterdir())]
    command = [sys.executable, "-W", "error", str(script), server.headers["X-API-Key"], *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "config_ack" in lines[0]
    assert [line.split()[0] for line in lines[1:]] == names


def test_a_source_is_looked_at_on_this_machine_and_becomes_a_run(people_clip, tmp_path):
    newest = tmp_path / "now.jpg"
    done = sightline(
        "live", people_clip, "--fps", "5", "--picture", newest, home=tmp_path / "home", limit_s=240
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    frames = [row["frame"] for row in rows if "frame" in row]
    assert frames == sorted(set(frames))
    assert frames
    assert cv2.imread(str(newest)).shape == (180, 320, 3)
    (run,) = (tmp_path / "home" / "cameras").glob("*/*")
    assert (run / "report.json").exists()
