"""Makes the picture of the road scene: `python docs/make_road_pictures.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sightline.ports import SceneOptions
from sightline.sim.road.scene import RoadScene

PICTURES = Path(__file__).parent / "pictures"
SIZE = (360, 640)
FRAME = 122
SHOWN: tuple[dict[str, Any], ...] = ({}, {"weather": "rain"}, {"light": "dusk"}, {"light": "night"})


def one(settings: dict[str, Any]) -> np.ndarray:
    """Give one frame with its truth drawn in."""
    scene = RoadScene(SceneOptions(seed=9, seconds=FRAME / 25 + 0.04, size=SIZE, settings=settings))
    picture = next(shot for shot in scene.shots() if shot.index == FRAME)
    image = picture.image.copy()
    for seen in picture.seen:
        x1, y1, x2, y2 = (round(edge) for edge in seen.box_px)
        cv2.rectangle(image, (x1, y1), (x2, y2), (60, 60, 230), 1, cv2.LINE_AA)
        cv2.putText(
            image, str(seen.kind), (x1, y1 - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (60, 60, 230), 1, cv2.LINE_AA
        )
    return image


def main() -> None:
    """Lay the four lights out on one sheet."""
    cells = [one(settings) for settings in SHOWN]
    sheet = np.vstack([np.hstack(cells[:2]), np.hstack(cells[2:])])
    cv2.imwrite(str(PICTURES / "road_scene.jpg"), sheet, [cv2.IMWRITE_JPEG_QUALITY, 86])


if __name__ == "__main__":
    main()
