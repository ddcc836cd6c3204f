"""How many of how many, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval (Wilson's score interval)."""

    right: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % interval; 0..1 where there is nothing."""
        if not self.of:
            return (0.0, 1.0)
        z2 = 1.959964**2
        share = self.right / self.of
        middle = (share + z2 / (2 * self.of)) / (1 + z2 / self.of)
        half = 1.959964 / (1 + z2 / self.of) * np.sqrt(share * (1 - share) / self.of + z2 / (4 * self.of**2))
        return (max(0.0, float(middle - half)), min(1.0, float(middle + half)))

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        low, high = self.interval
        return {
            "right": self.right,
            "of": self.of,
            "share": round(self.right / self.of, 4) if self.of else None,
            "interval95": [round(low, 4), round(high, 4)],
        }
