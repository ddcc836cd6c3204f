"""The pitch stage on real videos: in how many frames it knows the camera, from what, how sure and at what cost.

    python benchmarks/pitch_stage.py VIDEO... [--frames 150] [--model src/sightline/weights/sightline-pitch-n.onnx]

There is no truth here. `agreement` is measured anew in every tenth frame, also in those where the camera was only
carried: how far the markings that the camera shows and the paint in the picture explain each other, 0..1.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import PitchCamera
from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.paint.descent import agreement_scores
from sightline.analytics.pitch.paint.nearness import ground_samples, nearness_of
from sightline.analytics.pitch.residuals import centred, row_of
from sightline.core.frames import Frame
from sightline.core.packets import Packet
from sightline.ports import ModelOptions
from sightline.stages.football.pitch import PitchStage
from sightline.vision.catalog import build_model
from sightline.vision.pitch.paint import find_paint
from sightline.vision.zoo import Zoo

JUDGE_EVERY = 10
JUDGED_PX = 5.0


def judge(image: np.ndarray, columns: dict[str, tuple]) -> float:
    """Give the agreement of a stage's camera, lens left out, with a picture's paint."""
    picture = (image.shape[0], image.shape[1])
    camera = PitchCamera(
        *(columns[name][0] for name in ("pan_deg", "tilt_deg", "roll_deg", "focal_px")),
        np.array([columns[f"camera_{axis}_m"][0] for axis in "xyz"]),
        np.array([(picture[1] - 1) / 2, (picture[0] - 1) / 2]),
    )
    paint = find_paint(image, picture)
    points = centred(paint.points_px, picture)
    near = nearness_of(points, paint.directions_rad, picture)
    samples = ground_samples(markings_of(PitchSize()), 1.0)[0]
    seen = np.column_stack([points, paint.directions_rad])[::6]
    return float(agreement_scores(row_of(camera, picture)[None], near, samples, seen, JUDGED_PX)[0])


def measure(path: Path, frames: int, weights: Path | None) -> None:
    """Run the stage over a video's first frames, with a model of the pitch's points if given, and print a line."""
    options = ModelOptions(precision="f32", threads=1)
    model = None if weights is None else build_model(str(weights), options, Zoo(weights.parent))
    video, stage = cv2.VideoCapture(str(path)), PitchStage(model=model)
    stage.open()
    sources, qualities, agreements, spent = Counter(), [], [], 0.0
    for index in range(frames):
        there, image = video.read()
        if not there:
            break
        frame = Frame.from_image(image, index=index, pts_s=Fraction(index, 25))
        started = time.process_time()
        (packet,) = stage.process([Packet(0, index, frame.pts_s, frame)])
        spent += time.process_time() - started
        columns = packet.found["pitch"]
        sources[columns["source"][0]] += 1
        if columns["m11"][0] is not None:
            qualities.append(columns["quality"][0])
            if index % JUDGE_EVERY == JUDGE_EVERY - 1:
                agreements.append(judge(image, columns))
    total = sum(sources.values())
    known = total - sources["none"]
    print(
        f"{path.name}: camera in {known} of {total} frames ({dict(sorted(sources.items()))}), "
        f"quality {np.median(qualities) if qualities else float('nan'):.2f}, "
        f"agreement {np.median(agreements) if agreements else float('nan'):.2f}, "
        f"{1e3 * spent / max(total, 1):.0f} ms of one core per frame"
    )


def main() -> None:
    """Measure each video."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--model", type=Path, help="weights that name the pitch's points")
    given = parser.parse_args()
    for path in given.videos:
        measure(path, given.frames, given.model)


if __name__ == "__main__":
    main()
