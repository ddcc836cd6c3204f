"""How play starts again: where everybody waits, and how the ball is put into play."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sightline.sim.football.play import choices, shape
from sightline.sim.football.play.flight import RADIUS_M, loft_mps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64

_FETCH_S = 0.9


@dataclass(slots=True)
class Restart:
    """A dead ball.

    Attributes:
        kind: `kick_off`, `throw_in`, `corner` or `goal_kick`, as in the events.
        side: Whose it is: 0 home, 1 away.
        place_m: `(2,)` where it is taken.
        ready_s: Not before this time.
        taker: Column of who takes it.
        cause: What line the ball crossed: `side`, `end` or `goal`; `start` at the first kick-off.
        fetched_s: Until then the ball lies where it rolled to.
        lying_m: `(3,)` where that is.
    """

    kind: str
    side: int
    place_m: Float64
    ready_s: float
    taker: int
    cause: str = "start"
    fetched_s: float = 0.0
    lying_m: Float64 = field(default_factory=lambda: np.array([0.0, 0.0, RADIUS_M]))

    def stand_m(self) -> Float64:
        """Give where the taker stands, `(2,)`."""
        back = -self.place_m / max(float(np.hypot(*self.place_m)), 1e-6) * 0.5
        if self.kind in {"corner", "throw_in"}:
            back = -back * (1.2 if self.kind == "throw_in" else 0.8)
        if self.kind == "goal_kick":
            back = np.array([float(np.sign(self.place_m[0])) * 0.6, 0.0])
        result: Float64 = self.place_m + back
        return result

    def carried_m(self, t_s: float) -> Float64:
        """Give where the ball is while it is brought back and after, `(3,)`."""
        share = float(np.clip((t_s - self.fetched_s) / _FETCH_S, 0.0, 1.0))
        share = share * share * (3 - 2 * share)
        height = 1.7 if self.kind == "throw_in" and share >= 1.0 else RADIUS_M
        goal = np.array([*self.place_m, height])
        middle = self.lying_m + (goal - self.lying_m) * share
        middle[2] = max(middle[2], RADIUS_M) + 3.2 * share * (1 - share)
        return middle

    def kick(
        self,
        rng: np.random.Generator,
        ball_m: Float64,
        mates: NDArray[np.int64],
        places_m: Float64,
        attack: int,
        half_m: tuple[float, float],
    ) -> tuple[Float64, int]:
        """Give the velocity `(3,)` with which the ball is put into play, and to whom, -1 for nobody in particular."""
        far = np.hypot(*(places_m[mates] - ball_m[:2]).T)
        if self.kind == "corner":
            aim = np.array(
                [attack * (half_m[0] - rng.uniform(4, 10)), -np.sign(ball_m[1]) * rng.uniform(-4, 3)]
            )
            return _lofted(rng, ball_m, aim, (0.35, 0.6)), -1
        if self.kind == "goal_kick" and rng.random() < 0.5:
            aim = np.array([ball_m[0] + attack * rng.uniform(45, 58), rng.uniform(-18, 18)])
            return _lofted(rng, ball_m, aim, (0.5, 0.7)), -1
        if self.kind == "throw_in":
            order = np.argsort(abs(far - 11), kind="stable")
            toward = int(mates[order[int(rng.integers(3))]])
            way = places_m[toward] - ball_m[:2]
            long = max(float(np.hypot(*way)), 3.0)
            flat = way / long * min(long / 0.75, 12.5)
            return np.array([flat[0], flat[1], float(rng.uniform(2.0, 3.4))]), toward
        order = np.argsort(abs(far - 13), kind="stable")
        toward = int(mates[order[int(rng.integers(2))]])
        option = choices.Option(0, places_m[toward].copy(), bool(far[order[0]] > 24), 0.0)
        return choices.kick(rng, ball_m, option), toward


def _lofted(rng: np.random.Generator, from_m: Float64, aim_m: Float64, rises: tuple[float, float]) -> Float64:
    way = aim_m - from_m[:2]
    rise, turn = float(rng.uniform(*rises)), float(np.arctan2(way[1], way[0]) + rng.normal(0, 0.03))
    speed = loft_mps(float(np.hypot(*way)), rise) * float(np.exp(rng.normal(0, 0.03)))
    return speed * np.array([np.cos(turn) * np.cos(rise), np.sin(turn) * np.cos(rise), np.sin(rise)])


def places_for(
    restart: Restart, attacks: tuple[int, int], formations: tuple[str, str], half_m: tuple[float, float]
) -> Float64:
    """Give where all 22 wait for a restart, `(22, 2)`; the taker's own place is not among it."""
    found = []
    for side in (0, 1):
        attack = attacks[side]
        having = restart.side == side
        field = shape.targets(formations[side], restart.place_m, attack, having=having, half_m=half_m)
        if restart.kind == "kick_off":
            field[:, 0] = np.minimum(field[:, 0] * attack * 0.75 - 3.0, -1.0) * attack
            if not having:
                far = np.maximum(np.hypot(field[:, 0], field[:, 1]), 0.1)
                field *= np.maximum(9.6 / far, 1.0)[:, None]
        elif restart.kind == "corner":
            field = _in_the_box(field, restart, having=having, half_m=half_m)
        elif restart.kind == "throw_in" and not having:
            field[:, 0] -= attack * 2.0
        found.append(np.concatenate([shape.keeper(restart.place_m, attack, half_m)[None], field]))
    return np.concatenate(found)


_BOX = np.array([(5.0, 3.5), (5.5, -2.5), (8.0, 0.5), (9.0, 5.0), (10.0, -4.5), (12.0, 1.5), (3.5, 0.5)])


def _in_the_box(field: Float64, restart: Restart, *, having: bool, half_m: tuple[float, float]) -> Float64:
    """Send most of both teams before the goal, defenders on the goal's side."""
    end = float(np.sign(restart.place_m[0]))
    moved = field.copy()
    order = np.argsort(-field[:, 0] * end, kind="stable")[:7]
    spots = _BOX + ((1.3, 0.6) if having else (0.0, 0.0))
    moved[order, 0] = end * (half_m[0] - spots[: len(order), 0])
    moved[order, 1] = spots[: len(order), 1]
    return moved
