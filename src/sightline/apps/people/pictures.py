"""Draws over a picture of the scene, as SVG: heat, ways, flow, and where the rules lie.

The scene is a JPEG inside the SVG, everything else is lines and text, so it stays sharp at any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.analytics.counting import IN, OUT
from sightline.apps.people.svg import fill
from sightline.reporting.inline import jpeg
from sightline.reporting.numbers import at

if TYPE_CHECKING:
    from sightline.apps.people.measure import Found
    from sightline.core.arrays import Float32, Float64, UInt8

WIDTH = 1280  # of every drawing; text and lines are sized for it
_PALETTE = ("#ffb454", "#5ad1ff", "#ff7eb6", "#8ce99a", "#b197fc", "#ffd43b", "#63e6be", "#ff8787")
_DIMMED: UInt8 = (np.arange(256) * 0.55).astype(np.uint8)
_BAND = 64  # rows that are blended at once: all at once would take 15 MB


class Scene:
    """The background, and where source pixels lie on it.

    Args:
        size: `(height, width)` of the source in pixels.
        background: A picture of the scene at any size; None for a plain ground.
        pixel_aspect: Width over height of the source's pixels; the scene's are square.
    """

    def __init__(self, size: tuple[int, int], background: UInt8 | None, pixel_aspect: float = 1.0) -> None:
        across = WIDTH / size[1]
        self.scale = np.array([across, across / pixel_aspect])
        self.height = max(1, round(size[0] * self.scale[1]))
        pixels = (WIDTH, self.height)
        if background is None:
            self._picture = np.full((self.height, WIDTH, 3), (44, 36, 30), np.uint8)
        else:
            way = cv2.INTER_AREA if background.shape[1] > WIDTH else cv2.INTER_CUBIC
            self._picture = np.asarray(cv2.resize(background, pixels, interpolation=way), np.uint8)

    def plain(self) -> str:
        """The scene as it is."""
        return jpeg(self._picture)

    def dimmed(self) -> UInt8:
        """The scene grey and darker, so that what is drawn on it stands out."""
        grey = cv2.LUT(cv2.cvtColor(self._picture, cv2.COLOR_BGR2GRAY), _DIMMED)
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)

    def path(self, points_px: Float64) -> str:
        """Join source pixels by straight lines."""
        scaled = points_px * self.scale
        return "M" + " L".join(f"{at(x)},{at(y)}" for x, y in scaled.tolist())


def _picture(scene: Scene, background: str, **layers: Any) -> str:
    empty: dict[str, Sequence[Any]] = {"zones": (), "lines": (), "ways": (), "arrows": ()}
    return fill(
        "picture.svg.j2",
        width=WIDTH,
        height=scene.height,
        background=background,
        **{"legend": None, **empty, **layers},
    )


def heat_picture(scene: Scene, found: Found) -> str:
    """Draw where time was spent."""
    seconds = found.heat.seconds
    smooth = cv2.GaussianBlur(seconds.astype(np.float32), (9, 9), 1.0, borderType=cv2.BORDER_CONSTANT)
    cell = found.heat.grid.cell * scene.scale
    size = round(smooth.shape[1] * cell[0]), round(smooth.shape[0] * cell[1])
    large = cv2.resize(smooth, size, interpolation=cv2.INTER_CUBIC)[: scene.height, :WIDTH]
    large = np.pad(large, ((0, scene.height - large.shape[0]), (0, WIDTH - large.shape[1])))
    blended, peak = scene.dimmed(), float(smooth.max())
    for top in range(0, scene.height, _BAND):
        band = slice(top, top + _BAND)
        blended[band] = _heated(blended[band], large[band], peak)
    stops = cv2.applyColorMap(np.arange(0, 256, 32, dtype=np.uint8)[None], cv2.COLORMAP_INFERNO)[0]
    legend = {
        "stops": [f"#{red:02x}{green:02x}{blue:02x}" for blue, green, red in stops.tolist()],
        "low": "less time",
        "high": f"more time (up to {float(seconds.max()):.1f} s in a {found.heat.grid.cell:.0f} px square)"
        if seconds.size
        else "",
    }
    return _picture(scene, jpeg(blended), legend=legend)


def _heated(ground: UInt8, seconds: Float32, peak: float) -> UInt8:
    """Lay heat over some rows of the scene."""
    level = seconds / peak if peak > 0 else np.zeros_like(seconds)
    np.sqrt(np.clip(level, 0, 1, out=level), out=level)
    color = cv2.applyColorMap((level * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    level *= 1.5
    weight = np.clip(level, 0, 0.85, out=level)
    return np.asarray(cv2.blendLinear(ground, color, 1 - weight, weight), np.uint8)


def ways_picture(scene: Scene, found: Found) -> str:
    """Draw where the longest tracks went, each ending in a dot."""
    ways = []
    for way in found.ways:
        x, y = (way.points_px[-1] * scene.scale).tolist()
        ways.append((scene.path(way.points_px), _PALETTE[way.track_id % len(_PALETTE)], x, y))
    return _picture(scene, jpeg(scene.dimmed()), ways=ways)


def flow_picture(scene: Scene, found: Found) -> str:
    """Draw which way people move where, as arrows: longer is faster, the colour is the direction."""
    flow = found.flow
    rows, columns = np.nonzero(flow.seconds >= min(1.0, float(flow.seconds.max(initial=0.0))))
    moving = flow.velocities_px_s[rows, columns] * scene.scale
    speeds = np.hypot(moving[:, 0], moving[:, 1])
    ok = np.isfinite(speeds) & (speeds > 0)
    rows, columns, moving, speeds = rows[ok], columns[ok], moving[ok], speeds[ok]
    fast = float(np.percentile(speeds, 90)) if len(speeds) else 1.0
    across, down = (flow.grid.cell * scene.scale).tolist()
    cell = min(across, down)
    arrows = []
    for row, column, (vx, vy), speed in zip(rows, columns, moving.tolist(), speeds.tolist(), strict=True):
        length = cell * (0.25 + 0.65 * min(speed / fast, 1.0))
        way_x, way_y = vx / speed, vy / speed
        middle_x, middle_y = (column + 0.5) * across, (row + 0.5) * down
        tip = (middle_x + way_x * length / 2, middle_y + way_y * length / 2)
        tail = (middle_x - way_x * length / 2, middle_y - way_y * length / 2)
        hue = round(float(np.degrees(np.arctan2(vy, vx)))) % 360
        arrows.append((_arrow(tail, tip, cell * 0.22), f"hsl({hue} 90% 68%)"))
    return _picture(scene, jpeg(scene.dimmed()), arrows=arrows)


def rules_picture(scene: Scene, found: Found) -> str:
    """Draw lines and zones with what they counted."""
    zones = []
    for zone, stays, _ in found.zones:
        x, y = (zone.polygon.mean(axis=0) * scene.scale).tolist()
        zones.append(
            (scene.path(zone.polygon) + "Z", zone.name, f"{len(stays)} stays", *_within(scene, x, y))
        )
    lines = []
    for line, counts in found.lines:
        start, end = np.array(line.start) * scene.scale, np.array(line.end) * scene.scale
        along = end - start
        inwards = np.array([-along[1], along[0]]) / np.hypot(*along)
        middle = (start + end) / 2
        away = 100 * abs(inwards[0]) + 44 * abs(inwards[1])  # words are wider than they are high
        label = middle - inwards * away
        arrow = _arrow(tuple((middle - inwards * 4).tolist()), tuple((middle + inwards * 40).tolist()), 13)
        text = f"in {counts.count(IN)} · out {counts.count(OUT)}"
        lines.append(
            (
                scene.path(np.array([line.start, line.end])),
                arrow,
                line.name,
                text,
                *_within(scene, *label.tolist()),
            )
        )
    return _picture(scene, scene.plain(), zones=zones, lines=lines)


def _within(scene: Scene, x: float, y: float) -> tuple[float, float]:
    """Keep a label in the picture."""
    return min(max(x, 90.0), WIDTH - 90.0), min(max(y, 40.0), scene.height - 30.0)


def _arrow(tail: tuple[float, float], tip: tuple[float, float], head: float) -> str:
    way = np.array([tip[0] - tail[0], tip[1] - tail[1]])
    way = way / np.hypot(*way)
    side = np.array([-way[1], way[0]])
    left = np.array(tip) - way * head + side * head * 0.6
    right = np.array(tip) - way * head - side * head * 0.6
    points = [f"{at(x)},{at(y)}" for x, y in (tail, tip, left.tolist(), right.tolist())]
    return f"M{points[0]} L{points[1]} M{points[2]} L{points[1]} L{points[3]}"
