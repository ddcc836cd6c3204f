"""Drawn people on the simulator's town square, so that its clips are found as well as filmed ones.

A square costs seconds to build and a frame little, so a square gives several frames, far enough apart to differ. The seeds
lie far from those of the demo and of the tests: the scenes are new ones, their style is not.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from sightline.ports import SceneOptions
from sightline.sim.people import PeopleScene
from sightline.sim.truth import COUNTED_FROM
from training.augment import IGNORE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from sightline.sim.scene import Shot

SIZE = (360, 640)
SECONDS = 5.0
EVERY = 8
"""Frames between two pictures of one square."""
SEEDS_FROM = 100_000


class Painter:
    """Draws people for `training.render`; the folder of the data is not needed."""

    def __init__(self, _data_root: Path) -> None:
        self._shots: Iterator[Shot] = iter(())

    def __call__(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64]]:
        """Give a picture, `(n, 4)` boxes, and `(n,)` classes: 0 for a person, ignored where nearly hidden."""
        shot = next(self._shots, None)
        if shot is None:
            self._shots = _square(rng)
            shot = next(self._shots)
        boxes = np.array([seen.box_px for seen in shot.seen], np.float32).reshape(-1, 4)
        classes = [0 if seen.visibility >= COUNTED_FROM else IGNORE for seen in shot.seen]
        return shot.image, boxes, np.array(classes, np.int64)


def _square(rng: np.random.Generator) -> Iterator[Shot]:
    options = SceneOptions(
        seconds=SECONDS,
        seed=SEEDS_FROM + int(rng.integers(1_000_000)),
        size=SIZE,
        frame_rate_hz=Fraction(25),
        shake_px=0.0,
        noise=float(rng.uniform(0.5, 4.0)),
        actors=int(rng.integers(4, 22)),
        settings={},
    )
    return islice(PeopleScene(options).shots(), 0, None, EVERY)
