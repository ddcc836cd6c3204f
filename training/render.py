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

from training.data.labelled import Labelled
from training.pictures_of import CACHE
from training.recipe import read_recipe

QUALITY = (70, 96)
UNSEEN_SEED, UNSEEN = 97, 64
"""Of pictures that are asked about, not learned from, and how many."""


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


def unseen(model: str, data_root: Path, folder: Path, *, seed: int = UNSEEN_SEED) -> list[Labelled]:
    """Draw pictures of the kind that a model learns from, of a seed that training does not use, and write them to `folder`."""
    recipe = read_recipe(model)
    name = max(recipe.rendered, key=lambda each: recipe.rendered[each])
    painter = importlib.import_module(f"training.pictures.{name}").Painter(data_root)
    pictures = []
    for number in range(UNSEEN):
        image, boxes, classes = painter(np.random.default_rng((seed, number)))
        path = folder / f"{seed}-{number:03d}.png"
        cv2.imwrite(str(path), image)
        pictures.append(
            Labelled(
                path=path,
                boxes_px=np.asarray(boxes, np.float32),
                class_ids=np.asarray(classes, np.int32),
                width=image.shape[1],
                height=image.shape[0],
                domain="rendered",
                place=path.stem,
                labelled_classes=tuple(range(len(recipe.classes))),
            )
        )
    return pictures


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
