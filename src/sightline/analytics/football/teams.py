"""Which team everybody belongs to, and in what role, from the colours of their shirts and where they stand.

Every look at a shirt votes for its track; a track keeps one team from its first frame to its last. Goalkeepers and
referees are those who wear neither kit: the first stand before a goal, the second do not. Where two kits cannot be
told apart nobody is given a team.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.kits.clusters import TwoKits, two_kits
from sightline.analytics.football.kits.colors import shaded, unshaded
from sightline.analytics.football.match import PitchSize, Role, Team
from sightline.core.arrays import Float64, Int64, same_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class KitRows:
    """Looks at shirts, rows of the `kits` table.

    Attributes:
        track_ids: `(n,)` int64.
        colors: `(n, 3)` float64, CIE L*a*b*.
        shares: `(n,)` float64, share of the crop that was shirt, 0..1.
        rows: `(n,)` int64, in which frame each look was; left out where nobody asks.
    """

    track_ids: Int64
    colors: Float64
    shares: Float64
    rows: Int64 | None = None

    def __post_init__(self) -> None:
        same_rows(track_ids=self.track_ids, colors=self.colors, shares=self.shares)


@dataclass(frozen=True, slots=True)
class PlaceRows:
    """Where people stood on the pitch, rows in order of frame.

    Attributes:
        frames: `(n,)` int64.
        track_ids: `(n,)` int64.
        points_m: `(n, 2)` float64 in `Space.PITCH_M`; rows that are not known are left out.
    """

    frames: Int64
    track_ids: Int64
    points_m: Float64

    def __post_init__(self) -> None:
        same_rows(frames=self.frames, track_ids=self.track_ids, points_m=self.points_m)


@dataclass(frozen=True, slots=True)
class TeamRules:
    """When a team or role is believed.

    Attributes:
        votes: Looks at a shirt below which a track's confidence is lowered.
        separation: Least distance of the two kits in standard deviations.
        distance: Least distance of the two kits in L*a*b*.
        confidence: Below it a track has no team.
        goal_area_share: Share of its time before one goal that makes somebody without a kit a goalkeeper.
        goal_depth_m: How far from the goal line that is.
        goal_width_m: How wide that is.
        margin_m: How far off the pitch somebody is no longer part of the match.
    """

    votes: int = 6
    separation: float = 3.6
    distance: float = 7.0
    confidence: float = 0.55
    goal_area_share: float = 0.6
    goal_depth_m: float = 20.0
    goal_width_m: float = 44.0
    margin_m: float = 3.0


@dataclass(frozen=True, slots=True)
class TrackTeam:
    """Whom a track was found to be.

    Attributes:
        team: None where it has none, or where it cannot be told.
        role: What it does.
        confidence: 0..1.
        votes: Looks at its shirt.
    """

    team: Team | None
    role: Role
    confidence: float
    votes: int


@dataclass(frozen=True, slots=True)
class Teams:
    """All tracks' teams.

    Attributes:
        tracks: By track id, rising.
        colors: Team -> `(3,)` L*a*b* of its kit as seen; empty where no two kits were found.
        separation: Distance of the kits in standard deviations, 0 where there are not two.
        alike: Shirts were seen, but no two kits could be told apart.
        named_by: How it is known which kit is the home team's: `given`, `side` (it defends the left), `shade`
            (the lighter one), or `nothing`.
        beliefs: By track id, how likely it wears home's kit, away's, neither; empty where no two kits were found.
    """

    tracks: Mapping[int, TrackTeam]
    colors: Mapping[Team, Float64] = field(default_factory=dict)
    separation: float = 0.0
    alike: bool = False
    named_by: str = "nothing"
    beliefs: Mapping[int, tuple[float, float, float]] = field(default_factory=dict)


_DEEPER_M = 0.5
_LEAST_ON_FIELD = 8


def assign_teams(
    kits: KitRows,
    *,
    places: PlaceRows | None = None,
    hints: Mapping[int, Role] | None = None,
    given: Mapping[Team, Float64] | None = None,
    rules: TeamRules | None = None,
    pitch: PitchSize | None = None,
    worn: TwoKits | None = None,
) -> Teams:
    """Give each track its team and role.

    Args:
        kits: Looks at shirts.
        places: Where people stood; without it nobody is told to be a goalkeeper or referee by place.
        hints: Track id -> role, where the detector itself knows.
        given: Team -> L*a*b* of its kit, where the user said so; these win.
        rules: When something is believed.
        pitch: The field's size.
        worn: The kits as `kits_worn` found them elsewhere; taken where these looks alone do not tell two apart.
    """
    rules, hints = rules or TeamRules(), hints or {}
    kits = replace(kits, colors=shaded(kits.colors))
    given = {team: shaded(color) for team, color in (given or {}).items()}
    ids, colors, votes = _medians(kits)
    if len(ids) == 0:
        return Teams({})
    field = _on_field(ids, places, pitch or PitchSize())
    found = _two_kits(colors[field], votes[field], given)
    if not _apart(found, rules) and worn is not None:
        found = worn
    if found is None or not _apart(found, rules):
        tracks = {
            int(track): TrackTeam(None, hints.get(int(track), Role.PLAYER), 0.0, int(count))
            for track, count in zip(ids, votes, strict=True)
        }
        return Teams(tracks, separation=found.separation if found else 0.0, alike=True)
    beliefs = _believed(kits, ids, colors, found)
    shares = _patient(beliefs, votes, rules.votes)
    order, named_by = _order(ids, shares, found, given, places)
    shares, centers = shares[:, [*order, 2]], found.centers[list(order)]
    beliefs = beliefs[:, [*order, 2]]
    labels = np.argmax(shares, axis=1)
    stands = _stands(ids, labels, places, rules, pitch or PitchSize())
    tracks = _roles(ids, votes, shares, hints, stands, rules)
    return Teams(
        tracks,
        {Team.HOME: unshaded(centers[0]), Team.AWAY: unshaded(centers[1])},
        separation=found.separation,
        named_by=named_by,
        beliefs={
            int(track): (float(row[0]), float(row[1]), float(row[2]))
            for track, row in zip(ids, beliefs, strict=True)
        },
    )


def kits_worn(
    kits: KitRows,
    *,
    places: PlaceRows | None = None,
    given: Mapping[Team, Float64] | None = None,
    rules: TeamRules | None = None,
    pitch: PitchSize | None = None,
) -> TwoKits | None:
    """Find the two kits in looks at shirts, for `assign_teams` of parts of them; None where they cannot be told apart.

    Args:
        kits: All looks there are.
        places: Where people stood: who stands beside the field wears no kit.
        given: Team -> L*a*b* of its kit, where the user said so.
        rules: When two kits are believed to be two.
        pitch: The field's size.
    """
    ids, colors, votes = _medians(replace(kits, colors=shaded(kits.colors)))
    if len(ids) == 0:
        return None
    field = _on_field(ids, places, pitch or PitchSize())
    said = {team: shaded(color) for team, color in (given or {}).items()}
    found = _two_kits(colors[field], votes[field], said)
    return found if _apart(found, rules or TeamRules()) else None


def _two_kits(colors: Float64, votes: Int64, given: Mapping[Team, Float64]) -> TwoKits | None:
    near = np.stack([given[Team.HOME], given[Team.AWAY]]) if len(given) == 2 else None
    return two_kits(colors, np.minimum(votes, 100).astype(np.float64), near)


def _on_field(ids: Int64, places: PlaceRows | None, pitch: PitchSize) -> NDArray[np.bool_]:
    """Give `(n,)` who stood within the lines, or nobody knows where: coaches, substitutes and linesmen wear no kit.

    Everybody, where too few are left to find two kits among.
    """
    field = np.ones(len(ids), np.bool_)
    if places is not None and len(places.frames):
        half_m = np.array([pitch.length_m, pitch.width_m]) / 2
        order = np.argsort(places.track_ids, kind="stable")
        tracks, begins = np.unique(places.track_ids[order], return_index=True)
        for track, rows in zip(tracks, np.split(order, begins[1:]), strict=True):
            field[ids == track] = (np.abs(np.median(places.points_m[rows], axis=0)) < half_m).all()
    return field if field.sum() >= _LEAST_ON_FIELD else np.ones(len(ids), np.bool_)


def _apart(found: TwoKits | None, rules: TeamRules) -> bool:
    return found is not None and found.separation >= rules.separation and found.distance >= rules.distance


def _medians(kits: KitRows) -> tuple[Int64, Float64, Int64]:
    """Each track's median colour over the better half of its looks, and how many looks there were."""
    order = np.argsort(kits.track_ids, kind="stable")
    ids, starts, counts = np.unique(kits.track_ids[order], return_index=True, return_counts=True)
    colors = np.empty((len(ids), 3))
    for place, (start, count) in enumerate(zip(starts, counts, strict=True)):
        rows = order[start : start + count]
        good = kits.shares[rows] >= np.median(kits.shares[rows])
        colors[place] = np.median(kits.colors[rows[good]], axis=0)
    return ids, colors, counts.astype(np.int64)


