"""A phone's video, from the file on: pictures that lie on their side with a note how to turn them."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.juggling.notation import parse
from sightline.analytics.juggling.observe import Lens
from sightline.analytics.juggling.simulate import Juggler, Run, perform
from unit.apps.juggling_film import TURNS, film, pictures, report_of

SIZE, FPS = (640, 360), 30
LENS = Lens(fps=FPS, scale_px_per_m=230.0, centre_px=(180.0, 330.0))


@pytest.mark.slow
@pytest.mark.parametrize("rotation", TURNS)
def test_a_phone_held_any_way_shows_the_same_juggling(tmp_path, rotation):
    performance = perform([Run(parse("3"), 16)], Juggler(sway_m=0.0), np.random.default_rng(4))
    images = pictures([(performance, LENS)], SIZE, FPS)
    report = report_of(film(tmp_path / "phone.mp4", images, SIZE, FPS, rotation=rotation), tmp_path)
    real = [throw for throw in performance.throws if throw.value >= 3]
    assert report["mode"] == "toss"
    assert (report["siteswap"], report["balls"]["value"]) == ("3", 3)
    assert abs(report["throws"]["value"] - len(real)) <= 1
    assert report["camera"]["roll_deg"] == pytest.approx(0, abs=2)
    assert report["camera"]["px_per_m"] == pytest.approx(LENS.scale_px_per_m, rel=0.05)
