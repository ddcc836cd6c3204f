"""Persons: cut where people meet, joined by how they move, what they wear and what the camera saw."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.football.identity.links import LinkRules, Views, chains_of, cheapest, find_links
from sightline.analytics.football.identity.persons import PersonSource, find_persons
from sightline.analytics.football.identity.tracklets import Sightings, cut_tracks
from sightline.analytics.football.match import Team
from sightline.analytics.football.teams import KitRows

RATE_HZ = 25.0
RED, BLUE = (45.0, 60.0, 40.0), (35.0, 20.0, -60.0)


def seen(paths, *, frames=100):
    """Sightings of `(id, rows, points)`; a metre is ten pixels, and people are 2 x 4 m large in the picture."""
    rows = np.concatenate([np.asarray(rows) for _, rows, _ in paths])
    ids = np.concatenate([np.full(len(rows), number) for number, rows, _ in paths])
    points = np.concatenate([np.asarray(points, np.float64) for *_, points in paths])
    order = np.lexsort((ids, rows))
    feet = points * 10 + 500
    boxes = np.concatenate([feet - (10, 40), feet + (10, 0)], axis=1)
    return Sightings(
        np.arange(frames) / RATE_HZ, rows[order], ids[order], boxes[order].copy(), points[order].copy()
    )


def line(rows, start, speed):
    return np.asarray(start) + np.outer((np.asarray(rows) - rows[0]) / RATE_HZ, speed)


def crossing():
    """Two opponents run through one another in front of the camera; the tracker changes them over as they meet."""
    rows = np.arange(100)
    right = line(rows, (-8.0, 0.0), (4.0, 0.0))
    left = line(rows, (8.0, 0.05), (-4.0, 0.0))
    first = np.concatenate([right[:50], left[50:]])
    second = np.concatenate([left[:50], right[50:]])
    others = [(number, rows, np.tile([(number - 6) * 8.0, 25.0], (100, 1))) for number in range(3, 9)]
    return seen([(1, rows, first), (2, rows, second), *others]), right, left


def kits_of(sightings, wearer):
    """A look at every tenth frame; `wearer` says whether a sighting's shirt is red."""
    at = np.flatnonzero(sightings.rows % 10 == 0)
    rng = np.random.default_rng(3)
    colors = np.array([RED if wearer(row) else BLUE for row in at]) + rng.normal(0, 1.5, (len(at), 3))
    return KitRows(sightings.track_ids[at], colors, np.full(len(at), 0.8), sightings.rows[at])


def test_a_track_is_cut_where_two_people_meet():
    sightings, *_ = crossing()
    tracklets = cut_tracks(sightings)
    cut = [part for part in range(len(tracklets)) if tracklets.track_ids[part] in (1, 2)]
    assert len(cut) == 4
    assert {int(tracklets.firsts[part]) for part in cut if tracklets.firsts[part]} == {50}


def test_a_tracker_that_changed_two_opponents_over_is_put_right():
    sightings, right, _ = crossing()
    on_right = np.abs(sightings.points_m - right[sightings.rows]).max(axis=1) < 1e-6
    red = on_right | ((sightings.track_ids >= 3) & (sightings.track_ids <= 5))
    kits = kits_of(sightings, lambda row: red[row])
    persons = find_persons(PersonSource(sightings, kits, np.full(len(sightings), -1)))
    assert len(set(persons.columns[on_right].tolist())) == 1
    assert len(persons.players) == 8
    teams = {player.team for player in persons.players}
    assert teams == {Team.HOME, Team.AWAY}


def test_who_ran_out_of_the_picture_and_came_back_is_the_same_one():
    away, back = np.arange(40), np.arange(70, 100)
    sightings = seen([(1, away, line(away, (0, 0), (5, 0))), (2, back, line(back, (10, 0), (-5, 0)))])
    tracklets = cut_tracks(sightings)
    beliefs = np.full((2, 1), 1.0)
    rules = LinkRules(gap_s=3.0)
    narrow = Views(np.tile(np.diag([10.0, 10.0, 1.0]), (100, 1, 1)), (1000, 80))
    follows = find_links(tracklets, sightings.times_s, beliefs, rules, views=narrow)
    assert chains_of(follows).tolist() == [0, 0]


def test_nobody_is_unseen_for_long_in_the_middle_of_the_picture():
    away, back = np.arange(40), np.arange(140, 180)
    sightings = seen(
        [(1, away, line(away, (0, 0), (0, 0))), (2, back, line(back, (5, 0), (0, 0)))], frames=200
    )
    tracklets = cut_tracks(sightings)
    wide = Views(np.tile(np.array([[10.0, 0, 500], [0, 10.0, 500], [0, 0, 1]]), (200, 1, 1)), (1000, 1000))
    rules = LinkRules(gap_s=10.0)
    assert find_links(tracklets, sightings.times_s, np.ones((2, 1)), rules)[0] == 1
    assert find_links(tracklets, sightings.times_s, np.ones((2, 1)), rules, views=wide)[0] == -1


