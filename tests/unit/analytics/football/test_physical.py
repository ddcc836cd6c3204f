from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sightline.analytics.football.match import Period
from sightline.analytics.football.physical import (
    KMH,
    VIDEO_AGILITY,
    PhysicalSettings,
    measure_motion,
    measure_physical,
)
from sightline.service.football.evaluate.physical import evaluate_physical
from unit.analytics.football.matches import make_match


def running(speeds_mps, rate_hz=25):
    """One player who runs along the pitch with these speeds, one a row."""
    x = np.concatenate([[0.0], np.cumsum(speeds_mps)[:-1] / rate_hz])
    return make_match(np.stack([x, 0 * x], axis=1)[:, None], home=1, keepers=False, rate_hz=rate_hz)


def whole(match, settings=None):
    return next(one for one in measure_physical(match, settings=settings) if one.period == 0)


def test_paths_of_known_length_are_measured_to_half_a_percent():
    errors = [abs(path["error"]) for path in evaluate_physical()["paths"]]
    assert len(errors) == 9
    assert max(errors) <= 0.005


def test_jitter_adds_little_to_who_stands_still(rng):
    match = make_match(rng.normal(0, 0.02, (1500, 1, 2)), home=1, rate_hz=25)
    raw = np.hypot(*np.diff(match.positions_m[:, 0], axis=0).T).sum()
    assert whole(match).distance_m < 0.35 * raw


@pytest.mark.parametrize("rate_hz", [25, 12.5])
def test_ways_that_shake_along_one_axis_are_measured_to_three_percent(rng, rate_hz):
    """As a camera far off sees them: 5 cm across the picture, 25 cm along the line of sight."""
    times_s = np.arange(0, 60, 1 / rate_hz)
    way = np.stack([12 * np.sin(times_s / 6), 8 * np.sin(times_s / 4)], axis=1)
    shaking = way + rng.normal(0, (0.05, 0.25), way.shape)
    true, found, plain = (
        whole(make_match(one[:, None], home=1, keepers=False, rate_hz=rate_hz), settings).distance_m
        for one, settings in (
            (way, None),
            (shaking, PhysicalSettings(agility=VIDEO_AGILITY)),
            (shaking, None),
        )
    )
    assert found == pytest.approx(true, rel=0.03)
    assert plain > 1.08 * true


def test_a_way_that_shakes_by_a_metre_is_not_cut_to_pieces(rng):
    """Seen by a phone from the stand, somebody across the pitch is placed a metre too near or too far."""
    match = running(np.full(1500, 1.5))
    shaking = match.positions_m.copy()
    shaking[:, 0, 1] += rng.normal(0, 1.0, 1500)
    shaking[700:, 0, 0] -= 30.0  # another one is followed from here on
    found = whole(replace(match, positions_m=shaking), PhysicalSettings(agility=VIDEO_AGILITY))
    assert found.distance_m == pytest.approx(90.0, rel=0.05)
    assert found.top_speed_mps < 3.0


def test_who_hardly_shakes_keeps_his_turns():
    times_s = np.arange(0, 20, 0.04)
    zigzag = np.stack([3 * times_s, 1.5 * np.abs(times_s % 4 - 2)], axis=1)
    match = make_match(zigzag[:, None], home=1, keepers=False, rate_hz=25)
    steady = whole(match, PhysicalSettings(agility=VIDEO_AGILITY))
    assert steady.distance_m == pytest.approx(whole(match).distance_m, rel=0.005)


@pytest.mark.parametrize("rows", [2, 4, 5, 7])
def test_a_moment_is_measured_however_short(rows):
    found = whole(running(np.full(rows, 4.0)), PhysicalSettings(agility=VIDEO_AGILITY))
    assert found.distance_m == pytest.approx(4.0 * rows / 25, rel=0.01)


def test_zones_hold_the_way_run_in_them_and_add_up():
    speeds = np.repeat([1.0, 3.0, 5.0, 6.5, 8.0], 250)
    found = whole(running(speeds))
    assert found.zone_m == pytest.approx([10, 30, 50, 65, 80], rel=0.03)
    assert sum(found.zone_m) == pytest.approx(found.distance_m)


