"""How each frame of a video was seen: the `pitch` table, smoothed over time, without what is not good enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.ball.space.projection import projections_of
from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import PitchCamera
from sightline.analytics.pitch.observed import middle_px
from sightline.analytics.pitch.sequence.steady import steady_cameras
from sightline.apps.football.sight.columns import columns_of
from sightline.core.errors import CalibrationError
from sightline.core.space import project_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sightline.apps.football.settings import FootballSettings
    from sightline.core.arrays import Float64, Int64
    from sightline.ports import ReportContext

_MATRIX = tuple(f"m{row}{column}" for row in (1, 2, 3) for column in (1, 2, 3))
_PLACE = ("camera_x_m", "camera_y_m", "camera_z_m")
_CAMERA = ("pan_deg", "tilt_deg", "roll_deg", "focal_px", *_PLACE)
_FOUND = ("lines", "keypoints", "propagated")


@dataclass(frozen=True, slots=True)
class Cameras:
    """Each frame's map from pixels to the pitch.

    Attributes:
        matrices: `(n, 3, 3)`; NaN where none is good enough.
        projections: `(n, 3, 4)` from metres, height included, to pixels; NaN where not known.
        quality: `(n,)` 0..1, also of those that are not.
        carried: `(n,)`, true where the camera was carried over from other frames.
    """

    matrices: Float64
    projections: Float64
    quality: Float64
    carried: NDArray[np.bool_]

    def project(self, rows: NDArray[np.int64], points_px: Float64) -> Float64:
        """Give where pixels of some frames lie, `(k, 2)` metres; NaN where that is not known."""
        return project_rows(self.matrices[rows], points_px)

    def shift_m(self, positions_m: Float64) -> float:
        """Give by how much a tenth of a degree of tilt moves places, the median; NaN where no camera's place is known.

        The lower a camera stands, and the farther off the players, the less its picture says of how far off they are.

        Args:
            positions_m: `(n, p, 2)` places in the same frames; NaN where not known.
        """
        known = np.flatnonzero(np.isfinite(self.projections).all(axis=(1, 2)))
        known = known[np.linalg.det(self.projections[known, :, :3]) != 0]
        if not len(known):
            return float("nan")
        whole = self.projections[known]
        centers_m = -np.linalg.solve(whole[:, :, :3], whole[:, :, 3:])[:, :, 0]
        across_m2 = ((positions_m[known] - centers_m[:, None, :2]) ** 2).sum(axis=2)
        heights_m = np.abs(centers_m[:, 2:])
        shifts_m = np.deg2rad(0.1) * (across_m2 + heights_m**2) / heights_m
        return float(np.nanmedian(shifts_m)) if np.isfinite(shifts_m).any() else float("nan")


def read_cameras(
    context: ReportContext, settings: FootballSettings, frames: Int64, times_s: Float64
) -> Cameras:
    """Read the `pitch` table; cameras found in the pictures are smoothed, those below the least quality count as none."""
    matrices, quality = np.full((len(frames), 3, 3), np.nan), np.zeros(len(frames))
    carried = np.zeros(len(frames), np.bool_)
    columns = columns_of(context.read, "pitch", ("frame", *_MATRIX, *_CAMERA, "source", "quality"))
    rows = np.searchsorted(frames, columns["frame"])
    stacked = np.stack([columns[name].astype(np.float64) for name in _MATRIX], axis=1).reshape(-1, 3, 3)
    quality[rows] = np.nan_to_num(columns["quality"].astype(np.float64))
    carried[rows] = np.asarray(columns["source"] == "propagated", np.bool_)
    matrices[rows] = stacked
    places_m = np.full((len(frames), 3), np.nan)
    places_m[rows] = np.stack([columns[name].astype(np.float64) for name in _PLACE], axis=1)
    if settings.smooth_camera and len(rows) and np.isin(columns["source"].astype(str), _FOUND).any():
        size = PitchSize(settings.pitch_length_m, settings.pitch_width_m)
        own = _own(columns, rows, len(frames), context.media.size)
        seen = (matrices, quality, places_m)
        matrices, quality, places_m = _smooth(own, seen, carried, times_s, (context.media.size, size))
    matrices[quality < settings.min_pitch_quality] = np.nan
    projections = projections_of(matrices, places_m, context.media.size)
    return Cameras(matrices, projections, quality, carried)


def _own(
    columns: Mapping[str, NDArray[Any]], rows: NDArray[np.int64], count: int, picture: tuple[int, int]
) -> list[PitchCamera | None]:
    """Give each frame's own camera; None where it is not known."""
    found: list[PitchCamera | None] = [None] * count
    values = np.stack([columns[name].astype(np.float64) for name in _CAMERA], axis=1)
    for row, one in zip(rows.tolist(), values, strict=True):
        if np.isfinite(one).all():
            pan_deg, tilt_deg, roll_deg, focal_px = one[:4].tolist()
            found[row] = PitchCamera(pan_deg, tilt_deg, roll_deg, focal_px, one[4:], middle_px(picture))
    return found


def _smooth(
    own: list[PitchCamera | None],
    seen: tuple[Float64, Float64, Float64],
    carried: NDArray[np.bool_],
    times_s: Float64,
    sizes: tuple[tuple[int, int], PitchSize],
) -> tuple[Float64, Float64, Float64]:
    """Give maps, qualities and cameras' places after smoothing, with frames laid out evenly in time for it."""
    matrices, quality, places_m = seen
    picture, pitch = sizes
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0
    places = np.round((times_s - times_s[0]) / step_s).astype(np.int64)
    count = int(places[-1]) + 1
    even: list[PitchCamera | None] = [None] * count
    maps, worth = np.full((count, 3, 3), np.nan), np.zeros(count)
    over = np.ones(count, np.bool_)
    maps[places], worth[places], over[places] = matrices, quality, carried
    for place, camera in zip(places.tolist(), own, strict=True):
        even[place] = camera
    found = steady_cameras(even, maps, worth, over, picture=picture, size=pitch, rate_hz=1 / step_s)
    steady, trust, stood_m = (
        matrices.copy(),
        quality.copy(),
        places_m.copy(),
    )  # a map that is of no camera stays as it is
    for row, place in enumerate(places.tolist()):
        one = found[place]
        if one.camera is not None:
            try:
                steady[row], trust[row] = one.camera.fitted_homography(picture).matrix, one.quality
                stood_m[row] = one.camera.position_m
            except CalibrationError:
                continue
    return steady, trust, stood_m
