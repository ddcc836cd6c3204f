"""Finds the persons behind a tracker's tracks, and whom each plays for.

Tracks are cut where people met, the pieces are joined again by how people move and what they wear, first over short
gaps, then, once it is known how the teams moved as a whole, over the long ones in which somebody was out of the picture.
A person's shirt is then judged by every look at any of his pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.identity.drift import find_drift
from sightline.analytics.football.identity.links import LinkRules, Views, chains_of, find_links
from sightline.analytics.football.identity.tracklets import (
    CutRules,
    Sightings,
    cut_tracks,
    described,
    meetings,
)
from sightline.analytics.football.match import PitchSize, Player, Role, Team
from sightline.analytics.football.teams import KitRows, PlaceRows, Teams, assign_teams, kits_worn

if TYPE_CHECKING:
    from sightline.analytics.football.kits.clusters import TwoKits
    from sightline.core.arrays import Float64, Int64

ROLES = tuple(Role)
"""What the numbers of `PersonSource.roles` stand for."""
_HOME, _AWAY, _KEEPER, _REFEREE = range(4)
_PRIOR = np.array([0.43, 0.43, 0.06, 0.08])
_RIGHT_CLASS = 0.85
_MOST_VOTES = 12
_DOUBT = 0.02
_HIDDEN = 0.25
_LONG_GAP_S = 60.0
_ELEVEN = 11
_BESIDE_S, _BESIDE_SHARE = 5.0, 0.1
_TWELFTH_S = 1.0  # a track that is doubled for a moment makes no twelfth


@dataclass(frozen=True, slots=True)
class PersonSource:
    """What is known of people before anybody is told apart.

    Attributes:
        sightings: What the tracker saw.
        kits: Looks at shirts, with their frames.
        roles: `(n,)` int64, what the detector calls each sighting, an index into `ROLES`; -1 where it does not say.
        given: Team -> L*a*b* of its kit, where the user said so.
        views: What the camera saw, if that is known.
        pitch: The field's size.
        worn: The two kits as all looks at the tracker's own tracks show them; `find_persons` finds that out itself.
    """

    sightings: Sightings
    kits: KitRows
    roles: Int64
    given: Mapping[Team, Float64] | None = None
    views: Views | None = None
    pitch: PitchSize = field(default_factory=PitchSize)
    worn: TwoKits | None = None


@dataclass(frozen=True, slots=True)
class PersonRules:
    """How persons are found: where tracks are cut, what short and long links cost.

    A short link is made where it is surely right, for what is left open is joined by the long ones. By then a kit is
    known from many looks, so that no link crosses kits; and as nobody new comes on but a substitute, somebody of the
    right kit who turns up is most likely one of those who were gone.
    """

    cut: CutRules = field(default_factory=CutRules)
    short: LinkRules = field(default_factory=lambda: LinkRules(new_cost=-1.0))
    long: LinkRules = field(
        default_factory=lambda: LinkRules(gap_s=_LONG_GAP_S, new_cost=7.0, least_kinds=1e-7)
    )


@dataclass(frozen=True, slots=True)
class Persons:
    """Who is who.

    Attributes:
        players: One for each person, in order of team, role and first sighting.
        columns: `(n,)` int64, each sighting's place in `players`.
        teams: Whom each column was found to play for.
    """

    players: tuple[Player, ...]
    columns: Int64
    teams: Teams


def find_persons(source: PersonSource, rules: PersonRules | None = None) -> Persons:
    """Give the persons behind tracks.

    Args:
        source: What is known of people.
        rules: How they are found.
    """
    rules = rules or PersonRules()
    sightings = source.sightings
    if not len(sightings):
        return Persons((), np.zeros(0, np.int64), Teams({}))
    places = _places(sightings, sightings.track_ids)
    worn = kits_worn(source.kits, places=places, given=source.given, pitch=source.pitch)
    source = replace(source, kits=_clear_looks(source), worn=worn)
    tracklets = cut_tracks(sightings, rules.cut)
    beliefs = _beliefs(source, tracklets.part_of, len(tracklets))
    follows = find_links(tracklets, sightings.times_s, beliefs, rules.short, views=source.views)
    chains = chains_of(follows)[tracklets.part_of]
    pieces = described(sightings, chains, rules.cut)
    beliefs = _beliefs(source, chains, len(pieces))
    who = chains
    for _ in range(2):
        kinds = _kinds(source, who)
        drift = find_drift(sightings, who, kinds, moving=2, kinds=4)
        follows = find_links(pieces, sightings.times_s, beliefs, rules.long, drift=drift, views=source.views)
        who = chains_of(follows)[chains]
    return _named(source, who)


def _clear_looks(source: PersonSource) -> KitRows:
    """Leave out looks at shirts before or behind somebody else's."""
    kits = source.kits
    at = _sighting_of(source.sightings, kits)
    clear = at >= 0
    clear[clear] = meetings(source.sightings)[at[clear]] < _HIDDEN
    rows = None if kits.rows is None else kits.rows[clear]
    return KitRows(kits.track_ids[clear], kits.colors[clear], kits.shares[clear], rows)


