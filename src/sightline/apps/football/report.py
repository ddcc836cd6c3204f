"""Makes `report.json`: numbers, each with its coverage and what it is worth; see `docs/football/report.md`.

Nothing in it depends on when, where or how often it was made: two runs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sightline.analytics.football.match import BallState, Team
from sightline.apps.football.moments import TIMELINE, words_for
from sightline.apps.football.numbers import over_time, player_numbers, score, team_numbers
from sightline.reporting.facts import number

if TYPE_CHECKING:
    from sightline.analytics.football.formation.windows import TeamFormation
    from sightline.apps.football.measure import Found
    from sightline.apps.football.teams import Look
    from sightline.ports import ReportContext

FORMAT = 1
_LOW_M = 0.8
_HIDDEN = ("alive", "owner", "players")


def make_report(
    found: Found,
    context: ReportContext,
    looks: Mapping[Team, Look],
    figures: Sequence[Mapping[str, str]],
    clips: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Give `report.json` as plain data."""
    return {
        "app": "football",
        "format": FORMAT,
        "source": _source(found, context),
        "coverage": _coverage(found, context),
        "teams": {team.value: _team(found, team, looks[team]) for team in Team},
        "score": score(found),
        "over_time": over_time(found),
        "timeline": _timeline(found, looks),
        "formations": _formations(found),
        "players": player_numbers(found),
        "speed_zones_kmh": list(context.settings["speed_zones_kmh"]),
        "clips": list(clips),
        "figures": list(figures),
        "notes": _notes(found, context),
        "ledger": dict(context.ledger),
        "provenance": _provenance(context.provenance),
    }


def _source(found: Found, context: ReportContext) -> dict[str, Any]:
    named = context.provenance.get("source")
    match, media = found.match, context.media
    return {
        "name": named.get("name") if isinstance(named, Mapping) else None,
        "kind": "video" if found.watched is not None else "tracking",
        "height_px": media.size[0] if found.watched is not None else None,
        "width_px": media.size[1] if found.watched is not None else None,
        "frames": len(match),
        "frame_rate_hz": number(float(match.frame_rate_hz), 6),
        "start_s": number(float(match.t_s[0]), 6) if len(match) else None,
        "duration_s": number(found.sight.whole_s, 3),
        "pitch_m": [match.pitch.length_m, match.pitch.width_m],
        "periods": [
            {
                "number": period.number,
                "start_s": number(float(match.t_s[period.start] - match.t_s[0]), 3),
                "stop_s": number(float(match.t_s[period.stop - 1] - match.t_s[0]), 3),
                "home_attacks": {1: "right", -1: "left", 0: None}[period.home_attacks],
            }
            for period in match.periods
            if period.stop > period.start
        ],
    }


def _coverage(found: Found, context: ReportContext) -> dict[str, Any]:
    sight = found.sight
    return {
        "frames": number(float(context.ledger.get("coverage", 0.0)), 4),
        "pitch": number(sight.pitch, 4),
        "players": {team.value: number(share, 4) for team, share in sight.players.items()},
        "ball_seen": number(sight.ball[BallState.SEEN], 4),
        "ball_interpolated": number(sight.ball[BallState.INTERPOLATED], 4),
        "ball_lost": number(sight.ball[BallState.LOST], 4),
        "in_play_s": number(sight.in_play_s, 1),
        "reasons": list(sight.reasons),
        "note": "Shares of the frames that were looked at: in which places on the pitch are known, of a team's "
        "eleven that was placed on average, and in which the ball's place is known.",
    }


def _team(found: Found, team: Team, look: Look) -> dict[str, Any]:
    return {"name": look.name, "color": look.color, "kit": look.kit, "numbers": team_numbers(found, team)}


def _timeline(found: Found, looks: Mapping[Team, Look]) -> list[dict[str, Any]]:
    first_s = float(found.match.t_s[0]) if len(found.match) else 0.0
    return [
        {
            "at_s": number(event.t_s - first_s, 2),
            "kind": event.kind,
            "team": event.team,
            "title": words_for(event, looks),
            "outcome": event.outcome,
            "player_id": event.player_id,
            "confidence": number(event.confidence, 3),
        }
        for event in found.events.of(*(kind.value for kind in TIMELINE))
    ]


