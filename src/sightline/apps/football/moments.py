"""Which events are worth watching, in words, and when they happened on the match's clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sightline.analytics.football.events.event import EventKind, FootballEvent
from sightline.analytics.football.match import Team
from sightline.analytics.highlights import Moment, Window, WindowRules, rank_windows

if TYPE_CHECKING:
    from sightline.apps.football.measure import Found
    from sightline.apps.football.settings import FootballSettings
    from sightline.apps.football.teams import Look

# What an event is worth before its confidence is multiplied in.
WORTH: Mapping[str, float] = {
    EventKind.GOAL: 100.0,
    EventKind.PENALTY: 60.0,
    EventKind.SHOT: 40.0,
    EventKind.SAVE: 45.0,
    EventKind.CORNER: 10.0,
    EventKind.FREE_KICK: 6.0,
    EventKind.OFFSIDE: 5.0,
}
_SHOTS = {
    "goal": "Shot that went in",
    "saved": "Shot, saved",
    "post": "Shot against the post",
    "blocked": "Shot, blocked",
    "off_target": "Shot, off target",
}
_WORDS: Mapping[str, str] = {
    EventKind.GOAL: "Goal",
    EventKind.PENALTY: "Penalty",
    EventKind.SAVE: "Save",
    EventKind.CORNER: "Corner",
    EventKind.FREE_KICK: "Free kick",
    EventKind.OFFSIDE: "Offside",
    EventKind.KICK_OFF: "Kick-off",
    EventKind.GOAL_KICK: "Goal kick",
    EventKind.THROW_IN: "Throw-in",
}
TIMELINE = (
    EventKind.GOAL,
    EventKind.SHOT,
    EventKind.SAVE,
    EventKind.PENALTY,
    EventKind.CORNER,
    EventKind.KICK_OFF,
)


_BEGINS_MIN = {1: 0, 2: 45, 3: 90, 4: 105, 5: 120}
_ENDS_MIN = {1: 45, 2: 90, 3: 105, 4: 120}


def match_clock(at_s: float, periods: Sequence[tuple[int, float]]) -> str:
    """Give a time as the match's clock shows it; where there are no two periods, as time since the start.

    Args:
        at_s: Since the first row.
        periods: Number of each period, and when it starts on the same clock, in order.

    Example:
        >>> halves = [(1, 0.0), (2, 3600.0)]
        >>> [match_clock(at_s, halves) for at_s in (65.0, 2790.0, 3690.0)]
        ['1:05', '45+1:30', '46:30']
    """
    begun = [(number, start_s) for number, start_s in periods if start_s <= at_s]
    if len(periods) < 2 or not begun or begun[-1][0] not in _BEGINS_MIN:
        return _plain_clock(at_s)
    number, start_s = begun[-1]
    shown_s = at_s - start_s + 60 * _BEGINS_MIN[number]
    over_s = shown_s - 60 * _ENDS_MIN.get(number, 999)
    return f"{_ENDS_MIN[number]}+{_plain_clock(over_s)}" if over_s > 0 else _plain_clock(shown_s)


def _plain_clock(seconds: float) -> str:
    whole = int(seconds + 1e-9)
    return f"{whole // 60}:{whole % 60:02d}"


def words_for(event: FootballEvent, looks: Mapping[Team, Look]) -> str:
    """Give an event as one line for people."""
    what = _SHOTS.get(event.outcome or "", "Shot") if event.kind == EventKind.SHOT else None
    said = what or _WORDS.get(event.kind, event.kind.replace("_", " ").capitalize())
    if event.kind == EventKind.GOAL and event.outcome != "confirmed":
        said = "Goal (no kick-off seen after it)"
    return f"{said}: {looks[Team(event.team)].name}" if event.team else said


def highlights(found: Found, settings: FootballSettings, looks: Mapping[Team, Look]) -> tuple[Window, ...]:
    """Give the windows most worth watching, best first."""
    match = found.match
    if not len(match):
        return ()
    rules = WindowRules(before_s=settings.before_s, after_s=settings.after_s, most=settings.highlights)
    return rank_windows(
        list(_moments(found, looks)), start_s=float(match.t_s[0]), stop_s=float(match.t_s[-1]), rules=rules
    )


def _moments(found: Found, looks: Mapping[Team, Look]) -> Iterator[Moment]:
    for event in found.events.events:
        worth = WORTH.get(event.kind, 0.0) * event.confidence
        if worth > 0:
            stop_s = event.end_t_s if event.end_t_s is not None else event.t_s
            yield Moment(
                event.t_s, max(stop_s, event.t_s), event.kind, worth, words_for(event, looks), event.team
            )


def clips_of(windows: tuple[Window, ...], first_s: float) -> list[dict[str, Any]]:
    """Give windows as a report lists them; files are named by rank and kind."""
    return [
        {
            "file": f"{window.rank:02d}-{window.best.kind.replace('_', '-')}.mp4",
            "kind": window.best.kind,
            "title": window.best.title,
            "team": window.best.team,
            "rank": window.rank,
            "score": window.score,
            "start_s": window.start_s,
            "stop_s": window.stop_s,
            "picture_s": window.best.t_s,
            "at_s": round(window.best.t_s - first_s, 3),
            "moments": [moment.title for moment in window.moments],
        }
        for window in windows
    ]
