"""What a row of times says."""

from fractions import Fraction

import numpy as np
import pytest

from sightline.media.timing import timing

NTSC = Fraction(30000, 1001)


def rounded(rate_hz: Fraction, tick_hz: int, frames: int = 200) -> np.ndarray:
    return np.array([round(number * tick_hz / rate_hz) for number in range(frames)], np.int64)


@pytest.mark.parametrize(
    ("case", "times", "tick_hz", "declared", "rate_hz", "variable"),
    [
        ("exact", rounded(Fraction(25), 12800), 12800, Fraction(25), Fraction(25), False),
        ("rounded to milliseconds", rounded(NTSC, 1000), 1000, NTSC, NTSC, False),
        ("rounded to hundredths", rounded(Fraction(15), 100), 100, Fraction(15), Fraction(15), False),
        ("a wrong declaration", rounded(Fraction(25), 1000), 1000, Fraction(30), Fraction(25), False),
        ("none declared", rounded(Fraction(10), 10), 10, None, Fraction(10), False),
        ("a frame left out", np.r_[0:100, 101:200], 30, Fraction(30), Fraction(199 - 1, 199) * 30, True),
        ("a pause", np.r_[0:40:4, 90:130:4], 100, None, Fraction(19 * 100, 126), True),
    ],
)
def test_steady_and_variable_rates_are_told_apart(case, times, tick_hz, declared, rate_hz, variable):
    found = timing(
        times.astype(np.int64),
        time_base_s=Fraction(1, tick_hz),
        last_duration=0,
        declared_rate_hz=declared,
    )
    assert (found.frame_rate_hz, found.variable_frame_rate) == (rate_hz, variable), case


@pytest.mark.parametrize(("last", "duration_s"), [(0, Fraction(4, 10)), (3, Fraction(6, 10))])
def test_the_last_frame_stays_as_long_as_it_says_or_as_the_others_do(last, duration_s):
    times = np.arange(4, dtype=np.int64)
    found = timing(times, time_base_s=Fraction(1, 10), last_duration=last, declared_rate_hz=None)
    assert found.duration_s == duration_s
