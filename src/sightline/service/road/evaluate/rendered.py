"""Scores the whole road application, network and all, on rendered drives whose hazards are known exactly.

The pictures are drawn: the numbers say how detector, tracker, watch and ground plane work together, not how well the
network knows real roads (that stands in its card).
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from sightline.analytics.evaluation.detection import box_iou
from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.analytics.evaluation.shares import Share
from sightline.service.execute import execute
from sightline.service.results import Results
from sightline.service.simulate import simulate
from sightline.service.submit import AnalyzeRequest, submit

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_LEAST_IOU = 0.3
_SIZE_WITHIN = 0.15
_SEED = 20_240_501
_EDGES = ("x1_px", "y1_px", "x2_px", "y2_px")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DriveKind:
    """How drives are filmed and analysed.

    Attributes:
        seconds: Length of each, less than a lap (39 s), so that each hazard is met once.
        fps: Frames a second.
        size: `(height, width)` in pixels.
        scene: Settings of the scene, as `light`.
        model: Detector; None for the application's own.
        settings: Of the application, besides camera and GPX, which are given.
    """

    seconds: float = 30.0
    fps: int = 15
    size: tuple[int, int] = (720, 1280)
    scene: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RenderedDrive:
    """One drive: what there is, what was told, and which is which.

    Attributes:
        seed: Of the scene.
        driven_m: How far the car went.
        truth: Hazards that it came past.
        told: Rows of the `hazards` table; those of hazards that it did not reach are left out.
        meant: For each row the hazard that its best box lies on; 0 for none.
    """

    seed: int
    driven_m: float
    truth: Sequence[Row]
    told: Sequence[Row]
    meant: Sequence[int]


def evaluate_rendered(
    platform: Platform,
    kind: DriveKind,
    *,
    drives: int = 4,
    first_seed: int = 1,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Render drives, analyse each as a user would, with camera and GPX given, and score what came of it.

    A hazard is found where a told one's best box overlaps its true box in that frame by an IoU of 0.3 and more, whatever
    its kind. Intervals are 95 %: Wilson's for shares, drawn with replacement for the rest.

    Args:
        platform: The adapters.
        kind: How drives are filmed and analysed.
        drives: How many, each on a road of its own.
        first_seed: Of the first.
        tell: Told a line per drive.

    Raises:
        SightlineError: A drive could not be rendered or analysed.
    """
    driven = []
    for seed in range(first_seed, first_seed + drives):
        with tempfile.TemporaryDirectory(prefix="sightline-road-") as folder:
            one = _drive(platform, kind, seed, Path(folder))
        driven.append(one)
        if tell is not None:
            found = len(set(one.meant) - {0})
            false = sum(1 for number in one.meant if not number)
            tell(f"seed {seed}: {found} of {len(one.truth)} hazards in {len(one.told)} told, {false} false")
    return {
        "drives": drives,
        "first_seed": first_seed,
        "seconds": kind.seconds,
        "fps": kind.fps,
        **scored(driven),
    }


def scored(driven: Sequence[RenderedDrive]) -> dict[str, Any]:
    """Give recall, precision, events a hazard, kinds and sizes of all drives together."""
    there = [(one.seed, hazard) for one in driven for hazard in one.truth]
    by_number = {(seed, hazard["hazard"]): hazard for seed, hazard in there}
    told = [
        ((one.seed, number), row) for one in driven for row, number in zip(one.told, one.meant, strict=True)
    ]
    right = [(row, by_number[key]) for key, row in told if key in by_number]
    times = Counter(key for key, _ in told if key in by_number)
    kinds = sorted({hazard["kind"] for _, hazard in there})
    kilometres = sum(one.driven_m for one in driven) / 1000
    return {
        "driven_km": round(kilometres, 3),
        "hazards": len(there),
        "told": len(told),
        "recall": Share(len(times), len(there)).as_dict(),
        "recall_by_kind": {
            kind: Share(
                sum(by_number[key]["kind"] == kind for key in times),
                sum(each["kind"] == kind for _, each in there),
            ).as_dict()
            for kind in kinds
        },
        "precision": Share(len(right), len(told)).as_dict(),
        "told_once": Share(sum(count == 1 for count in times.values()), len(times)).as_dict(),
        "kind_right": Share(
            sum(row["class_name"] == each["kind"] for row, each in right), len(right)
        ).as_dict(),
        "false_a_km": round((len(told) - len(right)) / kilometres, 2) if kilometres else None,
        "size": _sizes(right),
    }


