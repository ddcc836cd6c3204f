"""Plays a match: 22 players, three officials and a ball, step by step.

Players know where everybody is, want something, and get there as fast as legs allow. What they do with the ball is
in `choices`, where they stand without it in `shape`. There are no fouls and no offside calls; attackers wait onside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import PitchSize, Player, Role, Team
from sightline.sim.football.play import choices, shape
from sightline.sim.football.play.flight import RADIUS_M, Flight, fly
from sightline.sim.football.play.legs import Legs
from sightline.sim.football.play.record import Diary, Played
from sightline.sim.football.play.restarts import Restart, award, places_for

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

STEP_S = 0.04
_TEAM = 11
_PLAYERS = 22
_REACH_M = 0.85
_HIGH_M = 1.1
_TOP_M = 2.1


@dataclass(slots=True)
class _Sent:
    """A ball on its way: who sent it, when, from where, as what, and to whom."""

    column: int
    t_s: float
    place_m: Float64
    kind: str
    toward: int = -1
    touched: bool = False


class Game:
    """A match in the making; `play` makes all of it.

    Args:
        rng: Chooses everything.
        pitch: The field's size.
        formations: Of home and away, names of `shape.FORMATIONS`.
    """

    def __init__(self, rng: np.random.Generator, pitch: PitchSize, formations: tuple[str, str]) -> None:
        self.rng, self.pitch, self.formations = rng, pitch, formations
        self.half_m = (pitch.length_m / 2, pitch.width_m / 2)
        self.attacks = (1, -1) if rng.random() < 0.5 else (-1, 1)
        self.players = _squad(rng)
        self.diary = Diary(self.players)
        self.t_s = 0.0
        self.legs = Legs(rng, _PLAYERS + 3)
        self.whims_m = np.zeros((_PLAYERS, 2))
        self.ball_m = np.array([0.0, 0.0, RADIUS_M])
        self.flight: Flight | None = None
        self.sent: _Sent | None = None
        self.owner, self.side = -1, int(rng.random() < 0.5)
        self.decide_s, self.tackle_s, self._held = 0.0, 0.0, False
        self.ignored_s = np.full(_PLAYERS, -1.0)
        self.runner = (0, -1.0, 0.0)
        self.save: tuple[float, float, bool] | None = None
        self.restart: Restart | None = Restart("kick_off", self.side, np.zeros(2), 0.6, self.side * _TEAM + 10)
        start_m = places_for(self.restart, self.attacks, self.formations, self.half_m)
        self.legs.places_m[:_PLAYERS] = start_m
        self.legs.places_m[_PLAYERS:] = [(-8.0, -6.0), (0.0, -self.half_m[1] - 0.6), (0.0, self.half_m[1] + 0.6)]
        self.legs.places_m[self.restart.taker] = (-0.6 * self.attacks[self.side], 0.0)

    # -- one step ------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Let the time go on by `STEP_S`."""
        wanted_m, pace_mps = self._wishes()
        self.legs.move(wanted_m, pace_mps, STEP_S)
        self.t_s += STEP_S
        if self.restart is not None:
            self._wait()
        elif self.owner >= 0:
            self._keep()
        else:
            self._fly()

    def _side(self, column: int) -> int:
        return int(column >= _TEAM)

    def _rivals(self, side: int) -> slice:
        return slice(_TEAM, _PLAYERS) if side == 0 else slice(0, _TEAM)

    def _mates(self, side: int) -> slice:
        return self._rivals(1 - side)

    # -- where everybody goes ------------------------------------------------------------------------------

    def _wishes(self) -> tuple[Float64, Float64]:
        """Give where everybody wants to be and how fast they would go."""
        self.whims_m += -self.whims_m * STEP_S / 5 + self.rng.normal(0, 1.1 * np.sqrt(STEP_S), (_PLAYERS, 2))
        places_m = self.legs.places_m[:_PLAYERS]
        if self.restart is not None:
            wanted = places_for(self.restart, self.attacks, self.formations, self.half_m) + 0.4 * self.whims_m
            wanted[self.restart.taker] = self.restart.stand_m(self.half_m)
            pace = np.clip(0.45 * np.hypot(*(wanted - places_m).T), 0.0, 4.2)
            pace[self.restart.taker] += 1.6
        else:
            wanted = np.concatenate([self._shape(side) for side in (0, 1)])
            pace = np.clip(0.5 * (np.hypot(*(wanted - places_m).T) - 1.2), 0.0, 6.2)
            self._runs_behind(wanted, pace)
            self._go_for_it(wanted, pace)
        wanted[:, 0] = np.clip(wanted[:, 0], -self.half_m[0] - 2, self.half_m[0] + 2)
        wanted[:, 1] = np.clip(wanted[:, 1], -self.half_m[1] - 1.5, self.half_m[1] + 1.5)
        officials = self._officials()
        far = np.hypot(*(officials - self.legs.places_m[_PLAYERS:]).T)
        return np.concatenate([wanted, officials]), np.concatenate([pace, np.clip(0.6 * far, 0.0, 6.5)])

    def _shape(self, side: int) -> Float64:
        attack, having = self.attacks[side], self.side == side
        ball = self.ball_m[:2]
        field = shape.targets(self.formations[side], ball, attack, having=having, half_m=self.half_m)
        field += self.whims_m[self._mates(side)][1:]
        if having:
            rivals_x = np.sort(self.legs.places_m[self._rivals(side), 0] * attack)[-2]
            field = shape.held_back(field, attack, float(rivals_x) * attack, float(ball[0]))
        return np.concatenate([shape.keeper(ball, attack, self.half_m)[None], field])

    def _runs_behind(self, wanted: Float64, pace: Float64) -> None:
        """Now and then send somebody of the team with the ball on a sprint behind the last line, in place."""
        side = self.side
        if self.runner[1] < self.t_s:
            if self.rng.random() > 0.35 * STEP_S:
                return
            column = side * _TEAM + int(self.rng.integers(5, _TEAM))
            self.runner = (column, self.t_s + float(self.rng.uniform(1.5, 3.2)), float(self.rng.normal(0, 0.35)))
        column, _, turn = self.runner
        if self._side(column) == side and column != self.owner:
            here = self.legs.places_m[column]
            course = np.array([self.attacks[side] * np.cos(turn), np.sin(turn)])
            wanted[column], pace[column] = here + 10 * course, 9.0
            wanted[column, 0] = np.clip(wanted[column, 0], -self.half_m[0] + 4, self.half_m[0] - 4)

    def _go_for_it(self, wanted: Float64, pace: Float64) -> None:
        """Send the nearest of each team to the ball, and a second one to cover, in place."""
        places_m = self.legs.places_m[:_PLAYERS]
        if self.owner >= 0:
            side = self._side(self.owner)
            wanted[self.owner], pace[self.owner] = self._run()
            rivals = self._rivals(side)
            goal = np.array([-self.attacks[1 - side] * self.half_m[0], 0.0])
            far = np.hypot(*(places_m[rivals] - self.ball_m[:2]).T)
            far[0] += 8.0
            for rank, number in enumerate(np.argsort(far, kind="stable")[:2]):
                column = rivals.start + int(number)
                between = self.ball_m[:2] + (goal - self.ball_m[:2]) * min((0.4, 4.5)[rank] / max(float(np.hypot(*(goal - self.ball_m[:2]))), 1.0), 0.9)
                wanted[column], pace[column] = between, (6.8, 5.0)[rank]
            return
        if self.flight is None or self.sent is None:
            return
        meets_m, waits_s = self._meetings()
        for side in (0, 1):
            mates = self._mates(side)
            column = mates.start + int(np.argmin(waits_s[mates]))
            wanted[column], pace[column] = meets_m[column], 9.0
        if self.sent.toward >= 0:
            wanted[self.sent.toward], pace[self.sent.toward] = meets_m[self.sent.toward], 9.0
        if self.save is not None:
            keeper = self._mates(1 - self._side(self.sent.column)).start
            wanted[keeper], pace[keeper] = (places_m[keeper, 0], self.save[1]), 5.0

    def _meetings(self) -> tuple[Float64, Float64]:
        """Give where and when each player can first meet the ball in flight."""
        assert self.flight is not None
        rest = self.flight.places_m[int((self.t_s - self.flight.start_s) / 0.02) :: 5]
        if not len(rest):
            rest = self.flight.places_m[-1:]
        waits = np.arange(len(rest)) * 0.1
        inside = (abs(rest[:, 0]) < self.half_m[0] + 1) & (abs(rest[:, 1]) < self.half_m[1] + 1)
        far = np.sqrt(((self.legs.places_m[:_PLAYERS, None] - rest[None, :, :2]) ** 2).sum(axis=2))
        able = (far - 0.5 <= (waits - 0.1) * 6.6) & (rest[:, 2] < 1.7) & inside
        able[:, -1] = True
        first = able.argmax(axis=1)
        waits_s = waits[first] + np.where(first == len(rest) - 1, far[:, -1] / 6.6, 0.0)
        return rest[first, :2].copy(), waits_s

    def _run(self) -> tuple[Float64, float]:
        column, side = self.owner, self._side(self.owner)
        here = self.legs.places_m[column]
        if self._in_hands():
            return here, 0.5
        rivals_m = self.legs.places_m[self._rivals(side)]
        course = choices.run_with(here, self.legs.speeds_mps[column], rivals_m, attack=self.attacks[side], half_m=self.half_m)
        space = float(np.hypot(*(rivals_m - here - 3 * course).T).min())
        return here + 4 * course, float(np.clip(1.8 + 0.75 * space, 2.2, 7.0))

    def _officials(self) -> Float64:
        ball = self.ball_m[:2]
        lines = []
        for side in (0, 1):
            attack = self.attacks[side]
            rivals_x = np.sort(self.legs.places_m[self._rivals(side), 0] * attack)[-2]
            lines.append(max(float(rivals_x), float(ball[0]) * attack, 0.0) * attack)
        right, left = max(lines), min(lines)
        spot = ball * (0.85, 0.75) + np.array([-7.0 * self.attacks[self.side], 6.0 - 0.25 * ball[1]])
        gap = spot - ball
        if float(np.hypot(*gap)) < 6:
            spot = ball + gap / max(float(np.hypot(*gap)), 0.1) * 6
        edge = self.half_m[1] + 0.6
        return np.array([spot, (right, -edge), (left, edge)])

    # -- the ball at somebody's feet -----------------------------------------------------------------------

    def _in_hands(self) -> bool:
        return self._held

    def _take(self, column: int, *, hands: bool = False) -> None:
        """Give somebody the ball."""
        self._settle(column)
        self.owner, self.side, self.flight, self.sent, self.save = column, self._side(column), None, None, None
        self._held = hands
        wait = float(self.rng.uniform(1.6, 3.2)) if hands else 0.35 + float(self.rng.gamma(1.6, 0.75))
        self.decide_s = self.t_s + wait
        self.tackle_s = self.t_s + 0.4

    def _settle(self, receiver: int | None, outcome: str | None = None) -> None:
        """Write down what became of a ball that was sent, now that it arrived or went out."""
        sent = self.sent
        if sent is None:
            return
        place = self.ball_m
        side = self._side(sent.column)
        if sent.kind == "pass":
            ours = receiver is not None and self._side(receiver) == side
            far = float(np.hypot(*(place[:2] - sent.place_m[:2])))
            if (receiver == sent.column) or far < 3.0:
                self.sent = None
                return
            said = outcome or ("complete" if ours else "incomplete")
            self.diary.note("pass", sent.t_s, side, sent.column, sent.place_m, other=receiver if ours else None, end_s=self.t_s, end_m=place, outcome=said)
            if receiver is not None and not ours:
                self.diary.note("interception", self.t_s, 1 - side, receiver, place, outcome="kept")
        elif sent.kind == "shot":
            blocked = receiver is not None and receiver % _TEAM != 0
            said = outcome or ("blocked" if blocked else "saved" if receiver is not None else "off_target")
            self.diary.note("shot", sent.t_s, side, sent.column, sent.place_m, end_s=self.t_s, end_m=place, outcome=said)
            if said == "saved":
                keeper = (1 - side) * _TEAM
                self.diary.note("save", self.t_s, 1 - side, keeper, place, other=sent.column, outcome="held" if receiver == keeper else "parried")
            if said == "goal":
                self.diary.note("goal", self.t_s, side, sent.column, place, outcome="confirmed")
        self.sent = None

    def _keep(self) -> None:
        """Lead the ball, defend it, and decide."""
        column, side = self.owner, self._side(self.owner)
        here, speed = self.legs.places_m[column], self.legs.speeds_mps[column]
        course = self.legs.headings(column)
        touch = 0.5 + 0.06 * float(np.hypot(*speed)) * (1 + np.sin(9 * self.t_s))
        aim = np.array([*(here + course * (0.3 if self._held else touch)), 1.1 if self._held else RADIUS_M])
        self.ball_m = self.ball_m + (aim - self.ball_m) * min(1.0, 9 * STEP_S)
        if self._left_pitch():
            return
        rivals = self._rivals(side)
        far = np.hypot(*(self.legs.places_m[rivals] - self.ball_m[:2]).T)
        near = int(np.argmin(far))
        if not self._held and far[near] < 1.1 and self.t_s >= self.tackle_s:
            self.tackle_s = self.t_s + 0.5
            if self._tackled(rivals.start + near):
                return
        pressed = far[near] < 2.6 and self.t_s > self.tackle_s - 0.25
        if self.t_s >= self.decide_s or (pressed and not self._held and self.rng.random() < 2.2 * STEP_S):
            self._decide(pressed=bool(pressed))

    def _tackled(self, rival: int) -> bool:
        """Let an opponent try to take the ball; tell whether it got away."""
        side, column = self._side(self.owner), self.owner
        luck = self.rng.random()
        outcome = "won" if luck > 0.42 else "lost"
        self.diary.note("duel", self.t_s, side, column, self.ball_m, other=rival, outcome=outcome)
        if luck > 0.42:
            return False
        if luck < 0.24:
            self.ignored_s[column] = self.t_s + 0.9
            self.ball_m = self.ball_m.copy()
            self._take(rival)
            return True
        outward = np.arctan2(self.ball_m[1], 0.3 * self.rng.normal()) if abs(self.ball_m[1]) > 0.6 * self.half_m[1] else None
        turn = float(self.rng.uniform(0, 2 * np.pi) if outward is None else outward + self.rng.normal(0, 0.7))
        self.ignored_s[column] = self.t_s + 0.5
        self._send(rival, "loose", float(self.rng.uniform(3, 8)) * np.array([np.cos(turn), np.sin(turn), 0.0]))
        return True

    def _decide(self, *, pressed: bool) -> None:
        """Shoot, pass, clear, or go on running."""
        column, side = self.owner, self._side(self.owner)
        attack, here = self.attacks[side], self.ball_m
        rivals_m = self.legs.places_m[self._rivals(side)]
        if column % _TEAM and self.rng.random() < choices.shot_chance(here[:2], attack=attack, half_m=self.half_m[0], rivals_m=rivals_m):
            self._shoot()
            return
        if here[0] * attack > 0.62 * self.half_m[0] and abs(here[1]) > 14 and self.rng.random() < 0.6:
            self._send(column, "pass", choices.cross(self.rng, here, attack=attack, half_m=self.half_m[0]))
            return
        mates = np.array([mate for mate in range(side * _TEAM, side * _TEAM + _TEAM) if mate != column])
        if not pressed or here[0] * attack > -10:
            mates = mates[mates % _TEAM != 0]
        option = choices.best_pass(self.rng, here[:2], self.legs.places_m[mates], self.legs.speeds_mps[mates], rivals_m, attack=attack)
        if option is None or (option.value < -0.55 and not pressed and not self._held and self.rng.random() < 0.7):
            self.decide_s = self.t_s + float(self.rng.uniform(0.3, 0.9))
            return
        deep = here[0] * attack < -0.45 * self.half_m[0]
        if pressed and not self._held and (deep or option.value < -0.9) and self.rng.random() < 0.45:
            self._send(column, "pass", choices.clear(self.rng, here, attack=attack))
            return
        velocity = choices.kick(self.rng, here, option, haste=float(pressed))
        self._send(column, "pass", velocity, toward=int(mates[option.mate]))

    def _shoot(self) -> None:
        column, side = self.owner, self._side(self.owner)
        attack = self.attacks[side]
        velocity = choices.shoot(self.rng, self.ball_m, attack=attack, half_m=self.half_m[0])
        self._send(column, "shot", velocity)
        assert self.flight is not None
        over = np.flatnonzero(self.flight.places_m[:, 0] * attack >= self.half_m[0])
        if not len(over):
            return
        crossing = self.flight.places_m[over[0], 1:]
        wait_s = float(over[0]) * 0.02
        keeper = (1 - side) * _TEAM
        luck = self.rng.random() < choices.save_share(self.legs.places_m[keeper], crossing, wait_s)
        if choices.on_target(crossing):
            self.save = (self.t_s + wait_s, float(crossing[0]), bool(luck))
            if abs(crossing[0] - self.legs.places_m[keeper, 1]) > 1.0:
                self.diary.show(keeper, self.t_s + wait_s, "dive")

    def _send(self, column: int, kind: str, velocity_mps: Float64, *, toward: int = -1) -> None:
        """Kick the ball."""
        if kind in {"pass", "shot", "clear"}:
            self.diary.show(column, self.t_s, "throw" if self._held else "kick")
        self.ball_m = np.array([self.ball_m[0], self.ball_m[1], max(self.ball_m[2], RADIUS_M)])
        self.flight = fly(self.t_s, self.ball_m, velocity_mps)
        self.sent = _Sent(column, self.t_s, self.ball_m.copy(), kind, toward)
        self.owner, self._held, self.save = -1, False, None
        self.side = self._side(column)
        self.ignored_s[column] = self.t_s + 0.5

    # -- the ball on its own -------------------------------------------------------------------------------

    def _fly(self) -> None:
        assert self.flight is not None
        self.ball_m, velocity = self.flight.at(self.t_s)
        if self.save is not None and self.sent is not None:
            when, _, luck = self.save
            if luck and self.t_s >= when - 0.06:
                self._saved(velocity)
                return
        if self._left_pitch():
            return
        if self.ball_m[2] > _TOP_M:
            return
        far = np.hypot(*(self.legs.places_m[:_PLAYERS] - self.ball_m[:2]).T)
        close = (far < _REACH_M) & (self.ignored_s < self.t_s)
        if not close.any():
            return
        self._touch(int(np.argmin(np.where(close, far, np.inf))), velocity)

    def _touch(self, column: int, velocity: Float64) -> None:
        """Let somebody try to play the ball."""
        speed = float(np.hypot(*velocity[:2]))
        keeper, side = column % _TEAM == 0, self._side(column)
        meant = self.sent is not None and (self.sent.toward == column)
        if keeper and self.ball_m[0] * self.attacks[side] < -self.half_m[0] + 16.5 and abs(self.ball_m[1]) < 20:
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
            self.diary.show(column, self.t_s, "jump")
            self._head(column)
            return
        self._take(column)

    def _deflect(self, column: int, velocity: Float64) -> None:
        turn = float(self.rng.normal(0, 0.9))
        cosine, sine = np.cos(turn), np.sin(turn)
        slow = float(self.rng.uniform(0.25, 0.6))
        bent = slow * np.array([cosine * velocity[0] - sine * velocity[1], sine * velocity[0] + cosine * velocity[1], abs(velocity[2]) * 0.5])
        self._settle(column)
        self._send(column, "loose", bent)

    def _head(self, column: int) -> None:
        """Head the ball on: at goal when near it, to a mate, or away."""
        side = self._side(column)
        self._settle(column)
        self.side = side
        attack = self.attacks[side]
        goal = np.array([attack * self.half_m[0], 0.0])
        if float(np.hypot(*(goal - self.ball_m[:2]))) < 12 and column % _TEAM:
            self.owner = column
            self._shoot()
            return
        mates = [mate for mate in range(side * _TEAM + 1, side * _TEAM + _TEAM) if mate != column]
        far = np.hypot(*(self.legs.places_m[mates] - self.ball_m[:2]).T)
        usable = np.flatnonzero((far > 4) & (far < 18))
        way = np.array([attack * 10.0, float(self.rng.normal(0, 6))])
        if self.ball_m[0] * attack < -0.85 * self.half_m[0] and self.rng.random() < 0.4:
            way = np.array([-attack * 9.0, float(np.sign(self.ball_m[1]) or 1.0) * 5.0])
            usable = usable[:0]
        toward = -1
        if len(usable) and self.rng.random() < 0.65:
            toward = mates[int(usable[int(self.rng.integers(len(usable)))])]
            way = self.legs.places_m[toward] - self.ball_m[:2]
        long = max(float(np.hypot(*way)), 1.0)
        flat = way / long * float(np.clip(0.75 * long + 2.5, 5, 13))
        turn = float(self.rng.normal(0, 0.12))
        self.owner = column
        self._send(column, "pass", np.array([flat[0] * np.cos(turn) - flat[1] * np.sin(turn), flat[0] * np.sin(turn) + flat[1] * np.cos(turn), 2.2]), toward=toward)

    def _saved(self, velocity: Float64) -> None:
        assert self.sent is not None
        keeper = (1 - self._side(self.sent.column)) * _TEAM
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
        last = self.owner if self.owner >= 0 else self.sent.column if self.sent is not None else self.side * _TEAM
        goal = over_end and not over_side and choices.on_target(self.ball_m[1:])
        if self.flight is None:
            self.flight = fly(self.t_s, self.ball_m, np.array([*self.legs.speeds_mps[last], 0.0]))
        kind = self.sent.kind if self.sent is not None else ""
        self._settle(None, "goal" if goal and kind == "shot" else "out" if kind == "pass" else None)
        cause = "goal" if goal else "end" if over_end else "side"
        if not goal:
            self.diary.note("out", self.t_s, self._side(last), last, self.ball_m, outcome=cause)
        self.restart = award(cause, self.ball_m, self._side(last), self.attacks, self.half_m, self.t_s, self.legs.places_m[:_PLAYERS], self.rng)
        self.owner, self.sent, self.save, self._held = -1, None, None, False
        self.side = self.restart.side
        return True

    def _wait(self) -> None:
        """Let the ball roll out and come back, until it is put into play."""
        restart = self.restart
        assert restart is not None
        if self.flight is not None and self.t_s < restart.fetched_s:
            self.ball_m, _ = self.flight.at(self.t_s)
            walls = (self.half_m[0] + (1.9 if restart.cause == "goal" else 4.5), self.half_m[1] + 4.5)
            self.ball_m[:2] = np.clip(self.ball_m[:2], -np.array(walls), walls)
            restart.lying_m = self.ball_m.copy()
            return
        self.ball_m = restart.carried_m(self.t_s)
        taker = restart.taker
        far = float(np.hypot(*(self.legs.places_m[taker] - restart.stand_m(self.half_m))))
        if self.t_s >= restart.ready_s and far < 0.8 or self.t_s > restart.ready_s + 12:
            self._put_into_play(restart)

    def finish(self) -> None:
        """Write down a shot that is still on its way; what is open of a pass, nobody can tell."""
        self.sent = self.sent if self.sent is not None and self.sent.kind == "shot" else None
        self._settle(None)

    def _put_into_play(self, restart: Restart) -> None:
        side, taker = restart.side, restart.taker
        self.diary.note(restart.kind, self.t_s, side, taker, self.ball_m, outcome=restart.cause)
        self.restart, self.flight = None, None
        self.owner, self.side, self._held = taker, side, restart.kind == "throw_in"
        mates = np.array([mate for mate in range(side * _TEAM + 1, side * _TEAM + _TEAM) if mate != taker])
        velocity, toward = restart.kick(self.rng, self.ball_m, mates, self.legs.places_m, self.attacks[side], self.half_m)
        self._send(taker, "pass", velocity, toward=toward)


