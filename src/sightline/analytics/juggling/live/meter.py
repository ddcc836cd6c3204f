"""A running count and the pattern while somebody juggles: candidates in, frame by frame; catches, drops and a name out.

A catch is told two frames after the ball has left its parabola; the delay is a matter of frames, not of seconds. The
pattern takes a good part of a second to find, so whoever feeds the meter has it looked for beside the frames:
`remembered` gives what to look at, `named` takes the answer.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.arcs.candidates import Candidates, Grid
from sightline.analytics.juggling.arcs.gravity import find_gravity
from sightline.analytics.juggling.linking import link
from sightline.analytics.juggling.live.follow import Follower
from sightline.analytics.juggling.reading import read

if TYPE_CHECKING:
    from sightline.analytics.juggling.live.follow import Moment
    from sightline.analytics.juggling.paths import Guess
    from sightline.core.arrays import Float64

_MOST_A_FRAME = 14
_AGREES = 0.1  # of gravity: two looks in a row that differ by more say nothing


@dataclass(frozen=True, slots=True)
class MeterSettings:
    """How the live meter works.

    Attributes:
        memory_s: How far back candidates are kept for the pattern.
        settle_s: Time before gravity is looked for.
        gravity_s: How much of the past gravity is taken from.
        again_s: How often it is looked for until it is found.
        later_s: And how often from then on.
        name_every: Catches between two looks for the pattern.
    """

    memory_s: float = 8.0
    settle_s: float = 0.7
    gravity_s: float = 2.5
    again_s: float = 0.25
    later_s: float = 2.0
    name_every: int = 6


@dataclass(frozen=True, slots=True)
class Named:
    """What the last look for the pattern gave.

    Attributes:
        siteswap: Its name; None where none is sure enough.
        confidence: 0..1; None without a name.
        balls: How many balls there are.
        until_s: Time of the last frame that was looked at.
    """

    siteswap: str | None
    confidence: float | None
    balls: int
    until_s: float


@dataclass(frozen=True, slots=True)
class Tick:
    """What there is to show after a frame.

    Attributes:
        t_s: The frame's time.
        catches: Caught so far.
        run: Caught since the last drop.
        drops: Dropped so far.
        moments: What was found in this frame.
    """

    t_s: float
    catches: int
    run: int
    drops: int
    moments: tuple[Moment, ...]


class JuggleMeter:
    """Counts catches, one frame at a time.

    Args:
        size: `(height, width)` of the picture in pixels.
        settings: How it works.

    Example:
        >>> meter = JuggleMeter((720, 1280))
        >>> meter.feed(0, 0.0, np.array([[320.0, 240.0]]), np.array([9.0]), np.array([0.8])).catches
        0
    """

    def __init__(self, size: tuple[int, int], settings: MeterSettings | None = None) -> None:
        self.settings = settings or MeterSettings()
        self._size = size
        self._frames: deque[tuple[int, float, Float64, Float64, Float64]] = deque()
        self._follower = Follower(size)
        self._fall: Float64 | None = None
        self._looked: Float64 | None = None
        self._look_at_s = -np.inf
        self._catches = self._run = self._drops = self._named_at = 0

    def feed(self, frame: int, t_s: float, points_px: Float64, radii_px: Float64, scores: Float64) -> Tick:
        """Take in the candidates of a frame.

        Args:
            frame: Its number, rising.
            t_s: Its time, rising.
            points_px: `(n, 2)` middles of what may be balls.
            radii_px: `(n,)`.
            scores: `(n,)` in 0..1.
        """
        best = np.argsort(-scores, kind="stable")
        self._frames.append((frame, t_s, points_px[best], radii_px[best], scores[best]))
        while self._frames[0][1] < t_s - self.settings.memory_s:
            self._frames.popleft()
        known = self._fall is not None
        self._weigh(t_s)
        moments: list[Moment] = []
        if self._fall is not None:
            # What flew before gravity was known is counted as soon as it is.
            for _, then_s, past, sizes, _ in [self._frames[-1]] if known else list(self._frames):
                moments += self._follower.feed(
                    then_s, past[:_MOST_A_FRAME], sizes[:_MOST_A_FRAME], self._fall
                )
        for moment in moments:
            caught = moment.kind == "caught"
            self._catches += caught
            self._drops += not caught
            self._run = self._run + 1 if caught else 0
        return Tick(t_s, self._catches, self._run, self._drops, tuple(moments))

    @property
    def is_due(self) -> bool:
        """Whether enough has happened since the last look for the pattern."""
        return self._catches >= self._named_at + self.settings.name_every

    def remembered(self) -> Candidates:
        """Give what the pattern is to be found in; the next look is due some catches later."""
        self._named_at = self._catches
        return self._candidates(self.settings.memory_s)

    def _weigh(self, t_s: float) -> None:
        """Look for gravity from time to time: the camera may be moved nearer, or turned."""
        if t_s < self._look_at_s or t_s - self._frames[0][1] < self.settings.settle_s:
            return
        known = self._fall is not None
        self._look_at_s = t_s + (self.settings.later_s if known else self.settings.again_s)
        grid = Grid.of(self._candidates(self.settings.gravity_s), most=_MOST_A_FRAME)
        gravity = find_gravity(grid, self._size[0])
        if gravity is None:
            return
        before, self._looked = self._looked, gravity.vector
        if before is not None and np.hypot(*(before - self._looked)) < _AGREES * np.hypot(*before):
            self._fall = self._looked

    def _candidates(self, back_s: float) -> Candidates:
        since_s = self._frames[-1][1] - back_s
        frames = [one for one in self._frames if one[1] >= since_s]
        counts = [len(one[3]) for one in frames]
        return Candidates(
            numbers=np.array([one[0] for one in frames], np.int64),
            clock_s=np.array([one[1] for one in frames]),
            rows=np.repeat(np.arange(len(frames)), counts),
            points_px=np.concatenate([one[2] for one in frames]),
            radii_px=np.concatenate([one[3] for one in frames]),
            scores=np.concatenate([one[4] for one in frames]),
            size=self._size,
        )


def ready() -> bool:
    """Say that all is loaded that `named` needs."""
    return True


def named(candidates: Candidates) -> Named:
    """Look for the pattern in what a meter remembers: the same way as in a whole clip."""
    juggle = read(link(candidates))
    spans = [span for span in juggle.spans if span.siteswap is not None]
    guess: Guess | None = spans[-1].guesses[0] if spans and spans[-1] is juggle.spans[-1] else None
    return Named(
        guess.siteswap if guess else None,
        guess.confidence if guess else None,
        juggle.balls,
        float(candidates.clock_s[-1]),
    )
