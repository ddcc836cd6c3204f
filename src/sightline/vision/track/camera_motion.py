"""How the camera moved between two frames: a shift, turn and zoom that most of the background agrees on.

Corners of a small grey picture are followed by optical flow; the motion that most of them share is found by
trying pairs of them (RANSAC) with a fixed seed, so that the same pictures give the same answer.

Source:
    Shi & Tomasi, "Good Features to Track", CVPR 1994; Bouguet, "Pyramidal Implementation of the Lucas Kanade
    Feature Tracker", 2000; Fischler & Bolles, "Random Sample Consensus", CACM 1981.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float32, Float64, UInt8
    from sightline.core.frames import Frame

_HEADER = struct.Struct("<4sIII")
_MAGIC = b"SLTC"
_LONG_SIDE_PX = 320
_CORNERS = 200
_CORNER_QUALITY = 0.01
_CORNER_GAP_PX = 7
_WINDOW_PX = (15, 15)
_LEVELS = 3
_TRIALS = 128
_AGREE_PX = 0.7
_FEWEST_AGREEING = 12
_LEAST_AGREEING_SHARE = 0.4
_LEAST_BASE_PX = 10.0


class CameraMotion:
    """Remembers the last picture and tells how the next one is displaced."""

    def __init__(self) -> None:
        self._grey: UInt8 = np.zeros((0, 0), np.uint8)
        self._corners: Float32 = np.zeros((0, 2), np.float32)

    def follow(self, frame: Frame, boxes_px: Float32) -> Float64:
        """Give the motion since the frame before, and remember this one.

        Args:
            frame: The picture, at any scale.
            boxes_px: `(n, 4)` boxes in source pixels that move on their own; corners in them are not used.

        Returns:
            `(2, 3)` float64 from source pixels of the frame before to those of this one. The identity where
            nothing certain can be said: on the first frame, a cut, a picture without texture.
        """
        grey = _small(frame.image)
        motion = np.eye(2, 3)
        if grey.shape == self._grey.shape and len(self._corners) >= _FEWEST_AGREEING:
            motion = _in_source(_shared_motion(*self._flow(grey)), frame, grey)
        self._grey = grey
        self._corners = _corners(grey, frame, boxes_px)
        return motion

    def _flow(self, grey: UInt8) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """Give where the corners were and where they are now, as complex numbers x + iy."""
        # The stubs demand an array where OpenCV takes none.
        now, found, _ = cv2.calcOpticalFlowPyrLK(  # type: ignore[call-overload, unused-ignore]
            self._grey, grey, self._corners[:, None], None, winSize=_WINDOW_PX, maxLevel=_LEVELS
        )
        kept = found.reshape(-1) == 1
        return _complex(self._corners[kept]), _complex(now.reshape(-1, 2)[kept])

    def to_bytes(self) -> bytes:
        """Give the memory as bytes; equal memories give equal bytes."""
        height, width = self._grey.shape
        header = _HEADER.pack(_MAGIC, height, width, len(self._corners))
        return header + self._grey.tobytes() + self._corners.astype("<f4").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> CameraMotion:
        """Read what `to_bytes` gave.

        Raises:
            SettingsError: It is not that.
        """
        magic, height, width, count = (
            _HEADER.unpack_from(data) if len(data) >= _HEADER.size else (b"", 0, 0, 0)
        )
        if magic != _MAGIC or len(data) != _HEADER.size + height * width + 8 * count:
            raise SettingsError(
                "the snapshot of the camera's motion is damaged", hint="start the run again without --resume"
            )
        camera = cls()
        grey = np.frombuffer(data, np.uint8, height * width, _HEADER.size)
        corners = np.frombuffer(data, "<f4", 2 * count, _HEADER.size + height * width)
        camera._grey = grey.reshape(height, width).copy()
        camera._corners = corners.reshape(count, 2).astype(np.float32)
        return camera


def _small(image: UInt8) -> UInt8:
    """Give the picture in grey, its longer side at most 320 pixels."""
    scale = min(1.0, _LONG_SIDE_PX / max(image.shape[:2]))
    if scale < 1.0:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def _corners(grey: UInt8, frame: Frame, boxes_px: Float32) -> Float32:
    """Give `(n, 2)` points outside the boxes that flow can follow."""
    mask = np.full(grey.shape, 255, np.uint8)
    scale = np.array([grey.shape[1] / frame.source_size[1], grey.shape[0] / frame.source_size[0]] * 2)
    limits = np.array([grey.shape[1], grey.shape[0]] * 2)
    for x1, y1, x2, y2 in np.clip(np.round(boxes_px * scale), 0, limits).astype(int).tolist():
        mask[y1:y2, x1:x2] = 0
    found = cv2.goodFeaturesToTrack(grey, _CORNERS, _CORNER_QUALITY, _CORNER_GAP_PX, mask=mask)
    return np.zeros((0, 2), np.float32) if found is None else np.asarray(found, np.float32).reshape(-1, 2)


def _complex(points_px: Float32) -> NDArray[np.complex128]:
    return points_px[:, 0].astype(np.float64) + 1j * points_px[:, 1]


def _shared_motion(before: NDArray[np.complex128], now: NDArray[np.complex128]) -> tuple[complex, complex]:
    """Give the turn-and-zoom and the shift that most points agree on: `now = turn * before + shift`."""
    nothing = (1 + 0j, 0j)
    if len(before) < _FEWEST_AGREEING:
        return nothing
    pairs = np.random.default_rng(1).integers(0, len(before), (2, _TRIALS))
    base = before[pairs[1]] - before[pairs[0]]
    far = np.abs(base) >= _LEAST_BASE_PX
    if not far.any():
        return nothing
    turns = (now[pairs[1, far]] - now[pairs[0, far]]) / base[far]
    shifts = now[pairs[0, far]] - turns * before[pairs[0, far]]
    agree = np.abs(turns[:, None] * before + shifts[:, None] - now) <= _AGREE_PX
    best = agree[agree.sum(axis=1).argmax()]
    if best.sum() < max(_FEWEST_AGREEING, _LEAST_AGREEING_SHARE * len(before)):
        return nothing
    return _least_squares(before[best], now[best])


def _least_squares(before: NDArray[np.complex128], now: NDArray[np.complex128]) -> tuple[complex, complex]:
    middle, middle_now = before.mean(), now.mean()
    rest = before - middle
    turn = complex((rest.conj() * (now - middle_now)).sum() / (np.abs(rest) ** 2).sum())
    return turn, complex(middle_now - turn * middle)


def _in_source(motion: tuple[complex, complex], frame: Frame, grey: UInt8) -> Float64:
    """Give a motion of the small picture as a matrix in source pixels."""
    turn, shift = motion
    scale = np.array([frame.source_size[1] / grey.shape[1], frame.source_size[0] / grey.shape[0]])
    matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    matrix *= scale[:, None]
    matrix[:, :2] /= scale
    return matrix
