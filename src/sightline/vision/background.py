"""What a fixed camera sees when nothing moves, learned as it looks.

Every pixel has a running mean of its three channels and a running mean of how far it strays from it. The first
two seconds are bridged by the median of a few pictures, in which people who walk leave no trace.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, UInt8

    Pixels = np.ndarray[Any, np.dtype[Any]]

_SAMPLES = 9
_SAMPLE_EVERY_S = 0.2
_FIRST_STRAY_LEVELS = 3.0
_MOST_SHAKE = 0.08
_CALM_LEVELS = 6.0
_FAINT_LEVELS = 40.0
_LEAST_RESPONSE = 0.05
_LEAST_SHAKE_PX = 0.3
_SHAKE_GAIN = 0.8
_EDGE_SLACK = 0.25
_SHADE = (0.45, 0.97)
_LIGHT = (1.03, 2.2)
_SHADE_LEVELS = 7.0
_HEADER = struct.Struct("<4sHHHHdd")
_MAGIC = b"BKG1"


@dataclass(frozen=True, slots=True)
class Learning:
    """How fast the scene is learned, and what stands out from it.

    Attributes:
        still_s: Time constant where nothing moves.
        moving_s: Time constant where something does: how long somebody may stand before becoming scenery.
        faint_s: The same for what is hardly seen and does not stir.
        strays: How many times its usual stray a pixel must differ.
        least_levels: Grey levels that it must differ by in any case.
        flood: Share of the picture that may differ before it is taken for another scene, 0..1.
    """

    still_s: float = 4.0
    moving_s: float = 90.0
    faint_s: float = 8.0
    strays: float = 3.0
    least_levels: float = 14.0
    flood: float = 0.6


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from the scene in one picture.

    Attributes:
        mask: `(h, w)` uint8, 255 where it does; all zero while the scene is still unknown.
        contrast: `(h, w)` uint8, by how many grey levels.
        shift_px: `(x, y)` by which the camera has moved: a thing at `p` in the mask is at `p + shift` in
            the picture.
    """

    mask: UInt8
    contrast: UInt8
    shift_px: tuple[float, float]


