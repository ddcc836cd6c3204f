"""How closely a stream is looked at, and how that gives way while the machine is busy."""

from __future__ import annotations

from dataclasses import dataclass, replace

_NOT_INFERENCE = 0.35
"""Share of a frame's cost that does not depend on the model's input: decoding, tracking, telling (estimated)."""

_LIGHTER_SHARE = 0.5
"""What a lighter model's inference costs, as a share of the stream's own (assumed; it decides only when to step back up)."""


@dataclass(frozen=True, slots=True)
class Level:
    """One way of looking.

    Attributes:
        name: As clients see it.
        scale: Side of the model's input as a share of its own.
        stride: Every n-th frame is looked at.
        lighter: Whether a lighter model looks.
    """

    name: str
    scale: float
    stride: int = 1
    lighter: bool = False

    @property
    def cost(self) -> float:
        """What a second of stream costs, as a share of `balanced`; inference goes with the input's area."""
        inference = self.scale**2 * (_LIGHTER_SHARE if self.lighter else 1.0)
        return (_NOT_INFERENCE + (1 - _NOT_INFERENCE) * inference) / self.stride


FIXED = {
    "fast": Level("fast", 0.62),
    "balanced": Level("balanced", 1.0),
    "accurate": Level("accurate", 1.5),
}

LADDER = (
    FIXED["balanced"],
    Level("balanced, every 2nd", 1.0, 2),
    Level("fast, every 2nd", 0.62, 2),
    Level("fast, every 3rd", 0.62, 3),
)
"""What `auto` steps down while the machine is busy, one step at a time, all such streams together."""

LIGHTER = replace(LADDER[-1], name="lighter model, every 3rd", lighter=True)
"""The last step, where a lighter model is set; a stream whose classes that one does not know stays a step above."""

AUTO_SCALES = tuple(sorted({level.scale for level in LADDER}, reverse=True))
"""Scales that `auto` may look at: their graphs are opened together, since a busy machine has no time to open one."""

_BUSY, _EASY = 0.85, 0.55
_EASY_ROUNDS = 5


class AutoQuality:
    """Steps down at once and up with patience, so that quality does not flutter.

    Args:
        lighter: Whether there is a lighter model to step down to in the end.

    Attributes:
        ladder: The levels, the best one first.
        step: Which of them is the present one.
    """

    def __init__(self, *, lighter: bool = False) -> None:
        self.ladder = (*LADDER, LIGHTER) if lighter else LADDER
        self.step = 0
        self._easy = 0

    @property
    def level(self) -> Level:
        """The present level of all `auto` streams."""
        return self.ladder[self.step]

    def look(self, load: float, *, late: bool) -> bool:
        """Take one round's measurement; says whether the level changed.

        Args:
            load: Share of the workers' time that was busy, 0..1.
            late: Whether frames were answered later than promised.
        """
        before = self.step
        if load > _BUSY or late:
            self._easy = 0
            self.step = min(self.step + 1, len(self.ladder) - 1)
        elif self.step:
            above = self.ladder[self.step - 1].cost / self.ladder[self.step].cost
            self._easy = self._easy + 1 if load * above < _EASY + 0.2 and load < _EASY else 0
            if self._easy >= _EASY_ROUNDS:
                self._easy = 0
                self.step -= 1
        return self.step != before


def level_of(mode: str, auto: AutoQuality) -> Level:
    """Give how closely a stream of that `quality_mode` is looked at now."""
    return auto.level if mode == "auto" else FIXED[mode]
