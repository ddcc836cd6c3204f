"""Deals whole places out to the parts, so that no two parts share one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from training.data.splits import PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from training.data.splits import Entry, Part

SHARES: dict[Part, float] = {"train": 0.7, "val": 0.1, "test": 0.2}
"""Which share of the pictures and of each class a part should get."""

TRIES = 3000
"""Random deals of which the one nearest to the shares is taken."""


def deal(
    entries: Sequence[Entry],
    counts: Mapping[str, Sequence[int]],
    *,
    seed: int = 0,
    shares: Mapping[Part, float] = SHARES,
) -> dict[Part, list[Entry]]:
    """Give each place to one part, so that pictures and objects of each class come near to the shares.

    Each place is drawn into a part with the share as its chance, many times over; the best draw is taken.

    Args:
        entries: Pictures of one source.
        counts: Objects of each class by the picture's path; all of one length.
        seed: Of the draws.
        shares: Of each part, summing to 1.

    Returns:
        The entries of each part, sorted.
    """
    places: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        places[entry.place].append(entry)
    names = sorted(places)
    holds = np.array(
        [np.sum([[1, *counts[entry.path]] for entry in places[name]], axis=0) for name in names], float
    )
    wanted = np.array([shares[part] for part in PARTS])
    rng = np.random.default_rng(seed)
    draws = rng.choice(len(PARTS), size=(TRIES, len(names)), p=wanted)
    best = min(draws, key=lambda draw: _off(draw, holds, wanted))
    parts: dict[Part, list[Entry]] = {part: [] for part in PARTS}
    for name, at in zip(names, best, strict=True):
        parts[PARTS[at]] += places[name]
    return {part: sorted(parts[part]) for part in PARTS}


def _off(draw: NDArray[np.int64], holds: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    """How far a draw is from the shares: squared, in units of the share, the mean over what is counted."""
    held = np.stack([holds[draw == at].sum(0) for at in range(len(wanted))])
    total = holds.sum(0)
    got = held[:, total > 0] / total[total > 0]
    return float((((got - wanted[:, None]) / wanted[:, None]) ** 2).mean())
