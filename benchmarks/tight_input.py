"""What leaving out a network's padding changes: boxes on the real clips, average precision on labelled pictures.

See docs/decisions/009-tight-input.md. `python benchmarks/tight_input.py [--frames 60]`
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from clips import DATA, WEIGHTS, need_data, people_clips
from sightline.analytics.evaluation.detection import average_precision, box_iou
from sightline.core.detections import Detections
from sightline.core.frames import Frame
from sightline.ports import ModelOptions
from sightline.service.evaluate import _frame, _known, pictures_in, read_labels
from sightline.stages.decode import VideoSource
from sightline.vision.catalog import build_model
from sightline.vision.detect import decode_size, predict
from sightline.vision.geometry import tight_size
from sightline.vision.zoo import Zoo


def answers(frames: list[Frame], options: ModelOptions, zoo: Zoo) -> tuple[list[Detections], float]:
    """Boxes of each frame, and CPU-milliseconds a frame."""
    model = build_model(str(WEIGHTS), options, zoo)
    model.open()
    before_s = time.process_time()
    found = predict(model, frames)
    spent_ms = 1000 * (time.process_time() - before_s) / max(len(frames), 1)
    model.close()
    return found, spent_ms


def first_frames(video: Path, count: int, options: ModelOptions, zoo: Zoo) -> list[Frame]:
    source = VideoSource(video)
    media = source.open()
    source.scale_to(decode_size(build_model(str(WEIGHTS), options, zoo).info, media.size))
    packets = (packet for segment in source.segments() for packet in source.read(segment))
    frames = [
        packet.frame for packet, _ in zip(packets, range(count), strict=False) if packet.frame is not None
    ]
    source.close()
    return frames


def compare_clips(frames: int, zoo: Zoo) -> None:
    print("| clip | input | CPU ms | boxes | with a partner | median IoU | 95 % of scores within |")
    print("|---|---|---|---|---|---|---|")
    for video in people_clips():
        source = VideoSource(video)
        size = source.open().size
        source.close()
        whole = ModelOptions(min_score=0.2, threads=2)
        tight = replace(whole, source_size=size)
        pictures = first_frames(video, frames, whole, zoo)
        (first, spent_ms), (second, tight_ms) = (
            answers(pictures, options, zoo) for options in (whole, tight)
        )
        overlaps, differences = [], []
        for one, other in zip(first, second, strict=True):
            if len(one) and len(other):
                iou = box_iou(one.boxes_px, other.boxes_px)
                paired = iou.max(1) > 0.5
                overlaps += iou.max(1)[paired].tolist()
                differences += np.abs(one.scores - other.scores[iou.argmax(1)])[paired].tolist()
        boxes = sum(len(one) for one in first)
        height, width = tight_size((416, 416), size, 32)
        print(
            f"| {video.stem} | {width}x{height} | {spent_ms:.1f} -> {tight_ms:.1f} | {boxes} | "
            f"{len(overlaps) / max(boxes, 1):.1%} | {np.median(overlaps):.3f} | {np.quantile(differences, 0.95):.3f} |"
        )


def compare_precision(zoo: Zoo) -> None:
    folder = DATA / "people" / "coco128"
    frames = [_frame(path, number) for number, path in enumerate(pictures_in(folder / "images"))]
    paths = pictures_in(folder / "images")
    options = ModelOptions(min_score=0.001, threads=2)
    names = build_model(str(WEIGHTS), options, zoo).info.class_names
    truths = [
        _known(read_labels(folder / "labels" / f"{path.stem}.txt", frame.source_size), names)
        for path, frame in zip(paths, frames, strict=True)
    ]
    whole, _ = answers(frames, options, zoo)
    tight = list(whole)
    sizes = [tight_size((416, 416), frame.source_size, 32) for frame in frames]
    for size in sorted(set(sizes)):
        places = [place for place, each in enumerate(sizes) if each == size]
        found, _ = answers(
            [frames[place] for place in places],
            replace(options, source_size=frames[places[0]].source_size),
            zoo,
        )
        for place, each in zip(places, found, strict=True):
            tight[place] = each
    for name, found in (("whole square", whole), ("tight", tight)):
        scores = average_precision(truths, found, names)
        person = next(each for each in scores.classes if each.class_name == "person")
        print(
            f"coco128, {name}: person AP50 {person.ap50:.3f}, AP50-95 {person.ap50_95:.3f}; all classes AP50 {scores.ap50:.3f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=60)
    given = parser.parse_args()
    need_data()
    with tempfile.TemporaryDirectory() as empty:
        compare_clips(given.frames, Zoo(Path(empty)))
        compare_precision(Zoo(Path(empty)))
