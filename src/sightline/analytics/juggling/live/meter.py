"""A running count and the pattern while somebody juggles: points in, frame by frame; catches and a name out.

A catch is reported as soon as two frames in a row leave the ball's parabola, or the ball is lost below the hands; the
delay is therefore a matter of frames, not of seconds. The pattern is looked for again after every few catches.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.decode import DecodeSettings, rank_runs
from sightline.analytics.juggling.flights import FlightSettings, Gravity, find_gravity
from sightline.analytics.juggling.paths import BallPath, Guess
from sightline.analytics.juggling.siteswap.rank import RankSettings, guesses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.core.arrays import Float64


@dataclass(frozen=True, slots=True)
class MeterSettings:
    """How the live meter works.

    Attributes:
        memory_s: How far back points are kept for the pattern.
        settle_s: Time before gravity is looked for.
        fit_s: Length of the stretch that must follow gravity for a ball to count as flying.
        leave_px: Least distance from its parabola at which a ball has left it; noise raises it.
        name_every: Catches between two looks for the pattern, which take a good part of a second; 0 leaves them to
            the caller, who then calls `name` beside the frames.
        least_flight_s: Shortest flight that counts.
        decode: How the pattern is found.
    """

    memory_s: float = 8.0
    settle_s: float = 1.5
    fit_s: float = 0.14
    leave_px: float = 6.0
    name_every: int = 3
    least_flight_s: float = 0.22
    decode: DecodeSettings = field(
        default_factory=lambda: DecodeSettings(rank=RankSettings(longest=3, readings=2, closer=10))
    )


@dataclass(frozen=True, slots=True)
class Tick:
    """What there is to show after a frame.

    Attributes:
        t_s: The frame's time.
        catches: Caught so far.
        caught: Balls whose catch was found in this frame, with the time of the catch, `(ball_id, t_s)`.
        guess: The pattern with its confidence, None while it is not known.
        balls: Balls seen in the last half second.
    """

    t_s: float
    catches: int
    caught: tuple[tuple[int, float], ...]
    guess: Guess | None
    balls: int


@dataclass(slots=True)
class _Ball:
    t_s: deque[float]
    points: deque[tuple[float, float]]
    frames: deque[int]
    flight: tuple[float, Float64, float] | None = None
    outside: list[float] = field(default_factory=list)


class JuggleMeter:
    """Counts catches and names the pattern, one frame at a time.

    Example:
        >>> meter = JuggleMeter()
        >>> meter.feed(0, 0.0, {1: (320.0, 240.0)}).catches
        0
    """

    def __init__(self, settings: MeterSettings | None = None) -> None:
        self._settings = settings or MeterSettings()
        self._balls: dict[int, _Ball] = {}
        self._gravity: Gravity | None = None
        self._gravity_at_s = -np.inf
        self._start_s: float | None = None
        self._catches = 0
        self._named_at = 0
        self._guess: Guess | None = None

    def feed(self, frame: int, t_s: float, points_px: Mapping[int, tuple[float, float]]) -> Tick:
        """Take in the balls of a frame.

        Args:
            frame: Its number, rising.
            t_s: Its time, rising.
            points_px: Where each ball is, by identity; balls that are not seen are left out.
        """
        if self._start_s is None:
            self._start_s = t_s
        for ball_id, point in points_px.items():
            ball = self._balls.setdefault(ball_id, _Ball(deque(), deque(), deque()))
            ball.t_s.append(t_s)
            ball.points.append((float(point[0]), float(point[1])))
            ball.frames.append(frame)
        self._forget(t_s)
        self._weigh(t_s)
        caught = tuple(
            (ball_id, moment)
            for ball_id in sorted(self._balls)
            if (moment := self._watch(self._balls[ball_id], t_s, seen=ball_id in points_px)) is not None
        )
        self._catches += len(caught)
        if self._settings.name_every and self.naming_due:
            self.name()
        return Tick(t_s, self._catches, caught, self._guess, self._seen_lately(t_s))

    def _forget(self, t_s: float) -> None:
        for ball in self._balls.values():
            while ball.t_s and ball.t_s[0] < t_s - self._settings.memory_s:
                ball.t_s.popleft()
                ball.points.popleft()
                ball.frames.popleft()

    def _weigh(self, t_s: float) -> None:
        """Look for gravity every quarter second until it is found; later `name` takes it again."""
        if self._start_s is None or t_s - self._start_s < self._settings.settle_s:
            return
        if self._gravity is not None or t_s - self._gravity_at_s < 0.25:
            return
        self._gravity_at_s = t_s
        self._gravity = find_gravity(self._paths(), self._settings.decode.flights)

    def _watch(self, ball: _Ball, now_s: float, *, seen: bool) -> float | None:
        """Follow one ball; gives the moment of its catch in the frame that shows it."""
        gravity = self._gravity
        if gravity is None:
            return None
        if ball.flight is None:
            if seen:
                ball.flight = self._flying(ball, gravity)
                ball.outside.clear()
            return None
        began_s, curve, lift_px = ball.flight
        if not seen:
            return self._lost(ball, now_s, gravity, lift_px)
        off = np.hypot(*(_at(curve, now_s, gravity) - np.array(ball.points[-1])))
        if off < max(self._settings.leave_px, 4 * gravity.noise_px):
            ball.outside.clear()
            refit = self._flying(ball, gravity, since_s=began_s)
            ball.flight = (began_s, refit[1] if refit else curve, lift_px)
            return None
        ball.outside.append(now_s)
        if len(ball.outside) < 2:
            return None
        moment, ball.flight = ball.outside[0], None
        ball.outside.clear()
        return moment if moment - began_s >= self._settings.least_flight_s else None

    def _lost(self, ball: _Ball, now_s: float, gravity: Gravity, lift_px: float) -> float | None:
        """A ball that vanishes in flight: caught once its parabola is back at the height it began from."""
        if ball.flight is None:
            return None
        began_s, curve, _ = ball.flight
        place = gravity.upright(_at(curve, now_s, gravity)[None])[0, 1]
        if place < lift_px and now_s - ball.t_s[-1] < 0.6:
            return None
        last_s, ball.flight = ball.t_s[-1], None
        return last_s if place >= lift_px and last_s - began_s >= self._settings.least_flight_s else None

    def _flying(
        self, ball: _Ball, gravity: Gravity, since_s: float | None = None
    ) -> tuple[float, Float64, float] | None:
        """Fit the last stretch with gravity; gives its beginning, curve and starting height where it falls freely."""
        start_s = max(ball.t_s[-1] - self._settings.fit_s, -np.inf if since_s is None else since_s)
        t_s = np.array([one for one in ball.t_s if one >= start_s - 1e-9])
        if len(t_s) < 4 or t_s[-1] - t_s[0] < 0.6 * self._settings.fit_s:
            return None
        points = np.array(ball.points)[-len(t_s) :]
        pull = np.array([gravity.x_px_s2, gravity.y_px_s2])
        ago = t_s - t_s[-1]
        design = np.stack([np.ones_like(ago), ago], axis=1)
        straight = np.linalg.lstsq(design, points - 0.5 * np.outer(ago**2, pull), rcond=None)[0]
        curve = np.concatenate([[[t_s[-1], 0.0]], straight])
        off = np.linalg.norm(points - np.stack([_at(curve, one, gravity) for one in t_s]), axis=1)
        if np.sqrt(np.mean(off**2)) > max(0.4 * self._settings.leave_px, 2.0 * gravity.noise_px):
            return None
        own = np.linalg.lstsq(np.column_stack([design, 0.5 * ago**2]), points, rcond=None)[0][2]
        if since_s is None and abs(own @ pull / (pull @ pull) - 1) > 0.35:
            return None
        return float(t_s[0]), curve, float(gravity.upright(points[:1])[0, 1])

    @property
    def naming_due(self) -> bool:
        """Whether enough has been caught since the last look for the pattern."""
        return self._catches >= self._named_at + max(1, self._settings.name_every or 3)

    def name(self) -> None:
        """Look for the pattern, and take gravity again, from all that is remembered."""
        self._named_at = self._catches
        paths = self._paths()
        self._gravity = find_gravity(paths, self._settings.decode.flights) or self._gravity
        ranked = rank_runs(paths, self._settings.decode)
        if not ranked or not ranked[-1]:
            return
        said = guesses(ranked[-1], self._settings.decode.rank)
        enough = (ranked[-1][0].values >= 0).sum() >= self._settings.decode.rank.least_throws
        self._guess = said[0] if enough and said[0].confidence >= self._settings.decode.rank.sure else None

    def _paths(self) -> tuple[BallPath, ...]:
        return tuple(
            BallPath(ball_id, np.array(ball.frames, np.int64), np.array(ball.t_s), np.array(ball.points))
            for ball_id, ball in sorted(self._balls.items())
            if len(ball.t_s) >= FlightSettings().least_points
        )

    def _seen_lately(self, t_s: float) -> int:
        return sum(bool(ball.t_s) and ball.t_s[-1] > t_s - 0.5 for ball in self._balls.values())


def _at(curve: Float64, t_s: float, gravity: Gravity) -> Float64:
    """Give where a curve `[[t, -], place, speed]` is at a time."""
    ago = t_s - curve[0, 0]
    pull = np.array([gravity.x_px_s2, gravity.y_px_s2])
    return np.asarray(curve[1] + ago * curve[2] + 0.5 * ago**2 * pull)
