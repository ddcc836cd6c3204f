"""What stands still, drawn once, and how a turning camera sees it at each moment.

A camera that only turns and zooms sees near and far move by one map, so one wide drawing serves every frame:
still cameras cut it out, moving ones warp it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.sim.canvas import Lens, Sensor, Sprite, lay, window

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, Float64, UInt8
    from sightline.sim.camera import Camera
    from sightline.sim.props import Prop

_TO_CENTRES = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Everything that stands still, as one camera with a margin sees it.

    Attributes:
        camera: Who sees it.
        picture: `(h, w, 3)` uint8: ground, houses, props and their shadows.
        shade: `(h, w)` uint8, how dark the props' shadows make the ground, 255 black.
        ground: `(h, w)` uint8, 255 where the ground shows, 0 where something covers it.
        edges_m: `(k,)` rising distances ahead at which props stand.
        covers: `(k,)` maps `(h, w)` uint8: the coverage by the props that stand at `edges_m[i]` or nearer.
    """

    camera: Camera
    picture: UInt8
    shade: UInt8
    ground: UInt8
    edges_m: Float64
    covers: tuple[UInt8, ...]

    def cover_before(self, ahead_m: float) -> UInt8 | None:
        """Give the map of what stands nearer than `ahead_m`; None where nothing does."""
        nearer = int(np.searchsorted(self.edges_m, ahead_m))
        return self.covers[nearer - 1] if nearer else None


def coverage(sprite: Sprite, size: tuple[int, int]) -> UInt8:
    """Give a sprite's coverage over a whole picture of that `(height, width)`, 255 where it covers all."""
    cover = np.zeros(size, np.uint8)
    place = window(sprite, size)
    if place is not None:
        alpha = sprite.alpha[place.sprite_rows, place.sprite_columns]
        cover[place.rows, place.columns] = np.rint(alpha * 255).astype(np.uint8)
    return cover


def assemble(
    camera: Camera,
    ground: UInt8,
    dark: Float32,
    behind: Sequence[Sprite],
    props: Sequence[tuple[Prop, Sprite]],
) -> Backdrop:
    """Lay everything over the ground, far things first.

    Args:
        camera: Who sees it.
        ground: `(h, w, 3)`, with shadows already.
        dark: `(h, w)` in 0..1, the shadows.
        behind: What stands behind all people.
        props: What may hide people, each with its drawing.
    """
    picture = ground.copy()
    covered = np.zeros(camera.size, np.uint8)
    for sprite in behind:
        lay(picture, sprite)
        covered = np.maximum(covered, coverage(sprite, camera.size))
    near_first = sorted(props, key=lambda pair: pair[0].foot_m[1])
    covers: list[UInt8] = []
    for _, sprite in near_first:
        alpha = coverage(sprite, camera.size)
        covers.append(np.maximum(covers[-1], alpha) if covers else alpha)
    for _, sprite in reversed(near_first):
        lay(picture, sprite)
    if covers:
        covered = np.maximum(covered, covers[-1])
    edges_m = np.array([prop.foot_m[1] for prop, _ in near_first], np.float64)
    shade = np.rint(dark * 255).astype(np.uint8)
    return Backdrop(camera, picture, shade, (255 - covered).astype(np.uint8), edges_m, tuple(covers))


class View:
    """One moment of a backdrop: cuts pieces out of its maps where a camera sees them.

    Attributes:
        backdrop: What stands still.
        camera: Who looks.
        ground_to_image: That camera's map from ground metres to pixels.
    """

    def __init__(self, backdrop: Backdrop, camera: Camera) -> None:
        self.backdrop = backdrop
        self.camera = camera
        self.ground_to_image = camera.ground_to_image()
        self._same = camera == backdrop.camera
        to_frame = backdrop.camera.picture_map(camera)
        self._to_frame = np.linalg.inv(_TO_CENTRES) @ to_frame @ _TO_CENTRES

    def picture(self) -> UInt8:
        """Give the whole picture as a new array."""
        if self._same:
            return self.backdrop.picture.copy()
        height, width = self.camera.size
        picture: UInt8 = cv2.warpPerspective(
            self.backdrop.picture,
            self._to_frame,
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return picture

    def cut(self, values: UInt8, left: int, top: int, size: tuple[int, int]) -> Float32:
        """Give a piece of one of the backdrop's maps as float32 in 0..1; 0 outside the map.

        Args:
            values: `(h, w)` uint8, a map of the backdrop.
            left: First column of the piece in the frame.
            top: First row.
            size: `(height, width)` of the piece.
        """
        if self._same:
            piece = np.zeros(size, np.uint8)
            place = window(
                Sprite(
                    left, top, np.zeros((1, 1, 3), np.float32), np.broadcast_to(np.float32(0), size), None
                ),
                values.shape[:2],
            )
            if place is not None:
                piece[place.sprite_rows, place.sprite_columns] = values[place.rows, place.columns]
        else:
            shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]])
            piece = cv2.warpPerspective(
                values, shift @ self._to_frame, (size[1], size[0]), flags=cv2.INTER_LINEAR
            )
        return piece.astype(np.float32) * np.float32(1 / 255)


@dataclass(frozen=True, slots=True)
class Optics:
    """What happens between the scene and the file.

    Attributes:
        lens: Corners and light.
        sensor: Noise.
        drift: How far the exposure swings, as a share.
        drift_period_s: How long one swing takes.
    """

    lens: Lens
    sensor: Sensor
    drift: float = 0.012
    drift_period_s: float = 17.0

    def see(self, image: UInt8, index: int, t_s: float) -> UInt8:
        """Give the picture as it is recorded."""
        exposure = 1 + self.drift * float(np.sin(2 * np.pi * t_s / self.drift_period_s))
        return self.sensor.see(self.lens.see(image, exposure), index)
