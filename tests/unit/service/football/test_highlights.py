"""Highlights of tracking data: drawn from above, or cut from a video of the match."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from football_play import Play
from sightline.analytics.football.match import Period
from sightline.core.errors import MediaError, SettingsError
from sightline.media.index import index_video
from sightline.service.football.report import report_on_match
from sightline.service.football.tracking.video import MatchVideo
from unit.analytics.football.matches import turned, two_teams


@pytest.fixture
def quick(monkeypatch):
    """Reports without figures, and with every kick a highlight: the small match has no shot."""
    monkeypatch.setattr("sightline.apps.football.pictures.figures.draw_figures", lambda *_: [])
    monkeypatch.setattr("sightline.apps.football.moments.WORTH", {"pass": 10.0})


def report(folder):
    return json.loads((folder / "report.json").read_text())


def windows(folder):
    root = ET.parse(folder / "highlights" / "highlights.xml").getroot()
    return [
        (float(one.findtext("start")), float(one.findtext("end")), one.findtext("label[group='file']/text"))
        for one in root.iter("instance")
    ]


def test_without_a_video_moments_are_drawn(quick, tmp_path):
    match = Play(seconds=16).match()
    out = report_on_match(
        match,
        tmp_path / "out",
        source={"name": "t"},
        settings={"before_s": 0.4, "after_s": 0.4, "highlights": 2},
    )

    clips = report(out)["clips"]
    assert len(clips) == 2
    names = {path.name for path in (out / "highlights").iterdir()}
    assert names == {*(clip["file"] for clip in clips), "reel.mp4", "highlights.xml"}
    spans = [(clip["start_s"], clip["stop_s"], clip["file"]) for clip in clips]
    assert windows(out) == spans
    frames = [len(index_video(out / "highlights" / clip["file"])) for clip in clips]
    assert frames == pytest.approx([12.5 * (stop_s - start_s) for start_s, stop_s, _ in spans], abs=2)
    assert len(index_video(out / "highlights" / "reel.mp4")) == sum(frames)
    page = (out / "report.html").read_text()
    assert page.count('src="data:video/mp4;base64,') == 2
    listed = json.loads((out / "manifest.json").read_text())["files"]
    assert f"highlights/{clips[0]['file']}" in listed


def test_the_same_match_gives_the_same_bytes(quick, tmp_path):
    match, settings = Play(seconds=6).match(), {"before_s": 0.2, "after_s": 0.2, "highlights": 1}
    one, other = (
        report_on_match(match, tmp_path / name, source={"name": "t"}, settings=settings) for name in "ab"
    )
    for path in (one / "highlights").iterdir():
        assert path.read_bytes() == (other / "highlights" / path.name).read_bytes(), path.name


def test_with_a_video_clips_are_cut_at_its_own_times(quick, tmp_path, clip):
    match = Play(seconds=8).match()
    video = MatchVideo(clip(frames=300).path, (3.5,))
    out = report_on_match(
        match,
        tmp_path / "out",
        source={"name": "t"},
        settings={"before_s": 0.2, "after_s": 0.2, "highlights": 1},
        video=video,
    )

    (listed,) = report(out)["clips"]
    (cut,) = windows(out)
    assert cut[:2] == pytest.approx((listed["start_s"] + 3.5, listed["stop_s"] + 3.5), abs=1e-3)
    assert index_video(out / "highlights" / listed["file"]).info.size == (96, 128)
    source = report(out)["provenance"]["source"]
    assert source["video"]["kick_offs_s"] == [3.5]
    assert len(source["video"]["sha256"]) == 64


def placed(match, kick_offs_s, picture_s, video):
    clip = {"start_s": picture_s - 6, "stop_s": picture_s + 4, "picture_s": picture_s}
    (found,) = MatchVideo(video, kick_offs_s).footage(match).placed([clip]) or [None]
    return found and tuple(found[name] for name in ("start_s", "stop_s", "picture_s"))


def test_each_period_begins_where_the_user_says(clip):
    """Ten seconds a half; the second one begins at 30 s on the match's clock."""
    match = turned(two_teams(count=100, rate_hz=5))
    match = replace(
        match, t_s=np.concatenate([np.arange(50) / 5, 30 + np.arange(50) / 5]), periods=match.periods
    )
    assert match.periods[1] == Period(2, 50, 100, -1)
    video = clip(frames=100, rate_hz=1).path

    assert placed(match, (20.0, 60.0), 7.0, video) == (21.0, 31.0, 27.0)
    assert placed(match, (20.0, 60.0), 33.0, video) == (57.0, 67.0, 63.0)
    assert placed(match, (20.0,), 33.0, video) is None
    assert placed(match, (0.0,), 2.0, video) == (0.0, 6.0, 2.0)


@pytest.mark.parametrize("kick_offs_s", [(), (-1.0,), (4.0,), (0.0, 99.0), (float("nan"),)])
def test_a_kick_off_outside_of_the_video_is_refused(clip, kick_offs_s):
    with pytest.raises(SettingsError, match=r"outside of clip\.mp4"):
        MatchVideo(clip(frames=100).path, kick_offs_s)


def test_kick_offs_are_in_order_and_no_more_than_periods(clip):
    video = clip(frames=100, rate_hz=1).path
    with pytest.raises(SettingsError, match="before the one that comes first"):
        MatchVideo(video, (60.0, 20.0))
    with pytest.raises(SettingsError, match="3 kick-offs are given, the match has 2 periods"):
        MatchVideo(video, (1.0, 2.0, 3.0)).footage(turned(two_teams(count=100, rate_hz=5)))


def test_what_is_no_video_is_refused(tmp_path):
    with pytest.raises(MediaError):
        MatchVideo(tmp_path / "none.mp4")
