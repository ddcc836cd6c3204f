"""Looks at a simulated performance: through a camera, at a frame rate, with the errors that trackers make."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.paths import BallPath

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.juggling.simulate import Performance
    from sightline.core.arrays import Float64


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera that looks at a juggler straight on.

    Attributes:
        fps: Frames a second.
        scale_px_per_m: Pixels a metre at the juggler's distance.
        roll_deg: Positive where the camera leans to the right, so that the picture turns left.
        centre_px: Where the point (0, 1.5 m) of the world appears.
        shake_px: Standard deviation of a slow shake, for hand-held cameras.
    """

    fps: float = 60.0
    scale_px_per_m: float = 350.0
    roll_deg: float = 0.0
    centre_px: tuple[float, float] = (640.0, 420.0)
    shake_px: float = 0.0

    def project(self, points_m: Float64) -> Float64:
        """Give where world points `(..., 2)` appear, pixels with y down, without shake."""
        turn = np.deg2rad(self.roll_deg)
        x, up = points_m[..., 0], points_m[..., 1] - 1.5
        right = np.cos(turn) * x - np.sin(turn) * up
        rise = np.sin(turn) * x + np.cos(turn) * up
        return np.asarray(
            np.stack(
                [
                    self.centre_px[0] + self.scale_px_per_m * right,
                    self.centre_px[1] - self.scale_px_per_m * rise,
                ],
                axis=-1,
            )
        )

    def gravity_px_s2(self, gravity_mps2: float = 9.81) -> float:
        """Give the length of gravity in the picture."""
        return gravity_mps2 * self.scale_px_per_m


@dataclass(frozen=True, slots=True)
class TrackerErrors:
    """What a tracker does to the truth.

    Attributes:
        noise_px: Standard deviation of a place.
        misses: Share of frames that a ball is not seen in, singly.
        hidden_in_hand: Share of catches after which the ball is hidden in the hand for most of its dwell.
        switch_distance_px: Balls nearer than this may change identities.
        switches: Chance of that at each such meeting.
        whole_pixels: Whether places are rounded, as annotation tools do.
    """

    noise_px: float = 1.5
    misses: float = 0.02
    hidden_in_hand: float = 0.0
    switch_distance_px: float = 25.0
    switches: float = 0.0
    whole_pixels: bool = False


def observe(
    performance: Performance, lens: Lens, errors: TrackerErrors, rng: np.random.Generator
) -> tuple[BallPath, ...]:
    """Give the paths that a tracker would hand over; balls on the floor are not reported.

    Args:
        performance: What took place.
        lens: The camera.
        errors: What the tracker gets wrong.
        rng: All chance comes from it.
    """
    frames = np.arange(int(performance.end_s * lens.fps), dtype=np.int64)
    t_s = frames / lens.fps
    points = lens.project(performance.balls_m(t_s))
    if lens.shake_px:
        points = points + _shake(len(frames), lens, rng)[:, None, :]
    points = points + errors.noise_px * rng.normal(size=points.shape)
    seen = _seen(performance, t_s, errors, rng)
    order = _identities(points, seen, errors, rng)
    rows = np.arange(len(frames))[:, None]
    points, seen = points[rows, order], seen[rows, order]
    if errors.whole_pixels:
        points = np.round(points)
    return tuple(
        BallPath(ball + 1, frames[seen[:, ball]], t_s[seen[:, ball]], points[seen[:, ball], ball])
        for ball in range(points.shape[1])
        if seen[:, ball].any()
    )


def _shake(count: int, lens: Lens, rng: np.random.Generator) -> Float64:
    """A wander with a memory of half a second."""
    keep = float(np.exp(-2.0 / lens.fps))
    steps = rng.normal(size=(count, 2)) * lens.shake_px * np.sqrt(1 - keep**2)
    place = np.zeros((count, 2))
    for row in range(1, count):
        place[row] = keep * place[row - 1] + steps[row]
    return place


def _seen(
    performance: Performance, t_s: Float64, errors: TrackerErrors, rng: np.random.Generator
) -> NDArray[np.bool_]:
    seen = rng.random((len(t_s), len(performance.balls))) >= errors.misses
    for ball, spells in enumerate(performance.away):
        for start_s, end_s in spells:
            seen[(t_s >= start_s) & (t_s < end_s), ball] = False
    if errors.hidden_in_hand:
        for ball in range(len(performance.balls)):
            throws = [throw for throw in performance.throws if throw.ball == ball and not throw.held]
            for before, after in pairwise(throws):
                if rng.random() < errors.hidden_in_hand:
                    dwell_s = after.t_s - before.catch_t_s
                    start_s = before.catch_t_s + dwell_s * rng.uniform(0.05, 0.3)
                    seen[(t_s >= start_s) & (t_s < start_s + dwell_s * rng.uniform(0.3, 0.6)), ball] = False
    return seen


def _identities(
    points: Float64, seen: NDArray[np.bool_], errors: TrackerErrors, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Give which ball each identity follows, frame by frame, `(n, balls)`."""
    count, balls = seen.shape
    order = np.tile(np.arange(balls), (count, 1))
    if not errors.switches or balls < 2:
        return order
    near = np.zeros((balls, balls), np.bool_)
    for row in range(count):
        apart = np.linalg.norm(points[row][:, None] - points[row][None], axis=2)
        now = apart < errors.switch_distance_px
        for one, other in zip(*np.nonzero(np.triu(now & ~near, 1)), strict=True):
            if rng.random() < errors.switches:
                held_one = order[row] == one
                held_other = order[row] == other
                order[row:, held_one] = other
                order[row:, held_other] = one
        near = now
    return order
