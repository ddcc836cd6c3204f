"""HOTA of our ByteTrack beside the `trackers` library's, on the same detections of real sequences.

    python benchmarks/tracker_quality.py [--seeds 5] [--level usual] [--data DIR] [--json FILE]

Detections are made from the truth, seeded: boxes shaken in place and size by a share of their sides, some
missed, one in five unsure, and false boxes of true sizes anywhere. Sequences under 200 frames get four times
the seeds, since a single swap moves their score. TUD comes once more with its real detections. Both trackers
run at their defaults and are told the frame rate. Scores are ours; `tests/parity` holds them to TrackEval's.
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import supervision
from trackers import ByteTrackTracker

from sightline.analytics.evaluation.mot import MotTable, evaluate_mot
from sightline.service.mot_files import read_mot, read_mot_truth, read_sequence_info
from sightline.service.track import track_table
from sightline.vision.track.bytetrack import ByteTrack

DATA = Path(os.environ.get("SIGHTLINE_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
RATE_WITHOUT_INFO_HZ = 25.0
SHORT_FRAMES = 200


@dataclass(frozen=True)
class Level:
    """How bad a detector is: shake as a share of a side, shares of misses and of false boxes."""

    shake: float
    missed: float
    false: float


LEVELS = {"good": Level(0.02, 0.05, 0.05), "usual": Level(0.04, 0.1, 0.1), "bad": Level(0.08, 0.2, 0.2)}


def detect(truth: MotTable, level: Level, seed: int) -> MotTable:
    """Give what a detector of that level might answer, best first in each frame."""
    rng = np.random.default_rng(seed)
    frames = int(truth.frames.max()) + 1
    low, high = truth.boxes_px[:, :2], truth.boxes_px[:, 2:]
    sides, centres = high - low, (low + high) / 2
    count = len(truth)
    found = rng.random(count) >= level.missed
    shaken = centres + rng.normal(0, level.shake, centres.shape) * sides
    sized = sides * np.exp(rng.normal(0, level.shake, sides.shape))
    scores = np.where(rng.random(count) < 0.8, rng.uniform(0.6, 0.98, count), rng.uniform(0.1, 0.6, count))
    false_frames = np.repeat(np.arange(frames), rng.poisson(count / frames * level.false, frames))
    false = len(false_frames)
    false_sides = sides[rng.integers(0, count, false)]
    false_centres = rng.uniform(low.min(0), high.max(0), (false, 2))
    doubtful = rng.random(false) < 0.8
    false_scores = np.where(doubtful, rng.uniform(0.1, 0.6, false), rng.uniform(0.6, 0.9, false))
    all_frames = np.concatenate((truth.frames[found], false_frames))
    all_centres = np.concatenate((shaken[found], false_centres))
    all_sides = np.concatenate((sized[found], false_sides))
    all_scores = np.concatenate((scores[found], false_scores))
    boxes = np.concatenate((all_centres - all_sides / 2, all_centres + all_sides / 2), axis=1)
    order = np.lexsort((-all_scores, all_frames))
    return MotTable.of(
        all_frames[order], np.full(len(order), -1), boxes[order].astype(np.float32), all_scores[order]
    )


def track_theirs(detections: MotTable, rate_hz: float) -> MotTable:
    tracker = ByteTrackTracker(frame_rate=rate_hz)
    order = np.lexsort((-detections.scores, detections.frames))
    table = detections[order]
    starts = np.searchsorted(table.frames, np.arange(int(table.frames.max()) + 2))
    frames, ids, boxes = [], [], []
    for frame in range(len(starts) - 1):
        rows = slice(starts[frame], starts[frame + 1])
        given = supervision.Detections(
            xyxy=table.boxes_px[rows].astype(np.float32),
            confidence=table.scores[rows].astype(np.float32),
            class_id=np.zeros(rows.stop - rows.start, int),
        )
        answer = tracker.update(given)
        named = answer.tracker_id >= 0
        frames.append(np.full(named.sum(), frame))
        ids.append(answer.tracker_id[named])
        boxes.append(answer.xyxy[named])
    return MotTable.of(np.concatenate(frames), np.concatenate(ids), np.concatenate(boxes))


def compare(truth: MotTable, inputs: list[MotTable], rate_hz: float) -> dict:
    """Give both trackers' mean scores over some sets of detections."""
    pairs = [
        (
            evaluate_mot(truth, track_table(given, ByteTrack(), fps=rate_hz)),
            evaluate_mot(truth, track_theirs(given, rate_hz)),
        )
        for given in inputs
    ]
    gaps = np.array([ours.hota - theirs.hota for ours, theirs in pairs])
    return {
        "runs": len(pairs),
        "ours_hota": float(np.mean([ours.hota for ours, _ in pairs])),
        "theirs_hota": float(np.mean([theirs.hota for _, theirs in pairs])),
        "difference": float(gaps.mean()),
        "standard_error": float(gaps.std(ddof=1) / np.sqrt(len(gaps))) if len(gaps) > 1 else None,
        "ours_switches": float(np.mean([ours.id_switches for ours, _ in pairs])),
        "theirs_switches": float(np.mean([theirs.id_switches for _, theirs in pairs])),
    }


def measure(data: Path, level: Level, seeds: int) -> list[dict]:
    rows = []
    for truth_path in sorted(data.glob("mot/**/gt/gt.txt")):
        folder = truth_path.parents[1]
        truth = read_mot_truth(truth_path)
        info = folder / "seqinfo.ini"
        rate_hz = read_sequence_info(info).frame_rate_hz if info.exists() else RATE_WITHOUT_INFO_HZ
        runs = seeds * 4 if truth.frames.max() < SHORT_FRAMES else seeds
        inputs = [detect(truth, level, seed) for seed in range(runs)]
        rows.append({"sequence": folder.name, **compare(truth, inputs, rate_hz)})
        show(rows[-1])
        if (folder / "det").exists():
            real = read_mot(folder / "det" / "det.txt")
            rows.append({"sequence": f"{folder.name}, real detections", **compare(truth, [real], rate_hz)})
            show(rows[-1])
    return rows


def show(row: dict) -> None:
    error = "" if row["standard_error"] is None else f"{row['standard_error']:.4f}"
    print(
        f"| {row['sequence']} | {row['runs']} | {row['ours_hota']:.4f} | {row['theirs_hota']:.4f} | "
        f"{row['difference']:+.4f} | {error} | {row['ours_switches']:.1f} | {row['theirs_switches']:.1f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--level", choices=LEVELS, default="usual")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print("| sequence | runs | ours HOTA | trackers HOTA | difference | its error | ours switches | theirs |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    rows = measure(options.data, LEVELS[options.level], options.seeds)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