def _believed(kits: KitRows, ids: Int64, colors: Float64, found: TwoKits) -> Float64:
    """Give `(n, 3)` belief in home kit, away kit, neither: what the track's colour says, times its looks' vote."""
    shares = found.shares(colors)
    places = np.searchsorted(ids, kits.track_ids)
    away = kits.colors - colors[places]
    scatter = (away.T @ away) / max(len(away), 1)
    single = found.shares(kits.colors, found.spread + scatter)[:, :2]
    single = single / np.maximum(single.sum(axis=1, keepdims=True), 1e-12)
    ballots = np.zeros((len(ids), 2))
    weights = np.maximum(kits.shares, 0.05)
    np.add.at(ballots, places, single * weights[:, None])
    ballots /= np.maximum(ballots.sum(axis=1, keepdims=True), 1e-12)
    together = shares.copy()
    together[:, :2] *= ballots
    together /= together.sum(axis=1, keepdims=True)
    return np.asarray(together)


def _patient(beliefs: Float64, votes: Int64, least: int) -> Float64:
    """Give beliefs that are the less sure the fewer looks they come from."""
    patience = np.minimum(1.0, votes / least)[:, None]
    return np.asarray(patience * beliefs + (1 - patience) / 3)


def _order(
    ids: Int64,
    shares: Float64,
    found: TwoKits,
    given: Mapping[Team, Float64],
    places: PlaceRows | None,
) -> tuple[tuple[int, int], str]:
    """Which of the two kits is home's, and how that is known."""
    if given:
        costs = [
            sum(
                float(np.linalg.norm(found.centers[kit] - given[team]))
                for team, kit in pairing
                if team in given
            )
            for pairing in (
                ((Team.HOME, 0), (Team.AWAY, 1)),
                ((Team.HOME, 1), (Team.AWAY, 0)),
            )
        ]
        return ((0, 1) if costs[0] <= costs[1] else (1, 0)), "given"
    if places is not None and len(places.frames):
        kit_of = np.argmax(shares, axis=1)[np.clip(np.searchsorted(ids, places.track_ids), 0, len(ids) - 1)]
        known = np.isin(places.track_ids, ids)
        sides = [
            float(places.points_m[known & (kit_of == kit), 0].mean())
            if (known & (kit_of == kit)).any()
            else 0.0
            for kit in range(2)
        ]
        if abs(sides[0] - sides[1]) > 1.0:
            return ((0, 1) if sides[0] < sides[1] else (1, 0)), "side"
    return ((0, 1) if found.centers[0, 0] >= found.centers[1, 0] else (1, 0)), "shade"


