"""A match at one moment: who is where, who has the ball, and what is under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import PitchSize, Player, Role, Team
from sightline.sim.football.play.flight import RADIUS_M, Flight
from sightline.sim.football.play.movement import Movement
from sightline.sim.football.play.record import MatchLog
from sightline.sim.football.play.restarts import Restart, places_for

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

STEP_S = 0.04
TEAM = 11
PLAYERS = 22


@dataclass(slots=True)
class Sent:
    """A ball on its way.

    Attributes:
        column: Who sent it.
        t_s: When.
        place_m: `(3,)` from where.
        kind: `pass`, `shot` or `loose`, a ball that was meant for nobody.
        toward: To whom; -1 for nobody in particular.
    """

    column: int
    t_s: float
    place_m: Float64
    kind: str
    toward: int = -1


class State:
    """All that changes while a match is played.

    Args:
        rng: Chooses everything.
        pitch: The field's size.
        formations: Of home and away, names of `shape.FORMATIONS`.

    Attributes:
        movement: Where all people are: home, away, three officials.
        ball_m: `(3,)`.
        flight: The ball's way while nobody has it.
        sent: Who sent it; None while somebody has it or it is dead.
        owner: Column of who has the ball, -1 for nobody.
        side: Team that has or had it last: 0 home, 1 away.
        held: Whether the owner has it in his hands.
        save: When a shot crosses the line, where (y), and whether the goalkeeper gets it.
        restart: How play goes on; None while it is on.
        runner: Who sprints behind the last line, until when, and at what angle.
    """

    def __init__(self, rng: np.random.Generator, pitch: PitchSize, formations: tuple[str, str]) -> None:
        self.rng, self.formations = rng, formations
        self.half_m = (pitch.length_m / 2, pitch.width_m / 2)
        self.attacks = (1, -1) if rng.random() < 0.5 else (-1, 1)
        self.players = _squad(rng)
        self.log = MatchLog(self.players)
        self.t_s = 0.0
        self.movement = Movement(rng, PLAYERS + 3)
        self.wander_m = np.zeros((PLAYERS, 2))
        self.ball_m = np.array([0.0, 0.0, RADIUS_M])
        self.flight: Flight | None = None
        self.sent: Sent | None = None
        self.owner, self.side, self.held = -1, int(rng.random() < 0.5), False
        self.runner = (0, -1.0, 0.0)
        self.save: tuple[float, float, bool] | None = None
        self.restart: Restart | None = Restart("kick_off", self.side, np.zeros(2), 0.6, self.side * TEAM + 10)
        start_m = places_for(self.restart, self.attacks, self.formations, self.half_m)
        self.movement.places_m[:PLAYERS] = start_m
        edge = self.half_m[1] + 0.6
        self.movement.places_m[PLAYERS:] = [(-8.0, -6.0), (0.0, -edge), (0.0, edge)]
        self.movement.places_m[self.restart.taker] = (-0.6 * self.attacks[self.side], 0.0)


def side_of(column: int) -> int:
    """Give a player's team: 0 home, 1 away."""
    return int(column >= TEAM)


def mates_of(side: int) -> slice:
    """Give the columns of a team; its goalkeeper is the first."""
    return slice(0, TEAM) if side == 0 else slice(TEAM, PLAYERS)


def rivals_of(side: int) -> slice:
    """Give the columns of the other team."""
    return mates_of(1 - side)


def _squad(rng: np.random.Generator) -> tuple[Player, ...]:
    players = []
    for team in (Team.HOME, Team.AWAY):
        numbers = [1, *(int(n) for n in np.sort(rng.permutation(np.arange(2, 30))[:10]))]
        for number in numbers:
            role = Role.GOALKEEPER if number == 1 else Role.PLAYER
            players.append(Player(f"{team.value}-{number}", team, role, number))
    players += [Player(f"referee-{number}", None, Role.REFEREE) for number in (1, 2, 3)]
    return tuple(players)