def _kinds(source: PersonSource, who: Int64) -> Int64:
    count = int(who.max(initial=-1)) + 1
    kinds: Int64 = _beliefs(source, who, count).argmax(axis=1).astype(np.int64)
    return kinds


def _beliefs(source: PersonSource, who: Int64, count: int) -> Float64:
    """Give `(k, 4)` how likely each piece is home, away, a goalkeeper, a referee: by kit and by what it was called."""
    teams = _teams(source, who)
    belief = np.tile(_PRIOR, (count, 1))
    for piece, shares in teams.beliefs.items():
        doubt = _DOUBT / (1 + teams.tracks[piece].votes)
        home, away, neither = (share * (1 - doubt) + doubt / 3 for share in shares)
        belief[piece] *= (home, away, neither, neither)
    votes = np.zeros((count, len(ROLES)))
    told = source.roles >= 0
    np.add.at(votes, (who[told], source.roles[told]), 1.0)
    total = votes.sum(axis=1, keepdims=True)
    votes *= np.minimum(1.0, _MOST_VOTES / np.maximum(total, 1.0))
    wrong = (1 - _RIGHT_CLASS) / (len(ROLES) - 1)
    gain = np.log(_RIGHT_CLASS / wrong)
    for kind, role in ((_HOME, 0), (_AWAY, 0), (_KEEPER, 1), (_REFEREE, 2)):
        belief[:, kind] *= np.exp(gain * (votes[:, role] - votes.max(axis=1, initial=0.0)))
    belief += 1e-6
    result: Float64 = belief / belief.sum(axis=1, keepdims=True)
    return result


def _teams(source: PersonSource, who: Int64) -> Teams:
    """Find teams of pieces or persons."""
    sightings, kits = source.sightings, source.kits
    places = _places(sightings, who)
    at = _sighting_of(sightings, kits)
    found = at >= 0
    looks = KitRows(who[at[found]], kits.colors[found], kits.shares[found])
    return assign_teams(
        looks,
        places=places,
        hints=_hints(source, who),
        given=source.given,
        pitch=source.pitch,
        worn=source.worn,
    )


def _places(sightings: Sightings, who: Int64) -> PlaceRows | None:
    seen = np.isfinite(sightings.points_m).all(axis=1)
    return PlaceRows(sightings.rows[seen], who[seen], sightings.points_m[seen]) if seen.any() else None


