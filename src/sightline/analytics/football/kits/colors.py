"""Colours of kits: from names and hexadecimal digits to CIE L*a*b* and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

KIT_COLORS: Mapping[str, str] = MappingProxyType(
    {
        "black": "#16181d",
        "blue": "#1d4fd7",
        "brown": "#6b4226",
        "claret": "#7a1f3d",
        "gold": "#d4a017",
        "gray": "#83878e",
        "green": "#1f9d55",
        "lightblue": "#7fc4f2",
        "lime": "#a8e10c",
        "navy": "#14224f",
        "orange": "#f07818",
        "pink": "#f283b6",
        "purple": "#6d3fc0",
        "red": "#d5202f",
        "teal": "#128f8b",
        "turquoise": "#3fd0c9",
        "white": "#f2f3f5",
        "yellow": "#f5d90a",
    }
)
_OTHER_NAMES = {
    "grey": "gray",
    "sky": "lightblue",
    "skyblue": "lightblue",
    "maroon": "claret",
    "violet": "purple",
}
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])  # D65
_EDGE = 6 / 29
_HUE_SCALE = 60.0


def lab_of(color: str) -> Float64:
    """Give a kit's colour as `(3,)` CIE L*a*b*, from a name as in `red` or digits as in `#d5202f`.

    Raises:
        SettingsError: It is neither.
    """
    name = color.strip().lower().replace(" ", "").replace("-", "")
    name = _OTHER_NAMES.get(name, name)
    digits = KIT_COLORS.get(name, name).removeprefix("#")
    if not re.fullmatch(r"[0-9a-f]{6}", digits):
        raise SettingsError(
            f"{color!r} is not a colour of a kit", hint=f"give #rrggbb, or one of {', '.join(KIT_COLORS)}"
        )
    return lab_from_rgb(np.array([int(digits[place : place + 2], 16) for place in (0, 2, 4)], np.float64))


def lab_from_rgb(rgb: Float64) -> Float64:
    """Turn `(..., 3)` sRGB 0..255 into CIE L*a*b* under D65.

    Source:
        IEC 61966-2-1 (sRGB); CIE 015:2004, section 8.2.1.
    """
    share = np.asarray(rgb, np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    bent = np.where(xyz > _EDGE**3, np.cbrt(xyz), xyz / (3 * _EDGE**2) + 4 / 29)
    x, y, z = np.moveaxis(bent, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def hex_of(lab: Float64) -> str:
    """Give `#rrggbb` of a `(3,)` L*a*b* colour, clipped to what a screen shows."""
    light, green_red, blue_yellow = (float(value) for value in lab)
    y = (light + 16) / 116
    bent = np.array([y + green_red / 500, y, y - blue_yellow / 200])
    xyz = np.where(bent > _EDGE, bent**3, 3 * _EDGE**2 * (bent - 4 / 29)) * _WHITE
    linear = np.clip(np.linalg.solve(_TO_XYZ, xyz), 0, 1)
    share = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(value) * 255):02x}" for value in share)


def name_of(lab: Float64) -> str:
    """Give the name of the kit colour that is nearest to a `(3,)` L*a*b* colour."""
    return min(KIT_COLORS, key=lambda name: (float(np.linalg.norm(lab_of(name) - lab)), name))


def shaded(lab: Float64) -> Float64:
    """Give `(..., 3)` L*a*b* as lightness and two hues that shade does not move: `(l, 60 a / (l + 16), ...)`.

    Light that falls to a share k scales `l + 16`, `a` and `b` all by the cube root of k, so their ratios stay.
    """
    brightness = np.asarray(lab[..., :1]) + 16.0
    return np.concatenate(
        [brightness - 16.0, _HUE_SCALE * lab[..., 1:] / np.maximum(brightness, 1.0)], axis=-1
    )


def unshaded(values: Float64) -> Float64:
    """Undo `shaded`, `(..., 3)`."""
    brightness = np.maximum(values[..., :1] + 16.0, 1.0)
    return np.concatenate([values[..., :1], values[..., 1:] * brightness / _HUE_SCALE], axis=-1)
