"""Scores a ball detector on labelled frames of real clips: recall at so many false positives a frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.core.errors import UnsupportedFormatError
from sightline.ports import ModelOptions, Resumable
from sightline.service.text_files import read_csv
from sightline.stages.decode import VideoSource
from sightline.vision.catalog import build_model
from sightline.vision.detect import decode_size

if TYPE_CHECKING:
    from sightline.core.detections import Detections
    from sightline.ports import ModelAdapter
    from sightline.vision.zoo import Zoo

BALL_NAMES = frozenset({"ball", "sports ball", "football"})
_LOWEST_SCORE = 0.02
_REACH_RADII = 1.0
_DRAWS = 1000
_COLUMNS = ("video", "frame", "kind", "x_px", "y_px", "radius_px")
_LABEL_HINT = "a CSV file with " + ",".join(_COLUMNS)


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """Balls of one frame: `(n, 3)` x, y, radius; and those that do not count either way."""

    video: str
    frame: int
    balls: np.ndarray
    ignored: np.ndarray


def read_labels(path: Path) -> list[LabelledFrame]:
    """Read a CSV of `video,frame,kind,x_px,y_px,radius_px`; `kind` is `ball`, `ignore` or `none`.

    Raises:
        SourceUnavailableError: It cannot be read.
        UnsupportedFormatError: A line is not of that form.
    """
    frames: dict[tuple[str, int], dict[str, list[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(list))
    for row in read_csv(path, _LABEL_HINT):
        try:
            place = frames[row["video"], int(row["frame"])]
            if row["kind"] != "none":
                place[row["kind"]].append(tuple(float(row[name]) for name in _COLUMNS[3:]))
        except (KeyError, ValueError, TypeError) as error:
            raise UnsupportedFormatError(f"{path} has a line {row}", hint=_LABEL_HINT) from error
    return [
        LabelledFrame(
            video,
            frame,
            np.array(found["ball"], np.float64).reshape(-1, 3),
            np.array(found["ignore"], np.float64).reshape(-1, 3),
        )
        for (video, frame), found in sorted(frames.items())
    ]


def evaluate_balls(
    videos: Path, truth: Path, *, zoo: Zoo, model: str = "sightline-juggling-n", false_positives: float = 1.0
) -> dict[str, Any]:
    """Score a detector on labelled frames.

    A detection is right when its middle is at most a radius from a ball's; each ball counts once. Models with a
    memory see every frame up to the last labelled one, others only the labelled ones.

    Args:
        videos: Folder of the clips.
        truth: Labels; see `read_labels`.
        zoo: Named weights.
        model: Name or file.
        false_positives: How many a frame are allowed, on average over all frames.

    Raises:
        SightlineError: A clip, the labels or the model cannot be used.
    """
    labels = read_labels(truth)
    detector = build_model(model, ModelOptions(min_score=_LOWEST_SCORE, max_detections=100), zoo)
    found = dict(_detections(videos, labels, detector))
    frames = [_judged(label, found[label.video, label.frame], detector) for label in labels]
    recall, threshold = _recall(frames, false_positives)
    interval = bootstrap_interval(
        np.arange(len(frames)),
        lambda drawn: _recall([frames[row] for row in drawn], false_positives)[0],
        seed=7,
        draws=_DRAWS,
    )
    clips = sorted({label.video for label in labels})
    return {
        "model": model,
        "frames": len(labels),
        "balls": int(sum(len(label.balls) for label in labels)),
        "false_positives_a_frame": false_positives,
        "recall": round(recall, 4),
        "interval95": [round(value, 4) for value in interval],
        "threshold": round(threshold, 4),
        "clips": {
            clip: round(
                _at_threshold(
                    [f for f, label in zip(frames, labels, strict=True) if label.video == clip], threshold
                ),
                4,
            )
            for clip in clips
        },
    }


def _detections(
    videos: Path, labels: list[LabelledFrame], detector: ModelAdapter
) -> Iterator[tuple[tuple[str, int], Detections]]:
    by_video: dict[str, set[int]] = defaultdict(set)
    for label in labels:
        by_video[label.video].add(label.frame)
    for video, wanted in sorted(by_video.items()):
        source = VideoSource(videos / video, threads=1)
        media = source.open()
        detector.open()
        source.scale_to(decode_size(detector.info, media.size))
        try:
            for segment in source.segments():
                if segment.first_frame > max(wanted):
                    break
                for packet in source.read(segment):
                    if packet.frame is None or packet.index > max(wanted):
                        continue
                    if packet.index in wanted or isinstance(detector, Resumable):
                        answer = detector.submit(packet.frame).result()
                        if packet.index in wanted:
                            yield (video, packet.index), answer
        finally:
            detector.close()
            source.close()


def _judged(
    label: LabelledFrame, found: Detections, detector: ModelAdapter
) -> tuple[int, list[tuple[float, bool]]]:
    """Give how many balls a frame has, and each detection's score and whether it is right, best first."""
    names = detector.info.class_names
    left = list(range(len(label.balls)))
    judged = []
    for box, score, kind in zip(found.boxes_px, found.scores, found.class_ids, strict=True):
        if names and names[int(kind)].lower() not in BALL_NAMES:
            continue
        middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], np.float64)
        away = [float(np.hypot(*(label.balls[row, :2] - middle)) / label.balls[row, 2]) for row in left]
        if away and min(away) <= _REACH_RADII:
            left.pop(int(np.argmin(away)))
            judged.append((float(score), True))
        elif not _near(label.balls, middle, 0.6) and not _near(label.ignored, middle, 1.5):
            judged.append((float(score), False))
    return len(label.balls), judged


def _near(places: np.ndarray, middle: np.ndarray, radii: float) -> bool:
    return any(float(np.hypot(*(place[:2] - middle))) <= radii * place[2] for place in places)


def _recall(frames: list[tuple[int, list[tuple[float, bool]]]], allowed: float) -> tuple[float, float]:
    """Give the share of balls found at the lowest score that keeps false positives within bounds, and that score."""
    ranked = sorted(
        (pair for _, judged in frames for pair in judged), key=lambda pair: (-pair[0], not pair[1])
    )
    balls, hits, wrong = sum(count for count, _ in frames), 0, 0
    threshold = 1.0
    for score, right in ranked:
        if not right and wrong + 1 > allowed * len(frames):
            break
        hits, wrong, threshold = hits + right, wrong + (not right), score
    return hits / max(balls, 1), threshold


def _at_threshold(frames: list[tuple[int, list[tuple[float, bool]]]], threshold: float) -> float:
    hits = sum(right for _, judged in frames for score, right in judged if score >= threshold)
    return hits / max(sum(count for count, _ in frames), 1)


def shown(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give the numbers as rows of words."""
    low, high = found["interval95"]
    rows = [
        ("frames, balls", f"{found['frames']}, {found['balls']}"),
        (
            f"recall at {found['false_positives_a_frame']:g} false a frame",
            f"{found['recall']:.3f} ({low:.3f}..{high:.3f})",
        ),
    ]
    return rows + [(clip, f"{recall:.3f}") for clip, recall in found["clips"].items()]
