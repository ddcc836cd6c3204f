"""What juggling analysis passes around: where balls were, how they flew, and what it all was.

`BallPath` and `Flight` go in; `Throw`, `Catch`, `Drop`, `Span` and `Guess` come out, together as a `Juggle`.
Points are source-image pixels with y pointing down; hands are sides of the picture, and the juggler's own only after `hands.own_hands`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from sightline.core.arrays import Float64, Int64, frozen, same_rows
from sightline.core.errors import AnalysisError

Point = tuple[float, float]
GRAVITY_MPS2 = 9.81
_LEAST_RISE = 0.5
"""Hands are about as high as one another, so a throw rises as long as it falls; one that seems to rise for less than
this share of its fall was first seen on its way."""


class Hand(StrEnum):
    """A hand: by the side of the picture that it is on, or the juggler's own."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Hand:
        """The hand on the other side."""
        return Hand.RIGHT if self is Hand.LEFT else Hand.LEFT


@dataclass(frozen=True, slots=True)
class BallPath:
    """Where one ball was seen; frames it was not seen in are left out.

    Attributes:
        ball_id: The identity its tracker gave it.
        frames: `(n,)` int64, the source's frame numbers, rising.
        t_s: `(n,)` float64, seconds on the source's clock, rising.
        points_px: `(n, 2)` float64, the ball's centre.
        radii_px: `(n,)` float64, or None where the size is not known.
    """

    ball_id: int
    frames: Int64
    t_s: Float64
    points_px: Float64
    radii_px: Float64 | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", frozen("frames", self.frames, (None,), np.int64))
        object.__setattr__(self, "t_s", frozen("t_s", self.t_s, (None,), np.float64))
        object.__setattr__(self, "points_px", frozen("points_px", self.points_px, (None, 2), np.float64))
        same_rows(frames=self.frames, t_s=self.t_s, points_px=self.points_px)
        if self.radii_px is not None:
            object.__setattr__(self, "radii_px", frozen("radii_px", self.radii_px, (None,), np.float64))
            same_rows(frames=self.frames, radii_px=self.radii_px)
        if (np.diff(self.t_s) <= 0).any() or (np.diff(self.frames) <= 0).any():
            raise AnalysisError(f"the points of ball {self.ball_id} do not follow one another in time")
        if not np.isfinite(self.points_px).all():
            raise AnalysisError(
                f"ball {self.ball_id} has points that are not finite", hint="leave unseen frames out"
            )

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True, slots=True)
class Flight:
    """One ball from hand to hand along a parabola.

    Attributes:
        ball_id: Whose flight; -1 where balls are not told apart.
        throw_t_s: When it left the hand, to a fraction of a frame.
        catch_t_s: When it came to a hand (or where it was lost, see `landed`).
        throw_px: Where it left.
        catch_px: Where it came down.
        apex_t_s: When it was highest; outside the flight for a throw that never rose.
        apex_px: Its highest place.
        gravity_px_s2: Downward acceleration of its own fit.
        rms_px: How far its points lie from the parabola.
        throw_hand: The hand it left, None where not known.
        catch_hand: The hand it came to, None where not known.
        thrown: False where the flight was already under way when the clip or the path began.
        landed: False where the path ended in the air.
        points: Points it was fitted to.
    """

    ball_id: int
    throw_t_s: float
    catch_t_s: float
    throw_px: Point
    catch_px: Point
    apex_t_s: float
    apex_px: Point
    gravity_px_s2: float
    rms_px: float = 0.0
    throw_hand: Hand | None = None
    catch_hand: Hand | None = None
    thrown: bool = True
    landed: bool = True
    points: int = 0

    def __post_init__(self) -> None:
        if not self.throw_t_s < self.catch_t_s:
            raise AnalysisError(f"a flight of ball {self.ball_id} ends before it begins")

    @property
    def flight_s(self) -> float:
        """How long it was in the air."""
        return self.catch_t_s - self.throw_t_s

    @property
    def lasting_s(self) -> float:
        """How long it is in the air; where its end was not seen, until it is down as deep as it began."""
        return max(self.flight_s, 0.0 if self.landed else 2 * (self.apex_t_s - self.throw_t_s))

    @property
    def height_px(self) -> float | None:
        """How far it rose above the hand that threw it; None where it was first seen well on its way up, or later."""
        rise_s, fall_s = self.apex_t_s - self.throw_t_s, self.catch_t_s - self.apex_t_s
        if not self.thrown or rise_s < _LEAST_RISE * fall_s:
            return None
        return self.throw_px[1] - self.apex_px[1]

    @property
    def height_m(self) -> float | None:
        """The same in metres, by the gravity that it shows itself: cuts and zooms change the scale along a clip."""
        height_px = self.height_px
        return None if height_px is None else height_px * GRAVITY_MPS2 / self.gravity_px_s2