def _sighting_of(sightings: Sightings, kits: KitRows) -> Int64:
    """Give the sighting that each look at a shirt belongs to; -1 where its track is not among them."""
    if kits.rows is None or not len(sightings):
        return np.full(len(kits.track_ids), -1, np.int64)
    top = int(max(sightings.track_ids.max(initial=0), kits.track_ids.max(initial=0))) + 1
    keys = sightings.rows * top + sightings.track_ids
    order = np.argsort(keys, kind="stable")
    wanted = kits.rows * top + kits.track_ids
    place = np.searchsorted(keys[order], wanted).clip(0, len(keys) - 1)
    at = order[place]
    return np.where(keys[at] == wanted, at, -1).astype(np.int64)


def _hints(source: PersonSource, who: Int64) -> dict[int, Role]:
    """Pieces that the detector mostly calls a goalkeeper or a referee."""
    count = int(who.max(initial=-1)) + 1
    sizes = np.maximum(np.bincount(who, minlength=count), 1)
    found = {}
    for role in (Role.GOALKEEPER, Role.REFEREE):
        votes = np.bincount(who[source.roles == ROLES.index(role)], minlength=count)
        found.update({int(piece): role for piece in np.flatnonzero(votes > 0.5 * sizes)})
    return found


def _named(source: PersonSource, who: Int64) -> Persons:
    """Give persons their names, in order of team, role and first sighting."""
    teams = _playing(_teams(source, who), source, who)
    count = int(who.max(initial=-1)) + 1
    firsts = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(firsts, who, source.sightings.rows)
    heads = sorted(range(count), key=lambda person: (*_rank(teams, person), int(firsts[person]), person))
    players, counts = [], dict[str, int]()
    for person in heads:
        one = teams.tracks.get(person)
        team, role = (one.team, one.role) if one is not None else (None, Role.PLAYER)
        word = team.value if team else ("referee" if role is Role.REFEREE else "unknown")
        counts[word] = counts.get(word, 0) + 1
        players.append(Player(f"{word}-{counts[word]}", team, role))
    place = np.empty(count, np.int64)
    place[heads] = np.arange(count)
    renamed = {int(place[person]): one for person, one in teams.tracks.items()}
    return Persons(
        tuple(players), place[who], replace(teams, tracks=dict(sorted(renamed.items())), beliefs={})
    )


def _playing(teams: Teams, source: PersonSource, who: Int64) -> Teams:
    """Take the team from whoever stays beside the field, and from its twelfth: those longest seen on the field come first.

    They are substitutes who warm up, coaches, linesmen or told wrongly; a thrower-in is back on the field within seconds.
    """
    sightings, half_m = source.sightings, np.array([source.pitch.length_m, source.pitch.width_m]) / 2
    off = (np.abs(np.nan_to_num(sightings.points_m)) > half_m).any(axis=1)
    people = int(who.max(initial=-1)) + 1
    on_field, seen = np.bincount(who[~off], minlength=people), np.bincount(who, minlength=people)
    row_s = _row_seconds(sightings.times_s)
    beside = (seen * row_s >= _BESIDE_S) & (on_field <= _BESIDE_SHARE * seen)
    most = _TWELFTH_S / row_s
    told = {
        person: replace(one, team=None, role=Role.OTHER) if one.team and beside[person] else one
        for person, one in teams.tracks.items()
    }
    for team in Team:
        count = np.zeros(len(sightings.times_s), np.int64)
        members = [person for person, one in told.items() if one.team is team]
        for person in sorted(members, key=lambda person: (-int(on_field[person]), person)):
            rows = np.unique(sightings.rows[who == person])
            if (count[rows] >= _ELEVEN).sum() > most:
                told[person] = replace(told[person], team=None, role=Role.OTHER)
            else:
                count[rows] += 1
    return replace(teams, tracks=told)


def _row_seconds(times_s: Float64) -> float:
    return float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0


def _rank(teams: Teams, person: int) -> tuple[int, int]:
    one = teams.tracks.get(person)
    team = {Team.HOME: 0, Team.AWAY: 1}.get(one.team, 2) if one is not None and one.team else 2
    return team, 0 if one is not None and one.role is Role.GOALKEEPER else 1
