"""What lies between the match and the file: exposure, blur, noise, rain, graphics and compression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, UInt8


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera's picture.

    Attributes:
        exposure: Gain.
        gamma: Above 1 lifts the dark.
        contrast: About middle grey.
        balance: BGR gains.
        saturation: 1 keeps colours.
        blur_px: Standard deviation of its softness.
        motion_px: `(x, y)` of its movement while the shutter is open.
        noise: Standard deviation in grey levels.
        rain: Streaks, 0..1.
        shrink: Recorded at this share of its size and enlarged again.
        jpeg: Quality 1..100; 0 leaves it uncompressed.
        vignette: How much darker corners are, 0..1.
        sharpen: Overshoot at edges, 0..1, as broadcasters add it.
    """

    exposure: float = 1.0
    gamma: float = 1.0
    contrast: float = 1.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    saturation: float = 1.0
    blur_px: float = 0.0
    motion_px: tuple[float, float] = (0.0, 0.0)
    noise: float = 0.0
    rain: float = 0.0
    shrink: float = 1.0
    jpeg: int = 0
    vignette: float = 0.0
    sharpen: float = 0.0

    def see(self, image: UInt8, rng: np.random.Generator) -> UInt8:
        """Give the picture as it is recorded; `rng` draws noise and rain."""
        if self.rain:
            _rain(image, self.rain, rng)
        if self.saturation != 1.0:
            grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
            image = cv2.addWeighted(image, self.saturation, grey, 1 - self.saturation, 0)
        image = self._soft(image)
        image = cv2.LUT(image, self._curve())
        if self.vignette:
            image = _vignette(image, self.vignette)
        if self.noise:
            image = _noisy(image, self.noise, rng)
        if self.jpeg:
            _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg])
            image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
        return image

    def _soft(self, image: UInt8) -> UInt8:
        if self.shrink < 1.0:
            height, width = image.shape[:2]
            small = cv2.resize(image, None, fx=self.shrink, fy=self.shrink, interpolation=cv2.INTER_AREA)
            image = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        long_px = float(np.hypot(*self.motion_px))
        if long_px > 1.0:
            image = cv2.filter2D(image, -1, _streak(self.motion_px))
        if self.blur_px > 0.2:
            image = cv2.GaussianBlur(image, (0, 0), self.blur_px)
        if self.sharpen:
            image = cv2.addWeighted(
                image, 1 + self.sharpen, cv2.GaussianBlur(image, (5, 5), 1.2), -self.sharpen, 0
            )
        return image

    def _curve(self) -> UInt8:
        levels = np.arange(256, dtype=np.float64) / 255
        curves = []
        for balance in self.balance:
            value = (levels * self.exposure * balance).clip(0, None) ** (1 / self.gamma)
            curves.append(((value - 0.5) * self.contrast + 0.5) * 255)
        return np.rint(np.stack(curves, axis=1)).clip(0, 255).astype(np.uint8).reshape(1, 256, 3)


def lens(rng: np.random.Generator, *, strength: float = 1.0, rain: bool = False) -> Lens:
    """Draw a camera's picture by lot; `strength` 0 is a clean one, 1 a wide choice."""

    def often(chance: float) -> bool:
        return bool(rng.random() < chance * strength)

    motion = rng.normal(0, 2.5, 2) if often(0.2) else np.zeros(2)
    return Lens(
        exposure=float(np.exp(rng.normal(0, 0.16 * strength))),
        gamma=float(np.exp(rng.normal(0, 0.16 * strength))),
        contrast=float(np.exp(rng.normal(0, 0.1 * strength))),
        balance=tuple(float(v) for v in np.exp(rng.normal(0, 0.06 * strength, 3))),  # type: ignore[arg-type]
        saturation=float(rng.uniform(0.6, 1.35)) if often(0.6) else 1.0,
        blur_px=float(rng.uniform(0.3, 1.5)) if often(0.6) else 0.0,
        motion_px=(float(motion[0]), float(motion[1]) * 0.5),
        noise=float(rng.uniform(0.5, 7)) if often(0.6) else 0.0,
        rain=float(rng.uniform(0.3, 1.0)) if rain else 0.0,
        shrink=float(rng.uniform(0.45, 0.95)) if often(0.35) else 1.0,
        jpeg=int(rng.integers(28, 92)) if often(0.5) else 0,
        vignette=float(rng.uniform(0.05, 0.35)) if often(0.2) else 0.0,
        sharpen=float(rng.uniform(0.2, 0.9)) if often(0.3) else 0.0,
    )


