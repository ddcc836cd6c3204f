"""What stands still behind the balls, learned level by level, also while the hand that holds the camera shakes.

The scene follows the picture by so many grey levels a second and no more, so that what passes leaves no trace:
it settles at the median of what a pixel shows.

Source:
    Manzanera & Richefeu, A new motion detection algorithm based on sigma-delta background estimation, 2007.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.vision.track.camera_motion import CameraMotion

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, UInt8
    from sightline.core.frames import Frame

_FIRST_LEVELS_S, _LATER_LEVELS_S = 60.0, 24.0
_YOUNG_S = 1.5
_LEAST_LEVELS = 13.0
_NOISE_TIMES = 5.0
_STILL_PX = 0.3  # a motion smaller than this is none
_MOST_SHIFT = 0.12  # of the picture's width; farther away the scene is learned anew
_LOOK_EVERY = 4  # frames, while the camera stands still
_ALERT_S = 1.5
_FLOOD = 0.5  # share of the picture that may differ from the scene
_CUT_SHARE, _CUT_TIMES, _USUAL_STEP = 0.05, 4.0, 0.1  # what changes between two frames, and how much is a cut
_GRID = 4
_SMOOTH = (3, 3)


@dataclass(frozen=True, slots=True)
class Change:
    """One picture against the scene.

    Attributes:
        image: `(h, w, 3)` uint8 BGR as if the camera had stood still.
        contrast: `(h, w)` uint8, by how many grey levels it differs from the scene.
        moving: `(h, w)` uint8, by how many it differs from the picture before.
        level: What contrast is more than noise.
        to_frame: `(2, 3)` from pixels of `image` to pixels of the picture as it was taken.
        known: Whether there is a scene yet.
    """

    image: UInt8
    contrast: UInt8
    moving: UInt8
    level: float
    to_frame: Float64
    known: bool


class BallScene:
    """The scene's memory; pictures come in order of time and in one size, another size starts anew."""

    _scene: UInt8
    _before: UInt8
    _to_frame: Float64

    def __init__(self) -> None:
        self._forget()

    def update(self, image: UInt8, frame: Frame) -> Change:
        """Compare a picture with the scene, then learn from it.

        Args:
            image: `(h, w, 3)` uint8 BGR, at the size that is worked at.
            frame: The same as it was decoded; tells the time and is followed for the camera's motion.
        """
        if image.shape != self._scene.shape:
            self._forget()
            self._scene = image.copy()
            self._before = image.copy()
            self._last_s = self._first_s = frame.t_s
        to_frame = self._follow(image, frame)
        steady = image
        if not np.array_equal(to_frame, np.eye(2, 3)):
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            size = (image.shape[1], image.shape[0])
            steady = cv2.warpAffine(image, to_frame, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        smooth = cv2.GaussianBlur(steady, _SMOOTH, 0)
        contrast = _largest(cv2.absdiff(smooth, self._scene))
        moving = _largest(cv2.absdiff(smooth, self._before))
        level = max(_LEAST_LEVELS, _NOISE_TIMES * _median(moving[::_GRID, ::_GRID]) + 4.0)
        known = frame.t_s > self._first_s
        if known and self._has_cut(contrast, moving, level):
            self._renew(smooth, frame.t_s)
            known = False
        self._learn(smooth, frame.t_s)
        self._before = smooth
        return Change(steady, contrast, moving, level, to_frame, known)

    def absorb(self, image: UInt8, rows: slice, columns: slice) -> None:
        """Take a part of the picture as scenery at once: what was there has left."""
        self._scene[rows, columns] = cv2.GaussianBlur(image, _SMOOTH, 0)[rows, columns]

    def part(self, rows: slice, columns: slice) -> UInt8:
        """Give a part of the scene `(h, w, 3)`."""
        piece: UInt8 = self._scene[rows, columns]
        return piece

    def arrays(self) -> dict[str, Any]:
        """Give the whole memory."""
        numbers = [
            self._last_s, self._first_s, self._owed, self._alert_s, self._usual, float(self._looked)
        ]  # fmt: skip
        camera = np.frombuffer(self._camera.to_bytes(), np.uint8)
        return {
            "scene": self._scene,
            "before": self._before,
            "numbers": np.array(numbers),
            "to_frame": self._to_frame,
            "camera": camera,
        }

    def take(self, arrays: dict[str, Any]) -> None:
        """Go back to what `arrays` gave."""
        self._scene, self._before = arrays["scene"].copy(), arrays["before"].copy()
        numbers = arrays["numbers"].tolist()
        self._last_s, self._first_s, self._owed, self._alert_s, self._usual, looked = numbers
        self._looked = int(looked)
        self._to_frame = arrays["to_frame"].copy()
        self._camera = CameraMotion.from_bytes(arrays["camera"].tobytes())

    def _forget(self) -> None:
        self._scene = np.zeros((0, 0, 3), np.uint8)
        self._before = self._scene
        self._last_s = self._first_s = 0.0
        self._owed = 0.0
        self._alert_s = -np.inf
        self._usual = _CUT_SHARE
        self._looked = 0
        self._to_frame = np.eye(2, 3)
        self._camera = CameraMotion()

    def _renew(self, image: UInt8, t_s: float) -> None:
        """Begin with this picture: a cut, or the camera looks elsewhere."""
        self._scene = image.copy()
        self._before = image.copy()
        self._first_s = t_s
        self._owed = 0.0

    def _has_cut(self, contrast: UInt8, moving: UInt8, level: float) -> bool:
        """Whether this is another scene: nearly all has changed, or far more at once than usual."""
        few = (slice(None, None, _GRID), slice(None, None, _GRID))
        changed = float(np.mean(moving[few] > level))
        usual, self._usual = self._usual, self._usual + _USUAL_STEP * (changed - self._usual)
        sudden = changed > max(_CUT_SHARE, _CUT_TIMES * usual)
        return sudden or float(np.mean(contrast[few] > level)) > _FLOOD

    def _follow(self, image: UInt8, frame: Frame) -> Float64:
        """Give where the camera looks now: from pixels of the scene to pixels of this picture."""
        self._looked += 1
        if self._looked % _LOOK_EVERY and frame.t_s > self._alert_s:
            return self._to_frame
        step = self._camera.follow(frame, np.zeros((0, 4), np.float32)).copy()
        scale = np.array([image.shape[1] / frame.source_size[1], image.shape[0] / frame.source_size[0]])
        step = step * scale[:, None]
        step[:, :2] = step[:, :2] / scale
        middle = np.array([image.shape[1] / 2, image.shape[0] / 2])
        if np.abs(step[:, :2] @ middle + step[:, 2] - middle).max() < _STILL_PX:
            return self._to_frame
        self._alert_s = frame.t_s + _ALERT_S
        whole = np.vstack([step, [0, 0, 1]]) @ np.vstack([self._to_frame, [0, 0, 1]])
        self._to_frame = whole[:2]
        shift = np.abs(self._to_frame[:, :2] @ middle + self._to_frame[:, 2] - middle).max()
        if shift > _MOST_SHIFT * image.shape[1]:
            self._to_frame = np.eye(2, 3)
            self._renew(cv2.GaussianBlur(image, _SMOOTH, 0), frame.t_s)
        return self._to_frame

    def _learn(self, image: UInt8, t_s: float) -> None:
        """Let every pixel of the scene follow by whole grey levels."""
        rate = _FIRST_LEVELS_S if t_s - self._first_s < _YOUNG_S else _LATER_LEVELS_S
        self._owed += rate * max(0.0, t_s - self._last_s)
        self._last_s = t_s
        step = int(self._owed)
        if step < 1:
            return
        self._owed -= step
        limit = np.uint8(min(step, 255))
        up = cv2.min(cv2.subtract(image, self._scene), (float(limit),) * 4)
        down = cv2.min(cv2.subtract(self._scene, image), (float(limit),) * 4)
        self._scene = cv2.subtract(cv2.add(self._scene, up), down)


def _largest(differences: UInt8) -> UInt8:
    """Give the largest of the three channels."""
    blue, green, red = cv2.split(differences)
    largest: UInt8 = cv2.max(cv2.max(blue, green), red)
    return largest


def _median(levels: UInt8) -> float:
    """Give what `numpy.median` gives, from a count of the levels."""
    reached = np.bincount(levels.ravel(), minlength=256).cumsum()
    low, high = np.searchsorted(reached, ((levels.size - 1) // 2, levels.size // 2), side="right").tolist()
    return float(low + high) / 2
