"""One thing that happened in a match, and all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64


class EventKind(StrEnum):
    """What a row of the events table tells of."""

    PASS = "pass"  # noqa: S105
    INTERCEPTION = "interception"
    SHOT = "shot"
    SAVE = "save"
    GOAL = "goal"
    OUT = "out"
    KICK_OFF = "kick_off"
    THROW_IN = "throw_in"
    CORNER = "corner"
    GOAL_KICK = "goal_kick"
    FREE_KICK = "free_kick"
    PENALTY = "penalty"
    DUEL = "duel"
    OFFSIDE = "offside"


@dataclass(frozen=True, slots=True)
class FootballEvent:
    """An event; the fields are those of the `events` table.

    Attributes:
        kind: See `EventKind`.
        frame: The source's number of the frame it begins in.
        t_s: Its time on the source's clock.
        end_frame: The frame it ends in, where it lasts.
        end_t_s: Its time.
        team: `home` or `away`, whose event it is; None where that is not known.
        player_id: Who did it; None where that is not known.
        receiver_id: The other one: receiver of a pass, keeper of a save, opponent of a duel.
        x_m: Where it begins, in `Space.PITCH_M`.
        y_m: See `x_m`.
        end_x_m: Where it ends.
        end_y_m: See `end_x_m`.
        outcome: What became of it; each kind has its own words, see `docs/football/events.md`.
        confidence: 0..1, how sure the rule is that it happened.
        evidence: What the rule saw, as a JSON object with sorted keys.
    """

    kind: str
    frame: int
    t_s: float
    end_frame: int | None = None
    end_t_s: float | None = None
    team: str | None = None
    player_id: str | None = None
    receiver_id: str | None = None
    x_m: float | None = None
    y_m: float | None = None
    end_x_m: float | None = None
    end_y_m: float | None = None
    outcome: str | None = None
    confidence: float = 0.0
    evidence: str = "{}"


@dataclass(frozen=True, slots=True)
class PossessionSpell:
    """A stretch of play in which one team has the ball; a row of the `possession` table.

    Attributes:
        start: First row of the match's arrays.
        stop: The row after its last.
        period: Number of the period.
        team: `home`, `away`, or None: nobody has it, or nobody knows.
        player_id: Who has it at his feet; None while it travels.
        confidence: 0..1.
    """

    start: int
    stop: int
    period: int
    team: str | None
    player_id: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class FootballEvents:
    """All that was found in a match.

    Attributes:
        events: In order of time.
        spells: Possession in order of time; they do not overlap and lie within play.
        alive: `(n,)` bool, whether play is on: the source's word where it gives one, else inferred.
        teams: `(n,)` str, `home`, `away` or empty: the team in possession, row by row.
        coverage: Share of the rows of all periods at which the ball's place is known, 0..1.
    """

    events: tuple[FootballEvent, ...]
    spells: tuple[PossessionSpell, ...]
    alive: NDArray[np.bool_]
    teams: NDArray[np.str_]
    coverage: float

    def of(self, *kinds: str) -> tuple[FootballEvent, ...]:
        """Give the events of some kinds."""
        return tuple(event for event in self.events if event.kind in kinds)

    def to_columns(self) -> dict[str, list[Any]]:
        """Give the rows of the `events` table as lists by column; what football does not know is null."""
        names = tuple(FootballEvent.__dataclass_fields__)
        return {name: [getattr(event, name) for event in self.events] for name in names}

    def possession_columns(self, frames: NDArray[np.int64], t_s: Float64) -> dict[str, list[Any]]:
        """Give the rows of the `possession` table as lists by column.

        Args:
            frames: `(n,)` the match's frame numbers.
            t_s: `(n,)` its times.
        """
        ends = [spell.stop - 1 for spell in self.spells]
        return {
            "frame": [int(frames[spell.start]) for spell in self.spells],
            "t_s": [float(t_s[spell.start]) for spell in self.spells],
            "end_frame": [int(frames[row]) for row in ends],
            "end_t_s": [float(t_s[row]) for row in ends],
            "period": [spell.period for spell in self.spells],
            "team": [spell.team for spell in self.spells],
            "player_id": [spell.player_id for spell in self.spells],
            "confidence": [spell.confidence for spell in self.spells],
        }


def evidence_of(facts: Mapping[str, float | str | bool | None]) -> str:
    """Write what a rule saw as JSON: keys sorted, numbers to three digits, so that equal facts are equal bytes."""
    tidy = {
        key: round(float(value), 3) if isinstance(value, (float, np.floating)) else value
        for key, value in facts.items()
        if value is not None
    }
    return json.dumps(tidy, sort_keys=True, separators=(",", ":"))
