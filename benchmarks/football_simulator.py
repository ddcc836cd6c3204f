"""How fast football is simulated, in frames a second of one core's time.

    OMP_NUM_THREADS=1 python benchmarks/football_simulator.py

Times are of the processor, not of the clock, so that other work on the machine counts less; it still makes them worse.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from sightline.ports import SceneOptions
from sightline.sim.football.play.engine import play
from sightline.sim.football.scene import FootballScene

sys.path.insert(0, str(Path(__file__).parents[1]))
SIZE = (720, 1280)


def frames_per_s(count: int, work: Callable[[], object]) -> float:
    """Give how many frames a second of processor time `work` makes, if it makes `count`."""
    start_s = time.process_time()
    work()
    return count / (time.process_time() - start_s)


def main() -> None:
    """Print the table."""
    from training.pictures.football import Painter
    from training.pictures.pitch import Painter as PitchPainter

    cv2.setNumThreads(1)
    rows = [
        (
            "match played, 25 steps a second",
            frames_per_s(3000, lambda: play(np.random.default_rng(1), seconds=120.0)),
        )
    ]
    for pictures, seconds in (("drawn", 3.0), ("none", 12.0)):
        scene = FootballScene(
            SceneOptions(seconds=seconds, seed=7, size=SIZE, settings={"pictures": pictures})
        )
        shots = scene.shots()
        next(shots)
        rows.append(
            (
                f"clip at 1280x720, pictures {pictures}",
                frames_per_s(scene.frames - 1, lambda shots=shots: list(shots)),
            )
        )
    painter, pitch = Painter(Path(), size=SIZE), PitchPainter((), size=(540, 960))
    rows.append(
        (
            "training frame at 1280x720",
            frames_per_s(40, lambda: [painter(np.random.default_rng(n)) for n in range(40)]),
        )
    )
    rows.append(
        (
            "training pitch at 960x540",
            frames_per_s(40, lambda: [pitch(np.random.default_rng(n)) for n in range(40)]),
        )
    )
    for name, rate in rows:
        print(f"{name:<40} {rate:7.1f} frames/s")


if __name__ == "__main__":
    main()
