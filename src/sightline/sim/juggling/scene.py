"""Somebody juggles in front of a camera; every throw, catch and drop is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.errors import SettingsError
from sightline.ports import SceneOptions
from sightline.sim.camera import Camera
from sightline.sim.canvas import Sensor
from sightline.sim.scene import Shot, check, film, frame_count

if TYPE_CHECKING:
    from sightline.sim.truth import Seen

_SETTINGS = {"siteswap": "3", "balls": "identical"}


class JugglingScene:
    """A juggler; see `ports.Scene`."""

    name = "juggling"
    class_name = "ball"

    def __init__(self, options: SceneOptions | None = None) -> None:
        self.options = options or SceneOptions()
        check(self.options)
        unknown = sorted(set(self.options.settings) - set(_SETTINGS))
        if unknown:
            raise SettingsError(
                f"the juggling scene has no setting {', '.join(unknown)}",
                hint=f"it has {', '.join(_SETTINGS)}",
            )
        focal_px = 690.0 * self.options.size[0] / 360.0
        self.rest = Camera(self.options.size, focal_px, (0.0, 0.0, 1.4), tilt_deg=2.0)

    def render(self, out: Path, progress: Callable[[int, int], None] | None = None) -> Mapping[str, Path]:
        """Write the clip and its truth; see `ports.Scene.render`."""
        return film(self, out, progress)

    def events(self) -> Mapping[str, Any]:
        """Give what happened, for `events.json`."""
        return {}

    def facts(self) -> Mapping[str, Any]:
        """Give what was drawn by lot."""
        return {}

    def rules(self) -> Mapping[str, Any]:
        """Nothing is counted at lines."""
        return {"version": 1}

    def shots(self) -> Iterator[Shot]:
        """Draw every frame in order."""
        options = self.options
        sensor = Sensor(options.size, sigma=options.noise, seed=options.seed)
        for index in range(frame_count(options)):
            image = np.full((*options.size, 3), 120, np.uint8)
            seen: list[Seen] = []
            yield Shot(index, float(index / options.frame_rate_hz), sensor.see(image, index), self.rest, seen)
