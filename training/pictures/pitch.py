"""Single pictures of pitches with their named points, seen by the real cameras that a file gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.markings import markings_of
from sightline.sim.football import kits, picture
from sightline.sim.football.lens import lens
from sightline.sim.football.views import PinholeCamera, read_cameras
from training.pictures.football import moved, random_camera, situation
from training.pictures.graphics import lay_graphics

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sightline.sim.football.picture import Look

KEYPOINTS: tuple[str, ...] = tuple(markings_of(PitchSize()).points)
"""Names of the points, in the order they are given."""
_SIZES = ((105.0, 68.0), (105.0, 68.0), (105.0, 68.0), (100.0, 64.0), (110.0, 75.0), (103.0, 67.0))


class Painter:
    """Draws pitches for training; makes a stock of grounds and stadiums first and renews it bit by bit.

    Args:
        cameras: What they are seen with; drawn by lot if empty.
        size: `(height, width)` of the pictures.
        seed: Draws the stock.
    """

    def __init__(
        self,
        cameras: Sequence[PinholeCamera] | Path,
        *,
        size: tuple[int, int] = (540, 960),
        seed: int = 0,
        stock: int = 12,
    ) -> None:
        if not isinstance(cameras, (list, tuple)):
            cameras = read_cameras(cameras / "football" / "calibration" / "sn22_cameras.json", size)  # type: ignore[operator]
        self._cameras = tuple(cameras)
        self._size = size
        rng = np.random.default_rng([seed, 0x917C])
        self._looks = [_look(rng) for _ in range(stock)]

    def __call__(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]:
        """Draw one picture; see `render_pitch_frame`."""
        if rng.random() < 0.08:
            self._looks[int(rng.integers(len(self._looks)))] = _look(rng)
        first, second = (self._looks[int(n)] for n in rng.integers(len(self._looks), size=2))
        camera = None
        if self._cameras and rng.random() < 0.85:
            camera = self._cameras[int(rng.integers(len(self._cameras)))]
        mixed = replace(first, stadium=second.stadium)
        return render_pitch_frame(rng, camera, self._size, look=mixed)


def _look(rng: np.random.Generator) -> Look:
    length, width = _SIZES[int(rng.integers(len(_SIZES)))]
    return picture.look(rng, PitchSize(length, width))


def render_pitch_frame(
    rng: np.random.Generator, camera: PinholeCamera | None, size: tuple[int, int], *, look: Look | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]:
    """Draw a pitch by lot, with people on it.

    Args:
        rng: Chooses everything.
        camera: Seen from here, a little moved and in half of the cases mirrored; None for any camera.
        size: `(height, width)`.
        look: Ground, stadium and light; drawn by lot where None.

    Returns:
        `(h, w, 3)` BGR, `(k, 2)` pixels of `KEYPOINTS`, NaN behind the camera, and `(k,)` whether each lies within
        the picture (people and graphics may still hide it).
    """
    look = _look(rng) if look is None else look
    view = random_camera(rng, size, np.array([*rng.uniform((-45, -20), (45, 20)), 0.0])) if camera is None else moved(rng, camera, size)  # fmt: skip
    teams = kits.choose(rng, apart=float(rng.uniform(15, 60)))
    _, figures = situation(rng, teams, view)
    if rng.random() < 0.15:
        figures = []
    image, _ = picture.draw(look, view, figures, None)
    image = lens(rng, rain=look.light.weather == "rain" and rng.random() < 0.7).see(image, rng)
    if rng.random() < 0.7:
        lay_graphics(image, rng)
    points_m = np.array(list(markings_of(look.turf.pitch).points.values()))
    points_px, _ = view.project(points_m)
    with np.errstate(invalid="ignore"):
        inside = np.asarray(((points_px >= 0) & (points_px < (size[1], size[0]))).all(axis=1))
    return image, points_px.astype(np.float32), inside
