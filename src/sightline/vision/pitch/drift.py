"""How a plane in view moves from one picture to the next: what carries a camera over frames that show little.

Corners of a small grey picture are followed by optical flow, there and back; a homography that most of them share
is found by trying fours of them (OpenCV's RANSAC, whose generator has a fixed seed, so equal pictures give equal
answers).

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
    from sightline.core.arrays import Float64, UInt8
    from sightline.core.frames import Frame

_HEADER = struct.Struct("<4sII")
_MAGIC = b"SLPD"
_WIDTH_PX = 480
_CORNERS = 400
_CORNER_QUALITY = 0.005
_CORNER_GAP_PX = 6
_WINDOW_PX = (17, 17)
_LEVELS = 4
_THERE_AND_BACK_PX = 0.7
_AGREE_PX = 1.5
_FEWEST = 24
_LEAST_SHARE = 0.45


class Drift:
    """Remembers the last picture."""

    def __init__(self) -> None:
        self._grey: UInt8 = np.zeros((0, 0), np.uint8)

    def follow(self, frame: Frame) -> Float64 | None:
        """Give the motion since the frame before, and remember this one.

        Returns:
            `(3, 3)` float64 from source pixels of the frame before to those of this one; None where most
            corners agree on none: the first frame, a cut, a picture without texture.
        """
        grey = _small(frame.image)
        before, self._grey = self._grey, grey
        if before.shape != grey.shape:
            return None
        found = _shared(before, grey)
        if found is None:
            return None
        scale = np.diag([frame.source_size[1] / grey.shape[1], frame.source_size[0] / grey.shape[0], 1.0])
        motion = scale @ found @ np.linalg.inv(scale)
        return np.asarray(motion / motion[2, 2], np.float64)

    def to_bytes(self) -> bytes:
        """Give the memory as bytes; equal memories give equal bytes."""
        return _HEADER.pack(_MAGIC, *self._grey.shape) + self._grey.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Drift:
        """Read what `to_bytes` gave.

        Raises:
            SettingsError: It is not that.
        """
        magic, height, width = _HEADER.unpack_from(data) if len(data) >= _HEADER.size else (b"", 0, 0)
        if magic != _MAGIC or len(data) != _HEADER.size + height * width:
            raise SettingsError("the drift's memory is damaged", hint="start the run anew")
        drift = cls()
        drift._grey = np.frombuffer(data, np.uint8, offset=_HEADER.size).reshape(height, width).copy()
        return drift


def _small(image: UInt8) -> UInt8:
    height = round(image.shape[0] * _WIDTH_PX / image.shape[1])
    small = cv2.resize(image, (_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)


def _shared(before: UInt8, now: UInt8) -> Float64 | None:
    corners = cv2.goodFeaturesToTrack(before, _CORNERS, _CORNER_QUALITY, _CORNER_GAP_PX)
    if corners is None or len(corners) < _FEWEST:
        return None
    # The stubs demand an array where OpenCV takes none.
    there, found, _ = cv2.calcOpticalFlowPyrLK(  # type: ignore[call-overload, unused-ignore]
        before, now, corners, None, winSize=_WINDOW_PX, maxLevel=_LEVELS
    )
    back, again, _ = cv2.calcOpticalFlowPyrLK(  # type: ignore[call-overload, unused-ignore]
        now, before, there, None, winSize=_WINDOW_PX, maxLevel=_LEVELS
    )
    off = np.abs(back - corners).reshape(-1, 2).max(1)
    kept = (found.reshape(-1) == 1) & (again.reshape(-1) == 1) & (off < _THERE_AND_BACK_PX)
    if kept.sum() < _FEWEST:
        return None
    matrix, agreed = cv2.findHomography(corners[kept], there[kept], cv2.RANSAC, _AGREE_PX)
    if matrix is None or agreed.sum() < max(_FEWEST, _LEAST_SHARE * len(corners)):
        return None
    return np.asarray(matrix, np.float64)
