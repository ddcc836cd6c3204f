"""Plays a match: 22 players, three officials and a ball, step by step.

Players know where everybody is, want something (`targets`), and get there as fast as they can run. What they do with
the ball is in `choices`. There are no fouls and no offside calls; attackers wait onside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import PitchSize
from sightline.sim.football.play import choices, shape
from sightline.sim.football.play.award import award
from sightline.sim.football.play.flight import RADIUS_M, Flight, fly
from sightline.sim.football.play.record import Played
from sightline.sim.football.play.state import PLAYERS, STEP_S, TEAM, Sent, State, rivals_of, side_of
from sightline.sim.football.play.targets import targets

if TYPE_CHECKING:
    from sightline.core.arrays import Float64
    from sightline.sim.football.play.restarts import Restart

_REACH_M = 0.85
_HIGH_M = 1.1
_TOP_M = 2.1


class Game(State):
    """A match in the making: a `State` that goes on by `step`; arguments as there."""

    def __init__(self, rng: np.random.Generator, pitch: PitchSize, formations: tuple[str, str]) -> None:
        super().__init__(rng, pitch, formations)
        self.decide_s, self.tackle_s = 0.0, 0.0
        self.ignored_s = np.full(PLAYERS, -1.0)

    # -- one step ------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Let the time go on by `STEP_S`."""
        wanted_m, pace_mps = targets(self)
        self.movement.move(wanted_m, pace_mps, STEP_S)
        self.t_s += STEP_S
        if self.restart is not None:
            self._wait(self.restart)
        elif self.owner >= 0:
            self._keep()
        elif self.flight is not None:
            self._fly(self.flight)

    # -- the ball at somebody's feet -----------------------------------------------------------------------

    def _take(self, column: int, *, hands: bool = False) -> None:
        """Give somebody the ball."""
        self._settle(column)
        self.owner, self.side, self.flight, self.sent, self.save = (
            column,
            side_of(column),
            None,
            None,
            None,
        )
        self.held = hands
        wait = float(self.rng.uniform(1.6, 3.2)) if hands else 0.35 + float(self.rng.gamma(1.6, 0.75))
        self.decide_s = self.t_s + wait
        self.tackle_s = self.t_s + 0.4

    def _settle(self, receiver: int | None, outcome: str | None = None) -> None:
        """Write down what became of a ball that was sent, now that it arrived or went out."""
        sent = self.sent
        if sent is None:
            return
        place = self.ball_m
        side = side_of(sent.column)
        if sent.kind == "pass":
            ours = receiver is not None and side_of(receiver) == side
            far = float(np.hypot(*(place[:2] - sent.place_m[:2])))
            if (receiver == sent.column) or far < 3.0:
                self.sent = None
                return
            said = outcome or ("complete" if ours else "incomplete")
            self.log.note(
                "pass",
                sent.t_s,
                side,
                sent.column,
                sent.place_m,
                other=receiver if ours else None,
                end_s=self.t_s,
                end_m=place,
                outcome=said,
            )
            if receiver is not None and not ours:
                self.log.note("interception", self.t_s, 1 - side, receiver, place, outcome="kept")
        elif sent.kind == "shot":
            blocked = receiver is not None and receiver % TEAM != 0
            said = outcome or ("blocked" if blocked else "saved" if receiver is not None else "off_target")
            self.log.note(
                "shot", sent.t_s, side, sent.column, sent.place_m, end_s=self.t_s, end_m=place, outcome=said
            )
            if said == "saved":
                keeper = (1 - side) * TEAM
                self.log.note(
                    "save",
                    self.t_s,
                    1 - side,
                    keeper,
                    place,
                    other=sent.column,
                    outcome="held" if receiver == keeper else "parried",
                )
            if said == "goal":
                self.log.note("goal", self.t_s, side, sent.column, place, outcome="confirmed")
        self.sent = None

    def _keep(self) -> None:
        """Lead the ball, defend it, and decide."""
        column, side = self.owner, side_of(self.owner)
        here, speed = self.movement.places_m[column], self.movement.speeds_mps[column]
        course = self.movement.headings(column)
        touch = 0.5 + 0.06 * float(np.hypot(*speed)) * (1 + np.sin(9 * self.t_s))
        aim = np.array([*(here + course * (0.3 if self.held else touch)), 1.1 if self.held else RADIUS_M])
        self.ball_m = self.ball_m + (aim - self.ball_m) * min(1.0, 9 * STEP_S)
        if self._left_pitch():
            return
        rivals = rivals_of(side)
        far = np.hypot(*(self.movement.places_m[rivals] - self.ball_m[:2]).T)
        near = int(np.argmin(far))
        if not self.held and far[near] < 1.1 and self.t_s >= self.tackle_s:
            self.tackle_s = self.t_s + 0.5
            if self._tackled(rivals.start + near):
                return
        pressed = far[near] < 2.6 and self.t_s > self.tackle_s - 0.25
        if self.t_s >= self.decide_s or (pressed and not self.held and self.rng.random() < 2.2 * STEP_S):
            self._decide(pressed=bool(pressed))

    def _tackled(self, rival: int) -> bool:
        """Let an opponent try to take the ball; tell whether it got away."""
        side, column = side_of(self.owner), self.owner
        luck = self.rng.random()
        outcome = "won" if luck > 0.42 else "lost"
        self.log.note("duel", self.t_s, side, column, self.ball_m, other=rival, outcome=outcome)
        if luck > 0.42:
            return False
        if luck < 0.24:
            self.ignored_s[column] = self.t_s + 0.9
            self.ball_m = self.ball_m.copy()
            self._take(rival)
            return True
        outward = (
            np.arctan2(self.ball_m[1], 0.3 * self.rng.normal())
            if abs(self.ball_m[1]) > 0.6 * self.half_m[1]
            else None
        )
        turn = float(self.rng.uniform(0, 2 * np.pi) if outward is None else outward + self.rng.normal(0, 0.7))
        self.ignored_s[column] = self.t_s + 0.5
        self._send(
            rival, "loose", float(self.rng.uniform(3, 8)) * np.array([np.cos(turn), np.sin(turn), 0.0])
        )
        return True

    def _decide(self, *, pressed: bool) -> None:
        """Shoot, pass, clear, or go on running."""
        column, side = self.owner, side_of(self.owner)
        attack, here = self.attacks[side], self.ball_m
        rivals_m = self.movement.places_m[rivals_of(side)]
        if column % TEAM and self.rng.random() < choices.shot_chance(
            here[:2], attack=attack, half_m=self.half_m[0], rivals_m=rivals_m
        ):
            self._shoot()
            return
        if here[0] * attack > 0.62 * self.half_m[0] and abs(here[1]) > 14 and self.rng.random() < 0.6:
            self._send(column, "pass", choices.cross(self.rng, here, attack=attack, half_m=self.half_m[0]))
            return
        mates = np.array([mate for mate in range(side * TEAM, side * TEAM + TEAM) if mate != column])
        if not pressed or here[0] * attack > -10:
            mates = mates[mates % TEAM != 0]
        option = choices.best_pass(
            self.rng,
            here[:2],
            self.movement.places_m[mates],
            self.movement.speeds_mps[mates],
            rivals_m,
            attack=attack,
        )
        if option is None or (
            option.value < -0.55 and not pressed and not self.held and self.rng.random() < 0.7
        ):
            self.decide_s = self.t_s + float(self.rng.uniform(0.3, 0.9))
            return
        deep = here[0] * attack < -0.45 * self.half_m[0]
        if pressed and not self.held and (deep or option.value < -0.9) and self.rng.random() < 0.45:
            self._send(column, "pass", choices.clear(self.rng, here, attack=attack))
            return
        velocity = choices.kick(self.rng, here, option, haste=float(pressed))
        self._send(column, "pass", velocity, toward=int(mates[option.mate]))

    def _shoot(self) -> None:
        column, side = self.owner, side_of(self.owner)
        attack = self.attacks[side]
        velocity = choices.shoot(self.rng, self.ball_m, attack=attack, half_m=self.half_m[0])
        flight = self._send(column, "shot", velocity)
        over = np.flatnonzero(flight.places_m[:, 0] * attack >= self.half_m[0])
        if not len(over):
            return
        crossing = flight.places_m[over[0], 1:]
        wait_s = float(over[0]) * 0.02
        keeper = (1 - side) * TEAM
        luck = self.rng.random() < choices.save_share(self.movement.places_m[keeper], crossing, wait_s)
        if choices.on_target(crossing):
            self.save = (self.t_s + wait_s, float(crossing[0]), bool(luck))
            if abs(crossing[0] - self.movement.places_m[keeper, 1]) > 1.0:
                self.log.show(keeper, self.t_s + wait_s, "dive")

    def _send(self, column: int, kind: str, velocity_mps: Float64, *, toward: int = -1) -> Flight:
        """Kick the ball; give where it goes."""
        if kind in {"pass", "shot", "clear"}:
            self.log.show(column, self.t_s, "throw" if self.held else "kick")
        self.ball_m = np.array([self.ball_m[0], self.ball_m[1], max(self.ball_m[2], RADIUS_M)])
        flight = fly(self.t_s, self.ball_m, velocity_mps)
        self.flight = flight
        self.sent = Sent(column, self.t_s, self.ball_m.copy(), kind, toward)
        self.owner, self.held, self.save = -1, False, None
        self.side = side_of(column)
        self.ignored_s[column] = self.t_s + 0.5
        return flight

    # -- the ball on its own -------------------------------------------------------------------------------

    def _fly(self, flight: Flight) -> None:
        self.ball_m, velocity = flight.at(self.t_s)
        if self.save is not None and self.sent is not None:
            when, _, luck = self.save
            if luck and self.t_s >= when - 0.06:
                self._saved(self.sent, velocity)
                return
        if self._left_pitch():
            return
        if self.ball_m[2] > _TOP_M:
            return
        far = np.hypot(*(self.movement.places_m[:PLAYERS] - self.ball_m[:2]).T)
        close = (far < _REACH_M) & (self.ignored_s < self.t_s)
        if not close.any():
            return
        self._touch(int(np.argmin(np.where(close, far, np.inf))), velocity)

    def _touch(self, column: int, velocity: Float64) -> None:
        """Let somebody try to play the ball."""
        speed = float(np.hypot(*velocity[:2]))
        keeper, side = column % TEAM == 0, side_of(column)
        meant = self.sent is not None and (self.sent.toward == column)
        if (
            keeper
            and self.ball_m[0] * self.attacks[side] < -self.half_m[0] + 16.5
            and abs(self.ball_m[1]) < 20
        ):
            if self.save is not None and not self.save[2]:
                self.ignored_s[column] = self.t_s + 1.0
                return
            self._take(column, hands=True)
            return
        chance = 0.985 if speed < 12 else 0.93 if speed < 17 else 0.6
        if not meant:
            chance *= 0.62 if speed > 5 else 0.95
        if self.rng.random() > chance:
            self.ignored_s[column] = self.t_s + 0.6
            if self.rng.random() < 0.5:
                self._deflect(column, velocity)
            return
        if self.ball_m[2] > _HIGH_M:
            self.log.show(column, self.t_s, "jump")
            self._head(column)
            return
        self._take(column)

    def _deflect(self, column: int, velocity: Float64) -> None:
        turn = float(self.rng.normal(0, 0.9))
        cosine, sine = np.cos(turn), np.sin(turn)
        slow = float(self.rng.uniform(0.25, 0.6))
        bent = slow * np.array(
            [
                cosine * velocity[0] - sine * velocity[1],
                sine * velocity[0] + cosine * velocity[1],
                abs(velocity[2]) * 0.5,
            ]
        )
        self._settle(column)
        self._send(column, "loose", bent)

    def _head(self, column: int) -> None:
        """Head the ball on: at goal when near it, to a mate, or away."""
        side = side_of(column)
        self._settle(column)
        self.side = side
        attack = self.attacks[side]
        goal = np.array([attack * self.half_m[0], 0.0])
        if float(np.hypot(*(goal - self.ball_m[:2]))) < 12 and column % TEAM:
            self.owner = column
            self._shoot()
            return
        mates = [mate for mate in range(side * TEAM + 1, side * TEAM + TEAM) if mate != column]
        far = np.hypot(*(self.movement.places_m[mates] - self.ball_m[:2]).T)
        usable = np.flatnonzero((far > 4) & (far < 18))
        way = np.array([attack * 10.0, float(self.rng.normal(0, 6))])
        if self.ball_m[0] * attack < -0.85 * self.half_m[0] and self.rng.random() < 0.4:
            way = np.array([-attack * 9.0, float(np.sign(self.ball_m[1]) or 1.0) * 5.0])
            usable = usable[:0]
        toward = -1
        if len(usable) and self.rng.random() < 0.65:
            toward = mates[int(usable[int(self.rng.integers(len(usable)))])]
            way = self.movement.places_m[toward] - self.ball_m[:2]
        long = max(float(np.hypot(*way)), 1.0)
        flat = way / long * float(np.clip(0.75 * long + 2.5, 5, 13))
        turn = float(self.rng.normal(0, 0.12))
        self.owner = column
        self._send(
            column,
            "pass",
            np.array(
                [
                    flat[0] * np.cos(turn) - flat[1] * np.sin(turn),
                    flat[0] * np.sin(turn) + flat[1] * np.cos(turn),
                    2.2,
                ]
            ),
            toward=toward,
        )

    def _saved(self, sent: Sent, velocity: Float64) -> None:
        keeper = (1 - side_of(sent.column)) * TEAM
        if self.rng.random() < 0.55:
            self._take(keeper, hands=True)
            return
        self._settle(None, "saved")
        side = float(np.sign(self.ball_m[1]) or 1.0)
        away = np.array([-0.25 * velocity[0], side * float(self.rng.uniform(4, 10)), 2.0])
        if self.rng.random() < 0.5:
            away[0] = 0.25 * velocity[0]
        self._send(keeper, "loose", away)

    # -- out of play and back ------------------------------------------------------------------------------

    def _left_pitch(self) -> bool:
        """Tell whether the ball is over a line; then play stops."""
        over_side = abs(self.ball_m[1]) > self.half_m[1] + RADIUS_M
        over_end = abs(self.ball_m[0]) > self.half_m[0] + RADIUS_M
        if not (over_side or over_end):
            return False
        last = (
            self.owner if self.owner >= 0 else self.sent.column if self.sent is not None else self.side * TEAM
        )
        goal = over_end and not over_side and choices.on_target(self.ball_m[1:])
        if self.flight is None:
            self.flight = fly(self.t_s, self.ball_m, np.array([*self.movement.speeds_mps[last], 0.0]))
        kind = self.sent.kind if self.sent is not None else ""
        self._settle(None, "goal" if goal and kind == "shot" else "out" if kind == "pass" else None)
        cause = "goal" if goal else "end" if over_end else "side"
        if not goal:
            self.log.note("out", self.t_s, side_of(last), last, self.ball_m, outcome=cause)
        self.restart = award(self, cause, side_of(last))
        self.owner, self.sent, self.save, self.held = -1, None, None, False
        self.side = self.restart.side
        return True

    def _wait(self, restart: Restart) -> None:
        """Let the ball roll out and come back, until it is put into play."""
        if self.flight is not None and self.t_s < restart.fetched_s:
            self.ball_m, _ = self.flight.at(self.t_s)
            walls = (self.half_m[0] + (1.9 if restart.cause == "goal" else 4.5), self.half_m[1] + 4.5)
            self.ball_m[:2] = np.clip(self.ball_m[:2], -np.array(walls), walls)
            restart.lying_m = self.ball_m.copy()
            return
        self.ball_m = restart.carried_m(self.t_s)
        taker = restart.taker
        far = float(np.hypot(*(self.movement.places_m[taker] - restart.stand_m())))
        if (self.t_s >= restart.ready_s and far < 0.8) or self.t_s > restart.ready_s + 12:
            self._put_into_play(restart)

    def finish(self) -> None:
        """Write down a shot that is still on its way; what is open of a pass, nobody can tell."""
        self.sent = self.sent if self.sent is not None and self.sent.kind == "shot" else None
        self._settle(None)

    def _put_into_play(self, restart: Restart) -> None:
        side, taker = restart.side, restart.taker
        self.log.note(restart.kind, self.t_s, side, taker, self.ball_m, outcome=restart.cause)
        self.restart, self.flight = None, None
        self.owner, self.side, self.held = taker, side, restart.kind == "throw_in"
        mates = np.array([mate for mate in range(side * TEAM + 1, side * TEAM + TEAM) if mate != taker])
        velocity, toward = restart.kick(
            self.rng, self.ball_m, mates, self.movement.places_m, self.attacks[side], self.half_m
        )
        self._send(taker, "pass", velocity, toward=toward)


