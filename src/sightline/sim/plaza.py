"""A small town square: paving, lawn, house fronts, and what stands on it, drawn once and then reused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.sim.backdrop import Backdrop, assemble
from sightline.sim.canvas import shade
from sightline.sim.light import Sun
from sightline.sim.props import Face, Prop, bench, darkness, kiosk, lamp, planter, tree
from sightline.sim.textures import AWNINGS, house_front, lawn, paving

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, UInt8
    from sightline.sim.camera import Camera

HOUSES_Y_M = 31.0
LAWN_Y_M = 27.0
SUN = Sun.at(azimuth_deg=-130, height_deg=52, shadow=0.36)


def furniture(rng: np.random.Generator) -> tuple[Prop, ...]:
    """Give what stands on the square."""
    return (
        tree(rng, (-4.9, 14.6), height_m=6.4, crown_m=2.0),
        tree(rng, (9.6, 22.5), height_m=6.8, crown_m=2.3),
        tree(rng, (-13.5, 26.0), height_m=7.2, crown_m=2.6),
        lamp((-1.9, 19.5)),
        lamp((6.6, 13.2)),
        kiosk(rng, (4.4, 21.5)),
        planter(rng, (-7.6, 20.4), half_m=(1.5, 0.45)),
        bench((-8.6, 24.4)),
        bench((12.6, 26.2)),
        planter(rng, (1.2, 26.6), half_m=(1.6, 0.4)),
    )


def backdrop(camera: Camera, sun: Sun, props: tuple[Prop, ...], seed: int) -> Backdrop:
    """Draw the square as that camera sees it; the same arguments give the same pixels."""
    rng = np.random.default_rng([seed, 0xB4C2])
    ground = _ground(camera, rng)
    light_xy = sun.in_picture(camera)
    houses = _houses(seed).draw(camera, light_xy)
    dark = darkness(props, sun, camera)
    shade(ground, 0, 0, dark)
    return assemble(camera, ground, dark, [houses], [(prop, prop.draw(camera, light_xy)) for prop in props])


def _ground(camera: Camera, rng: np.random.Generator) -> UInt8:
    """Draw the ground's texture through the camera, finer than the picture and averaged down."""
    height, width = camera.size
    px_per_m = float(np.clip(48 * height / 400, 36, 90))
    near_m, far_m = 3.0, HOUSES_Y_M + 1.0
    left_m = -float(
        np.ceil(width / 2 / camera.focal_px * far_m * 1.1 + abs(np.sin(np.deg2rad(camera.pan_deg))) * far_m)
    )
    texture = paving(rng, (far_m - near_m, -2 * left_m), px_per_m)
    rows = round((far_m - LAWN_Y_M) * px_per_m)
    texture[:rows] = lawn(rng, (rows, texture.shape[1]), px_per_m)
    kerb = round(0.18 * px_per_m)
    texture[rows : rows + kerb] = (178, 184, 188)
    texture[rows + kerb : rows + kerb + max(kerb // 4, 1)] = (92, 96, 100)
    to_ground = np.array([[1 / px_per_m, 0, left_m], [0, -1 / px_per_m, far_m], [0, 0, 1]])
    fineness = 4 if height * width < 500_000 else 2
    finer = np.array([[fineness, 0, -0.5], [0, fineness, -0.5], [0, 0, 1.0]])
    centre = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])
    matrix: Float64 = finer @ camera.ground_to_image().matrix @ to_ground @ centre
    wide = cv2.warpPerspective(
        texture,
        matrix,
        (width * fineness, height * fineness),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    picture: UInt8 = cv2.resize(wide, (width, height), interpolation=cv2.INTER_AREA)
    return picture


def _houses(seed: int) -> Prop:
    """Give the row of houses at the far side."""
    faces: list[Face] = []
    left_m, px_per_m, high_m = -46.0, 36.0, 10.0
    while left_m < 46.0:
        rng = np.random.default_rng([seed, 0x40, len(faces)])
        wide_m = float(rng.uniform(6.0, 9.5))
        front = house_front(
            rng,
            (round(high_m * px_per_m), round(wide_m * px_per_m)),
            px_per_m,
            awning=AWNINGS[len(faces) % len(AWNINGS)],
        )
        corners = np.array(
            [
                (left_m, HOUSES_Y_M, high_m), (left_m + wide_m, HOUSES_Y_M, high_m),
                (left_m + wide_m, HOUSES_Y_M, 0.0), (left_m, HOUSES_Y_M, 0.0),
            ]
        )  # fmt: skip
        faces.append(Face(corners, front))
        left_m += wide_m
    return Prop("houses", (0.0, HOUSES_Y_M), 0.0, faces=tuple(faces))
