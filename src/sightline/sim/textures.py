"""Surfaces drawn from seeded noise: paving, lawn, boards, leaves' colours and the fronts of houses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, UInt8


def noise(rng: np.random.Generator, size: tuple[int, int], cells_px: Sequence[float]) -> Float32:
    """Give smooth noise about 0 with a standard deviation near 1.

    Args:
        rng: Source of chance.
        size: `(height, width)`.
        cells_px: Sizes of the blobs; each larger one counts as much as a smaller one.
    """
    total = np.zeros(size, np.float32)
    for cell_px in cells_px:
        coarse = (max(int(size[0] / cell_px) + 2, 2), max(int(size[1] / cell_px) + 2, 2))
        grid = rng.standard_normal(coarse, np.float32)
        total += cv2.resize(grid, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return total / np.float32(np.sqrt(len(cells_px)))


def paving(
    rng: np.random.Generator,
    extent_m: tuple[float, float],
    px_per_m: float,
    *,
    slab_m: tuple[float, float] = (0.4, 0.6),
    colour: Sequence[float] = (150, 158, 166),
) -> UInt8:
    """Give slabs in running bond, each a little lighter or darker, with joints, dark bands and stains.

    Args:
        rng: Source of chance.
        extent_m: `(height, width)` of the ground covered.
        px_per_m: Fineness of the texture.
        slab_m: `(height, width)` of a slab.
        colour: Mean BGR.
    """
    height, width = (round(length * px_per_m) for length in extent_m)
    y_m = (np.arange(height, dtype=np.float32) + 0.5)[:, None] / px_per_m
    x_m = (np.arange(width, dtype=np.float32) + 0.5)[None, :] / px_per_m
    row = np.floor(y_m / slab_m[0]).astype(np.int64)
    across = x_m / slab_m[1] + 0.5 * (row % 2)
    column = np.floor(across).astype(np.int64)
    tones = rng.normal(1.0, 0.045, (int(row.max()) + 1, int(column.max()) + 1)).astype(np.float32)
    gain = tones[np.broadcast_to(row, column.shape), column]
    gain *= np.where((row % 11 == 4), np.float32(0.80), np.float32(1.0))
    joint_m = np.minimum(
        np.minimum(across % 1, 1 - across % 1) * slab_m[1],
        np.minimum(y_m / slab_m[0] % 1, 1 - y_m / slab_m[0] % 1) * slab_m[0],
    )
    gain *= 1 - 0.24 * np.clip(1 - (joint_m - 0.008) * px_per_m, 0, 1).astype(np.float32)
    gain *= (
        1
        + 0.030 * noise(rng, (height, width), (2.5, 6))
        + 0.035 * noise(rng, (height, width), (px_per_m * 1.5, px_per_m * 5))
    )
    tint = 1 + 0.012 * noise(rng, (height, width), (px_per_m * 2,))
    base = np.asarray(colour, np.float32) * gain[:, :, None]
    base[:, :, 2] *= tint
    picture: UInt8 = base.clip(0, 255).astype(np.uint8)
    return picture


def lawn(rng: np.random.Generator, size: tuple[int, int], px_per_m: float) -> UInt8:
    """Give grass: fine blades over patches of fresher and drier green; `size` is `(height, width)` in pixels."""
    fine = noise(rng, size, (1.5, 3.0, 7.0))
    patches = noise(rng, size, (px_per_m * 0.8, px_per_m * 3))
    base = np.empty((*size, 3), np.float32)
    for channel, (mean, blade, patch) in enumerate(((52, 7, 4), (112, 13, 8), (88, 11, 12))):
        base[:, :, channel] = mean + blade * fine + patch * patches
    picture: UInt8 = base.clip(0, 255).astype(np.uint8)
    return picture


def boards(
    rng: np.random.Generator, size: tuple[int, int], colour: Sequence[float], *, board_px: float
) -> UInt8:
    """Give upright painted boards; `size` is `(height, width)` in pixels."""
    columns = np.arange(size[1], dtype=np.float32) / board_px
    tones = rng.normal(1, 0.06, int(columns.max()) + 2).astype(np.float32)[columns.astype(np.int64)]
    tones *= 1 - 0.35 * (columns % 1 < max(1.2 / board_px, 0.06))
    grain = 1 + 0.03 * noise(rng, size, (2.0, 8.0))
    picture: UInt8 = (
        (np.asarray(colour, np.float32) * (tones[None, :] * grain)[:, :, None]).clip(0, 255).astype(np.uint8)
    )
    return picture


def glass(rng: np.random.Generator, size: tuple[int, int]) -> UInt8:
    """Give a window pane: dark, with slanted reflections; `size` is `(height, width)` in pixels."""
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    slant = np.sin((columns + rows * 0.6) / max(size) * 7 + float(rng.uniform(0, 6)))
    level = 62 + 20 * slant + 26 * (1 - rows / size[0]) + float(rng.normal(0, 6))
    picture: UInt8 = (
        (level[:, :, None] * np.array([1.12, 1.02, 0.92], np.float32)).clip(0, 255).astype(np.uint8)
    )
    return picture


def stripes(
    size: tuple[int, int], first: Sequence[float], second: Sequence[float], *, stripe_px: float
) -> UInt8:
    """Give an awning's stripes, darker towards the lower edge; `size` is `(height, width)` in pixels."""
    odd = (np.arange(size[1]) / stripe_px).astype(np.int64) % 2
    rows = np.linspace(1.05, 0.82, size[0], dtype=np.float32)
    colours = np.where(odd[:, None] == 1, np.asarray(first, np.float32), np.asarray(second, np.float32))
    picture: UInt8 = (colours[None, :, :] * rows[:, None, None]).clip(0, 255).astype(np.uint8)
    return picture


