"""A broadcaster's graphics, drawn by lot, so that a network learns to look past them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from sightline.sim.football.lens import score_bug

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def lay_graphics(image: NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Lay graphics over a picture, in place: a score bug, a mark, sometimes a banner.

    Args:
        image: `(h, w, 3)` BGR.
        rng: Draws them.
    """
    height, width = image.shape[:2]
    unit = height / 36
    if rng.random() < 0.7:
        _score_bug(image, rng, unit)
    if rng.random() < 0.4:
        text, grey = (
            ("LIVE", "SPORT TV", "ARENA HD", "REPLAY")[int(rng.integers(4))],
            int(rng.integers(170, 256)),
        )
        place = (int(rng.uniform(0.6, 0.86) * width), int(rng.choice((0.07, 0.93)) * height))
        cv2.putText(
            image, text, place, cv2.FONT_HERSHEY_DUPLEX, unit / 22, (grey, grey, grey), 2, cv2.LINE_AA
        )
    if rng.random() < 0.12:
        colour = rng.integers(0, 256, 3).tolist()
        top = int(rng.uniform(0.82, 0.9) * height)
        cv2.rectangle(image, (int(0.1 * width), top), (int(0.9 * width), top + int(2 * unit)), colour, -1)
    if rng.random() < 0.15:
        left, top = int(rng.uniform(0, 0.7) * width), int(rng.uniform(0, 0.1) * height)
        cv2.rectangle(image, (left, top), (left + int(0.3 * width), top + int(2.6 * unit)), (0, 0, 0), -1)


def _score_bug(image: NDArray[np.uint8], rng: np.random.Generator, unit: float) -> None:
    names = ("NOR", "ALP", "SIG", "OST", "TEL", "HAF")
    first, second = (names[int(n)] for n in rng.choice(len(names), 2, replace=False))
    score = f"{rng.integers(0, 5)}-{rng.integers(0, 5)} {second}"
    colours = (tuple(rng.uniform(0, 255, 3).tolist()), tuple(rng.uniform(0, 255, 3).tolist()))
    clock = f"{rng.integers(0, 95):02d}:{rng.integers(0, 60):02d}"
    if rng.random() < 0.7:
        score_bug(image, (clock, first, score), colours)
        return
    height, width = image.shape[:2]
    left, top = int(rng.uniform(0, 0.75) * width), int(rng.choice((0.02, 0.9)) * height)
    cv2.rectangle(image, (left, top), (left + int(9 * unit), top + int(2 * unit)), colours[0], -1)
    cv2.putText(image, f"{first} {score}", (left + 8, top + int(1.3 * unit)), cv2.FONT_HERSHEY_SIMPLEX, unit / 30, (255, 255, 255), 1, cv2.LINE_AA)  # fmt: skip