def test_unlike_kits_are_not_joined():
    first, second = np.arange(40), np.arange(45, 90)
    sightings = seen([(1, first, line(first, (0, 0), (1, 0))), (2, second, line(second, (2, 0), (1, 0)))])
    tracklets = cut_tracks(sightings)
    alike, unlike = np.array([[0.99, 0.01], [0.99, 0.01]]), np.array([[0.999, 0.001], [0.001, 0.999]])
    assert find_links(tracklets, sightings.times_s, alike, LinkRules())[0] == 1
    far = LinkRules(area_m2=50.0, new_cost=0.0)
    assert find_links(tracklets, sightings.times_s, unlike, far)[0] == -1


def test_the_cheapest_links_are_chosen_together():
    before, after = np.array([0, 0, 1]), np.array([2, 3, 2])
    follows = cheapest(before, after, np.array([-3.0, -2.5, -2.0]), 4)
    assert follows.tolist() == [3, 2, -1, -1]


def test_nobody_at_all_makes_no_persons():
    nothing = Sightings(np.zeros(0), *(np.zeros(0, np.int64),) * 2, np.zeros((0, 4)), np.zeros((0, 2)))
    kits = KitRows(np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros(0), np.zeros(0, np.int64))
    persons = find_persons(PersonSource(nothing, kits, np.zeros(0, np.int64)))
    assert persons.players == ()
    assert len(persons.columns) == 0


@pytest.mark.parametrize("warming_up", [1, 3])
def test_a_team_has_eleven_at_a_time_and_who_stands_beside_the_field_is_none_of_them(warming_up):
    frames = np.arange(100)
    red = [(number, (-30.0 + 5 * number, -20.0 + 4 * (number % 5))) for number in range(1, 12)]
    blue = [(number, (-30.0 + 5 * (number - 20), 18.0)) for number in range(21, 27)]
    beside = [(number, (-45.0 + 4 * number, -35.5)) for number in range(12, 12 + warming_up)]
    sightings = seen(
        [(number, frames, line(frames, place, (0.2, 0))) for number, place in (*red, *blue, *beside)]
    )
    kits = kits_of(sightings, lambda row: sightings.track_ids[row] < 20)
    persons = find_persons(PersonSource(sightings, kits, np.full(len(sightings), -1)))
    teams = {
        number: persons.players[persons.columns[sightings.track_ids == number][0]].team
        for number, _ in (*red, *blue, *beside)
    }
    assert len({teams[number] for number, _ in red}) == 1
    assert teams[1] is not None
    assert {teams[number] for number, _ in beside} == {None}


def test_a_substitute_is_the_twelfth_of_a_match_and_not_at_a_time():
    first, second, frames = np.arange(50), np.arange(60, 110), np.arange(110)
    red = [(number, frames, line(frames, (5.0 * number, 0.0), (0.2, 0))) for number in range(1, 11)]
    blue = [(number, frames, line(frames, (5.0 * number - 100, 30.0), (0.2, 0))) for number in range(21, 27)]
    change = [(11, first, line(first, (-50, -20), (0, 0))), (12, second, line(second, (50, 20), (0, 0)))]
    sightings = seen([*red, *blue, *change], frames=110)
    kits = kits_of(sightings, lambda row: sightings.track_ids[row] < 20)
    persons = find_persons(PersonSource(sightings, kits, np.full(len(sightings), -1)))
    changed = [
        persons.players[persons.columns[sightings.track_ids == number][0]].team for number in (1, 11, 12)
    ]
    assert changed[0] is changed[1] is changed[2] is not None


@pytest.mark.parametrize(("seconds", "plays"), [(3, True), (8, False)])
def test_who_stays_just_beside_the_line_for_long_does_not_play(seconds, plays):
    frames = np.arange(round(seconds * RATE_HZ))
    red = [(number, frames, line(frames, (5.0 * number - 30, 0.0), (0.2, 0))) for number in range(1, 9)]
    blue = [(number, frames, line(frames, (5.0 * number - 130, 15.0), (0.2, 0))) for number in range(21, 29)]
    beside = [(9, frames, line(frames, (0.0, -34.7), (0.2, 0)))]
    sightings = seen([*red, *blue, *beside], frames=len(frames))
    kits = kits_of(sightings, lambda row: sightings.track_ids[row] < 20)
    persons = find_persons(PersonSource(sightings, kits, np.full(len(sightings), -1)))
    one = persons.players[persons.columns[sightings.track_ids == 9][0]]
    assert (one.team is not None) is plays
