"""The juggling scene: what is drawn is what the truth says."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from sightline.core.errors import SettingsError
from sightline.ports import SceneOptions
from sightline.sim.juggling.scene import JugglingScene


def scene(seconds=3.0, seed=3, **settings):
    return JugglingScene(
        SceneOptions(
            seconds=seconds,
            seed=seed,
            size=(180, 320),
            frame_rate_hz=Fraction(30),
            noise=0.0,
            settings=settings,
        )
    )


def test_the_same_seed_throws_the_same_and_another_does_not():
    assert scene(siteswap="random").events() == scene(siteswap="random").events()
    assert scene(siteswap="random").events() != scene(siteswap="random", seed=4).events()


def test_throws_follow_the_pattern():
    found = scene(siteswap=531, seconds=5.0).events()
    assert found["siteswap"] == "531"
    assert found["balls"] == 3
    assert {throw["value"] for throw in found["throws"]} == {1, 3, 5}


def test_a_drop_is_in_the_truth():
    found = scene(siteswap="3", drops=1, seconds=7.0).events()
    assert len(found["drops"]) == 1
    assert [throw["catch_hand"] for throw in found["throws"]].count(None) == 1


def test_balls_are_drawn_where_the_truth_has_them():
    shot = next(shot for shot in scene(background="plain", siteswap="3").shots() if shot.index == 40)
    with_balls = shot.image.astype(int)
    for seen in shot.seen:
        x, y = (
            (seen.full_box_px[0] + seen.full_box_px[2]) / 2,
            (seen.full_box_px[1] + seen.full_box_px[3]) / 2,
        )
        colours = [with_balls[int(y), int(x)].max() - with_balls[int(y), int(x)].min()]
        assert max(colours) > 60, "the middle of a ball is bright"
    assert np.array([seen.track_id for seen in shot.seen]).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "settings",
    [{"siteswap": "54"}, {"balls": "square"}, {"drops": 99}, {"nonsense": 1}, {"background": "moon"}],
)
def test_what_cannot_be_juggled_is_refused(settings):
    with pytest.raises(SettingsError):
        scene(**settings)
