"""Pace and time to go."""

from __future__ import annotations

import pytest

from sightline.engine.progress import ProgressMeter
from sightline.testing.fakes import FakeClock


def test_pace_and_time_to_go_follow_the_clock() -> None:
    clock = FakeClock()
    meter = ProgressMeter(100, clock=clock)
    clock.advance(2.0)

    progress = meter.read(20)

    assert progress.fps == pytest.approx(10.0)
    assert progress.eta_s == pytest.approx(8.0)


def test_a_slow_start_leaves_the_window() -> None:
    clock = FakeClock()
    meter = ProgressMeter(10_000, clock=clock, window_s=5.0)
    for second in range(1, 60):
        clock.advance(1.0)
        progress = meter.read(100 * second - 90)

    assert progress.fps == pytest.approx(100.0)


def test_frames_of_earlier_attempts_do_not_count_as_pace() -> None:
    clock = FakeClock()
    meter = ProgressMeter(100, done=50, clock=clock)
    clock.advance(1.0)

    assert meter.read(60).fps == pytest.approx(10.0)


def test_before_the_first_frame_nothing_is_promised() -> None:
    progress = ProgressMeter(100, clock=FakeClock()).read(0)

    assert (progress.fps, progress.eta_s) == (0.0, None)
