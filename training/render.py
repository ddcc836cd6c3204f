"""Renders training pictures ahead of time: JPEG files and one line of labels each, under `training/cache`.

    python -m training.render ball --count 3000 --seed 7

Made once, drawn often: rendering takes longer than a training step would wait. Stopped, it goes on where it was; every
picture has a generator of its own, so the order does not matter.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import time
from pathlib import Path

import cv2
import numpy as np

from training.pictures_of import CACHE

QUALITY = (70, 96)


def render(name: str, count: int, seed: int, data_root: Path) -> Path:
    """Render until `count` pictures of `training.pictures.<name>` are there; give their folder."""
    module = importlib.import_module(f"training.pictures.{name}")
    folder = CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    labels = folder / "labels.jsonl"
    done = len(labels.read_text(encoding="utf-8").splitlines()) if labels.exists() else 0
    painter = module.Painter(data_root)
    began = time.monotonic()
    with labels.open("a", encoding="utf-8") as file:
        for number in range(done, count):
            rng = np.random.default_rng((seed, number))
            image, boxes, classes = painter(rng)
            path = folder / f"{number:06d}.jpg"
            cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*QUALITY))])
            file.write(
                json.dumps(
                    {
                        "file": path.name,
                        "boxes": np.round(boxes, 2).tolist(),
                        "classes": np.asarray(classes).tolist(),
                    }
                )
                + "\n"
            )
            file.flush()
            if (number + 1) % 200 == 0:
                speed = (number + 1 - done) / (time.monotonic() - began)
                print(
                    f"{name}: {number + 1}/{count}  {speed:.1f} pictures/s  {(count - number - 1) / speed / 60:.0f} min left",
                    flush=True,
                )
    return folder


def main() -> None:
    """Render from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="a module of training/pictures, as in ball")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("SIGHTLINE_TEST_DATA", "../shared/data"))
    )
    given = parser.parse_args()
    cv2.setNumThreads(1)
    print(render(given.name, given.count, given.seed, given.data))


if __name__ == "__main__":
    main()
