"""Whether a frame is good enough to be judged: too dark, washed out or blurred ones abstain.

An abstaining frame is neither a hit nor a miss: what a model sees in it starts nothing and what it misses ends nothing.
Sharpness depends on the road, the lens and the picture's size, so it is compared with the drive's own recent frames.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Why a frame is not judged."""

    DARK = "dark"
    FLAT = "flat"
    BLURRED = "blurred"


@dataclass(frozen=True, slots=True)
class Sight:
    """What the lower half of a picture looks like; measured by `vision.sight`.

    Attributes:
        brightness: Mean grey level, 0..255.
        contrast: Standard deviation of the grey levels.
        sharpness: Standard deviation of the picture's Laplacian in grey levels.
    """

    brightness: float
    contrast: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class GateSettings:
    """From where on a frame is not judged.

    Attributes:
        darkest: Lowest mean grey level.
        flattest: Lowest standard deviation of grey levels.
        bluriest: Lowest sharpness as a share of the median of the last frames.
        memory: How many frames the median is taken of.
        least: How many there must be before anything counts as blurred.
    """

    darkest: float = 22.0
    flattest: float = 5.0
    bluriest: float = 0.4
    memory: int = 61
    least: int = 9


class SightGate:
    """Judges frame after frame; remembers how sharp the last ones were.

    Example:
        >>> gate = SightGate()
        >>> gate.fault(Sight(brightness=10.0, contrast=30.0, sharpness=9.0))
        <Fault.DARK: 'dark'>
    """

    def __init__(self, settings: GateSettings | None = None) -> None:
        self._settings = settings or GateSettings()
        self._sharp: deque[float] = deque(maxlen=self._settings.memory)

    def fault(self, sight: Sight) -> Fault | None:
        """Say what is wrong with a frame; None where nothing is."""
        settings = self._settings
        if sight.brightness < settings.darkest:
            return Fault.DARK
        if sight.contrast < settings.flattest:
            return Fault.FLAT
        usual = sorted(self._sharp)
        self._sharp.append(sight.sharpness)
        if len(usual) < settings.least:
            return None
        return Fault.BLURRED if sight.sharpness < settings.bluriest * usual[len(usual) // 2] else None

    def memory(self) -> list[float]:
        """Give what it remembers, as plain data."""
        return list(self._sharp)

    def remember(self, sharp: list[float]) -> None:
        """Go back to what it remembered."""
        self._sharp = deque(sharp, maxlen=self._settings.memory)
