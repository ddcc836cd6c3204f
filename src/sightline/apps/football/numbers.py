"""Counts what happened, by team, by player and over time; every number with how much of the match it is from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football.events.event import EventKind, FootballEvent
from sightline.analytics.football.match import Role, Team
from sightline.apps.football.measure import in_periods, located, row_seconds
from sightline.apps.football.worth import player_work, work_numbers, worth_numbers
from sightline.reporting.facts import metric, number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.apps.football.measure import Found

ON_TARGET = frozenset({"goal", "saved"})
_SURE = 0.5
_MOST_STRETCHES = 45
_COUNTED = (
    ("corners", EventKind.CORNER, "corner kicks"),
    ("free_kicks", EventKind.FREE_KICK, "free kicks"),
    ("penalties", EventKind.PENALTY, "penalties"),
    ("throw_ins", EventKind.THROW_IN, "throw-ins"),
    ("goal_kicks", EventKind.GOAL_KICK, "goal kicks"),
    ("interceptions", EventKind.INTERCEPTION, "interceptions"),
)


def team_numbers(found: Found, team: Team) -> dict[str, Any]:
    """Give a team's numbers as metrics."""
    mine = [event for event in found.events.events if event.team == team.value]
    told = not found.sight.reasons
    seen = found.sight.ball_known if told else 0.0

    def counted(events: Sequence[FootballEvent], what: str, note: str) -> dict[str, Any]:
        return metric(len(events) if told else None, what, seen, note, mean_confidence=_confidence(events))

    shots = [event for event in mine if event.kind == EventKind.SHOT]
    return {
        **worth_numbers(found, team, seen),
        **work_numbers(found, team),
        "goals": counted(_goals(mine), "goals", _GOALS),
        "possession": _possession(found, team),
        "shots": counted(shots, "shots", _SEEN),
        "shots_on_target": counted(
            [event for event in shots if event.outcome in ON_TARGET], "shots", "Goals and saves."
        ),
        **_passes(found, mine, seen),
        **{
            name: counted([event for event in mine if event.kind == kind], what, _SEEN)
            for name, kind, what in _COUNTED
        },
        "offsides": counted(
            [event for event in mine if event.kind == EventKind.OFFSIDE and event.outcome == "offside"],
            "offsides",
            "Only where the margin was clear; whether the referee blew is not known.",
        ),
        "duels_won": counted(
            _duels_won(found, team), "duels", "Two opponents at the ball, and who had it next."
        ),
    }


_SEEN = "Counted where ball and players were seen; what happened out of sight is missing."
_GOALS = "The ball crossed the line between the posts; confirmed where a kick-off followed."


def score(found: Found) -> dict[str, Any]:
    """Give the goals of both teams, and how many of them a kick-off confirmed."""
    goals = _goals(found.events.events)
    told = not found.sight.reasons
    return {
        **{team.value: sum(goal.team == team.value for goal in goals) if told else None for team in Team},
        "coverage": number(found.sight.ball_known if told else 0.0, 4),
        "quality": {
            "confirmed": sum(goal.outcome == "confirmed" for goal in goals),
            "unconfirmed": sum(goal.outcome != "confirmed" for goal in goals),
            "note": "Only goals in what was seen: no scoreboard is read.",
        },
    }


def _goals(events: Iterable[FootballEvent]) -> list[FootballEvent]:
    return [event for event in events if event.kind == EventKind.GOAL and event.confidence >= _SURE]


def _possession(found: Found, team: Team) -> dict[str, Any]:
    alive = found.events.alive & in_periods(found.match)
    held = found.events.teams[alive]
    known = int((held != "").sum())
    told = known > 0 and not found.sight.reasons
    return metric(
        number(float((held == team.value).sum()) / known, 4) if told else None,
        "share",
        known / max(1, int(alive.sum())) if told else 0.0,
        "Of the time in play in which it is known who has the ball.",
        known_s=number(known * row_seconds(found.match), 1),
        in_play_s=number(found.sight.in_play_s, 1),
    )


def _passes(found: Found, mine: Sequence[FootballEvent], seen: float) -> dict[str, Any]:
    passes = [event for event in mine if event.kind == EventKind.PASS]
    complete = [event for event in passes if event.outcome == "complete"]
    told = not found.sight.reasons
    return {
        "passes": metric(
            len(passes) if told else None, "passes", seen, _SEEN, mean_confidence=_confidence(passes)
        ),
        "passes_complete": metric(
            len(complete) if told else None, "passes", seen, "A team-mate had the ball next."
        ),
        "pass_accuracy": metric(
            number(len(complete) / len(passes), 4) if passes and told else None,
            "share",
            seen,
            "Complete of all passes that were seen.",
            passes=len(passes),
        ),
    }


def _duels_won(found: Found, team: Team) -> list[FootballEvent]:
    teams = {player.player_id: player.team for player in found.match.players}
    return [
        event
        for event in found.events.of(EventKind.DUEL)
        if (event.outcome == "won" and event.team == team.value)
        or (event.outcome == "lost" and teams.get(event.receiver_id or "") is team)
    ]


