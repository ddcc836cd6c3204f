"""How a ball is tracked: every constant, its unit and what it does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sightline.core.errors import SettingsError

Method = Literal["kalman", "particle", "graph"]
METHODS: tuple[Method, ...] = ("kalman", "particle", "graph")


@dataclass(frozen=True, slots=True)
class BallSettings:
    """Constants of the ball's track. A unit is what positions are given in: pixels, or metres.

    Attributes:
        tracking_method: `graph` looks at the whole clip at once and is the best; `kalman` and `particle` see only
            the past.
        max_missing_frames: So many frames without a candidate end a track; a new one begins elsewhere.
        min_ball_radius: Smaller candidates are dropped, in units; those without a radius stay.
        max_ball_radius: Larger ones are.
        min_score: Candidates scored lower are dropped, 0..1.
        max_speed: Of the ball, units a second.
        noise: Standard error of a candidate's position, units.
        acceleration: Standard size of what changes the ball's velocity between kicks, units a second squared.
        gravity: Added to the velocity of y, units a second squared: pixels of a ball in the air fall, metres on the
            pitch do not. A ball on the ground fits too, for `acceleration` is allowed besides.
        kick_cost: Log odds against a kick from one frame to the next, where no player is near.
        kick_cost_near: The same within `reach` of a player.
        reach: Of a player, units.
        max_gap_s: Gaps up to this long are filled.
        smooth_s: Longest half width of the window that smooths the track; it shrinks at kicks. 0 does not smooth.
        particles: How many the particle filter has.
        seed: Of the particle filter.
    """

    tracking_method: Method = "graph"
    max_missing_frames: int = 25
    min_ball_radius: float = 0.0
    max_ball_radius: float = 40.0
    min_score: float = 0.05
    max_speed: float = 2500.0
    noise: float = 1.5
    acceleration: float = 600.0
    gravity: float = 0.0
    kick_cost: float = 7.0
    kick_cost_near: float = 4.0
    reach: float = 45.0
    max_gap_s: float = 1.0
    smooth_s: float = 0.2
    particles: int = 600
    seed: int = 7

    def __post_init__(self) -> None:
        if self.tracking_method not in METHODS:
            raise SettingsError(
                f"no ball tracker {self.tracking_method!r}", hint=f"one of {', '.join(METHODS)}"
            )
        if not 0 <= self.min_ball_radius <= self.max_ball_radius:
            raise SettingsError(
                f"a ball's radius cannot lie between {self.min_ball_radius:g} and {self.max_ball_radius:g}",
                hint="min_ball_radius is not above max_ball_radius",
            )
        positive = ("max_missing_frames", "max_speed", "noise", "acceleration", "reach", "particles")
        for name in positive:
            if not getattr(self, name) > 0:
                raise SettingsError(f"{name} must be above 0", hint="see BallSettings for the defaults")
        for name in ("max_gap_s", "smooth_s", "kick_cost", "kick_cost_near"):
            if not getattr(self, name) >= 0:
                raise SettingsError(f"{name} must not be negative", hint="see BallSettings for the defaults")

    @classmethod
    def in_pixels(cls, height_px: int, *, tracking_method: Method = "graph") -> BallSettings:
        """Give defaults for a picture of that height; lengths scale with it from those for 720."""
        scale = height_px / 720
        base = cls(tracking_method=tracking_method)
        names = ("max_ball_radius", "max_speed", "noise", "acceleration", "reach")
        return replace(base, **{name: getattr(base, name) * scale for name in names})

    @classmethod
    def in_metres(cls, *, tracking_method: Method = "graph", noise: float = 0.3) -> BallSettings:
        """Give defaults for positions on the pitch."""
        return cls(
            tracking_method=tracking_method,
            max_ball_radius=1.0,
            max_speed=45.0,
            noise=noise,
            acceleration=8.0,
            reach=1.5,
        )
