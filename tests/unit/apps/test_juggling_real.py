"""Real clips, without settings: the pattern of their name, and throws of one ball."""

from __future__ import annotations

import pytest

from sightline.bootstrap import build_platform
from sightline.service.execute import execute
from sightline.service.results import Results
from sightline.service.submit import AnalyzeRequest, submit
from sightline.settings import Settings

pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.fixture
def report_of(data_dir, tmp_path):
    def analyse(name):
        platform = build_platform(Settings(home=tmp_path / "home"))
        video = data_dir / "videos" / "juggling" / name
        request = AnalyzeRequest(video=video, app="juggling", out=tmp_path / "out", annotate=False)
        execute(platform, submit(platform, request).id)
        return Results(tmp_path / "out").report

    return analyse


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("3_reverse_cascade_3balls.mp4", "3"), ("423_3balls.mp4", "423"), ("51_shower_3balls.mp4", "51")],
)
def test_a_clip_has_the_pattern_of_its_name(report_of, name, pattern):
    report = report_of(name)
    assert (report["siteswap"], report["balls"]["value"]) == (pattern, 3)
    assert report["siteswap_top3"][0]["confidence"] > 0.85
    assert report["drops"]["value"] == 0


def test_throws_of_one_ball_fly_as_long_as_in_the_pictures(report_of):
    report = report_of("throw_heights_1_to_8.mp4")
    assert report["siteswap"] is None
    assert report["drops"]["value"] == 0
    # 3, 5, 7, 4, 6, 8 in the clip's order, counted by eye from frames 1/60 s apart
    by_eye = [0.47, 0.83, 1.08, 0.70, 0.79, 1.03]
    assert [row["flight_s"] for row in report["list"]] == pytest.approx(by_eye, abs=0.06)
