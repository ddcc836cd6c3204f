"""Preferences are met as far as machine and video go; what is left of them is said."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from sightline.core.errors import SettingsError
from sightline.core.media import MediaInfo
from sightline.service.pipelines.options.preferences import Preferences, resolve_preferences
from sightline.service.prepare import _within

VIDEO = MediaInfo(
    container="mp4",
    codec="h264",
    size=(720, 1280),
    rotation_deg=0,
    frame_rate_hz=Fraction(25),
    variable_frame_rate=False,
    duration_s=Fraction(10),
    frames=250,
    size_bytes=1_000_000,
    audio_codec="aac",
)


def test_who_wishes_nothing_is_warned_of_nothing():
    met = resolve_preferences(VIDEO, Preferences())
    assert (met.stride, met.within, met.audio, met.checkpoints, met.warnings) == (1, None, False, True, ())


def test_what_can_be_met_is_met_without_a_word():
    preferences = Preferences(gpu=False, checkpoints=False, target_fps=12.5, within=(360, 640), audio=True)
    met = resolve_preferences(VIDEO, preferences)
    assert (met.stride, met.within, met.audio, met.checkpoints, met.warnings) == (
        2,
        (360, 640),
        True,
        False,
        (),
    )


@pytest.mark.parametrize(
    ("preferences", "says"),
    [
        (Preferences(gpu=True), "no GPU is used here"),
        (Preferences(target_fps=60), "the video has 25"),
        (Preferences(target_fps=10), "12.5 a second are looked at"),
        (Preferences(within=(1080, 1920)), "the video has 1280x720, and no picture is enlarged"),
    ],
)
def test_what_cannot_be_met_is_said_and_stops_nothing(preferences, says):
    met = resolve_preferences(VIDEO, preferences)
    assert len(met.warnings) == 1
    assert says in met.warnings[0]


def test_the_size_that_a_video_has_anyway_needs_no_word():
    met = resolve_preferences(VIDEO, Preferences(within=(720, 1280)))
    assert (met.within, met.warnings) == (None, ())


def test_a_video_without_sound_gives_none_and_says_so():
    met = resolve_preferences(replace(VIDEO, audio_codec=None), Preferences(audio=True))
    assert (met.audio, met.warnings) == (False, ("extract_audio: the video has no sound",))


def test_a_video_without_a_frame_rate_is_looked_at_whole():
    met = resolve_preferences(replace(VIDEO, frame_rate_hz=None), Preferences(target_fps=10))
    assert met.stride == 1
    assert "does not say" in met.warnings[0]


@pytest.mark.parametrize(
    "preferences",
    [
        Preferences(target_fps=0),
        Preferences(target_fps=-1),
        Preferences(target_fps=float("nan")),
        Preferences(target_fps=5, stride=5),
    ],
)
def test_nonsense_is_refused(preferences):
    with pytest.raises(SettingsError) as refused:
        resolve_preferences(VIDEO, preferences)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("most", "wanted", "size", "decoded"),
    [
        (None, None, (720, 1280), None),
        (None, (360, 640), (720, 1280), (360, 640)),
        ((540, 960), None, (720, 1280), (540, 960)),
        ((540, 960), (360, 640), (720, 1280), (360, 640)),  # the model looks at less anyway
        ((180, 320), (360, 640), (720, 1280), (180, 320)),
        ((180, 320), None, (1280, 720), (180, 101)),  # upright: its shape is kept
        ((1080, 1920), None, (720, 1280), None),
    ],
)
def test_pictures_are_decoded_at_what_is_wanted_or_less(most, wanted, size, decoded):
    assert _within(most, wanted, size) == decoded
