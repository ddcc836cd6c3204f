"""Lays what moves over a view, far things first, and measures how much of each shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.sim.canvas import Sprite, lay, shade, window
from sightline.sim.truth import Seen

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, UInt8
    from sightline.sim.backdrop import View

_LEAST_PX = 1.0


@dataclass(frozen=True, slots=True)
class Item:
    """Something that moves, drawn for one frame.

    Attributes:
        track_id: Who.
        sprite: The whole of it, unhidden and uncut.
        place_m: `(x, y)` where it stands; what stands nearer hides it.
    """

    track_id: int
    sprite: Sprite
    place_m: tuple[float, float]


def throw_shadow(image: UInt8, view: View, left: int, top: int, dark: Float32) -> None:
    """Darken the ground in place where it shows and no shadow lies yet; `dark` is `(h, w)` in 0..1."""
    size = (dark.shape[0], dark.shape[1])
    ground = view.cut(view.backdrop.ground, left, top, size)
    lying = view.cut(view.backdrop.shade, left, top, size)
    deeper = np.maximum(dark - lying, 0) / np.maximum(1 - lying, np.float32(1e-3))
    shade(image, left, top, deeper * ground)


def light_at(view: View, place_m: tuple[float, float]) -> float:
    """Give how bright it is at a place on the ground: 1 in the sun, less in a prop's shadow."""
    point = view.ground_to_image.project(np.array([place_m], np.float64))[0]
    if not np.isfinite(point).all() or abs(point).max() > 20_000:
        return 1.0
    dark = view.cut(view.backdrop.shade, int(point[0]) - 2, int(point[1]) - 1, (3, 5))
    return 1 - 0.75 * float(dark.mean())


def compose(image: UInt8, view: View, items: Sequence[Item]) -> list[Seen]:
    """Lay items over a picture in place, hidden by what stands nearer.

    Args:
        image: `(h, w, 3)`, the view's picture with shadows.
        view: Tells what hides them.
        items: In any order.

    Returns:
        What is in the picture, in rising order of id. An item's visibility is the share of its whole area
        (as covered, in pixels) that lies inside the picture and is hidden neither by a prop nor by a nearer item.
    """
    far_first = sorted(items, key=lambda item: (-item.place_m[1], item.track_id))
    shows: list[Float32] = []
    for number, item in enumerate(far_first):
        sprite = item.sprite
        props = view.backdrop.cover_before(item.place_m[1])
        free: Float32 | None = None
        if props is not None:
            free = 1 - view.cut(props, sprite.left, sprite.top, sprite.size)
        lay(image, sprite, free)
        own = sprite.alpha if free is None else sprite.alpha * free
        for other, behind in zip(far_first[:number], shows, strict=True):
            _cover(behind, other.sprite, own, sprite)
        shows.append(own.copy())
    seen = [_seen(item, shown, view.camera.size) for item, shown in zip(far_first, shows, strict=True)]
    return sorted((one for one in seen if one is not None), key=lambda one: one.track_id)


def _cover(behind: Float32, under: Sprite, own: Float32, over: Sprite) -> None:
    """Take from what shows of one sprite what another one covers, in place."""
    moved = Sprite(over.left - under.left, over.top - under.top, over.colour, over.alpha, None)
    place = window(moved, under.size)
    if place is not None:
        behind[place.rows, place.columns] *= 1 - own[place.sprite_rows, place.sprite_columns]


def _seen(item: Item, shown: Float32, size: tuple[int, int]) -> Seen | None:
    sprite = item.sprite
    place = window(sprite, size)
    if place is None or sprite.box_px is None:
        return None
    x1, y1, x2, y2 = sprite.box_px
    height, width = size
    box = (max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height)))
    if box[2] - box[0] < _LEAST_PX or box[3] - box[1] < _LEAST_PX:
        return None
    inside = float(shown[place.sprite_rows, place.sprite_columns].sum(dtype=np.float64))
    whole = float(sprite.alpha.sum(dtype=np.float64))
    return Seen(item.track_id, box, sprite.box_px, min(inside / whole, 1.0), item.place_m)