def _roles(
    ids: Int64,
    votes: Int64,
    shares: Float64,
    hints: Mapping[int, Role],
    stands: Mapping[int, _Stand],
    rules: TeamRules,
) -> dict[int, TrackTeam]:
    labels = np.argmax(shares, axis=1)
    tracks = {}
    for row, track in enumerate(ids.tolist()):
        sure = float(shares[row, labels[row]])
        kit = (Team.HOME, Team.AWAY, None)[int(labels[row])]
        stand, hint = stands.get(track), hints.get(track)
        team, role = kit if sure >= rules.confidence else None, Role.PLAYER
        if stand is not None and stand.outside:
            team, role = None, Role.OTHER
        elif hint in {Role.REFEREE, Role.OTHER}:
            team, role = None, hint
        elif hint is Role.GOALKEEPER:
            team, role = (stand.defends if stand is not None else None), hint
        elif kit is None and hint is None:
            team, role = _without_a_kit(stand)
        tracks[track] = TrackTeam(team, role, round(sure, 6), int(votes[row]))
    return tracks


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a track spent its time: before which team's goal, if before any; off the pitch."""

    before_goal: bool
    defends: Team | None
    outside: bool


def _without_a_kit(stand: _Stand | None) -> tuple[Team | None, Role]:
    if stand is None:
        return None, Role.OTHER
    return (stand.defends, Role.GOALKEEPER) if stand.before_goal else (None, Role.REFEREE)


