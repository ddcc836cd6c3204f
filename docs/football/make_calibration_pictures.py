"""Makes the pictures of docs/football/calibration.md: `python docs/football/make_calibration_pictures.py`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import PitchCamera
from sightline.analytics.pitch.jaccard import visible_polylines
from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.paint.find import search_camera
from sightline.vision.pitch.paint import find_paint

HERE = Path(__file__).parent
SIZE = PitchSize()
GRASS, WHITE, INK, RED, BLUE = (70, 130, 60), (235, 240, 238), (40, 40, 40), (40, 40, 220), (200, 110, 30)


def plan() -> np.ndarray:
    """Draw the pitch from above with the names of its points."""
    scale, edge, left = 11.0, 40, 300
    image = np.full((int(68 * scale) + 2 * edge, int(105 * scale) + edge + left, 3), 255, np.uint8)

    def place(points: np.ndarray) -> np.ndarray:
        return np.column_stack([(points[:, 0] + 52.5) * scale + left, (34 - points[:, 1]) * scale + edge])

    for marking in markings_of(SIZE).all.values():
        if marking.on_ground:
            corners = place(marking.sample(0.3)).round().astype(np.int32)
            cv2.polylines(image, [corners.reshape(-1, 1, 2)], False, (120, 160, 110), 2, cv2.LINE_AA)
    for name, point in markings_of(SIZE).points.items():
        if point[2] > 0 or name.startswith("right"):
            continue
        x, y = place(np.array([point]))[0].round().astype(int).tolist()
        cv2.circle(image, (x, y), 4, RED, -1, cv2.LINE_AA)
        width = cv2.getTextSize(name, cv2.FONT_HERSHEY_SIMPLEX, 0.42, 1)[0][0]
        beside = x - width - 8 if point[0] < -52 else x + 7
        lower = 16 if name in ("left penalty spot", "centre circle left") else -5
        cv2.putText(image, name, (beside, y + lower), cv2.FONT_HERSHEY_SIMPLEX, 0.42, INK, 1, cv2.LINE_AA)
    return image


def view() -> np.ndarray:
    """Draw a view, the paint that is found in it, and the camera that is found from the paint."""
    camera = PitchCamera(26.0, 77.0, 0.3, 1600.0, np.array([1.0, -62.0, 16.0]), np.array([639.5, 359.5]))
    image = np.full((720, 1280, 3), GRASS, np.uint8)
    for line in visible_polylines(camera, markings_of(SIZE), size=(720, 1280)).values():
        corners = (line * 16).round().astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(image, [corners], False, WHITE, 3, cv2.LINE_AA, 4)
    rng = np.random.default_rng(1)
    for x, y in rng.uniform([100, 250], [1200, 650], (14, 2)).astype(int).tolist():
        cv2.ellipse(image, (x, y), (7, 20), 0, 0, 360, (60, 60, 200), -1, cv2.LINE_AA)
    image = np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)
    paint = find_paint(image, (720, 1280))
    solved = search_camera(paint.points_px, paint.directions_rad, (720, 1280), SIZE)
    seen, shown = image.copy(), image.copy()
    for x, y in paint.points_px.round().astype(int).tolist():
        cv2.circle(seen, (x, y), 2, RED, -1)
    if solved is not None:
        for line in visible_polylines(solved.camera, markings_of(SIZE), size=(720, 1280)).values():
            corners = line.round().astype(np.int32).reshape(-1, 1, 2)
            cv2.polylines(shown, [corners], False, BLUE, 2, cv2.LINE_AA)
        said = f"quality {solved.quality:.2f}  pan {solved.camera.pan_deg:.1f}  tilt {solved.camera.tilt_deg:.1f}"
        cv2.putText(shown, said, (30, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.1, WHITE, 2, cv2.LINE_AA)
    return np.hstack([cv2.resize(one, (800, 450), interpolation=cv2.INTER_AREA) for one in (seen, shown)])


def main() -> None:
    """Write both pictures beside the page."""
    cv2.imwrite(str(HERE / "calibration_points.png"), plan(), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    cv2.imwrite(str(HERE / "calibration_view.jpg"), view(), [cv2.IMWRITE_JPEG_QUALITY, 85])


if __name__ == "__main__":
    main()
