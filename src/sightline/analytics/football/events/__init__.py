"""What happens in a match, from positions alone: `find_events` is the way in."""

from sightline.analytics.football.events.event import (
    EventKind,
    FootballEvent,
    FootballEvents,
    PossessionSpell,
)
from sightline.analytics.football.events.find import find_events
from sightline.analytics.football.events.settings import EventSettings

__all__ = [
    "EventKind",
    "EventSettings",
    "FootballEvent",
    "FootballEvents",
    "PossessionSpell",
    "find_events",
]
