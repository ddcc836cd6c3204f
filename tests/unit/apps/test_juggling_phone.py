"""A phone's video, from the file on: pictures that lie on their side with a note how to turn them."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from sightline.analytics.juggling.notation import parse
from sightline.analytics.juggling.observe import Lens
from sightline.analytics.juggling.simulate import Juggler, Run, perform
from sightline.bootstrap import build_platform
from sightline.service.execute import execute
from sightline.service.results import Results
from sightline.service.submit import AnalyzeRequest, submit
from sightline.settings import Settings

SIZE, FPS, RADIUS_PX = (640, 360), 30, 9
TURNS = {90: cv2.ROTATE_90_CLOCKWISE, -90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180}
LENS = Lens(fps=FPS, scale_px_per_m=230.0, centre_px=(180.0, 330.0))


def pictures(performance):
    """Yellow balls before a grey wall with some grain, upright."""
    rng = np.random.default_rng(1)
    wall = np.clip(rng.normal(120, 12, (*SIZE, 1)) + np.zeros(3), 0, 255).astype(np.uint8)
    wall = cv2.GaussianBlur(wall, (9, 9), 0)
    for t_s in np.arange(int(performance.end_s * FPS)) / FPS:
        image = wall.copy()
        for x, y in LENS.project(performance.balls_m(np.array([t_s]))[0]):
            cv2.circle(
                image, (round(16 * x), round(16 * y)), 16 * RADIUS_PX, (40, 220, 240), -1, cv2.LINE_AA, 4
            )
        yield image


def filmed(path, performance, rotation):
    """Write a clip as a phone does that is held so that its pictures need turning by `rotation` degrees."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "18"})
        stream.height, stream.width = SIZE if rotation == 180 else SIZE[::-1]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = Fraction(1, FPS)
        stream.set_display_rotation(rotation)
        for number, image in enumerate(pictures(performance)):
            frame = av.VideoFrame.from_ndarray(cv2.rotate(image, TURNS[rotation]), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("rotation", TURNS)
def test_a_phone_held_any_way_shows_the_same_juggling(tmp_path, rotation):
    performance = perform([Run(parse("3"), 16)], Juggler(sway_m=0.0), np.random.default_rng(4))
    video = filmed(tmp_path / "phone.mp4", performance, rotation)
    platform = build_platform(Settings(home=tmp_path / "home"))
    request = AnalyzeRequest(video=video, app="juggling", out=tmp_path / "out", annotate=False)
    execute(platform, submit(platform, request).id)
    report = Results(tmp_path / "out").report
    real = [throw for throw in performance.throws if throw.value >= 3]
    assert report["mode"] == "toss"
    assert (report["siteswap"], report["balls"]["value"]) == ("3", 3)
    assert abs(report["throws"]["value"] - len(real)) <= 1
    assert report["camera"]["roll_deg"] == pytest.approx(0, abs=2)
    assert report["camera"]["px_per_m"] == pytest.approx(LENS.scale_px_per_m, rel=0.05)
