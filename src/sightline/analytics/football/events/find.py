"""All events of a match, in the order in which the rules build on one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.events.duels import find_duels
from sightline.analytics.football.events.event import FootballEvent, FootballEvents
from sightline.analytics.football.events.offside import find_offsides
from sightline.analytics.football.events.passes import Reading, find_flights, find_passes
from sightline.analytics.football.events.play import find_play, restart_place
from sightline.analytics.football.events.possession import find_carries, find_spells, team_of_rows
from sightline.analytics.football.events.restarts import restart_events
from sightline.analytics.football.events.scene import make_scene
from sightline.analytics.football.events.settings import EventSettings
from sightline.analytics.football.events.shots import find_shots, shot_events
from sightline.analytics.football.events.touches import find_touches

if TYPE_CHECKING:
    from sightline.analytics.football.match import Match


def find_events(match: Match, settings: EventSettings | None = None) -> FootballEvents:
    """Find possession, passes, shots, set pieces, duels and offsides in a match.

    Works on what is there: without a ball, without players or where it is not known who attacks where, the rules
    that need it find nothing.

    Args:
        match: Positions of players and ball. Where `alive` is None it is inferred; `owner` is not used.
        settings: Thresholds.

    Returns:
        Events in order of time, spells of possession, and for each row whether play is on and who has the ball.
    """
    scene = make_scene(match, settings or EventSettings())
    touches = find_touches(scene)
    play = find_play(scene, touches)
    carries = find_carries(scene, touches, play)
    reading = Reading(scene, touches, play, carries, find_flights(scene, touches, carries, play))
    shots = find_shots(reading)
    shot_flights = {shot.flight for shot in shots}
    passes = [flight for number, flight in enumerate(reading.flights) if number not in shot_flights]
    restarts = {
        stop.restart: restart_place(scene, int(touches.rows[stop.restart]))
        for stop in play.stops
        if stop.restart >= 0
    }
    events: list[FootballEvent] = [
        *restart_events(scene, touches, play),
        *find_passes(reading, passes),
        *shot_events(reading, shots),
        *find_duels(reading),
        *find_offsides(reading, passes, restarts),
    ]
    sides = team_of_rows(scene, touches, carries, play)
    names = np.array(["", "home", "away"])
    within = scene.period_of >= 0
    known = within & ~np.isnan(scene.ball_m[:, 0])
    return FootballEvents(
        tuple(sorted(events, key=lambda event: (event.frame, event.kind, event.player_id or ""))),
        find_spells(scene, touches, carries, sides),
        play.alive,
        names[sides],
        float(known.sum() / within.sum()) if within.any() else 0.0,
    )
