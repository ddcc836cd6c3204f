"""What became of every frame.

The law: `decoded = inferred + skipped (by cause) + failed (by cause)`. `decoded` counts each frame that the
source holds and that its turn came for, also one whose picture turned out to be broken (failed by `decode`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class FrameStatus(StrEnum):
    """What became of one frame."""

    INFERRED = "inferred"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counts of frames by what became of them.

    Attributes:
        decoded: All frames whose turn came.
        inferred: Frames the model looked at.
        skipped: Cause -> frames left out on purpose.
        failed: Cause -> frames that a stage failed on.
    """

    decoded: int = 0
    inferred: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        total = self.inferred + sum(self.skipped.values()) + sum(self.failed.values())
        if self.decoded != total:
            raise ValueError(f"the ledger does not balance: decoded {self.decoded}, accounted for {total}")

    @property
    def coverage(self) -> float:
        """Share of frames the model looked at, 0..1; 0 where there are none."""
        return self.inferred / self.decoded if self.decoded else 0.0

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[str, str | None]]) -> Ledger:
        """Count `(status, cause)` rows of the `frames` table."""
        counts: Counter[tuple[str, str | None]] = Counter(rows)

        def by_cause(status: FrameStatus) -> dict[str, int]:
            found = {cause or "unknown": count for (kind, cause), count in counts.items() if kind == status}
            return dict(sorted(found.items()))

        return cls(
            decoded=sum(counts.values()),
            inferred=sum(count for (kind, _), count in counts.items() if kind == FrameStatus.INFERRED),
            skipped=by_cause(FrameStatus.SKIPPED),
            failed=by_cause(FrameStatus.FAILED),
        )

    def plus(self, other: Ledger) -> Ledger:
        """Give both counts together."""
        return Ledger(
            decoded=self.decoded + other.decoded,
            inferred=self.inferred + other.inferred,
            skipped=_sum(self.skipped, other.skipped),
            failed=_sum(self.failed, other.failed),
        )

    def to_json(self) -> dict[str, Any]:
        """Give the ledger as plain data."""
        return {
            "decoded": self.decoded,
            "inferred": self.inferred,
            "skipped": dict(self.skipped),
            "failed": dict(self.failed),
            "coverage": round(self.coverage, 6),
        }


def _sum(one: Mapping[str, int], two: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted((Counter(one) + Counter(two)).items()))
