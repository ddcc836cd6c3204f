from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sightline.analytics.football.formation import (
    FormationSettings,
    back_line_of,
    count_back_line,
    find_formations,
    fit_formation,
    fit_formations,
    template_of,
    templates,
)
from sightline.analytics.football.match import Match, Period, Team
from unit.analytics.football.matches import make_match, turned, two_teams

NAMES = [template.name for template in templates(10)]


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_found_whatever_its_height_and_size(name):
    points = template_of(name).points * (28.0, 31.0) + (12.0, -4.0)
    assert fit_formations(points)[0].name == name
    assert fit_formations(points)[0].cost_m < 1e-6


@pytest.mark.parametrize("outfield", [7, 8, 9, 10])
def test_the_lines_of_each_name_hold_its_players(outfield):
    assert templates(outfield)
    for template in templates(outfield):
        assert sum(template.lines) == outfield == len(template.points) == len(set(template.roles))
        assert "-".join(map(str, template.lines)) == template.name.removesuffix("-0")


def test_nine_in_ten_teams_displaced_by_three_metres_for_good_are_found(rng):
    hits = []
    for name in NAMES:
        places = template_of(name).points * (35.0, 25.0)
        hits += [fit_formations(places + rng.normal(0, 3.0, places.shape))[0].name == name for _ in range(2)]
    assert np.mean(hits) >= 0.85


@pytest.mark.parametrize(
    ("name", "also"),
    [("5-3-2", {"3-5-2", "3-2-3-2"}), ("3-4-3", {"5-2-3"}), ("5-4-1", set()), ("4-4-2", set())],
)
def test_wing_backs_who_go_up_make_no_other_formation(name, also):
    """The first three are three formations, never three heights of the same wing-backs."""
    fits = fit_formations(template_of(name).points * (35.0, 25.0), most=30)
    assert (fits[0].name, set(fits[0].also)) == (name, also)
    told = [name for fit in fits for name in fit.names]
    assert len(told) == len(set(told)) == len(templates(10))


def test_a_formation_is_fitted_by_its_name():
    points = template_of("3-5-2").points * (35.0, 25.0)
    fit = fit_formation(points + 3.0, "5-3-2")
    assert (fit.name, fit.margin) == ("5-3-2", 0.0)
    assert sorted(fit.places) == list(range(10))
    assert fit.cost_m > fit_formation(points, "3-5-2").cost_m == pytest.approx(0.0, abs=1e-9)


def test_high_full_backs_do_not_hide_a_back_four():
    template = template_of("4-3-3")
    points = template.points * (35.0, 25.0)
    points[template.wide > 0, 0] += 12.0
    assert fit_formations(points)[0].name == "4-3-3"


@pytest.mark.parametrize("count", [0, 1, 6, 11, 25])
def test_a_number_of_players_that_no_formation_has_gives_none(count):
    assert fit_formations(np.zeros((count, 2))) == ()


def test_a_place_that_is_not_known_gives_none():
    points = template_of("4-4-2").points.copy()
    points[3] = np.nan
    assert fit_formations(points) == ()


def test_margins_fall_between_ranks():
    fits = fit_formations(template_of("4-4-2").points * (30, 30) + 0.5, most=30)
    assert [fit.cost_m for fit in fits] == sorted(fit.cost_m for fit in fits)
    assert fits[0].margin == pytest.approx(1 - fits[0].cost_m / fits[1].cost_m)
    assert fits[-1].margin == 0.0


def test_a_back_line_is_counted_at_its_widest_gap():
    assert count_back_line(np.array([10, 11, 12, 13, 25, 26, 27, 40.0])) == 4
    assert count_back_line(np.array([10, 11, 12, 25, 26, 27.0])) == 3
    assert count_back_line(np.array([10, 11.0])) == 0
    assert back_line_of(fit_formations(template_of("3-5-2").points * 30, most=1)) == 3
    assert back_line_of(()) == 0


def test_both_teams_are_found_through_noise_in_both_halves():
    found = find_formations(
        turned(two_teams(noise_m=3.0)), settings=FormationSettings(sample_s=0.4, least_s=5)
    )
    assert {(one.team, one.period, one.fits[0].name) for one in found} == {
        (team, period, name)
        for period in (1, 2)
        for team, name in ((Team.HOME, "4-2-3-1"), (Team.AWAY, "4-4-2"))
    }
    assert all(one.back_line == 4 and one.coverage == 1.0 for one in found)


def test_players_who_swap_places_do_not_blur_the_formation():
    match = two_teams(noise_m=0.5)
    positions = match.positions_m.copy()
    positions[1::2, [2, 9]] = positions[1::2, [9, 2]]
    swapped = replace(match, positions_m=positions)
    settings = FormationSettings(sample_s=0.2, least_s=5)
    home = find_formations(swapped, settings=settings)[0]
    assert home.fits[0].name == "4-2-3-1"
    assert home.stability < find_formations(match, settings=settings)[0].stability


