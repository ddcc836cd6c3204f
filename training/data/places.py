"""Finds out which pictures show the same place, by what is in them; names and numbers of files do not tell.

The road pictures of RDD China are shuffled: half of all pairs that show one place are more than 500 numbers apart. The
pothole photographs come in rain, night and shake variants, mirrored and turned, under numbers that do not agree.
So pictures are compared with each other: local features that agree under one plane's movement (roads are planes).

Source:
    Lowe, Distinctive image features, 2004 (features, ratio of the two best); Arandjelovic & Zisserman, Three things,
    2012 (square root of the features); Fischler & Bolles, 1981 (one movement for all).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Look:
    """How pictures are looked at before they are compared.

    Attributes:
        side_px: Longer side they are brought to.
        blur_px: Standard deviation of the blur that takes away asphalt grain, rain and noise.
        equalise: Stretch contrast in each neighbourhood: night and rain look like day.
        mirrored: Take a mirrored picture for the same place.
        features: Strongest features kept of each.
        sought: How many of those are used to find candidates.
        candidates: So many pictures, those with most clear counterparts, are looked at closely.
        clear: So many clear counterparts make a picture a candidate.
        same_at: So many features under one movement make two pictures the same place. Chance reaches 10 to 12 now and
            then among a million pairs; the places do not change between 13 and 20.
    """

    side_px: int = 384
    blur_px: float = 1.0
    equalise: bool = False
    mirrored: bool = False
    features: int = 400
    sought: int = 200
    clear: int = 4
    candidates: int = 24
    same_at: int = 14


RATIO = 0.75
"""A feature's best match is at most this far compared with its second best, in squared distance."""

ALIKE = 0.8
"""Least cosine of matching features."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Features of one picture: `(n, 2)` where, `(n, 128)` what (unit rows), strongest first."""

    points_px: NDArray[np.float32]
    features: NDArray[np.float32]


def see(image: NDArray[np.uint8], look: Look) -> Seen:
    """Find the features of a BGR or grey picture."""
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    scale = look.side_px / max(grey.shape)
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(grey, (0, 0), look.blur_px)
    if look.equalise:
        grey = cv2.normalize(grey.astype(np.float32), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
        grey = cv2.createCLAHE(4.0, (6, 6)).apply(grey)
    sift = cv2.SIFT_create(nfeatures=look.features + 100, contrastThreshold=0.02)  # type: ignore[attr-defined]
    keys, found = sift.detectAndCompute(grey, None)
    if found is None:
        return Seen(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    order = np.argsort([-key.response for key in keys], kind="stable")[: look.features]
    found = np.sqrt(found[order] / np.maximum(found[order].sum(1, keepdims=True), 1e-9))
    return Seen(np.array([keys[at].pt for at in order], np.float32), found.astype(np.float32))


def read_all(paths: Iterable[Path], look: Look, *, flip: bool = False) -> list[Seen]:
    """See each picture file, mirrored where `flip`."""
    seen = []
    for path in paths:
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is None:
            raise FileNotFoundError(f"{path.name} is not a readable picture")
        if path.name.startswith("rain_"):
            grey = cv2.medianBlur(grey, 5)  # drawn streaks
        seen.append(see(np.ascontiguousarray(grey[:, ::-1]) if flip else grey, look))
    return seen


def agreeing(one: Seen, other: Seen) -> int:
    """Count the features of two pictures that agree under one movement of a plane."""
    if min(len(one.features), len(other.features)) < 8:
        return 0
    alike = one.features @ other.features.T
    best, back = alike.argmax(1), alike.argmax(0)
    rows = np.arange(len(best))
    chosen = np.flatnonzero((back[best] == rows) & (alike[rows, best] > ALIKE))
    if len(chosen) < 8:
        return 0
    cv2.setRNGSeed(0)
    _, inside = cv2.findHomography(
        one.points_px[chosen], other.points_px[best[chosen]], cv2.RANSAC, 5.0, maxIters=1000
    )
    return 0 if inside is None else int(inside.sum())


def same_pairs(
    asking: Sequence[Seen],
    known: Sequence[Seen],
    look: Look,
    *,
    same: bool = False,
    progress: Callable[[int], None] | None = None,
) -> list[tuple[int, int, int]]:
    """Find pairs of pictures of one place.

    Args:
        asking: Pictures that look for others.
        known: Pictures to look among.
        look: Settings; `sought`, `same_at` are read.
        same: Both are the same list: no picture is compared with itself.
        progress: Told how many of `asking` are done.

    Returns:
        `(row of asking, row of known, agreeing features)` of each pair found, in order.
    """
    sought = look.sought
    bank = np.zeros((len(known), sought, 128), np.float32)
    for row, each in enumerate(known):
        bank[row, : min(sought, len(each.features))] = each.features[:sought]
    pairs = []
    for row, each in enumerate(asking):
        votes = _votes(each.features[:sought], bank)
        if same:
            votes[row] = 0
        likely = [
            int(at) for at in np.argsort(-votes, kind="stable")[: look.candidates] if votes[at] >= look.clear
        ]
        counts = [agreeing(each, known[other]) for other in likely]
        pairs += [
            (row, other, count) for other, count in zip(likely, counts, strict=True) if count >= look.same_at
        ]
        if progress is not None:
            progress(row + 1)
    return pairs


def _votes(features: NDArray[np.float32], bank: NDArray[np.float32], step: int = 100) -> NDArray[np.int64]:
    """Count, for each picture of the bank, features with one clear counterpart among `features`."""
    if len(features) < 2 or len(bank) == 0:
        return np.zeros(len(bank), np.int64)
    votes = []
    for start in range(0, len(bank), step):
        block = bank[start : start + step]
        alike = block.reshape(-1, block.shape[-1]) @ features.T
        rows = np.arange(len(alike))
        at = alike.argmax(1)
        best = alike[rows, at]
        alike[rows, at] = -1.0
        clear = (1 - best < RATIO * (1 - alike.max(1))) & (best > ALIKE)
        votes.append(clear.reshape(len(block), -1).sum(1))
    return np.concatenate(votes)


def groups(count: int, pairs: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
    """Give each of `count` things the smallest number of those it is joined to by pairs, directly or not."""
    parent = list(range(count))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for one, other in pairs:
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    return np.array([root(at) for at in range(count)], np.int64)
