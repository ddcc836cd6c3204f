"""How many streams a machine holds: a queue with a few servers, in closed form.

Frames of many streams come in at random to one another, each takes about the same time, and `cores` of them are
worked on at once: M/D/c. The mean wait is Sakasegawa's approximation, its tail is taken as exponential.

Source:
    H. Sakasegawa, "An approximation formula L_q = a rho^b / (1 - rho)", Ann. Inst. Stat. Math. 29 (1977).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_DETERMINISTIC = 0.5
"""Half of (squared variation of the gaps, 1) plus (of the work, 0)."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a machine can do.

    Attributes:
        cores: Frames that are worked on at once.
        cost_s: Core seconds that a frame takes from its bytes to its answer.
    """

    cores: int
    cost_s: float

    def load(self, frames_hz: float) -> float:
        """Give the share of all cores that so many frames a second keep busy."""
        return frames_hz * self.cost_s / self.cores

    def p95_s(self, frames_hz: float) -> float:
        """Give the time within which 95 % of frames are answered; infinite where the machine cannot keep up."""
        load = self.load(frames_hz)
        if load >= 1.0:
            return math.inf
        if load <= 0.0:
            return self.cost_s
        wait = load ** (math.sqrt(2 * (self.cores + 1)) - 1) / (self.cores * (1 - load))
        mean_wait_s = _DETERMINISTIC * wait * self.cost_s
        waits = load ** math.sqrt(2 * (self.cores + 1)) if self.cores > 1 else load
        tail = math.log(waits / 0.05) * mean_wait_s / waits if waits > 0.05 else 0.0
        return self.cost_s + tail

    def sessions(self, fps: float, within_s: float, *, taken_hz: float = 0.0) -> int:
        """Give how many streams of `fps` fit beside `taken_hz` frames a second with their p95 `within_s`."""
        most = math.ceil(self.cores / (self.cost_s * fps)) + 1
        fitting = [count for count in range(1, most + 1) if self.p95_s(taken_hz + count * fps) <= within_s]
        return max(fitting, default=0)
