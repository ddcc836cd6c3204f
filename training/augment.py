"""Training pictures: mosaic, scale, aspect, shift, flip and colour, with labels that follow.

Every picture is made from a generator seeded by its own number, so that a training run that is resumed sees the same
pictures as one that was never stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

IGNORE = -1
"""Class of a region that nothing is known about."""

_GREY = 114


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture and its labels.

    Attributes:
        image: `(h, w, 3)` BGR uint8.
        boxes: `(n, 4)` float32 corners in pixels.
        classes: `(n,)` int64; `IGNORE` where nothing is known.
        labelled: `(classes,)` bool: the classes that its source labels.
    """

    image: np.ndarray
    boxes: np.ndarray
    classes: np.ndarray
    labelled: np.ndarray


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How pictures are varied.

    Attributes:
        mosaic: Probability that four pictures are joined.
        scale: Factor's range, uniform in its logarithm.
        native_scale: Start from this many canvas pixels a picture pixel; None: the picture fits the canvas.
        aspect: Largest stretch of width against height, as a factor.
        flip: Probability of mirroring left and right.
        hue: Largest shift, as a share of the circle.
        saturation: Largest change, as a share.
        brightness: Likewise.
        blur: Probability of a blur, of motion or focus.
        grey: Probability of taking the colour away.
        focus: Classes that a crop is centred on with probability `focus_share`, where the picture has one.
        focus_share: See `focus`.
        keep: A box of which less than this share is left becomes a region that nothing is known about.
    """

    mosaic: float = 0.6
    scale: tuple[float, float] = (0.6, 1.5)
    native_scale: float | None = None
    aspect: float = 1.2
    flip: float = 0.5
    hue: float = 0.015
    saturation: float = 0.6
    brightness: float = 0.4
    blur: float = 0.1
    grey: float = 0.02
    focus: Sequence[int] = field(default_factory=tuple)
    focus_share: float = 0.0
    keep: float = 0.35


def make_picture(
    pick: Callable[[np.random.Generator], Sample],
    rng: np.random.Generator,
    size: tuple[int, int],
    how: Augmentation,
    *,
    mosaic: bool = True,
) -> Sample:
    """Give one training picture of `size`.

    Args:
        pick: Draws a labelled picture.
        rng: Where all chance comes from.
        size: `(height, width)` of the result.
        how: The ranges.
        mosaic: False at the end of training, when pictures should look like real ones.
    """
    height, width = size
    canvas = np.full((height, width, 3), _GREY, np.uint8)
    if mosaic and rng.random() < how.mosaic:
        x, y = int(width * rng.uniform(0.3, 0.7)), int(height * rng.uniform(0.3, 0.7))
        areas = [(0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)]
        shrink = 0.75
    else:
        areas, shrink = [(0, 0, width, height)], 1.0
    parts = [_place(pick(rng), canvas, area, rng, how, shrink) for area in areas]
    labelled = np.logical_and.reduce([part.labelled for part in parts])
    boxes = np.concatenate([part.boxes for part in parts])
    classes = np.concatenate([part.classes for part in parts])
    sample = Sample(canvas, boxes, classes, labelled)
    return _recolour(_mirror(sample, rng, how), rng, how)


def letterbox(sample: Sample, size: tuple[int, int]) -> Sample:
    """Give the picture fitted to `size`, in the middle of grey, as the detector's adapter does."""
    height, width = size
    factor = min(height / sample.image.shape[0], width / sample.image.shape[1])
    matrix = np.array(
        [
            [factor, 0, (width - factor * sample.image.shape[1]) / 2],
            [0, factor, (height - factor * sample.image.shape[0]) / 2],
        ]
    )
    image = cv2.warpAffine(
        sample.image,
        matrix,
        (width, height),
        flags=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR,
        borderValue=(_GREY,) * 3,
    )
    boxes = sample.boxes * factor + np.tile(matrix[:, 2], 2)
    return Sample(image, boxes.astype(np.float32), sample.classes, sample.labelled)