def _squad(rng: np.random.Generator) -> tuple[Player, ...]:
    players = []
    for team in (Team.HOME, Team.AWAY):
        numbers = [1, *(int(n) for n in np.sort(rng.permutation(np.arange(2, 30))[:10]))]
        for number in numbers:
            role = Role.GOALKEEPER if number == 1 else Role.PLAYER
            players.append(Player(f"{team.value}-{number}", team, role, number))
    players += [Player(f"referee-{number}", None, Role.REFEREE) for number in (1, 2, 3)]
    return tuple(players)


def play(
    rng: np.random.Generator, *, seconds: float, pitch: PitchSize | None = None, formations: tuple[str, str] | None = None
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
    places, balls = np.empty((count, _PLAYERS + 3, 2)), np.empty((count, 3))
    alive, owners, sides = np.empty(count, bool), np.empty(count, np.int64), np.empty(count, np.int64)
    for row in range(count):
        places[row], balls[row] = game.legs.places_m, game.ball_m
        alive[row], owners[row], sides[row] = game.restart is None, game.owner, game.side
        game.step()
    game.finish()
    events = tuple(sorted((event for event in game.diary.events if event.t_s < seconds), key=lambda event: event.t_s))
    return Played(
        STEP_S, game.players, places, balls, alive, owners, sides, game.attacks[0], events,
        tuple(sorted(game.diary.acts, key=lambda act: act.t_s)), game.formations,
    )  # fmt: skip