def _sizes(right: Sequence[tuple[Row, Row]]) -> dict[str, Any]:
    """Compare extents with the truth's where the kind is right and the hazard was measured."""
    errors = np.array(
        [
            row["extent"] / each["extent"] - 1
            for row, each in right
            if row["class_name"] == each["kind"] and row["extent"] is not None
        ],
        np.float64,
    )
    off = np.abs(errors)
    interval = bootstrap_interval(off, lambda drawn: float(np.median(drawn)), seed=_SEED)
    return {
        "measured": len(errors),
        "median_error": round(float(np.median(off)), 4) if len(off) else None,
        "interval95": [round(end, 4) for end in interval] if len(off) else None,
        "bias": round(float(np.median(errors)), 4) if len(off) else None,
        "within_15_percent": Share(int((off <= _SIZE_WITHIN).sum()), len(off)).as_dict(),
    }


def _drive(platform: Platform, kind: DriveKind, seed: int, folder: Path) -> RenderedDrive:
    made = simulate(
        "road",
        folder / "drive",
        seconds=kind.seconds,
        seed=seed,
        size=kind.size,
        fps=kind.fps,
        settings=kind.scene,
    )
    camera, events, scene = (
        json.loads(made.paths[name].read_text(encoding="utf-8")) for name in ("camera", "events", "scene")
    )
    known = {
        "camera_height_m": camera["position_m"][2],
        "camera_pitch_deg": camera["tilt_deg"],
        "camera_focal_px": camera["focal_px"],
        "gpx": str(made.paths["gpx"]),
    }
    request = AnalyzeRequest(
        video=made.clip,
        app="road",
        out=folder / "out",
        model=kind.model,
        annotate=False,
        settings={**known, **kind.settings},
    )
    execute(platform, submit(platform, request).id)
    rows = [row for batch in Results(folder / "out").tables.batches("hazards") for row in batch.to_pylist()]
    boxes = _boxes(made.paths["tracks"])
    meant = [meant_by(row, boxes.get(row["best_frame"], ())) for row in rows]
    passed = [hazard for hazard in events["hazards"] if hazard["passes"]]
    counted = {0, *(hazard["hazard"] for hazard in passed)}
    kept = [(row, number) for row, number in zip(rows, meant, strict=True) if number in counted]
    return RenderedDrive(
        seed, float(scene["driven_m"]), passed, [row for row, _ in kept], [number for _, number in kept]
    )


def meant_by(told: Row, truth: Sequence[Row]) -> int:
    """Give the hazard whose true box a told one's best box overlaps most; 0 where none does by an IoU of 0.3."""
    if not truth:
        return 0
    shares = box_iou(
        *(np.array([[row[edge] for edge in _EDGES] for row in rows]) for rows in ([told], truth))
    )[0]
    best = len(truth) - 1 - int(shares[::-1].argmax())  # the last of equals
    return int(truth[best]["track_id"]) if shares[best] >= _LEAST_IOU else 0


def _boxes(path: Path) -> dict[int, list[Row]]:
    """Give the true boxes of each frame."""
    found: dict[int, list[Row]] = {}
    for row in pq.read_table(path, columns=["frame", "track_id", *_EDGES]).to_pylist():
        found.setdefault(row["frame"], []).append(row)
    return found
