"""Points clicked on a page: the loopback address, what is solved and kept, and `--calibration click` of a run."""

from __future__ import annotations

import json
import threading
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import cv2
import numpy as np
import pytest

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import PitchCamera
from sightline.analytics.pitch.markings import markings_of
from sightline.cli.click import ask
from sightline.cli.click.page_server import PageServer
from sightline.core.errors import CalibrationError, ConflictError, SettingsError, UnsupportedFormatError
from sightline.service.football.clicks.page import make_page
from sightline.service.football.clicks.session import Clicks
from sightline.service.submit import AnalyzeRequest
from sightline.stages.football.pitch import read_cameras

SIZE = PitchSize()
HEIGHT, WIDTH = 180, 320
CAMERA = PitchCamera(
    2.0, 76.0, 0.2, 300.0, np.array([2.0, -60.0, 16.0]), np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
)


def points(count=8):
    """The places at which the camera shows named points, as the page sends them."""
    known = markings_of(SIZE).points
    shown = {name: CAMERA.project(np.array([place]))[0] for name, place in known.items()}
    inside = [
        {"at": at.round(2).tolist(), "point": name}
        for name, at in shown.items()
        if 0 <= at[0] <= WIDTH and 0 <= at[1] <= HEIGHT
    ]
    assert len(inside) >= count
    return {"image_size": [HEIGHT, WIDTH], "points": inside[:count]}


@pytest.fixture
def clicks(clip, tmp_path):
    return Clicks(clip(frames=5, size=(HEIGHT, WIDTH)).path, SIZE, tmp_path / "to" / "points.json")


@pytest.fixture
def server(clicks):
    server = PageServer(clicks)
    waiting = threading.Thread(target=server.wait)
    waiting.start()
    yield server
    server.done.set()
    waiting.join(10)
    assert not waiting.is_alive()


def post(address, what, data, **headers):
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    with urlopen(Request(address + what, body, headers), timeout=10) as answer:
        return json.loads(answer.read())


def test_points_are_solved_as_they_are_clicked_and_kept_in_the_end(server):
    told = post(server.address, "solve", points())
    assert told["quality"] > 0.5
    assert max(told["errors_px"]) < 1
    assert "8 points, largest error" in told["words"]
    assert len(told["lines"]) > 5
    assert post(server.address, "keep", points()) == {"path": str(server.clicks.out)}
    assert server.done.wait(5)
    assert json.loads(server.clicks.out.read_text()) == points()


def test_a_wrong_click_shows_in_its_own_error(server):
    data = points()
    data["points"][2]["at"][0] += 12
    errors = post(server.address, "solve", data)["errors_px"]
    assert max(errors) == errors[2] > 3


def test_too_few_points_and_points_of_another_picture_are_told(server):
    assert "a camera needs 4" in post(server.address, "solve", points(3))["problem"]
    other = points() | {"image_size": [720, 1280]}
    assert "another picture" in post(server.address, "solve", other)["problem"]
    assert "problem" in post(server.address, "keep", points(3))
    assert not server.clicks.out.exists()
    assert not server.done.is_set()


def test_the_page_and_its_pictures_are_there_for_who_has_the_address(server):
    with urlopen(server.address, timeout=10) as answer:
        page = answer.read().decode()
        assert answer.headers["Cache-Control"] == "no-store"
    assert "data:image/jpeg;base64," in page
    with urlopen(f"{server.address}frame?t=0.1", timeout=10) as answer:
        picture = cv2.imdecode(np.frombuffer(answer.read(), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("", {"Host": "elsewhere.example"}),
        ("wrong/", {}),
        ("../wrong/solve", {}),
        ("frame?t=nan", {}),
        ("frame?t=x", {}),
        ("other", {}),
    ],
)
def test_nothing_is_there_for_others(server, path, headers):
    wrong = "wrong" in path
    address = server.address.replace(server.token, "x" * len(server.token)) if wrong else server.address
    with pytest.raises(HTTPError, match="404"):
        urlopen(Request(address + ("" if wrong else path), headers=headers), timeout=10)


@pytest.mark.parametrize("body", [b"not JSON", b"[1]", b"[" * 100_000])
def test_what_is_no_object_is_refused(server, body):
    with pytest.raises(HTTPError, match="404"):
        post(server.address, "solve", body)


def test_the_page_alone_holds_everything_and_no_markup_from_names(clicks):
    page = clicks.page(served=False)
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    evil = make_page(b"", (10, 10), SIZE, pairs=[{"at": [1, 2], "point": "</script><b>"}])
    assert "</script><b>" not in evil


def test_points_from_last_time_are_on_the_page(clicks):
    clicks.keep(points())
    facts = clicks.page(served=True).split('type="application/json">')[1].split("</script>")[0]
    assert json.loads(facts)["pairs"] == points()["points"]
    clicks.out.write_text("broken")
    assert '"pairs":[]' in clicks.page(served=True)


def test_a_file_of_points_is_a_camera_file(clicks):
    clicks.keep(points())
    found = read_cameras(clicks.out, SIZE)
    assert (found.picture, found.source) == ((HEIGHT, WIDTH), "points")
    seen = found.fixed.camera.fitted_homography(found.picture)
    centre = CAMERA.project(np.zeros((1, 3)))
    assert np.abs(seen.project(centre)).max() < 0.3


def test_points_that_fix_no_camera_are_refused(clicks, tmp_path):
    few = tmp_path / "few.json"
    few.write_text(json.dumps(points(3)))
    with pytest.raises(CalibrationError, match="needs 4"):
        read_cameras(few, SIZE)
    few.write_text(json.dumps({"image_size": [1], "points": []}))
    with pytest.raises(UnsupportedFormatError):
        read_cameras(few, SIZE)


@pytest.fixture
def clicking(monkeypatch):
    """A person who clicks well, without a page."""
    asked = []

    def click(clicks, *, port=0):
        asked.append(clicks)
        return clicks.keep(points())

    monkeypatch.setattr(ask, "ask", click)
    return asked


def test_click_asks_once_and_goes_on_with_the_file(clip, tmp_path, clicking):
    video = clip(frames=5, size=(HEIGHT, WIDTH)).path
    settings = {"calibration": "click", "pitch_length_m": 100.0}
    request = ask.answered(AnalyzeRequest(video, app="football", out=tmp_path / "match", settings=settings))
    kept = tmp_path / "match.points.json"
    assert request.settings == {"calibration": str(kept), "pitch_length_m": 100.0}
    assert kept.is_file()
    assert len(clicking) == 1
    assert ask.answered(request) is request
    people = AnalyzeRequest(video, settings={"calibration": "click"})
    assert ask.answered(people) is people


def test_nobody_clicks_for_a_folder_that_is_full(clip, tmp_path, clicking):
    (tmp_path / "match").mkdir()
    (tmp_path / "match" / "manifest.json").write_text("{}")
    request = AnalyzeRequest(
        clip(frames=5).path, app="football", out=tmp_path / "match", settings={"calibration": "click"}
    )
    with pytest.raises(ConflictError):
        ask.answered(request)
    assert not clicking


def test_a_port_that_is_taken_is_told(clicks, server):
    with pytest.raises(SettingsError, match="cannot be used"):
        ask.ask(clicks, port=int(server.address.split(":")[2].split("/")[0]))
