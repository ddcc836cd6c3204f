"""How numbers are written for people, and where axes get their marks."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sightline.reporting.numbers import clock, count_ticks, figure, plain, share, span, time_ticks

UNKNOWN = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, UNKNOWN), (0, "0:00"), (7.9, "0:07"), (60, "1:00"), (3599, "59:59"), (3723, "1:02:03")],
)
def test_a_place_in_a_clip(seconds, said):
    assert clock(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, UNKNOWN),
        (1.0, "1 s"),
        (3.25, "3.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (245, "4 min 05 s"),
        (7260, "2 h 01 min"),
    ],
)
def test_a_length_of_time(seconds, said):
    assert span(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, UNKNOWN),
        (0.0, "0 %"),
        (0.002, "< 1 %"),
        (0.5, "50 %"),
        (0.994, "99 %"),
        (0.997, "99.7 %"),
        (0.9999, "99.9 %"),
        (1.0, "100 %"),
    ],
)
def test_only_the_whole_is_called_a_hundred_percent(value, said):
    assert share(value) == said


def test_thousands_stand_apart():
    assert figure(1234567.891, 2) == "1\u202f234\u202f567.89"
    assert figure(0.5, 2, "m") == "0.50 m"
    assert figure(None, 2, "m") == figure(None) == UNKNOWN


@pytest.mark.parametrize("length_s", [0.0, 0.04, 1.0, 7.5, 90.0, 3600.0, 86_400.0, 10_000_000.0])
def test_time_axes_have_a_few_marks_from_zero(length_s):
    ticks = time_ticks(length_s)
    assert ticks[0] == 0
    assert ticks[-1] <= length_s
    assert len(ticks) <= 9


@pytest.mark.parametrize("highest", [0, 1, 3, 4, 7, 21, 99, 100, 12_345])
def test_count_axes_reach_the_highest_in_whole_steps(highest):
    ticks = count_ticks(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest
    assert len(ticks) <= 6
    assert len({b - a for a, b in pairwise(ticks)}) == 1


def test_control_characters_are_dropped():
    assert plain("a\x00b\x1bc\td\ud800") == "abc\td"