def _streak(motion_px: tuple[float, float]) -> Float32:
    reach = int(np.ceil(max(abs(motion_px[0]), abs(motion_px[1])) / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    half = np.array(motion_px) / 2
    ends = [np.rint((reach + sign * half) * 16).astype(int).tolist() for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
    return np.asarray(kernel / kernel.sum(), np.float32)


def _vignette(image: UInt8, amount: float) -> UInt8:
    rows = np.linspace(-1, 1, image.shape[0], dtype=np.float32)
    columns = np.linspace(-1, 1, image.shape[1], dtype=np.float32)
    kept = (255 * (1 - amount * (rows[:, None] ** 2 + columns[None, :] ** 2) / 2)).astype(np.uint8)
    return np.asarray(cv2.multiply(image, cv2.merge([kept, kept, kept]), scale=1 / 255), np.uint8)


def _noisy(image: UInt8, sigma: float, rng: np.random.Generator) -> UInt8:
    """Add noise from a tile that is laid out turned and shifted by lot."""
    height, width = image.shape[:2]
    tile = rng.standard_normal((120, 160, 3), np.float32) * np.float32(sigma)
    tile += rng.standard_normal((120, 160, 1), np.float32) * np.float32(sigma)
    tile = np.rint(tile * 0.75).astype(np.int16)
    down, across = -(-height // 120), -(-width // 160)
    pieces = [
        np.hstack([np.roll(tile, rng.integers(0, 120, 2), (0, 1)) for _ in range(across)])
        for _ in range(down)
    ]
    return np.asarray(cv2.add(image, np.vstack(pieces)[:height, :width], dtype=cv2.CV_8U), np.uint8)


def _rain(image: UInt8, amount: float, rng: np.random.Generator) -> None:
    """Draw streaks of rain, in place."""
    height, width = image.shape[:2]
    count = int(amount * height * width / 9000)
    starts = rng.uniform(0, (width, height), (count, 2))
    slope, long_px = rng.normal(0, 0.15), rng.uniform(0.01, 0.035, count) * height
    veil = image.copy()
    ends = starts + np.stack([slope * long_px, long_px], axis=1)
    segments = np.rint(np.stack([starts, ends], axis=1) * 8).astype(np.int32)
    cv2.polylines(veil, list(segments), False, (200, 196, 190), 1, cv2.LINE_AA, 3)
    cv2.addWeighted(veil, 0.35, image, 0.65, 6 * amount, dst=image)


# --- graphics ---------------------------------------------------------------------------------------------


def score_bug(
    image: UInt8, texts: tuple[str, str, str], colours: tuple[tuple[float, ...], tuple[float, ...]]
) -> None:
    """Lay a score bug into the top left corner: clock, teams and score, and the teams' colours."""
    unit = image.shape[0] / 36
    left, top = int(1.6 * unit), int(1.4 * unit)
    tall, wide = int(1.6 * unit), (int(3.4 * unit), int(9.5 * unit))
    cv2.rectangle(image, (left, top), (left + wide[0], top + tall), (52, 30, 24), -1)
    cv2.rectangle(image, (left + wide[0], top), (left + sum(wide), top + tall), (236, 236, 236), -1)
    for number, colour in enumerate(colours):
        start = left + wide[0] + number * (wide[1] - int(0.4 * unit))
        cv2.rectangle(image, (start, top), (start + int(0.4 * unit), top + tall), colour, -1)
    base = top + int(1.15 * unit)
    for start, text, ink in ((left + 0.25 * unit, texts[0], (240, 240, 240)), (left + wide[0] + 0.8 * unit, texts[1] + " " + texts[2], (20, 20, 20))):  # fmt: skip
        cv2.putText(image, text, (int(start), base), cv2.FONT_HERSHEY_DUPLEX, unit / 30, ink, 1, cv2.LINE_AA)
