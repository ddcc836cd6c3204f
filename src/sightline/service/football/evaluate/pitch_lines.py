"""Counts on how many pictures the pitch's lines tell where the camera is, judged by what did not find it.

Where the pictures have YOLO labels of people, two things judge that had no part in finding the camera: people stand
on the pitch or right beside it, and their boxes are as high as people of 1.8 m would be where they stand.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.paint.find import search_camera
from sightline.core.detections import feet_px
from sightline.service.evaluate import pictures_in, read_labels, read_picture
from sightline.vision.pitch.paint import find_paint

if TYPE_CHECKING:
    from sightline.analytics.pitch.camera import PitchCamera
    from sightline.core.arrays import Float64, UInt8

_BALL_CLASS = 0
_PERSON_M = 1.8
_BESIDE_M = 4.0
_LEAST_INSIDE = 0.9
_HEIGHTS = (0.8, 1.25)
_LEAST_PEOPLE = 6


@dataclass(frozen=True, slots=True)
class _Judged:
    name: str
    quality: float
    agreement: float
    residual_px: float
    inside: float
    height: float
    cpu_ms: float

    @property
    def checked(self) -> bool:
        return bool(np.isfinite(self.inside))

    @property
    def right(self) -> bool:
        return self.inside >= _LEAST_INSIDE and _HEIGHTS[0] <= self.height <= _HEIGHTS[1]


def evaluate_pitch_lines(
    images: Path,
    labels: Path | None = None,
    *,
    size: PitchSize | None = None,
    least_quality: float = 0.3,
    limit: int | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Search the camera of every picture of a folder on its own, and judge it.

    Args:
        images: Folder of pictures.
        labels: Folder of YOLO labels: class 0 is the ball, the others are people.
        size: The pitch.
        least_quality: Worse cameras count as none.
        limit: Only this many pictures, spread over the folder.
        seed: Of the bootstrap, which draws groups of pictures: those whose names begin alike.

    Returns:
        Plain data, with 95 % intervals over groups.

    Raises:
        SightlineError: A picture or label cannot be read.
    """
    size = size or PitchSize()
    paths = pictures_in(images)
    if limit is not None and limit < len(paths):
        paths = [paths[place] for place in np.linspace(0, len(paths) - 1, limit).astype(int)]
    judged = []
    for path in paths:
        label = None if labels is None else labels / f"{path.stem}.txt"
        judged.append(_judge(path.stem, read_picture(path), label, size))
    found = [one for one in judged if one.quality >= least_quality]
    groups = sorted({one.name.split("_")[0] for one in judged})
    blocks = np.array(
        [_counts([one for one in judged if one.name.split("_")[0] == g], least_quality) for g in groups]
    )
    checked = [one for one in found if one.checked]
    return {
        "pictures": len(judged),
        "groups": len(groups),
        "least_quality": least_quality,
        "with_camera": _share(blocks[:, [1, 0]], seed),
        "residual_px": round(float(np.median([one.residual_px for one in found])), 2) if found else None,
        "agreement": round(float(np.median([one.agreement for one in found])), 3) if found else None,
        "checked_by_people": len(checked),
        "right_of_checked": _share(blocks[:, [3, 2]], seed) if checked else None,
        "right_where_refused": _share(blocks[:, [5, 4]], seed) if blocks[:, 4].sum() else None,
        "people_inside": round(float(np.median([one.inside for one in checked])), 3) if checked else None,
        "height_ratio": round(float(np.median([one.height for one in checked])), 3) if checked else None,
        "cpu_ms": round(float(np.median([one.cpu_ms for one in judged])), 0),
        "wrong": [one.name for one in checked if not one.right],
        "by_group": {
            name: {
                "pictures": int(row[0]),
                "with_camera": int(row[1]),
                "right_of_checked": f"{row[3]:.0f} / {row[2]:.0f}",
            }
            for name, row in zip(groups, blocks, strict=True)
        },
    }


def _judge(name: str, image: UInt8, labels: Path | None, size: PitchSize) -> _Judged:
    picture = (image.shape[0], image.shape[1])
    started = time.process_time()
    paint = find_paint(image, picture)
    solved = search_camera(paint.points_px, paint.directions_rad, picture, size)
    spent = (time.process_time() - started) * 1e3
    if solved is None:
        return _Judged(name, 0.0, 0.0, np.nan, np.nan, np.nan, spent)
    inside = height = np.nan
    if labels is not None:
        truth = read_labels(labels, picture)
        people = truth.boxes_px[truth.class_ids != _BALL_CLASS].astype(np.float64)
        if len(people) >= _LEAST_PEOPLE:
            inside, height = people_agree(solved.camera, people, size)
    return _Judged(name, solved.quality, solved.agreement, solved.residual_px, inside, height, spent)


def people_agree(camera: PitchCamera, boxes_px: Float64, size: PitchSize) -> tuple[float, float]:
    """Give the share of people who stand on the pitch or beside it, and their height as a share of 1.8 m.

    Args:
        camera: In the picture's pixels.
        boxes_px: `(n, 4)` boxes around people.
        size: The pitch.

    Returns:
        The share, 0..1, and the median ratio of the boxes' heights to those of people of 1.8 m there.
    """
    feet = feet_px(boxes_px)
    places = camera.to_ground(feet)
    limits = np.array([size.length_m / 2 + _BESIDE_M, size.width_m / 2 + _BESIDE_M])
    inside = (np.abs(places) <= limits).all(1)
    if not inside.any():
        return 0.0, 0.0
    heads = camera.project(np.column_stack([places[inside], np.full(int(inside.sum()), _PERSON_M)]))
    expected = feet[inside, 1] - heads[:, 1]
    heights = (boxes_px[inside, 3] - boxes_px[inside, 1]) / np.maximum(expected, 1e-6)
    return float(inside.mean()), float(np.nanmedian(heights))


def _counts(judged: list[_Judged], least_quality: float) -> list[int]:
    found = [one for one in judged if one.quality >= least_quality]
    refused = [one for one in judged if one.quality < least_quality and one.checked]
    checked = [one for one in found if one.checked]
    return [
        len(judged),
        len(found),
        len(checked),
        sum(one.right for one in checked),
        len(refused),
        sum(one.right for one in refused),
    ]


def _share(counts: Any, seed: int) -> dict[str, float]:
    """Give a share of counts `(groups, 2)`, part and whole, with its interval."""

    def ratio(drawn: Any) -> float:
        return float(drawn[:, 0].sum() / max(drawn[:, 1].sum(), 1))

    low, high = bootstrap_interval(counts, ratio, seed=seed, draws=1000)
    return {"value": round(ratio(counts), 4), "low": round(low, 4), "high": round(high, 4)}
