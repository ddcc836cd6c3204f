"""Scores the pitch's named points on real broadcast frames: `python -m training.pitch_scores --model FILE --limit 73`.

No frame here has a true camera. Two things judge that had no part in finding one: the labelled people, who stand on the pitch and
are about 1.8 m tall; and, in frames whose lines tell the camera well, where that camera sees the grass.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.paint.find import search_camera
from sightline.analytics.pitch.points import LEAST_SCORE, boxed_points
from sightline.analytics.pitch.solve import solve_camera
from sightline.core.frames import Frame
from sightline.ports import ModelOptions
from sightline.service.evaluate import pictures_in, read_labels, read_picture
from sightline.service.football.evaluate.pitch_lines import people_agree
from sightline.vision.detect import predict
from sightline.vision.pitch.paint import find_paint
from training.evaluate import open_model
from training.recipe import read_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sightline.analytics.pitch.camera import PitchCamera
    from sightline.core.detections import Detections

SIZE = PitchSize()
USED_QUALITY = 0.3
"""A camera of less counts as none, as in `sightline football evaluate pitch-lines`."""
SURE_QUALITY = 0.8
"""Lines' cameras of this or more stand in for truth."""
RIGHT_INSIDE, RIGHT_HEIGHT = 0.9, (0.8, 1.25)


@dataclass(frozen=True, slots=True)
class Judged:
    """One frame.

    Attributes:
        match: Whose.
        points: That the network named.
        quality: Of the camera they give, 0..1; 0 where there is none.
        right: Whether the people agree with it; None where there is no camera.
        line_quality: Of the camera that the painted lines give.
        off_px: Median distance between where both cameras see the grass, pixels; None without two good cameras.
    """

    match: str
    points: int
    quality: float
    right: bool | None
    line_quality: float
    off_px: float | None


def apart_px(one: PitchCamera, other: PitchCamera, picture: tuple[int, int]) -> float | None:
    """Give the median distance in the picture of the grass that `other` has in view, seen by both; None if it has none."""
    across, along = np.meshgrid(np.linspace(-52.5, 52.5, 43), np.linspace(-34, 34, 29))
    grass = np.stack([across.ravel(), along.ravel(), np.zeros(across.size)], axis=1)
    theirs, ours = other.project(grass), one.project(grass)
    with np.errstate(invalid="ignore"):
        seen = ((theirs >= 0) & (theirs < [picture[1], picture[0]])).all(1)
    if not seen.any():
        return None
    distances = np.linalg.norm(ours[seen] - theirs[seen], axis=1)
    return float(np.median(np.where(np.isfinite(distances), distances, np.inf)))


def judge(path: Path, image: NDArray[np.uint8], found: Detections, names: Sequence[str]) -> Judged:
    """Find both cameras of a frame and compare them with each other and with the people."""
    picture = image.shape[0], image.shape[1]
    seen = boxed_points(found, names, SIZE, picture)
    solved = solve_camera(seen, SIZE) if seen is not None else None
    paint = find_paint(image, picture)
    lines = search_camera(paint.points_px, paint.directions_rad, picture, SIZE)
    line_quality = lines.quality if lines is not None else 0.0
    right = off = None
    if solved is not None:
        truth = read_labels(path.parents[1] / "labels" / f"{path.stem}.txt", picture)
        people = truth.boxes_px[truth.class_ids != 0].astype(np.float64)
        inside, height = people_agree(solved.camera, people, SIZE)
        right = inside >= RIGHT_INSIDE and RIGHT_HEIGHT[0] <= height <= RIGHT_HEIGHT[1]
        if lines is not None and line_quality >= SURE_QUALITY:
            off = apart_px(solved.camera, lines.camera, picture)
    points = 0 if seen is None else len(seen.points_px)
    quality = solved.quality if solved is not None else 0.0
    return Judged(path.name.split("_")[0], points, quality, right, line_quality, off)


def report(frames: Sequence[Judged]) -> str:
    """Give a Markdown table with 95 % intervals over matches."""
    used = [one for one in frames if one.quality >= USED_QUALITY]
    lost = [one for one in frames if one.line_quality < USED_QUALITY]
    rescued = [one for one in lost if one.quality >= USED_QUALITY]
    rows = [
        (
            "frames with a camera from points",
            len(frames),
            _share(frames, lambda one: one.quality >= USED_QUALITY),
        ),
        ("of those, right by the people", len(used), _share(used, lambda one: one.right)),
        (
            "frames without a camera from lines: with one from points",
            len(lost),
            _share(lost, lambda one: one.quality >= USED_QUALITY),
        ),
        ("of those, right by the people", len(rescued), _share(rescued, lambda one: one.right)),
        (
            "pixels from the lines' camera where that is sure, median",
            *_median([one for one in used if one.off_px is not None]),
        ),
    ]
    return "\n".join(
        ["| what | frames | value |", "|---|---:|---|", *(f"| {a} | {b} | {c} |" for a, b, c in rows)]
    )


def _share(frames: Sequence[Judged], held: Callable[[Judged], bool | None]) -> str:
    if not frames:
        return "-"
    blocks = np.array([[sum(map(bool, map(held, part))), len(part)] for part in _by_match(frames)], float)
    low, high = bootstrap_interval(blocks, lambda drawn: float(drawn[:, 0].sum() / drawn[:, 1].sum()), seed=0)
    return f"{blocks[:, 0].sum() / blocks[:, 1].sum():.3f} [{low:.3f}, {high:.3f}]"


def _median(frames: Sequence[Judged]) -> tuple[int, str]:
    if not frames:
        return 0, "-"
    matches = _by_match(frames)
    parts = np.empty(len(matches), object)
    parts[:] = [np.array([one.off_px for one in part]) for part in matches]
    low, high = bootstrap_interval(parts, lambda drawn: float(np.median(np.concatenate(drawn))), seed=0)
    return len(frames), f"{np.median([one.off_px for one in frames]):.1f} [{low:.1f}, {high:.1f}]"


def _by_match(frames: Sequence[Judged]) -> list[list[Judged]]:
    names = sorted({one.match for one in frames})
    return [[one for one in frames if one.match == name] for name in names]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="exported weights of the pitch recipe")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--limit", type=int, help="only so many frames, spread over all")
    given = parser.parse_args()
    paths = pictures_in(given.data / "football" / "detection" / "images")
    if given.limit is not None and given.limit < len(paths):
        paths = [paths[at] for at in np.linspace(0, len(paths) - 1, given.limit).astype(int)]
    model = open_model(given.model, ModelOptions(precision="f32", threads=1, min_score=LEAST_SCORE, iou=0.6))
    names = read_recipe("pitch").classes
    judged = []
    try:
        for path in paths:
            image = read_picture(path)
            (found,) = predict(model, [Frame.from_image(image, index=0)])
            judged.append(judge(path, image, found, names))
    finally:
        model.close()
    print(report(judged))


if __name__ == "__main__":
    main()
