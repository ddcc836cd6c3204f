"""Football: a match of agents, seen through a moving camera."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sightline.core.errors import SettingsError
from sightline.ports import SceneOptions
from sightline.sim.camera import Camera
from sightline.sim.scene import Shot, check, film, frame_count
from sightline.sim.truth import Seen

_SETTINGS = {"camera": "broadcast"}


class FootballScene:
    """A football match; see `ports.Scene`."""

    name = "football"
    class_name = "player"

    def __init__(self, options: SceneOptions | None = None) -> None:
        self.options = options or SceneOptions()
        check(self.options)
        unknown = sorted(set(self.options.settings) - set(_SETTINGS))
        if unknown:
            raise SettingsError(
                f"the football scene has no setting {', '.join(unknown)}", hint=f"it has {', '.join(_SETTINGS)}"
            )
        self.rest = Camera(self.options.size, 1.6 * self.options.size[1], (0.0, -60.0, 20.0), tilt_deg=18.0)

    def render(self, out: Path, progress: Callable[[int, int], None] | None = None) -> Mapping[str, Path]:
        """Write the clip and its truth; see `ports.Scene.render`."""
        return film(self, out, progress)

    def events(self) -> Mapping[str, Any]:
        """Give what happened."""
        return {"events": []}

    def rules(self) -> Mapping[str, Any]:
        """Give no rules."""
        return {}

    def facts(self) -> Mapping[str, Any]:
        """Give nothing more."""
        return {}

    def shots(self) -> Iterator[Shot]:
        """Draw every frame in order."""
        rng = np.random.default_rng(self.options.seed)
        starts_m = rng.uniform((-20, -20), (20, 20), (22, 2))
        speeds_mps = rng.normal(0, 2, (22, 2))
        for index in range(frame_count(self.options)):
            t_s = float(index / self.options.frame_rate_hz)
            image = np.full((*self.options.size, 3), (60, 130, 70), np.uint8)
            seen = []
            for number, place in enumerate(starts_m + speeds_mps * t_s):
                ends, _ = self.rest.project(np.array([[*place, 0.0], [*place, 1.8]]))
                if not np.isfinite(ends).all():
                    continue
                x, low, high = float(ends[0, 0]), float(ends[0, 1]), float(ends[1, 1])
                half = (low - high) * 0.2
                box = (x - half, high, x + half, low)
                height, width = self.options.size
                if box[0] < 0 or box[1] < 0 or box[2] > width or box[3] > height:
                    continue
                colour = (200, 60, 60) if number % 2 else (60, 60, 220)
                cv2.rectangle(image, (int(box[0]), int(box[1])), (int(box[2]), int(box[3])), colour, -1)
                seen.append(Seen(number + 1, box, box, 1.0, (float(place[0]), float(place[1]))))
            yield Shot(index, t_s, image, self.rest, seen)