def test_limits_of_zones_can_be_chosen():
    found = whole(running(np.full(100, 3.0)), PhysicalSettings(zones_kmh=(5.0,)))
    assert found.zone_m == pytest.approx([0.0, found.distance_m])


@pytest.mark.parametrize(("length_s", "sprints"), [(0.6, 0), (1.4, 1)])
def test_a_sprint_lasts_a_second(length_s, sprints):
    speeds = np.full(250, 3.0)
    speeds[100 : 100 + int(length_s * 25)] = 8.0
    assert whole(running(speeds)).sprints == sprints


def test_hard_accelerations_and_decelerations_are_counted():
    up = np.concatenate([np.full(50, 1.0), np.linspace(1, 6, 32), np.full(50, 6.0)])
    found = whole(running(up))
    assert (found.accelerations, found.decelerations) == (1, 0)
    found = whole(running(up[::-1]))
    assert (found.accelerations, found.decelerations) == (0, 1)
    gentle = np.linspace(1, 6, 250)
    assert whole(running(gentle)).accelerations == 0


def test_nothing_is_added_up_across_a_gap():
    match = running(np.full(500, 4.0))
    positions = match.positions_m.copy()
    positions[200:300] = np.nan
    found = whole(replace(match, positions_m=positions))
    assert found.distance_m == pytest.approx(4.0 * 400 / 25, rel=0.01)
    assert found.coverage == pytest.approx(0.8)


def test_a_leap_is_not_a_run():
    match = running(np.full(500, 4.0))
    positions = match.positions_m.copy()
    positions[250:] += (0.0, 30.0)
    found = whole(replace(match, positions_m=positions))
    assert found.distance_m == pytest.approx(80, rel=0.01)
    assert found.top_speed_mps == pytest.approx(4.0, rel=0.02)


def test_nobody_is_faster_than_a_human():
    found = whole(running(np.full(100, 14.0)))
    assert found.distance_m == 0.0
    assert np.isnan(found.top_speed_mps)


def test_the_clock_between_halves_is_no_movement():
    match = running(np.full(200, 4.0))
    t_s = match.t_s.copy()
    t_s[100:] += 900
    halves = replace(match, t_s=t_s, periods=(Period(1, 0, 100, 1), Period(2, 100, 200, -1)))
    rows = measure_physical(halves)
    assert [one.period for one in rows] == [1, 2, 0]
    assert rows[2].distance_m == pytest.approx(rows[0].distance_m + rows[1].distance_m)
    assert rows[2].coverage == pytest.approx(1.0)


@pytest.mark.parametrize("people", [0, 1, 21, 25])
def test_any_number_of_players_is_measured(people):
    rows = measure_physical(make_match(np.zeros((30, people, 2)), keepers=False))
    assert len(rows) == 2 * people
    assert all(one.distance_m == 0 for one in rows)


def test_who_was_never_seen_has_no_coverage():
    found = whole(make_match(np.full((30, 1, 2), np.nan), home=1))
    assert (found.seen_s, found.coverage, found.distance_m) == (0.0, 0.0, 0.0)


def test_rows_seconds_apart_tell_no_speed():
    match = make_match(np.zeros((30, 1, 2)), home=1)
    slow = replace(match, t_s=np.arange(30) * 16.0)
    assert np.isnan(measure_motion(slow).speeds_mps).all()


def test_thresholds_are_those_of_fifa():
    assert PhysicalSettings().zones_kmh == (7.0, 15.0, 20.0, 25.0)
    assert KMH == 3.6


@pytest.mark.data
def test_speeds_are_near_those_that_providers_write(data_dir):
    folder = data_dir / "football" / "formats"
    found = evaluate_physical(
        pff=tuple(
            folder / name for name in ("pff_10517.jsonl", "pff_metadata_10517.json", "pff_rosters_10517.json")
        ),
        sportec=(folder / "sportec_positional.xml", folder / "sportec_meta.xml"),
    )["speeds"]
    assert found["sportec"]["median_mps"] <= 0.05
    assert found["pff, in view"]["median_mps"] <= 0.3


@pytest.mark.data
def test_a_real_match_has_human_speeds(data_dir):
    found = evaluate_physical(data_dir / "football" / "tracab")["tracking"]
    assert found["distance_m"] == pytest.approx(found["raw_m"], rel=0.01)
    assert 7.0 < found["top_speed_mps"] < 10.0