class Background:
    """The scene's memory. Pictures must come in order of time and in one size; another size starts anew."""

    def __init__(self, learning: Learning | None = None) -> None:
        self._learning = learning or Learning()
        self._size = (0, 0)
        self._now: UInt8
        self._mean: Float32
        self._stray: Float32
        self._samples: list[Pixels]
        self._sampled: int
        self._last_s: float
        self._sampled_s: float
        self._forget((0, 0))

    def update(self, image: UInt8, t_s: float) -> Change:
        """Compare a picture with the scene, then learn from it.

        Args:
            image: `(h, w, 3)` uint8, at least 16 pixels a side.
            t_s: When it was taken, in seconds.
        """
        size = image.shape[:2]
        if size != self._size:
            self._forget((size[0], size[1]))
        image = cv2.GaussianBlur(image, (5, 5), 0)
        passed_s = max(0.0, t_s - self._last_s) if self._sampled else 0.0
        self._last_s = t_s
        shift = (0.0, 0.0)
        scene = cv2.convertScaleAbs(self._mean)
        if self._sampled:
            image, shift = self._steadied(_same_light(image, scene), scene)
        if self._sampled < _SAMPLES and t_s - self._sampled_s >= _SAMPLE_EVERY_S:
            self._sample(image, t_s)
            scene = cv2.convertScaleAbs(self._mean)
        contrast = _largest(cv2.absdiff(image, scene))
        mask = self._standing_out(contrast, scene if shift != (0.0, 0.0) else None)
        if self._sampled < 2:
            return Change(np.zeros(self._size, np.uint8), contrast, shift)
        if cv2.countNonZero(mask) > self._learning.flood * mask.size:
            self._forget(self._size)
            self._sample(image, t_s)
            self._last_s = t_s
            return Change(np.zeros(self._size, np.uint8), contrast, (0.0, 0.0))
        darker, brighter = _relit(mask, image, scene)
        self._learn(image, contrast, cv2.subtract(mask, brighter), passed_s)
        self._now = image
        return Change(cv2.subtract(mask, darker), contrast, shift)

    def absorb(self, image: UInt8, rows: slice, columns: slice) -> None:
        """Take a part of the picture as scenery at once: what was there has left."""
        part = cv2.GaussianBlur(image, (5, 5), 0)[rows, columns]
        self._mean[rows, columns] = part
        self._stray[rows, columns] = _FIRST_STRAY_LEVELS

    def scene(self, rows: slice, columns: slice) -> UInt8:
        """Give a part of the scene as a picture `(h, w, 3)`."""
        picture: UInt8 = cv2.convertScaleAbs(self._mean[rows, columns])
        return picture

    def to_bytes(self) -> bytes:
        """Give the whole memory; equal memories give equal bytes."""
        height, width = self._size
        counts = self._sampled, len(self._samples)
        head = _HEADER.pack(_MAGIC, height, width, *counts, self._last_s, self._sampled_s)
        arrays: list[Pixels] = [self._mean, self._stray, self._now, *self._samples]
        return b"".join([head, *(array.tobytes() for array in arrays)])

    def from_bytes(self, state: bytes) -> None:
        """Go back to what `to_bytes` gave.

        Raises:
            ValueError: These are not such bytes.
        """
        if len(state) < _HEADER.size or not state.startswith(_MAGIC):
            raise ValueError("not the memory of a background")
        _, height, width, sampled, count, last_s, sampled_s = _HEADER.unpack_from(state)
        pixels = height * width
        if len(state) != _HEADER.size + pixels * (12 + 4 + 3 + 3 * count):
            raise ValueError("the memory of a background has been cut")
        self._forget((height, width))
        values = np.frombuffer(state, np.float32, 4 * pixels, _HEADER.size)
        self._mean = values[: 3 * pixels].reshape(height, width, 3).copy()
        self._stray = values[3 * pixels :].reshape(height, width).copy()
        rest = np.frombuffer(state, np.uint8, 3 * (1 + count) * pixels, _HEADER.size + 16 * pixels)
        self._now, *self._samples = (each.copy() for each in rest.reshape(1 + count, height, width, 3))
        self._sampled, self._last_s, self._sampled_s = sampled, last_s, sampled_s

    def _forget(self, size: tuple[int, int]) -> None:
        self._size = size
        self._now = np.zeros((*size, 3), np.uint8)
        self._mean = np.zeros((*size, 3), np.float32)
        self._stray = np.full(size, _FIRST_STRAY_LEVELS, np.float32)
        self._samples = []
        self._sampled = 0
        self._last_s = self._sampled_s = -np.inf

    def _sample(self, image: UInt8, t_s: float) -> None:
        """Take a picture into the median that stands for the scene at first."""
        self._samples.append(image.copy())
        self._sampled_s = t_s
        self._sampled += 1
        self._mean = np.median(np.stack(self._samples), axis=0).astype(np.float32)
        if self._sampled == _SAMPLES:
            self._samples = []

    def _shake(self, image: UInt8, scene: UInt8) -> tuple[float, float]:
        """Give how far the picture has moved against the scene, `(x, y)` in pixels, (0, 0) where unsure.

        Source:
            Kuglin & Hines, The phase correlation image alignment method, 1975 (`cv2.phaseCorrelate`).
        """
        height, width = self._size
        before, after = (cv2.cvtColor(each, cv2.COLOR_BGR2GRAY).astype(np.float32) for each in (scene, image))
        window = cv2.createHanningWindow((width, height), cv2.CV_32F)
        (x, y), response = cv2.phaseCorrelate(before, after, window)
        small = abs(x) < _MOST_SHAKE * width and abs(y) < _MOST_SHAKE * height
        if response < _LEAST_RESPONSE or not small or max(abs(x), abs(y)) < _LEAST_SHAKE_PX:
            return 0.0, 0.0
        return float(x), float(y)

    def _steadied(self, image: UInt8, scene: UInt8) -> tuple[UInt8, tuple[float, float]]:
        """Undo a shake of the camera where that makes the picture more like the scene."""
        shift = self._shake(image, scene)
        if shift == (0.0, 0.0):
            return image, shift
        back = _moved(image, shift)
        before, after = (
            cv2.countNonZero(self._standing_out(_largest(cv2.absdiff(each, scene)))) for each in (image, back)
        )
        return (back, shift) if after < _SHAKE_GAIN * before else (image, (0.0, 0.0))

    def _standing_out(self, contrast: UInt8, shaken: UInt8 | None = None) -> UInt8:
        """Give where the contrast is too large for the scene; edges of a shaken scene may differ more."""
        limit = cv2.convertScaleAbs(
            self._stray, alpha=self._learning.strays, beta=self._learning.least_levels / 2
        )
        limit = np.maximum(limit, np.uint8(self._learning.least_levels))
        if shaken is not None:
            edges = _largest(cv2.morphologyEx(shaken, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
            limit = cv2.scaleAdd(edges, _EDGE_SLACK, limit)
        mask: UInt8 = cv2.compare(contrast, limit, cv2.CMP_GT)
        return mask

    def _learn(self, image: UInt8, contrast: UInt8, mask: UInt8, passed_s: float) -> None:
        """Let the scene follow: quickly where nothing moves, slowly where something does."""
        still = cv2.bitwise_not(cv2.dilate(mask, np.ones((5, 5), np.uint8)))
        quick = float(1 - np.exp(-passed_s / self._learning.still_s))
        slow = float(1 - np.exp(-passed_s / self._learning.moving_s))
        faint = float(1 - np.exp(-passed_s / self._learning.faint_s))
        cv2.accumulateWeighted(image, self._mean, quick, still)
        cv2.accumulateWeighted(contrast, self._stray, quick, still)
        rest = cv2.bitwise_not(still)
        calm = cv2.bitwise_and(self._calm(image, contrast), rest)
        cv2.accumulateWeighted(image, self._mean, faint, calm)
        cv2.accumulateWeighted(image, self._mean, slow, cv2.subtract(rest, calm))

    def _calm(self, image: UInt8, contrast: UInt8) -> UInt8:
        """Give where the picture is as it was just before, and near the scene: light that has moved on."""
        unchanged = cv2.compare(_largest(cv2.absdiff(image, self._now)), _CALM_LEVELS, cv2.CMP_LT)
        calm: UInt8 = cv2.bitwise_and(unchanged, cv2.compare(contrast, _FAINT_LEVELS, cv2.CMP_LT))
        return calm


def _moved(image: UInt8, shift_px: tuple[float, float]) -> UInt8:
    """Undo a shift of the camera."""
    if shift_px == (0.0, 0.0):
        return image
    matrix = np.array([[1, 0, -shift_px[0]], [0, 1, -shift_px[1]]], np.float64)
    size = (image.shape[1], image.shape[0])
    back: UInt8 = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return back


def _same_light(image: UInt8, scene: UInt8) -> UInt8:
    """Undo a change of light that most of the picture shares: the median of a coarse grid's differences."""
    differences = image[::8, ::8].astype(np.int16) - scene[::8, ::8]
    offset = np.round(np.median(differences.reshape(-1, 3), axis=0))
    if not offset.any():
        return image
    brighter, darker = np.maximum(-offset, 0), np.maximum(offset, 0)
    lit: UInt8 = cv2.subtract(cv2.add(image, (*brighter, 0.0)), (*darker, 0.0))
    return lit


def _largest(differences: UInt8) -> UInt8:
    """Give the largest of the three channels."""
    blue, green, red = cv2.split(differences)
    largest: UInt8 = cv2.max(cv2.max(blue, green), red)
    return largest


def _relit(mask: UInt8, image: UInt8, scene: UInt8) -> tuple[UInt8, UInt8]:
    """Give where a picture is the scene itself, only darker (a shadow) or only brighter (one has left).

    Source:
        Horprasert, Harwood & Davis, A statistical approach for real-time robust background subtraction and
        shadow detection, 1999: brightness and chromaticity distortion.
    """
    rows = np.flatnonzero(mask)
    seen = image.reshape(-1, 3)[rows].astype(np.float32)
    known = scene.reshape(-1, 3)[rows].astype(np.float32)
    brightness = (seen * known).sum(axis=1) / np.maximum((known * known).sum(axis=1), 1)
    colour = np.abs(seen - brightness[:, None] * known).max(axis=1)
    alike = colour < _SHADE_LEVELS * np.maximum(brightness, 1)
    masks = []
    for low, high in (_SHADE, _LIGHT):
        part = np.zeros_like(mask)
        part.reshape(-1)[rows[alike & (brightness > low) & (brightness < high)]] = 255
        masks.append(part)
    return masks[0], masks[1]
