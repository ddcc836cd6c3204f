"""Turns what was read into a `Match`, and refuses metadata that their own frames contradict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.ends import EndRules, find_change, find_ends, find_keeper
from sightline.analytics.football.match import BallState, Match, Period, PitchSize, Player, Role, Team
from sightline.core.errors import UnsupportedFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64
    from sightline.service.football.tracking.readout import Claims, Member, Readout


@dataclass(frozen=True, slots=True)
class ProviderRules:
    """What metadata may claim.

    Attributes:
        rates_hz: Slowest and fastest frame rate that anybody records with.
        rate_error: Largest relative error of the claimed rate against the frames' times.
        far_m: Beyond the lines by more than this nobody plays, and no ball: such places are taken for none ...
        far_share: ... but no more than this share of the players' positions.
        longest_s: Longest period.
        outside_share: Largest share of the file's frames in play that may lie outside of all periods.
        gap_s: Put between periods whose clocks start anew.
    """

    rates_hz: tuple[float, float] = (1.0, 250.0)
    rate_error: float = 0.05
    far_m: float = 15.0
    far_share: float = 0.05
    longest_s: float = 75 * 60.0
    outside_share: float = 0.05
    gap_s: float = 60.0


def match_of(
    seen: Readout, *, told: Mapping[int, int] | None = None, rules: ProviderRules | None = None
) -> Match:
    """Give the match that a reader took out of a provider's files.

    Args:
        seen: What it took.
        told: Number of a period -> the way the home team attacks in it, where the metadata tell: +1 or -1.
        rules: What is refused.

    Raises:
        UnsupportedFormatError: Its metadata are wrong; the text says what.
    """
    rules = rules or ProviderRules()
    players = _players(seen.people)
    _check_inside(seen.in_play, seen.frames, rules)
    pitch = _pitch(seen.claims)
    places_m, ball_m = _near(seen.places_m, pitch, rules), _near(seen.ball_m, pitch, rules)
    _check_extent(seen.places_m, places_m, rules)
    match = Match(
        frame_rate_hz=_rate(seen, rules),
        frames=_rising(seen.frames, seen.order),
        t_s=_times(seen, rules),
        periods=_periods(seen.order),
        players=players,
        positions_m=places_m,
        ball_m=ball_m,
        ball_states=np.where(np.isfinite(ball_m[:, 0]), BallState.SEEN.value, BallState.LOST.value),
        alive=seen.alive,
        owner=seen.owner,
        pitch=pitch,
    )
    return _with_ends(_seen_only(match), told or {}, rules)


# --- who ---------------------------------------------------------------------------------------------------


def _players(people: Sequence[Member]) -> tuple[Player, ...]:
    twice = [name for name, count in Counter(one.player_id for one in people).items() if count > 1]
    if twice:
        raise UnsupportedFormatError(
            f"{len(twice)} player ids are used twice, as in {twice[0]}",
            hint="ids must be unique across both teams; put the team before the number",
        )
    return tuple(
        Player(one.player_id, one.team, Role.GOALKEEPER if one.keeper else Role.PLAYER, one.jersey, one.name)
        for one in people
    )


def _seen_only(match: Match) -> Match:
    seen = np.flatnonzero(np.isfinite(match.positions_m).all(axis=2).any(axis=0)).tolist()
    return replace(
        match,
        players=tuple(match.players[column] for column in seen),
        positions_m=match.positions_m[:, seen],
    )


# --- when --------------------------------------------------------------------------------------------------


def _periods(order: NDArray[np.int64]) -> tuple[Period, ...]:
    numbers, starts, counts = np.unique(order, return_index=True, return_counts=True)
    return tuple(
        Period(number, start, start + count)
        for number, start, count in zip(numbers.tolist(), starts.tolist(), counts.tolist(), strict=True)
    )


def _rate(seen: Readout, rules: ProviderRules) -> Fraction:
    """Give rows a second: the claimed rate, or a whole part of it where the file holds every n-th frame only."""
    claimed_hz, order, clock_s, frames = seen.claims.frame_rate_hz, seen.order, seen.clock_s, seen.frames
    low, high = rules.rates_hz
    if not low <= claimed_hz <= high:
        raise UnsupportedFormatError(
            f"a frame rate of {claimed_hz:g} Hz is impossible",
            hint=f"tracking runs at {low:g} to {high:g} Hz",
        )
    within = np.diff(order) == 0
    steps_s = np.diff(clock_s)[within]
    if not len(steps_s):
        return Fraction(claimed_hz).limit_denominator(1001)
    step_s, step_frames = float(np.median(steps_s)), float(np.median(np.diff(frames)[within]))
    if step_s <= 0:
        raise UnsupportedFormatError("frames of one period share a time", hint="the frame rate may be wrong")
    every = max(1, round(step_s * claimed_hz))
    error = abs(step_s * claimed_hz - every) / every
    numbered = step_frames in {1.0, float(every)} or every == 1
    if error > rules.rate_error or (every > 1 and step_frames == 1.0) or not numbered:
        raise UnsupportedFormatError(
            f"the metadata say {claimed_hz:g} Hz, the frames follow one another every {step_s:.4g} s",
            hint="correct the frame rate in the metadata",
        )
    return Fraction(claimed_hz).limit_denominator(1001) / every


def _times(seen: Readout, rules: ProviderRules) -> Float64:
    """Give rising times: the period's own start where the metadata tell it, else one period after another."""
    told, order, clock_s = seen.claims.starts_s, seen.order, seen.clock_s
    numbers = np.unique(order).tolist()
    if all(number in told for number in numbers):
        times_s = np.array([told[number] for number in order.tolist()]) + clock_s
        if (np.diff(times_s) > 0).all():
            return np.asarray(times_s - told[numbers[0]])
    times_s, reached_s = clock_s.copy(), 0.0
    for place, number in enumerate(numbers):
        mine = order == number
        if place:
            times_s[mine] += max(0.0, reached_s + rules.gap_s - float(clock_s[mine][0]))
        reached_s = float(times_s[mine][-1])
    if (np.diff(times_s) <= 0).any():
        raise UnsupportedFormatError(
            "frames of one period share a time", hint="the file may hold a frame twice, or a period twice"
        )
    return np.asarray(times_s)