def _confidence(events: Sequence[FootballEvent]) -> float | None:
    return number(float(np.mean([event.confidence for event in events])), 3) if events else None


def player_numbers(found: Found) -> list[dict[str, Any]]:
    """Give one row for each player who was seen at all: team, time seen, what he did with the ball."""
    match = found.match
    seen = located(match)[in_periods(match)].sum(axis=0)
    done, work = _deeds(found.events.events), player_work(found)
    rows = []
    for column, player in enumerate(match.players):
        seen_s = float(seen[column]) * row_seconds(match)
        if seen_s <= 0 or player.team is None or player.role not in {Role.PLAYER, Role.GOALKEEPER}:
            continue
        mine = done.get(player.player_id, Counter())
        rows.append(
            {
                "player_id": player.player_id,
                "name": player.name,
                "jersey": player.jersey,
                "team": player.team.value,
                "role": player.role.value,
                "seen_s": number(seen_s, 1),
                "coverage": number(seen_s / max(found.sight.whole_s, 1e-9), 4),
                **{name: mine[name] for name in _DEEDS},
                **work[column],
            }
        )
    return rows


_DEEDS = (
    "passes",
    "passes_complete",
    "received",
    "shots",
    "goals",
    "interceptions",
    "duels_won",
    "duels_lost",
)


def _deeds(events: Iterable[FootballEvent]) -> dict[str, Counter[str]]:
    done: dict[str, Counter[str]] = {}

    def count(player_id: str | None, deed: str) -> None:
        if player_id is not None:
            done.setdefault(player_id, Counter())[deed] += 1

    for event in events:
        if event.kind == EventKind.PASS:
            count(event.player_id, "passes")
            if event.outcome == "complete":
                count(event.player_id, "passes_complete")
                count(event.receiver_id, "received")
        elif event.kind == EventKind.SHOT:
            count(event.player_id, "shots")
            if event.outcome == "goal":
                count(event.player_id, "goals")
        elif event.kind == EventKind.INTERCEPTION:
            count(event.player_id, "interceptions")
        elif event.kind == EventKind.DUEL and event.outcome in {"won", "lost"}:
            count(event.player_id, f"duels_{event.outcome}")
            count(event.receiver_id, "duels_lost" if event.outcome == "won" else "duels_won")
    return done


def over_time(found: Found) -> dict[str, Any]:
    """Give possession and momentum in equal stretches of the match.

    Momentum is the share of a stretch that the home team had the ball in the away team's final third, less the
    same the other way round, each shot counting as another ten seconds there; smoothed over three stretches.
    """
    match = found.match
    within = np.flatnonzero(in_periods(match))
    if not len(within) or found.sight.reasons:
        return {"stretch_s": None, "start_s": [], "possession": [], "momentum": [], "coverage": []}
    step_s = _stretch(found.sight.whole_s)
    rows_each = max(1, round(step_s / row_seconds(match)))
    places = np.arange(len(within)) // rows_each
    held = found.events.teams[within]
    third = _pressure(found)[within]
    result: dict[str, Any] = {
        "stretch_s": step_s,
        "start_s": [],
        "possession": [],
        "momentum": [],
        "coverage": [],
    }
    raw = []
    for place in range(int(places[-1]) + 1):
        mine = places == place
        home, away = (int((held[mine] == team.value).sum()) for team in Team)
        known = home + away
        start_s = float(match.t_s[within[np.argmax(mine)]] - match.t_s[within[0]])
        result["start_s"].append(number(start_s, 2))
        result["possession"].append(number(home / known, 4) if known else None)
        result["coverage"].append(number(known / int(mine.sum()), 4))
        raw.append(float(third[mine].sum()) / int(mine.sum()))
    smooth = np.convolve(np.pad(raw, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    result["momentum"] = [number(float(value), 4) for value in smooth]
    return result


def _stretch(whole_s: float) -> float:
    """Give a round length of time of which at most 45 make up the whole."""
    for step_s in (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 180.0, 300.0):
        if whole_s / step_s <= _MOST_STRETCHES:
            return step_s
    return 600.0


def _pressure(found: Found) -> NDArray[np.float64]:
    """Give `(n,)`: +1 where home has the ball in its attacking third, -1 where away has; shots count more."""
    match = found.match
    third_m = match.pitch.length_m / 6
    sign = np.zeros(len(match))
    for period in match.periods:
        sign[period.start : period.stop] = period.home_attacks
    along = np.nan_to_num(match.ball_m[:, 0]) * sign
    home = (found.events.teams == Team.HOME.value) & (along > third_m)
    away = (found.events.teams == Team.AWAY.value) & (along < -third_m)
    value: NDArray[np.float64] = home.astype(np.float64) - away
    ten_s = 10.0 / row_seconds(match)
    for shot in found.events.of(EventKind.SHOT):
        row = int(np.searchsorted(match.frames, shot.frame))
        value[min(row, len(value) - 1)] += (
            ten_s * shot.confidence * (1 if shot.team == Team.HOME.value else -1)
        )
    return value