def test_phases_are_told_apart_by_who_has_the_ball():
    first, second = two_teams("4-4-2"), two_teams("4-1-4-1")
    owner = np.array(["home"] * 300 + ["away"] * 300)
    match = make_match(np.concatenate([first.positions_m, second.positions_m]))
    found = {
        (one.team, one.phase): one.fits[0].name
        for one in find_formations(match, owner, FormationSettings(least_s=10))
    }
    assert found[Team.HOME, "in_possession"] == "4-4-2"
    assert found[Team.HOME, "out_of_possession"] == "4-1-4-1"


def test_a_red_card_leaves_a_formation_of_nine():
    positions = two_teams("4-4-2").positions_m.copy()
    positions[:, 10] = np.nan  # one of the two forwards
    home = find_formations(make_match(positions), settings=FormationSettings(least_s=10))[0]
    assert home.fits[0].name == "4-4-1"


def test_a_substitute_takes_the_role_over():
    positions = two_teams("4-4-2").positions_m
    extra = np.full((len(positions), 1, 2), np.nan)
    extra[150:, 0] = positions[150:, 8]
    left = positions.copy()
    left[150:, 8] = np.nan
    match = make_match(np.concatenate([left[:, :11], extra, left[:, 11:]], axis=1), home=12)
    home = find_formations(match, settings=FormationSettings(least_s=10))[0]
    assert home.fits[0].name == "4-4-2"
    assert home.coverage == 1.0


@pytest.mark.parametrize("people", [0, 1, 2, 6])
def test_too_few_players_give_no_formation(people):
    assert find_formations(make_match(np.zeros((50, people, 2)))) == ()


def test_a_period_whose_direction_is_not_known_is_left_out():
    match = replace(two_teams(), periods=(Period(1, 0, 300, 0),))
    assert find_formations(match) == ()


def test_an_unnamed_keeper_is_left_out_by_where_he_stands():
    named, unnamed = two_teams(noise_m=1.0), two_teams(noise_m=1.0, keepers=False)
    settings = FormationSettings(least_s=10)
    assert find_formations(unnamed, settings=settings)[0].fits[0].name == (
        find_formations(named, settings=settings)[0].fits[0].name
    )


def test_an_empty_match_has_no_formation():
    match = two_teams()
    empty = Match(
        match.frame_rate_hz, match.frames[:0], match.t_s[:0], (), match.players,
        match.positions_m[:0], match.ball_m[:0], match.ball_states[:0],
    )  # fmt: skip
    assert find_formations(empty) == ()


@pytest.mark.data
def test_a_real_match_shows_its_formation_without_the_ball(data_dir):
    from sightline.service.football.evaluate.formation import evaluate_formation

    rows = evaluate_formation(data_dir / "football" / "tracab", draws=1)["tracking"]["rows"]
    for team in ("home", "away"):
        ranks = [row["rank"] for row in rows if row["team"] == team]
        assert any(rank is not None for rank in ranks)
    assert {row["back_line"] for row in rows} == {4}


@pytest.mark.data
def test_labels_of_events_are_among_the_first_three(data_dir):
    from sightline.service.football.evaluate.formation import evaluate_formation

    files = [
        data_dir / "football" / "formats" / f"statsbomb_{name}.json" for name in ("event", "15986_event")
    ]
    rows = evaluate_formation(statsbomb=files, draws=1)["statsbomb"]
    told = {
        phase: [row["rank"] is not None for row in rows if row["phase"] == phase]
        for phase in ("both", "out_of_possession")
    }
    assert told["both"] == [True] * 4
    assert sum(told["out_of_possession"]) >= 3


@pytest.mark.data
def test_the_wing_backs_of_the_file_stand_in_no_line_of_their_own(data_dir):
    """Its label is 3-2-3-2: two wing-backs between three centre-backs and three midfielders."""
    import json

    from sightline.service.football.evaluate.formation import phase_places

    events = json.loads((data_dir / "football" / "formats" / "statsbomb_15986_event.json").read_bytes())
    eleven = next(one for one in events[:2] if one["team"]["name"] == "Girona")
    roles = [one["position"]["name"] for one in eleven["tactics"]["lineup"]][1:]
    depth = {
        phase: {
            role: np.mean([x for name, x in zip(roles, places[:, 0], strict=True) if role in name])
            for role in ("Center Back", "Wing Back", "Center Midfield")
        }
        for phase, places in phase_places(events, eleven).items()
    }
    with_ball, without = depth["in_possession"], depth["out_of_possession"]
    assert eleven["tactics"]["formation"] == 3232
    assert abs(with_ball["Wing Back"] - with_ball["Center Midfield"]) < 1.0
    assert with_ball["Wing Back"] - with_ball["Center Back"] > 15.0
    assert without["Wing Back"] - without["Center Back"] < 3.0
