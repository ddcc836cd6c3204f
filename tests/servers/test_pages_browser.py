"""Every page fits a phone: what is wider scrolls in a box of its own, never the whole page."""

from __future__ import annotations

import pytest

from factories import make_clip
from servers import browser
from servers.browser import Browser
from servers.live import Server
from sightline.service.football.report import report_on_match
from unit.analytics.football.matches import turned, two_teams
from waiting import wait_for

pytestmark = [pytest.mark.server, browser.needed]
_PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
_WIDTHS = "[document.documentElement.clientWidth, document.documentElement.scrollWidth]"
_OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true })"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("home"))
    yield server
    server.close()


def widths(page, url):
    """Open a page as a phone does, with all that is folded in, and give the window's width and the page's."""
    page.ask("Emulation.setDeviceMetricsOverride", **_PHONE)
    page.ask("Page.navigate", url=url)
    wait_for(lambda: page.run("document.readyState + location.href").startswith(f"complete{url}"))
    page.run(_OPEN_ALL)
    return page.run(_WIDTHS)


@pytest.mark.parametrize("path", ["/", "/docs", "/setup", "/stream/view"])
def test_a_page_of_the_server_fits_a_phone(server, tmp_path, path):
    root = f"http://127.0.0.1:{server.port}"
    with Browser(f"{root}/", tmp_path / "profile") as page:
        assert widths(page, f"{root}{path}") == [390, 390]


def test_a_report_of_a_match_fits_a_phone_and_its_tables_scroll_in_their_panels(tmp_path):
    match = turned(two_teams(count=200, noise_m=1.0))
    out = report_on_match(match, tmp_path / "out", source={"name": "a match", "provider": "test"})
    with Browser(f"file://{out}/report.html", tmp_path / "profile") as page:
        assert widths(page, f"file://{out}/report.html") == [390, 390]
        wide = (
            "[...document.querySelectorAll('.panel')].filter(one => one.scrollWidth > one.clientWidth).length"
        )
        assert page.run(wide) >= 2
        table = "document.querySelector('.panel table').closest('.panel')"
        page.run(f"{table}.scrollLeft = 200")
        assert page.run(f"{table}.scrollLeft") == 200


@pytest.mark.parametrize("app", ["people", "juggling", "road"])
def test_a_report_on_a_video_fits_a_phone(server, tmp_path, app):
    clip = make_clip(tmp_path / f"{'a_long_name_' * 5}.mp4", frames=40).path
    sent = server.http.post("/api/v1/videos", files={"file": (clip.name, clip.read_bytes())})
    wanted = {"video_id": sent.raise_for_status().json()["id"], "app": app}
    run = server.http.post("/api/v1/process-video?wait=120", json=wanted).raise_for_status().json()
    served = server.http.get(f"/api/v1/pipeline/{run['id']}/artifacts/report.html").raise_for_status()
    page_file = tmp_path / "report.html"
    page_file.write_bytes(served.content)
    with Browser(f"file://{page_file}", tmp_path / "profile") as page:
        assert widths(page, f"file://{page_file}") == [390, 390]
