"""The juggling application on made-up tables."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sightline.apps.juggling.app import JugglingApp
from sightline.core.errors import SettingsError
from sightline.core.ledger import Ledger
from sightline.ports import ReportContext
from sightline.testing.fakes import fake_media, plain_image
from sightline.testing.tables import MemoryTables

RATE_HZ, FALL = 60.0, 1500.0


def flights(seconds, *, held=True):
    """Middles of three balls of a cascade by frame, in the air and in the hands."""
    beat_s, flight_s = 0.25, 0.43
    for beat in range(int((seconds - 1) / beat_s)):
        start_s, hand = 0.3 + beat * beat_s, beat % 2
        begin, end = ((620.0, 680.0), (660.0, 600.0))[hand]
        leave = (660.0, 620.0)[hand]
        last_s = start_s + (3 * beat_s if held else flight_s)
        for frame in range(int(np.ceil(start_s * RATE_HZ)), int(np.ceil(last_s * RATE_HZ))):
            t_s = frame / RATE_HZ - start_s
            if t_s <= flight_s:
                x = begin + (end - begin) * t_s / flight_s
                yield frame, x, 520 - FALL / 2 * t_s * (flight_s - t_s)
            else:
                share = (t_s - flight_s) / (3 * beat_s - flight_s)
                yield frame, end + (leave - end) * share, 520 + 15 * np.sin(np.pi * share)


def tables(seconds=6.0, *, balls=True, held=True):
    stored = MemoryTables()
    frames = np.arange(int(seconds * RATE_HZ))
    found = sorted(flights(seconds, held=held)) if balls else []
    stored.add(
        "frames",
        {
            "frame": frames,
            "t_s": frames / RATE_HZ,
            "segment": np.zeros(len(frames), np.int32),
            "status": ["inferred"] * len(frames),
            "cause": [None] * len(frames),
            "detections": np.zeros(len(frames), np.int32),
        },
    )
    if found:
        add_balls(stored, np.array([row for row, _, _ in found]), np.array([[x, y] for _, x, y in found]))
    return stored


def add_balls(stored, rows, middles_px):
    """Store a ball of 20 pixels for each row."""
    (x, y), count = middles_px.T, len(rows)
    stored.add(
        "detections",
        {
            "frame": rows,
            "t_s": rows / RATE_HZ,
            **{name: (at + side).astype(np.float32) for name, at, side in
               (("x1_px", x, -10), ("y1_px", y, -10), ("x2_px", x, 10), ("y2_px", y, 10))},
            "score": np.full(count, 0.8, np.float32),
            "class_id": np.zeros(count, np.int32),
            "class_name": ["ball"] * count,
        },
    )  # fmt: skip


def one_ball(way, seconds=6.0):
    """Tables of a single ball whose middle is `way(t_s)`."""
    stored = tables(seconds, balls=False)
    rows = np.arange(int(seconds * RATE_HZ))
    add_balls(stored, rows, np.array([way(row / RATE_HZ) for row in rows]))
    return stored


def thrown_once(t_s):
    """Held, thrown from one hand into the other a second after the start, and held."""
    share = float(np.clip((t_s - 1.0) / 0.6, 0, 1))
    return 600 + 80 * share, 520 - FALL / 2 * 0.6**2 * share * (1 - share)


def report_of(stored, folder, **settings):
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    written = MemoryTables()
    frames = stored.rows("frames")
    context = ReportContext(
        media=replace(fake_media(frames), size=(720, 1280)),
        read=stored,
        write=written,
        settings={**JugglingApp().defaults(), **settings},
        provenance={},
        ledger=Ledger(decoded=frames, inferred=frames).to_json(),
        background=plain_image(0),
        figures=folder / "figures",
    )
    return JugglingApp().report(context), written


def test_a_cascade_is_named_and_its_throws_are_rows(tmp_path):
    report, written = report_of(tables(), tmp_path)
    assert report["mode"] == "toss"
    assert report["siteswap"] == "3"
    assert report["balls"]["value"] == 3
    assert written.rows("throws") == report["throws"]["value"] == 20
    assert {figure["kind"] for figure in report["figures"]} == {"ways", "ladder"}
    assert "NaN" not in json.dumps(report)


def test_no_balls_is_said_and_no_pattern_is_named(tmp_path):
    report, written = report_of(tables(balls=False), tmp_path)
    assert report["siteswap"] is None
    assert report["siteswap_top3"] == []
    assert report["throws"]["value"] == 0
    assert "No ball was seen to fly." in report["notes"]
    assert written.rows("balls") == 0


def test_a_ball_held_still_is_no_throw(tmp_path):
    report, written = report_of(one_ball(lambda t_s: (600 + 0.4 * np.sin(9 * t_s), 520.0)), tmp_path)
    assert report["siteswap"] is None
    assert report["throws"]["value"] == report["drops"]["value"] == 0
    assert written.rows("throws") == 0


def test_one_ball_thrown_once_is_one_throw_and_no_pattern(tmp_path):
    report, written = report_of(one_ball(thrown_once), tmp_path)
    assert report["siteswap"] is None
    assert report["balls"]["value"] == 1
    assert report["throws"]["value"] == written.rows("throws") == 1
    assert report["list"][0]["flight_s"] == pytest.approx(0.6, abs=0.05)


def test_a_pattern_faster_than_hands_is_not_named(tmp_path):
    report, _ = report_of(tables(held=False), tmp_path)
    assert report["siteswap"] in {None, "3"}


def test_the_page_shows_the_pattern(tmp_path):
    report, _ = report_of(tables(), tmp_path)
    page = JugglingApp().page(report, tmp_path / "figures")
    assert '<div class="big">3</div>' in page
    assert page.count("data:image/svg+xml") == 2
    assert '<div class="ladder"><img' in page  # scrolls on a phone, where it would be too small to read


def kept_up(t_s):
    """Kicked up again every 0.6 s, a little to the left and to the right."""
    since = t_s % 0.6
    return 640 + 40 * abs(t_s / 0.6 % 2 - 1), 600 - FALL / 2 * since * (0.6 - since)


def test_the_page_of_a_ball_that_is_kept_up_has_no_body_parts_where_none_is_known(tmp_path):
    report, _ = report_of(one_ball(kept_up), tmp_path, mode="keepie-uppie")
    assert report["touches"]["by_body_part"].keys() == {"unknown"}
    page = JugglingApp().page(report, tmp_path / "figures")
    assert f'<div class="big">{report["touches"]["value"]}</div>' in page
    assert "<span>unknown</span>" not in page
    assert "<th>Body part</th>" not in page


def test_the_report_links_to_juggling_lab(tmp_path):
    report, _ = report_of(tables(), tmp_path)
    assert report["juggling_lab"] == "https://jugglinglab.org/anim?pattern=3"
    assert 'href="https://jugglinglab.org/anim?pattern=3"' in JugglingApp().page(report, tmp_path / "figures")


def test_an_unknown_mode_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="mode"):
        report_of(tables(balls=False), tmp_path, mode="clubs")


def test_touches_are_not_looked_for_where_several_balls_fly_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("sightline.apps.juggling.measure.find_touches", None)
    report, _ = report_of(tables(), tmp_path)
    assert (report["mode"], report["siteswap"]) == ("toss", "3")