def _rising(frames: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give numbers that rise: those of a later period go on after the last one where they start anew."""
    frames = frames.copy()
    for number in np.unique(order)[1:].tolist():
        mine = order == number
        before = frames[order < number].max()
        if frames[mine][0] <= before:
            frames[mine] += before + 1 - frames[mine][0]
    if (np.diff(frames) <= 0).any():
        raise UnsupportedFormatError(
            "frame numbers do not follow one another",
            hint="the file may hold a frame twice, or be out of order",
        )
    return frames


# --- where -------------------------------------------------------------------------------------------------


def _pitch(claims: Claims) -> PitchSize:
    length_m, width_m = claims.pitch_m
    if not (80.0 <= length_m <= 130.0 and 40.0 <= width_m <= 100.0):
        raise UnsupportedFormatError(
            f"the metadata say that the pitch is {length_m:g} x {width_m:g} m",
            hint="correct the pitch's size in the metadata; it is in metres",
        )
    return PitchSize(length_m, width_m)


def _near(places_m: Float64, pitch: PitchSize, rules: ProviderRules) -> Float64:
    """Give the places with NaN for those so far off the pitch that they must be wrong."""
    limits_m = np.array([pitch.length_m, pitch.width_m]) / 2 + rules.far_m
    near = np.asarray((np.abs(places_m[..., :2]) <= limits_m).all(axis=-1))
    return np.where(near[..., None], places_m, np.nan)


def _check_extent(places_m: Float64, near_m: Float64, rules: ProviderRules) -> None:
    seen, near = (np.isfinite(points[..., 0]).sum() for points in (places_m, near_m))
    far = 1.0 - float(near) / float(seen) if seen else 0.0
    if far > rules.far_share:
        raise UnsupportedFormatError(
            f"{far:.0%} of the positions lie more than {rules.far_m:g} m off the pitch",
            hint="the pitch's size, the unit or the origin in the metadata is wrong",
        )


def _check_inside(in_play: NDArray[np.int64] | None, frames: NDArray[np.int64], rules: ProviderRules) -> None:
    if in_play is None or not len(in_play):
        return
    outside = float((~np.isin(in_play, frames)).mean())
    if outside > rules.outside_share:
        raise UnsupportedFormatError(
            f"{outside:.0%} of the file's frames in play lie outside of the metadata's periods",
            hint="the metadata lack a period, or are another match's",
        )


def _with_ends(match: Match, told: Mapping[int, int], rules: ProviderRules) -> Match:
    periods, attacks = [], np.zeros(len(match), np.int64)
    home, away = (match.positions_m[:, match.columns(team)] for team in Team)
    for period in match.periods:
        rows = slice(period.start, period.stop)
        _check_period(match, period, home[rows], away[rows], rules)
        ends = find_ends(home[rows], away[rows], keepers_m=_keepers(match)[rows])
        if ends.home_attacks * told.get(period.number, 0) < 0:
            raise UnsupportedFormatError(
                f"in period {period.number} the metadata send the home team to the other end than the positions do",
                hint="the sides are swapped in the metadata, or home and away are",
            )
        periods.append(replace(period, home_attacks=ends.home_attacks))
        attacks[rows] = ends.home_attacks
    return replace(match, periods=tuple(periods), players=_with_keepers(match, attacks))


def _keepers(match: Match) -> Float64:
    """Give `(n, 2)` where the goalkeepers whom the metadata name are along the pitch."""
    along = np.full((len(match), 2), np.nan)
    for place, team in enumerate(Team):
        for column in match.columns(team, role=Role.GOALKEEPER).tolist():
            x_m = match.positions_m[:, column, 0]
            along[:, place] = np.where(np.isfinite(x_m), x_m, along[:, place])
    return along


def _check_period(match: Match, period: Period, home: Float64, away: Float64, rules: ProviderRules) -> None:
    length_s = float(match.t_s[period.stop - 1] - match.t_s[period.start])
    changed = find_change(home, away)
    if length_s > rules.longest_s or changed is not None:
        at = f", the teams change ends after {changed} frames" if changed is not None else ""
        raise UnsupportedFormatError(
            f"period {period.number} lasts {length_s / 60:.0f} min{at}",
            hint="the metadata lack a period, or the sides are swapped in a part of the file",
        )


def _with_keepers(match: Match, attacks: NDArray[np.int64]) -> tuple[Player, ...]:
    """Name a goalkeeper for a team whose metadata do not."""
    players = list(match.players)
    for team, sign in ((Team.HOME, 1), (Team.AWAY, -1)):
        if len(match.columns(team, role=Role.GOALKEEPER)):
            continue
        columns = match.columns(team)
        found = find_keeper(match.positions_m[:, columns], attacks * sign, EndRules())
        if found is not None:
            players[columns[found]] = replace(players[columns[found]], role=Role.GOALKEEPER)
    return tuple(players)