def _stands(
    ids: Int64, labels: NDArray[np.int64], places: PlaceRows | None, rules: TeamRules, pitch: PitchSize
) -> dict[int, _Stand]:
    """Where each track stood, and whose goal that was: the team whose line is deeper while it was there."""
    if places is None or not len(places.frames):
        return {}
    half = np.array([pitch.length_m, pitch.width_m]) / 2
    frames = np.unique(places.frames)
    lines = _last_lines(places, ids, labels, frames)
    order = np.argsort(places.track_ids, kind="stable")
    tracks, begins, counts = np.unique(places.track_ids[order], return_index=True, return_counts=True)
    found = {}
    for track, begin, count in zip(tracks.tolist(), begins, counts, strict=True):
        rows = order[begin : begin + count]
        points = places.points_m[rows]
        x, y = np.median(points, axis=0)
        before = (half[0] - np.abs(points[:, 0]) < rules.goal_depth_m) & (
            np.abs(points[:, 1]) < rules.goal_width_m / 2
        )
        outside = bool((np.abs([x, y]) > half + rules.margin_m).any())
        ahead = lines[int(x > 0)][np.searchsorted(frames, places.frames[rows])]
        ahead = ahead[np.isfinite(ahead)]
        defends = None
        if len(ahead) and abs(float(ahead.mean())) > _DEEPER_M:
            defends = Team.HOME if ahead.mean() > 0 else Team.AWAY
        found[track] = _Stand(float(before.mean()) >= rules.goal_area_share, defends, outside)
    return found


def _last_lines(
    places: PlaceRows, ids: Int64, labels: NDArray[np.int64], frames: Int64
) -> tuple[Float64, Float64]:
    """Give, towards the left goal and towards the right one, how much deeper home's line stands than away's.

    A team's line is its second deepest player in view: offside keeps attackers in front of the defenders' line, so it
    tells whose goal it is even where the camera shows a crowd of attackers and few defenders. `(frames,)` metres; NaN
    in frames that do not show both teams.
    """
    at = np.searchsorted(frames, places.frames)
    spots = np.clip(np.searchsorted(ids, places.track_ids), 0, len(ids) - 1)
    kit = np.where(ids[spots] == places.track_ids, labels[spots], 2)
    lines = np.full((2, 2, len(frames)), np.nan)
    for team in range(2):
        mine = np.flatnonzero(kit == team)
        for end, sign in enumerate((-1.0, 1.0)):
            depths = sign * places.points_m[mine, 0]
            order = np.lexsort((-depths, at[mine]))
            seen, starts, counts = np.unique(at[mine][order], return_index=True, return_counts=True)
            lines[end, team, seen] = depths[order[starts + np.minimum(counts - 1, 1)]]
    return lines[0, 0] - lines[0, 1], lines[1, 0] - lines[1, 1]
