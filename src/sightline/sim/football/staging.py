"""From paths to people in postures: what everybody of a match looks like in each frame of a camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import Role, Team
from sightline.sim.football import bodies, kits
from sightline.sim.football.picture import BALL_RADIUS_M, Figure

if TYPE_CHECKING:
    from sightline.analytics.football.match import Player
    from sightline.core.arrays import Float64
    from sightline.sim.football.kits import Kit, Person
    from sightline.sim.football.play.record import Played

_SPREADS_S = {
    "kick": (0.28, 0.3),
    "throw": (0.6, 0.3),
    "jump": (0.3, 0.35),
    "dive": (0.35, 1.1),
    "slide": (0.3, 0.8),
}
"""How long before and after its height an act shows, seconds."""
_TURN_S = 0.14
_KINDS = {Role.PLAYER: "player", Role.GOALKEEPER: "goalkeeper", Role.REFEREE: "referee", Role.OTHER: "staff"}


class Staging:
    """A match made ready to be drawn.

    Args:
        played: Paths and what happened.
        wear: Kits of home, away, their goalkeepers and the referees.
        times_s: `(n,)` times of the frames.
        rng: Draws builds, faces and who stands at the line.
        bench: How many staff stand before the main stand; they are drawn but belong to no class.
    """

    def __init__(
        self,
        played: Played,
        wear: tuple[Kit, Kit, Kit, Kit, Kit],
        times_s: Float64,
        rng: np.random.Generator,
        *,
        bench: int = 5,
    ) -> None:
        self.times_s = times_s
        self.positions_m = played.between(played.positions_m, times_s)
        self.ball_m = played.between(played.ball_m, times_s)
        self.ball_m[:, 2] = np.maximum(self.ball_m[:, 2], BALL_RADIUS_M)
        self.kinds = [_KINDS[player.role] for player in played.players]
        self.people = [self._dress(player, wear, rng) for player in played.players]
        self.speeds_mps = _slopes(self.positions_m, times_s)
        self.ball_mps = (
            _slopes(self.ball_m[:, None], times_s)[:, 0] if len(times_s) > 1 else np.zeros_like(self.ball_m)
        )
        self._turns = self._headings()
        self._postures = self._pose(played)
        self._bench = _bench(rng, bench)

    def figures(self, index: int) -> list[Figure]:
        """Give everybody of a frame; their `track_id` is one more than their column, that of the bench 0."""
        found = []
        for column, person in enumerate(self.people):
            place, speed = self.positions_m[index, column], self.speeds_mps[index, column]
            if not np.isfinite(place).all():
                continue
            found.append(
                Figure(
                    column + 1, self.kinds[column], person, self._postures[index, column], (float(place[0]), float(place[1])),
                    float(self._turns[index, column]), (float(speed[0]), float(speed[1])),
                )
            )  # fmt: skip
        return found + self._bench

    def ball(self, index: int) -> tuple[Float64, Float64] | None:
        """Give the ball's centre and velocity in a frame; None where it is not known."""
        place = self.ball_m[index]
        return (place, np.nan_to_num(self.ball_mps[index])) if np.isfinite(place).all() else None

    @staticmethod
    def _dress(player: Player, wear: tuple[Kit, Kit, Kit, Kit, Kit], rng: np.random.Generator) -> Person:
        team, role = player.team, player.role
        away = team is Team.AWAY
        number = (
            4 if role is Role.REFEREE or team is None else (2 if role is Role.GOALKEEPER else 0) + int(away)
        )
        return kits.person(rng, wear[number], number=player.jersey)

    def _headings(self) -> Float64:
        """Give where everybody faces, `(n, p)` radians: ahead when they run, to the ball when they do not."""
        speed = np.hypot(self.speeds_mps[..., 0], self.speeds_mps[..., 1])
        to_ball = self.ball_m[:, None, :2] - self.positions_m
        far = np.maximum(np.hypot(to_ball[..., 0], to_ball[..., 1]), 1e-6)
        run = np.clip((speed - 0.6) / 0.9, 0.0, 1.0)[..., None]
        aim = (
            run * self.speeds_mps / np.maximum(speed, 1e-6)[..., None] + (1 - run) * to_ball / far[..., None]
        )
        aim = np.nan_to_num(aim)
        step_s = float(np.median(np.diff(self.times_s))) if len(self.times_s) > 1 else _TURN_S
        keep = float(np.exp(-step_s / _TURN_S))
        faces = aim.copy()
        for index in range(1, len(faces)):
            faces[index] = keep * faces[index - 1] + (1 - keep) * aim[index]
        return np.arctan2(faces[..., 1], faces[..., 0])

    def _pose(self, played: Played) -> Float64:
        """Give everybody's postures, `(n, p, joints)`."""
        count, people = self.positions_m.shape[:2]
        speed = np.nan_to_num(np.hypot(self.speeds_mps[..., 0], self.speeds_mps[..., 1]))
        steps_s = np.diff(self.times_s, prepend=self.times_s[:1])
        phases = (
            np.cumsum(speed / bodies.stride_m(speed) * steps_s[:, None], axis=0) + np.arange(people) * 0.37
        )
        rows = bodies.gait(speed.ravel(), phases.ravel() % 1.0).reshape(count, people, -1)
        self._stand_ready(rows, speed)
        for action in played.actions:
            before, after = _SPREADS_S.get(action.name, (0.3, 0.3))
            away = self.times_s - action.t_s
            weights = np.clip(np.minimum(1 + away / before, 1 - away / after), 0.0, 1.0)
            shown = np.flatnonzero(weights > 0)
            if len(shown):
                change = bodies.action(action.name) * self._side(
                    action.name, action.column, int(shown[len(shown) // 2])
                )
                calm = 1 - 0.8 * weights[shown, None] if action.name in {"dive", "slide"} else 1.0
                rows[shown, action.column] = rows[shown, action.column] * calm + weights[shown, None] * change
        return rows

    def _stand_ready(self, rows: Float64, speed: Float64) -> None:
        """Let goalkeepers crouch when the ball is near, in place."""
        ready = bodies.action("ready")
        for column, kind in enumerate(self.kinds):
            if kind == "goalkeeper":
                far = np.nan_to_num(np.hypot(*(self.ball_m[:, :2] - self.positions_m[:, column]).T), nan=99.0)
                weight = np.clip((32 - far) / 12, 0, 0.8) * np.clip(1.5 - speed[:, column], 0, 1)
                rows[:, column] += weight[:, None] * ready

    def _side(self, name: str, column: int, index: int) -> Float64:
        """Give -1 for joints that must be turned over for a dive to the left, 1 for all others."""
        signs = np.ones(len(bodies.Joint))
        if name == "dive":
            turn = self._turns[index, column]
            right = np.array([np.sin(turn), -np.cos(turn)])
            if float((self.ball_m[index, :2] - self.positions_m[index, column]) @ right) < 0:
                signs[bodies.Joint.ROLL] = -1.0
        return signs


def _slopes(values: Float64, times_s: Float64) -> Float64:
    """Give how fast `(n, ...)` values change, over the frames before and after."""
    if len(times_s) < 2:
        return np.zeros_like(values)
    result: Float64 = np.gradient(values, times_s, axis=0)
    return result


def _bench(rng: np.random.Generator, count: int) -> list[Figure]:
    """Place staff before the main stand."""
    found = []
    for _ in range(count):
        wear = kits.STAFF_KITS[int(rng.integers(len(kits.STAFF_KITS)))]
        posture = bodies.gait(np.zeros(1), rng.random(1))[0]
        if rng.random() < 0.3:
            posture = posture + bodies.action("hips")
        place = (float(rng.uniform(-25, 25)), -float(rng.uniform(36.3, 39.0)))
        found.append(
            Figure(
                0, "staff", kits.person(rng, wear, staff=True), posture, place, float(rng.normal(1.57, 0.4))
            )
        )
    return found