PLASTERS: tuple[tuple[float, float, float], ...] = (
    (170, 190, 202), (150, 170, 190), (128, 152, 182), (176, 178, 178), (150, 162, 168), (118, 134, 168)
)  # fmt: skip
AWNINGS: tuple[tuple[float, float, float], ...] = (
    (58, 52, 140),
    (70, 100, 52),
    (128, 84, 44),
    (60, 120, 176),
)


def house_front(
    rng: np.random.Generator, size: tuple[int, int], px_per_m: float, *, awning: Sequence[float]
) -> UInt8:
    """Give the front of one house: plaster, rows of windows, shop windows with an awning at street level.

    Args:
        rng: Source of chance.
        size: `(height, width)` in pixels.
        px_per_m: Fineness of the texture.
        awning: BGR of its stripes.
    """
    height, width = size
    plaster = PLASTERS[int(rng.integers(len(PLASTERS)))]
    grain = 1 + 0.02 * noise(rng, size, (2.0, px_per_m)) + 0.03 * noise(rng, size, (px_per_m * 2,))
    front = (np.asarray(plaster, np.float32) * grain[:, :, None]).clip(0, 255).astype(np.uint8)
    street = round(3.6 * px_per_m)
    count = max(round(width / px_per_m / 2.2), 2)
    pitch = width / count
    for floor_top in np.arange(height - street - 3.1 * px_per_m, -3.1 * px_per_m, -3.1 * px_per_m):
        for number in range(count):
            left = round((number + 0.5) * pitch - 0.55 * px_per_m)
            _window(
                rng,
                front,
                left,
                round(floor_top + 0.6 * px_per_m),
                round(1.1 * px_per_m),
                round(1.75 * px_per_m),
            )
    front[height - street - round(0.25 * px_per_m) : height - street] = np.asarray(plaster) * 0.78
    _shop(rng, front, street, px_per_m, awning)
    return front


def _window(rng: np.random.Generator, front: UInt8, left: int, top: int, width: int, height: int) -> None:
    frame = max(height // 16, 1)
    if (
        top - frame < 0
        or top + height + frame > len(front)
        or left < frame
        or left + width + frame > front.shape[1]
    ):
        return
    front[top - frame : top + height + frame, left - frame : left + width + frame] = (206, 212, 214)
    front[top : top + height, left : left + width] = glass(rng, (height, width))
    front[top : top + height, left + width // 2 - frame // 2 : left + width // 2 + frame // 2 + 1] = (
        196,
        202,
        204,
    )
    front[top + height : top + height + frame, left - 2 * frame : left + width + 2 * frame] = (120, 126, 130)


def _shop(
    rng: np.random.Generator, front: UInt8, street: int, px_per_m: float, cloth: Sequence[float]
) -> None:
    height, width = front.shape[:2]
    top = height - street
    front[top:] = (np.asarray(PLASTERS[int(rng.integers(len(PLASTERS)))]) * 0.62).astype(np.uint8)
    edge = round(0.5 * px_per_m)
    pane = glass(rng, (street - round(1.0 * px_per_m), width - 2 * edge))
    front[top + round(0.5 * px_per_m) : top + round(0.5 * px_per_m) + len(pane), edge : width - edge] = pane
    for column in np.linspace(edge, width - edge, max(round(width / px_per_m / 1.6), 2)):
        front[top + round(0.5 * px_per_m) : height, int(column) - 1 : int(column) + 2] = (64, 66, 70)
    door = round(float(rng.uniform(0.2, 0.75)) * width)
    front[height - round(2.3 * px_per_m) :, door : door + round(1.0 * px_per_m)] = (44, 50, 66)
    awning = stripes(
        (round(0.85 * px_per_m), width - edge), cloth, (214, 220, 224), stripe_px=0.32 * px_per_m
    )
    front[top : top + len(awning), edge // 2 : edge // 2 + awning.shape[1]] = awning
    under = top + len(awning)
    front[under : under + round(0.3 * px_per_m)] = front[under : under + round(0.3 * px_per_m)] // 2
