"""Rendered clips of what jugglers, cameras and passers-by do: from the file to the report, never a confident wrong pattern."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sightline.analytics.juggling.notation import parse
from sightline.analytics.juggling.observe import Lens
from sightline.analytics.juggling.simulate import Juggler, Run, perform
from unit.apps.juggling_film import film, pictures, report_of

pytestmark = pytest.mark.slow
SIZE = (360, 640)
LENS = Lens(scale_px_per_m=200.0, centre_px=(320.0, 190.0))


def act(*runs, seed=4):
    return perform(
        [Run(parse(text), beats) for text, beats in runs], Juggler(sway_m=0.0), np.random.default_rng(seed)
    )


def flown(performance):
    return sum(throw.value >= 3 for throw in performance.throws)


def walker(image, t_s):
    """Somebody who walks through behind, with a head that bobs."""
    x, y = int(150 * t_s - 60), int(150 - 5 * abs(np.sin(np.pi * 1.9 * t_s)))
    cv2.rectangle(image, (x - 28, y + 20), (x + 28, y + 240), (60, 50, 90), -1)
    cv2.circle(image, (x, y), 18, (120, 150, 200), -1)


def held(image, t_s):
    """A ball in a hand that is never quite still."""
    cv2.circle(image, (320 + round(2 * np.sin(5 * t_s)), 200), 8, (40, 220, 240), -1, cv2.LINE_AA)


@pytest.fixture
def analyzed(tmp_path):
    def analyze(acts, fps=30, **how):
        video = film(tmp_path / "clip.mp4", pictures(acts, SIZE, fps, **how), SIZE, fps)
        return report_of(video, tmp_path)

    return analyze


@pytest.mark.parametrize(
    ("text", "beats", "fps", "how"),
    [
        ("3", 20, 24, {}),
        ("3", 20, 30, {"shake_px": 3.0}),
        ("3", 20, 30, {"paint": walker}),
        ("(4,4)", 24, 30, {}),
        ("(6x,4)*", 24, 30, {}),
        ("[54]24", 30, 30, {}),
        ("300", 24, 30, {}),
    ],
    ids=["24 fps", "hand-held", "walker", "synchronous", "crossing", "multiplex", "one ball"],
)
def test_a_clip_has_its_pattern_its_throws_and_no_drop(analyzed, text, beats, fps, how):
    performance = act((text, beats))
    report = analyzed([(performance, LENS)], fps, **how)
    assert (report["siteswap"], report["balls"]["value"]) == (text, parse(text).balls)
    assert abs(report["throws"]["value"] - flown(performance)) <= 1
    assert report["drops"]["value"] == 0


def test_a_change_of_pattern_is_two_spans_in_time(analyzed):
    report = analyzed([(act(("3", 18), ("51", 24)), LENS)])
    assert [span["siteswap"] for span in report["spans"]] == ["3", "51"]
    assert report["spans"][0]["end_s"] < report["spans"][1]["start_s"]


def test_two_jugglers_are_said_to_be_unsupported(analyzed):
    places = [(150.0, 190.0), (490.0, 190.0)]
    report = analyzed(
        [
            (act(("3", 16), seed=seed), Lens(scale_px_per_m=130.0, centre_px=place))
            for seed, place in enumerate(places)
        ]
    )
    assert (report["siteswap"], report["siteswap_top3"]) == (None, [])
    assert "more than one juggler, whose passing is not supported" in report["notes"][0]


class Passers:
    """Two who face one another and pass six balls: each right hand's throw goes to the other's left, each left hand's stays.

    A throw is caught three beats later; `apart_m` lies between the two.
    """

    beat_s, dwell_beats, beats, gravity_mps2 = 0.28, 1.2, 36, 9.81

    def __init__(self, apart_m):
        self.apart_m = apart_m
        self.end_s = self.beats * self.beat_s

    def hand_m(self, who, beat):
        """Where the hand is that throws at a beat: right hands at even beats."""
        side = 0.2 if beat % 2 == 0 else -0.2
        return np.array([who * self.apart_m / 2 + side, 1.0])

    def balls_m(self, times_s):
        return np.array([[self.ball_m(*start, t_s) for start in self.starts()] for t_s in times_s])

    def starts(self):
        return [(who, beat) for who in (-1, 1) for beat in range(3)]

    def ball_m(self, who, beat, t_s):
        while t_s >= (beat + 3) * self.beat_s:
            who, beat = (-who if beat % 2 == 0 else who), beat + 3
        to = -who if beat % 2 == 0 else who
        begin, end = self.hand_m(who, beat), self.hand_m(to, beat + 3)
        flight_s = (3 - self.dwell_beats) * self.beat_s
        up_s = t_s - beat * self.beat_s
        if up_s < 0:
            return begin
        if up_s > flight_s:
            return end
        rise_m = self.gravity_mps2 / 2 * up_s * (flight_s - up_s)
        return begin + (end - begin) * up_s / flight_s + np.array([0.0, rise_m])


@pytest.mark.parametrize("apart_m", [1.6, 2.4])
def test_balls_that_cross_between_two_jugglers_are_no_pattern_of_one(analyzed, apart_m):
    report = analyzed([(Passers(apart_m), Lens(scale_px_per_m=150.0, centre_px=(320.0, 230.0)))])
    assert (report["siteswap"], report["siteswap_top3"]) == (None, [])
    assert "more than one juggler, whose passing is not supported" in report["notes"][0]


@pytest.mark.parametrize("paint", [lambda _image, _t_s: None, walker, held], ids=["empty", "walker", "held"])
def test_where_nothing_is_thrown_nothing_is_said(analyzed, paint):
    report = analyzed([], seconds=4.0, paint=paint)
    assert (report["siteswap"], report["siteswap_top3"], report["mode"]) == (None, [], "toss")
    assert report["throws"]["value"] == report["catches"]["value"] == report["drops"]["value"] == 0
    assert "No ball was seen to fly." in report["notes"]