def _place(
    sample: Sample,
    canvas: np.ndarray,
    area: tuple[int, int, int, int],
    rng: np.random.Generator,
    how: Augmentation,
    shrink: float,
) -> Sample:
    """Draw a picture into an area of the canvas and give the labels that are left."""
    x1, y1, x2, y2 = area
    height, width = sample.image.shape[:2]
    fit = min(canvas.shape[0] / height, canvas.shape[1] / width)
    base = fit if how.native_scale is None else how.native_scale
    factor = base * shrink * float(np.exp(rng.uniform(*np.log(how.scale))))
    stretch = float(np.exp(rng.uniform(-1, 1) * np.log(how.aspect) / 2))
    across, down = factor * stretch, factor / stretch
    shift_x = _shift(rng, x1, x2, across * width)
    shift_y = _shift(rng, y1, y2, down * height)
    focused = np.flatnonzero(np.isin(sample.classes, list(how.focus)))
    if len(focused) and rng.random() < how.focus_share:
        box = sample.boxes[rng.choice(focused)]
        shift_x = rng.uniform(x1 + 0.1 * (x2 - x1), x2 - 0.1 * (x2 - x1)) - across * (box[0] + box[2]) / 2
        shift_y = rng.uniform(y1 + 0.1 * (y2 - y1), y2 - 0.1 * (y2 - y1)) - down * (box[1] + box[3]) / 2
    matrix = np.array([[across, 0, shift_x - x1], [0, down, shift_y - y1]])
    source = sample.image
    if factor < 0.6:  # a bilinear warp would skip pixels
        source = cv2.resize(source, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        matrix[:, :2] @= np.diag([width / source.shape[1], height / source.shape[0]])
    canvas[y1:y2, x1:x2] = cv2.warpAffine(
        source, matrix, (x2 - x1, y2 - y1), flags=cv2.INTER_LINEAR, borderValue=(_GREY,) * 3
    )
    boxes = sample.boxes * np.array([across, down, across, down]) + np.array(
        [shift_x, shift_y, shift_x, shift_y]
    )
    return _cut(boxes, sample, area, how)


def _shift(rng: np.random.Generator, low: int, high: int, length: float) -> float:
    """Where a picture of some length starts: anywhere inside where it fits, else so that it fills the span."""
    spare = (high - low) - length
    return low + rng.uniform(min(spare, 0.0), max(spare, 0.0))


def _cut(boxes: np.ndarray, sample: Sample, area: tuple[int, int, int, int], how: Augmentation) -> Sample:
    low, high = np.array(area[:2] * 2, np.float64), np.array(area[2:] * 2, np.float64)
    clipped = boxes.clip(low, high)
    sides = clipped[:, 2:] - clipped[:, :2]
    whole = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    left = sides.prod(1) / np.maximum(whole, 1e-9)
    classes = np.where(left < how.keep, IGNORE, sample.classes)
    there = (sides.min(1, initial=np.inf) > 1.0) & (left > 0.02) if len(boxes) else np.zeros(0, bool)
    return Sample(sample.image, clipped[there].astype(np.float32), classes[there], sample.labelled)


def _mirror(sample: Sample, rng: np.random.Generator, how: Augmentation) -> Sample:
    if rng.random() >= how.flip:
        return sample
    width = sample.image.shape[1]
    boxes = sample.boxes.copy()
    boxes[:, [0, 2]] = width - sample.boxes[:, [2, 0]]
    return Sample(np.ascontiguousarray(sample.image[:, ::-1]), boxes, sample.classes, sample.labelled)


def _recolour(sample: Sample, rng: np.random.Generator, how: Augmentation) -> Sample:
    gains = 1 + rng.uniform(-1, 1, 3) * (0.0, how.saturation, how.brightness)
    turn = rng.uniform(-1, 1) * how.hue * 180
    steps = np.arange(256, dtype=np.float32)
    hue, saturation, value = cv2.split(cv2.cvtColor(sample.image, cv2.COLOR_BGR2HSV))
    hue = cv2.LUT(hue, ((steps + turn) % 180).astype(np.uint8))
    saturation = cv2.LUT(saturation, (steps * gains[1]).clip(0, 255).astype(np.uint8))
    value = cv2.LUT(value, (steps * gains[2]).clip(0, 255).astype(np.uint8))
    image = cv2.cvtColor(cv2.merge([hue, saturation, value]), cv2.COLOR_HSV2BGR)
    if rng.random() < how.grey:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if rng.random() < how.blur:
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        if rng.random() < 0.5:
            kernel[length // 2] = 1.0 / length
        else:
            kernel[:] = 1.0 / length**2
        image = cv2.filter2D(image, -1, kernel)
    return Sample(image, sample.boxes, sample.classes, sample.labelled)
