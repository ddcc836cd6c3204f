"""Shows where a model fails: `python -m training.failures hazard --threshold 0.2 --out docs/models/hazard-failures.jpg`.

The pictures of a part with the most misses and false boxes at a threshold; domains and places share the tiles evenly.
Thick boxes are labels that were missed, thin ones with a score are false; what was found is left bare.

Where the photographs may not be shown, `--plain` draws on an empty ground of the picture's shape instead, what was found as filled
boxes. The pitch, whose real frames have no labels, is asked about rendered pictures that training never drew.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.analytics.evaluation.detection import box_iou
from training.data.labelled import CLASS_NAMES, load_split
from training.data.pixels import read_picture
from training.data.splits import PARTS
from training.evaluate import WEIGHTS, find, open_model
from training.recipe import read_recipe
from training.render import unseen
from training.scoring import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sightline.core.arrays import UInt8
    from sightline.core.detections import Detections
    from training.data.labelled import Labelled

RENDERED = frozenset({"pitch"})
"""Models whose real pictures have no labels."""
GROUND, FOUND = (58, 50, 44), (118, 142, 96)
COLOURS = ((255, 128, 0), (0, 200, 0), (0, 220, 255), (0, 0, 255))
ROWS, COLUMNS, SIDE_PX, MARGIN_PX = 2, 4, 240, 6
LEAST_SCALE = 0.8


def wrong(each: Labelled, found: Detections) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which labels were missed and which answers are false, overlap 0.5, same class; what has no label costs nothing."""
    counts = np.isin(each.object_ids, each.labelled_classes)
    met = box_iou(found.boxes_px, each.objects_px) >= 0.5
    met &= found.class_ids[:, None] == each.object_ids[None]
    return ~met.any(0) & counts, ~met.any(1)


def worst(pictures: Sequence[Labelled], answers: Sequence[Detections], count: int) -> list[int]:
    """Give the numbers of the worst pictures: domains, and places, share the tiles evenly."""
    of_domain = -(-count // len({each.domain for each in pictures}))
    of_place = -(-count // len({each.place for each in pictures}))
    order = sorted(
        range(len(pictures)),
        key=lambda at: -sum(int(each.sum()) for each in wrong(pictures[at], answers[at])),
    )
    taken: list[int] = []
    places: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    for at in order:
        each = pictures[at]
        if places[each.place] >= of_place or domains[each.domain] >= of_domain:
            continue
        taken.append(at)
        places[each.place] += 1
        domains[each.domain] += 1
    taken += [at for at in order if at not in taken]  # where the shares leave tiles empty
    return taken[:count]


def drawn(each: Labelled, found: Detections) -> UInt8:
    """Draw what was missed and what is false, and cut a square tile, around the errors where the picture is larger."""
    image = read_picture(each.path)
    scale = max(SIDE_PX / min(image.shape[:2]), LEAST_SCALE)
    image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    centres = _mark(image, each, found, scale).reshape(-1, 2, 2).mean(axis=1)
    centre = np.median(centres, axis=0) if len(centres) else np.zeros(2)
    left, top = np.clip(centre - SIDE_PX / 2, 0, np.array(image.shape[1::-1]) - SIDE_PX).astype(int).tolist()
    return image[top : top + SIDE_PX, left : left + SIDE_PX]


def drawn_plain(each: Labelled, found: Detections) -> UInt8:
    """Draw the same and what was found, on an empty ground of the picture's shape in the middle of a white tile."""
    inner = SIDE_PX - 2 * MARGIN_PX
    scale = inner / max(each.width, each.height)
    image = np.full((round(each.height * scale), round(each.width * scale), 3), GROUND, np.uint8)
    missed, _ = wrong(each, found)
    for box in each.objects_px[~missed] * scale:
        cv2.rectangle(image, *np.round(box).astype(int).reshape(2, 2).tolist(), FOUND, cv2.FILLED)
    _mark(image, each, found, scale, thick_px=2)
    tile = np.full((SIDE_PX, SIDE_PX, 3), 255, np.uint8)
    top, left = (SIDE_PX - image.shape[0]) // 2, (SIDE_PX - image.shape[1]) // 2
    tile[top : top + image.shape[0], left : left + image.shape[1]] = image
    return tile


def _mark(
    image: UInt8, each: Labelled, found: Detections, scale: float, *, thick_px: int = 3
) -> NDArray[np.float32]:
    """Draw thick what was missed and thin what is false, and give the boxes drawn, `(n, 4)` in the image's pixels."""
    missed, false = wrong(each, found)
    missed_px, false_px = each.objects_px[missed] * scale, found.boxes_px[false] * scale
    for box, kind in zip(missed_px, each.object_ids[missed], strict=True):
        low, high = np.round(box).astype(int).reshape(2, 2).tolist()
        cv2.rectangle(image, low, high, COLOURS[kind % len(COLOURS)], thick_px)
    for box, kind, score in zip(false_px, found.class_ids[false], found.scores[false], strict=True):
        low, high = np.round(box).astype(int).reshape(2, 2).tolist()
        colour = COLOURS[kind % len(COLOURS)]
        cv2.rectangle(image, low, high, colour, 1)
        cv2.putText(image, f"{score:.2f}", (low[0], low[1] - 3), cv2.FONT_HERSHEY_SIMPLEX, 0.35, colour, 1)
    return np.concatenate([missed_px, false_px])


def main() -> None:
    """Draw from the command line."""
    from sightline.ports import ModelOptions

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=sorted({*CLASS_NAMES, *RENDERED}))
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--part", choices=PARTS, default="test")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--plain", action="store_true", help="draw without the photographs")
    given = parser.parse_args()
    classes = read_recipe(given.name).classes
    options = ModelOptions(min_score=given.threshold, iou=0.6, class_names=classes)
    model = open_model(WEIGHTS / f"sightline-{given.name}-n.onnx", options)
    with tempfile.TemporaryDirectory() as folder:
        pictures = (
            unseen(given.name, given.data, Path(folder))
            if given.name in RENDERED
            else load_split(given.name, given.part, given.data)
        )
        try:
            answers = [
                counted(each, answer) for each, answer in zip(pictures, find(model, pictures), strict=True)
            ]
        finally:
            model.close()
        draw = drawn_plain if given.plain else drawn
        tiles = [draw(pictures[at], answers[at]) for at in worst(pictures, answers, ROWS * COLUMNS)]
    blank = np.full((SIDE_PX, SIDE_PX, 3), 255, np.uint8)
    tiles += [blank] * (ROWS * COLUMNS - len(tiles))
    sheet = np.vstack([np.hstack(tiles[row * COLUMNS : (row + 1) * COLUMNS]) for row in range(ROWS)])
    cv2.imwrite(str(given.out), sheet, [cv2.IMWRITE_JPEG_QUALITY, 78])


if __name__ == "__main__":
    main()
