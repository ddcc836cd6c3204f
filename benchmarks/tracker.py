"""Milliseconds a frame of our ByteTrack and of the `trackers` library's, in one interleaved run.

    python benchmarks/tracker.py [--frames 300] [--rounds 5] [--json FILE]

The scene: boxes that walk, turn at the picture's edge and cross each other, seen with noise, one in ten
missed, one in five unsure, and false boxes beside them. Both get the same detections in their own type. The
time is that of `update` alone: median and 95th percentile over all frames, and processor time a frame.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
import warnings
from pathlib import Path

import numpy as np
import supervision
from trackers import ByteTrackTracker

from sightline.core.detections import Detections
from sightline.vision.track.bytetrack import ByteTrack

COUNTS = (25, 50, 100, 200)
TARGETS_MS = {25: 0.3, 200: 1.5}
RATE_HZ = 30.0
SIZE = (1080, 1920)
WARM_UP = 30


def scene(count: int, frames: int, seed: int) -> list[Detections]:
    """Give what a detector might see of `count` walkers."""
    rng = np.random.default_rng(seed)
    limits = np.array([SIZE[1], SIZE[0]], float)
    heights = rng.uniform(60, 180, count)
    sizes = np.stack((heights * rng.uniform(0.35, 0.5, count), heights), axis=1)
    centres = rng.uniform(0, limits, (count, 2))
    speeds = rng.normal(0, 3, (count, 2))
    found = []
    for _ in range(frames):
        speeds += rng.normal(0, 0.2, (count, 2))
        centres += speeds
        speeds[(centres < 0) | (centres > limits)] *= -1
        seen = rng.random(count) >= 0.1
        false = rng.poisson(count * 0.05)
        places = np.concatenate((centres[seen], rng.uniform(0, limits, (false, 2))))
        extents = np.concatenate((sizes[seen], sizes[rng.integers(0, count, false)]))
        places = places + rng.normal(0, 0.03, places.shape) * extents
        extents = extents * np.exp(rng.normal(0, 0.03, extents.shape))
        sure = rng.random(len(places)) < np.where(np.arange(len(places)) < seen.sum(), 0.8, 0.2)
        scores = np.where(sure, rng.uniform(0.6, 0.98, len(places)), rng.uniform(0.1, 0.6, len(places)))
        order = np.argsort(-scores)
        boxes = np.concatenate((places - extents / 2, places + extents / 2), axis=1)[order]
        classes = np.zeros(len(order), np.int32)
        found.append(Detections(boxes.astype(np.float32), scores[order].astype(np.float32), classes))
    return found


def time_ours(found: list[Detections]) -> tuple[list[float], float]:
    """Give milliseconds of each frame and processor milliseconds a frame."""
    tracker = ByteTrack()
    return _timed([lambda f=f, i=i: tracker.update(f, t_s=i / RATE_HZ) for i, f in enumerate(found)])


def time_theirs(found: list[Detections]) -> tuple[list[float], float]:
    tracker = ByteTrackTracker(frame_rate=RATE_HZ)
    given = [
        supervision.Detections(
            xyxy=np.array(f.boxes_px), confidence=np.array(f.scores), class_id=f.class_ids.astype(int)
        )
        for f in found
    ]
    return _timed([lambda g=g: tracker.update(g) for g in given])


def _timed(calls: list) -> tuple[list[float], float]:
    times = []
    gc.collect()
    gc.disable()
    used = time.process_time()
    for call in calls:
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    used = (time.process_time() - used) * 1e3 / len(calls)
    gc.enable()
    return times[WARM_UP:], used


def measure(frames: int, rounds: int) -> list[dict]:
    rows = []
    for count in COUNTS:
        found = scene(count, frames, seed=count)
        ours, theirs = ([], []), ([], [])
        for _ in range(rounds):
            for times, run in ((ours, time_ours), (theirs, time_theirs)):
                wall, used = run(found)
                times[0].extend(wall)
                times[1].append(used)
        rows.append(
            {
                "objects": count,
                "ours_ms": float(np.median(ours[0])),
                "ours_p95_ms": float(np.percentile(ours[0], 95)),
                "ours_cpu_ms": float(np.median(ours[1])),
                "theirs_ms": float(np.median(theirs[0])),
                "theirs_p95_ms": float(np.percentile(theirs[0], 95)),
                "theirs_cpu_ms": float(np.median(theirs[1])),
                "target_ms": TARGETS_MS.get(count),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = measure(options.frames, options.rounds)
    print("| objects | ours ms | p95 | cpu | trackers ms | p95 | cpu | times faster | target ms |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        print(
            f"| {row['objects']} | {row['ours_ms']:.3f} | {row['ours_p95_ms']:.3f} | {row['ours_cpu_ms']:.3f} | "
            f"{row['theirs_ms']:.3f} | {row['theirs_p95_ms']:.3f} | {row['theirs_cpu_ms']:.3f} | "
            f"{row['theirs_ms'] / row['ours_ms']:.1f} | {row['target_ms'] or ''} |"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