def play(
    rng: np.random.Generator,
    *,
    seconds: float,
    pitch: PitchSize | None = None,
    formations: tuple[str, str] | None = None,
) -> Played:
    """Play a match from its kick-off.

    Args:
        rng: Chooses everything.
        seconds: How long.
        pitch: The field's size.
        formations: Names of `shape.FORMATIONS`; drawn by lot where None.
    """
    names = tuple(shape.FORMATIONS)
    drawn = (names[int(rng.integers(len(names)))], names[int(rng.integers(len(names)))])
    game = Game(rng, pitch or PitchSize(), formations or drawn)
    count = int(np.ceil(seconds / STEP_S)) + 2
    places, balls = np.empty((count, PLAYERS + 3, 2)), np.empty((count, 3))
    alive, owners, sides = np.empty(count, bool), np.empty(count, np.int64), np.empty(count, np.int64)
    for row in range(count):
        places[row], balls[row] = game.movement.places_m, game.ball_m
        alive[row], owners[row], sides[row] = game.restart is None, game.owner, game.side
        game.step()
    game.finish()
    events = tuple(
        sorted((event for event in game.log.events if event.t_s < seconds), key=lambda event: event.t_s)
    )
    return Played(
        STEP_S, game.players, places, balls, alive, owners, sides, game.attacks[0], events,
        tuple(sorted(game.log.actions, key=lambda action: action.t_s)), game.formations,
    )  # fmt: skip