@dataclass(frozen=True, slots=True)
class Throw:
    """A ball leaving a hand.

    Attributes:
        flight: Number of its flight, in order of time; None for a hand-to-hand pass that was inferred, not seen.
        ball_id: Which ball.
        t_s: When.
        hand: Which hand.
        place_px: Where.
        catch_t_s: When it came down; None where that was not seen.
        catch_hand: Into which hand; None where it came to none.
        height_px: How far it rose; None for an inferred throw, and where the ball was not seen to leave the hand.
        value: Siteswap value, None where the pattern around it is not known.
        outcome: `caught`, `dropped` or `unknown`.
        confidence: 0..1, how sure it is that this throw took place.
    """

    flight: int | None
    ball_id: int
    t_s: float
    hand: Hand
    place_px: Point
    catch_t_s: float | None
    catch_hand: Hand | None
    height_px: float | None
    value: int | None
    outcome: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Catch:
    """A ball coming to a hand.

    Attributes:
        flight: Number of the flight it ends.
        ball_id: Which ball.
        t_s: When.
        hand: Which hand.
        place_px: Where.
        dwell_s: How long the hand then held it; None where no throw followed.
        confidence: 0..1.
    """

    flight: int
    ball_id: int
    t_s: float
    hand: Hand
    place_px: Point
    dwell_s: float | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Drop:
    """A ball that fell past the hands.

    Attributes:
        ball_id: Which ball.
        t_s: When it passed the height of the hands.
        place_px: Where that was.
        flight: Number of the flight that ended so.
    """

    ball_id: int
    t_s: float
    place_px: Point
    flight: int | None


@dataclass(frozen=True, slots=True)
class Guess:
    """A pattern and how likely it is the one juggled, 0..1, calibrated on simulated runs."""

    siteswap: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which one pattern was juggled.

    Attributes:
        start_t_s: Its first throw.
        end_t_s: Its last catch.
        siteswap: Canonical name; None where no pattern is sure enough.
        guesses: Up to three, likeliest first.
        balls: How many balls took part; None where not known.
        throws: Throws seen in it.
    """

    start_t_s: float
    end_t_s: float
    siteswap: str | None
    guesses: tuple[Guess, ...]
    balls: int | None
    throws: int


@dataclass(frozen=True, slots=True)
class Juggle:
    """What was juggled.

    Attributes:
        siteswap: Canonical name of the pattern juggled longest; None where none is sure enough.
        guesses: Up to three for that stretch, likeliest first.
        balls: Balls juggled at once, held ones included; 0 where none was seen.
        throws: In order of time.
        catches: In order of time.
        drops: In order of time.
        spans: Stretches of one pattern each, in order of time.
        flights: What throws and catches were made from; `Throw.flight` counts in here.
        longest_run: Most catches in a row without a drop or a pause.
        beats_per_s: Throwing opportunities of both hands a second; None without a pattern.
        dwell_ratio: Share of a hand's own cycle that it holds a ball; None where it was not seen.
        gravity_px_s2: Downward acceleration in the picture; None without a flight.
        roll_deg: Angle of gravity against the picture's vertical, positive where the camera leans to the right.
        coverage: Share of the balls' time that they were really seen, 0..1.
        notes: In plain words, what could not be known and why.
    """

    siteswap: str | None
    guesses: tuple[Guess, ...]
    balls: int
    throws: tuple[Throw, ...]
    catches: tuple[Catch, ...]
    drops: tuple[Drop, ...]
    spans: tuple[Span, ...]
    flights: tuple[Flight, ...]
    longest_run: int
    beats_per_s: float | None
    dwell_ratio: float | None
    gravity_px_s2: float | None
    roll_deg: float | None
    coverage: float
    notes: tuple[str, ...] = ()
