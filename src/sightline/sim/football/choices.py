"""What the football scene lets a user choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sightline.core.errors import SettingsError
from sightline.sim.football.play.shape import FORMATIONS
from sightline.sim.football.shadows import WEATHERS
from sightline.sim.football.views import KINDS
from sightline.sim.scene import filled_in

SETTINGS: Mapping[str, Any] = {
    "camera": "broadcast", "cameras": None, "weather": None, "home_formation": None, "away_formation": None,
    "trajectories": None, "lens": "broadcast", "graphics": True, "pictures": "drawn",
}  # fmt: skip
"""What the football scene lets a user choose, with the values that hold where nothing is chosen; see docs/football/simulator.md."""


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings with what was left out filled in.

    Raises:
        SettingsError: One is unknown or has a value that it cannot have.
    """
    found = filled_in("football", SETTINGS, settings)
    for name, allowed in (
        ("camera", KINDS),
        ("weather", (None, *WEATHERS)),
        ("home_formation", (None, *FORMATIONS)),
        ("away_formation", (None, *FORMATIONS)),
        ("lens", ("broadcast", "clean")),
        ("pictures", ("drawn", "none")),
    ):
        if found[name] not in allowed:
            hint = "one of " + ", ".join(str(value) for value in allowed if value)
            raise SettingsError(f"the football scene's {name} cannot be {found[name]!r}", hint=hint)
    return found