_PHASES = {"all": "On the whole", "in_possession": "With the ball", "out_of_possession": "Without the ball"}


def _formations(found: Found) -> dict[str, Any] | None:
    """Give each team's formation in each phase: the one that was best for longest, from its longest window."""
    if not found.formations:
        return None
    told: dict[str, Any] = {}
    for team in Team:
        told[team.value] = []
        for phase, words in _PHASES.items():
            mine = [one for one in found.formations if one.team is team and one.phase == phase and one.fits]
            if mine:
                told[team.value].append(_formation(words, mine))
    return told


def _formation(words: str, mine: Sequence[TeamFormation]) -> dict[str, Any]:
    tally: dict[str, float] = {}
    for window in mine:
        tally[window.fits[0].name] = tally.get(window.fits[0].name, 0.0) + window.seen_s
    best = max(sorted(tally), key=lambda name: tally[name])
    shown = max((window for window in mine if window.fits[0].name == best), key=lambda window: window.seen_s)
    return {
        "phase": shown.phase,
        "words": words,
        "top": [
            {
                "formation": fit.name,
                "also": list(fit.also),
                "cost_m": number(fit.cost_m, 2),
                "margin": number(fit.margin, 3),
            }
            for fit in shown.fits
        ],
        "margin": number(shown.fits[0].margin, 3),
        "windows": len(mine),
        "windows_like_this": sum(window.fits[0].name == best for window in mine),
        "back_line": shown.back_line or None,
        "line_height_m": number(shown.line_height_m, 1),
        "length_m": number(shown.length_m, 1),
        "width_m": number(shown.width_m, 1),
        "stability": number(shown.stability, 3),
        "coverage": number(shown.coverage, 4),
        "seen_s": number(sum(window.seen_s for window in mine), 1),
    }


def _notes(found: Found, context: ReportContext) -> list[str]:
    notes = [*found.sight.reasons]
    if found.sight.reasons:
        notes.append("So no possession, passes or shots are told; what is not seen is not made up.")
    notes += _video_notes(found) if found.watched is not None else []
    if not any(period.home_attacks for period in found.match.periods):
        notes.append("Which way each team attacks is not known, so nothing that depends on it is told.")
    skipped = context.ledger.get("skipped", {})
    failed = context.ledger.get("failed", {})
    notes += [
        f"{count} frames were left out on purpose ({cause})." for cause, count in sorted(skipped.items())
    ]
    notes += [f"{count} frames failed ({cause})." for cause, count in sorted(failed.items())]
    return notes


def _video_notes(found: Found) -> list[str]:
    notes: list[str] = []
    watched = found.watched
    if watched is None:
        return notes
    named = {
        "side": "The home team is the one that stood further left; --home-kit says it for sure.",
        "shade": "Which team is the home team is not known; the one in the lighter kit is called so. --home-kit says it.",
    }
    if watched.persons.teams.named_by in named:
        notes.append(named[watched.persons.teams.named_by])
    if watched.persons.teams.alike and not found.sight.reasons:
        notes.append("The two kits could not be told apart.")
    shift_m = watched.cameras.shift_m(watched.match.positions_m)
    if shift_m > _LOW_M:
        notes.append(
            f"The camera stands low: a tenth of a degree moves a player by {shift_m:.1f} m, so places are less sure (on "
            "simulated matches half of them are off by more than 0.5 m), and players are mixed up more often."
        )
    short = len(watched.persons.players) > 2 * 25
    if short:
        notes.append(
            "People were often lost from sight and found again, and shirt numbers are not read: one player may be "
            "several in the tables, so distances by player are of what was seen of each."
        )
    return notes


def _provenance(given: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what tracking data say frame by frame; the settings keep it."""
    settings = given.get("settings")
    own = settings.get("app") if isinstance(settings, Mapping) else None
    if not isinstance(settings, Mapping) or not isinstance(own, Mapping) or not own.get("match"):
        return dict(given)
    facts = {name: value for name, value in own["match"].items() if name not in _HIDDEN}
    return {**given, "settings": {**settings, "app": {**own, "match": facts}}}
