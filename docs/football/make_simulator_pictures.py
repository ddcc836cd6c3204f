"""Draws the pictures of docs/football/simulator.md: `python docs/football/make_simulator_pictures.py`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from sightline.ports import SceneOptions
from sightline.sim.football.scene import FootballScene

HERE = Path(__file__).parent
SHOWN = (
    ("broadcast, sun", {"camera": "broadcast", "weather": "sun"}, 11, 60),
    ("broadcast, night", {"camera": "broadcast", "weather": "night"}, 5, 120),
    ("tactical, cloud", {"camera": "tactical", "weather": "cloud"}, 3, 150),
    ("phone, rain", {"camera": "phone", "weather": "rain"}, 8, 100),
)
"""Caption, settings, seed and frame of each picture."""
BOXES = {
    "ball": (0, 220, 255),
    "goalkeeper": (255, 0, 255),
    "player": (255, 255, 255),
    "referee": (0, 0, 255),
}


def picture(settings: dict[str, str], seed: int, frame: int, *, boxes: bool = False) -> np.ndarray:
    """Draw one frame of a match, with its true boxes where asked."""
    scene = FootballScene(SceneOptions(seconds=8.0, seed=seed, size=(720, 1280), settings=settings))
    shots = scene.shots(draw_every=frame)
    shot = next(shot for shot in shots if shot.index == frame)
    image = shot.image
    if boxes:
        for one in shot.seen:
            x1, y1, x2, y2 = (round(value) for value in one.box_px)
            cv2.rectangle(image, (x1, y1), (x2, y2), BOXES[one.kind], 1)
    return image


def main() -> None:
    """Write a sheet of four cameras and one frame with its truth."""
    frames = []
    for caption, settings, seed, frame in SHOWN:
        small = cv2.resize(picture(settings, seed, frame), (640, 360), interpolation=cv2.INTER_AREA)
        cv2.putText(small, caption, (10, 350), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
        frames.append(small)
    sheet = np.vstack([np.hstack(frames[:2]), np.hstack(frames[2:])])
    cv2.imwrite(str(HERE / "simulator_cameras.jpg"), sheet, [cv2.IMWRITE_JPEG_QUALITY, 82])
    _, settings, seed, frame = SHOWN[2]
    truth = cv2.resize(picture(settings, seed, frame, boxes=True), (960, 540), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(HERE / "simulator_truth.jpg"), truth, [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main()
