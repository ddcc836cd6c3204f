"""The colours that balls have in this clip, learned from what has been seen to fly.

A colour counts for a ball as far as it is commoner on balls than in the picture: a white ball before a white
wall teaches nothing, and that is known.

Source:
    Swain & Ballard, Color indexing, 1991 (ratio histograms, back-projection).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, Float64, UInt8

    Index = np.ndarray[Any, np.dtype[np.uint16]]

_BINS = (16, 64, 64)  # of Y, Cr, Cb
_CODES = 16 * 64 * 64
_ENOUGH = 600.0
_MOST = 20_000.0
_SCENE_EVERY = 8
_SCENE_STEP = 3
_BALL_SHARE = 0.03  # far more than balls take of a picture, whose own pixels count in the scene too
SAMPLES = 48
"""Codes in one sample."""
_TURNS = np.arange(SAMPLES) * 2.399963
_ACROSS, _DOWN = np.cos(_TURNS), np.sin(_TURNS)
_REACH = np.sqrt((np.arange(SAMPLES) + 0.5) / SAMPLES)


class BallColours:
    """Histograms of balls and of the whole picture, and the table made from them."""

    def __init__(self) -> None:
        self._balls: Float32 = np.zeros(_BINS, np.float32)
        self._scene: Float32 = np.zeros(_BINS, np.float32)
        self._looked = 0
        self._table: UInt8 = np.zeros(_CODES, np.uint8)
        self._stale = False
        self._smooth_scene: Float32 | None = None

    @property
    def known(self) -> bool:
        """Whether enough has flown to know colours."""
        return bool(self._balls.sum() >= _ENOUGH)

    def codes(self, image: UInt8) -> Index:
        """Give each pixel's colour code, `(h, w)` of a BGR picture; and learn the picture's colours every few frames."""
        luma, red, blue = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb))
        codes = (luma >> 4).astype(np.uint16) << 12
        codes |= (red >> 2).astype(np.uint16) << 6
        codes |= (blue >> 2).astype(np.uint16)
        if self._looked % _SCENE_EVERY == 0:
            few = codes[::_SCENE_STEP, ::_SCENE_STEP].ravel()
            self._scene *= np.float32(0.97)
            self._scene += np.bincount(few, minlength=_CODES).astype(np.float32).reshape(_BINS)
            self._smooth_scene = None
            self._stale = self._stale or self._looked % (4 * _SCENE_EVERY) == 0
        self._looked += 1
        found: Index = codes
        return found

    def samples(self, codes: Index, places_px: Float64, radii_px: Float64) -> Index:
        """Give a few codes from inside each of some balls, `(n, SAMPLES)`.

        Args:
            codes: `(h, w)`, each pixel's.
            places_px: `(n, 2)` middles.
            radii_px: `(n,)`.
        """
        reach = 0.7 * radii_px[:, None] * _REACH
        rows = np.rint(places_px[:, 1:] + reach * _DOWN).astype(int)
        columns = np.rint(places_px[:, :1] + reach * _ACROSS).astype(int)
        rows.clip(0, codes.shape[0] - 1, out=rows)
        columns.clip(0, codes.shape[1] - 1, out=columns)
        chosen: Index = codes[rows, columns]
        return chosen

    def learn(self, samples: Index) -> None:
        """Take the colours of something that has been seen to fly."""
        self._balls += np.bincount(samples.ravel(), minlength=_CODES).astype(np.float32).reshape(_BINS)
        total = float(self._balls.sum())
        if total > _MOST:
            self._balls *= np.float32(_MOST / total)
        self._stale = True

    def likeness(self, codes: Index) -> UInt8:
        """Give how much each pixel looks like a ball, `(h, w)` of 0..255."""
        if self._stale:
            self._refresh()
        found: UInt8 = self._table.take(codes)
        return found

    def shares(self, samples: Index) -> Float64:
        """Give how much the codes of each row look like a ball, `(n,)` of 0..1."""
        shares: Float64 = self.likeness(samples).mean(axis=1) / 255
        return shares

    def arrays(self) -> dict[str, Any]:
        """Give the whole memory."""
        return {
            "balls": self._balls,
            "scene": self._scene,
            "table": self._table,
            "numbers": np.array([self._looked, int(self._stale)]),
        }

    def take(self, arrays: dict[str, Any]) -> None:
        """Go back to what `arrays` gave."""
        self._balls, self._scene = arrays["balls"].copy(), arrays["scene"].copy()
        self._table = arrays["table"].copy()
        self._looked, stale = (int(value) for value in arrays["numbers"])
        self._stale = bool(stale)
        self._smooth_scene = None

    def _refresh(self) -> None:
        self._stale = False
        balls = _smooth(self._balls) / max(float(self._balls.sum()), 1.0)
        if self._smooth_scene is None:
            self._smooth_scene = _smooth(self._scene) / max(float(self._scene.sum()), 1.0)
        scene = self._smooth_scene
        likely = _BALL_SHARE * balls / (_BALL_SHARE * balls + scene + 1e-9)
        self._table = np.rint(255 * likely).astype(np.uint8).ravel()


def _smooth(bins: Float32) -> Float32:
    """Spread each bin a little over its neighbours, across brightness more than across hue."""
    for axis, weights in ((0, (0.25, 0.5, 0.25)), (1, (0.2, 0.6, 0.2)), (2, (0.2, 0.6, 0.2))):
        before, after = np.roll(bins, 1, axis), np.roll(bins, -1, axis)
        bins = (weights[0] * before + weights[1] * bins + weights[2] * after).astype(np.float32)
    return bins
