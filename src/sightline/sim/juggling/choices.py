"""What the juggling scene lets a user choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sightline.core.errors import SettingsError
from sightline.sim.scene import filled_in

SETTINGS: Mapping[str, Any] = {
    "siteswap": "3",
    "balls": "identical",
    "background": "textured",
    "drops": 0,
    "roll_deg": 0.0,
    "beat_s": 0.0,
    "passer_by": False,
    "hold": False,
}
"""What the juggling scene lets a user choose, with the values that hold where nothing is chosen.

`siteswap` is a pattern or `random`; `balls` is `identical` or `coloured`; `background` is `plain`, `textured`,
`cluttered` or `outdoor`; `drops` balls fall; the camera leans by `roll_deg`; `beat_s` 0 draws the tempo by lot;
`passer_by` lets somebody walk by behind; `hold` lets the juggler only hold the balls.
"""
BALLS = ("identical", "coloured")
BACKGROUNDS = ("plain", "textured", "cluttered", "outdoor")


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings with what was left out filled in.

    Raises:
        SettingsError: One is unknown or has a value that it cannot have.
    """
    whole = filled_in("juggling", SETTINGS, settings)
    whole["siteswap"] = str(whole["siteswap"])
    for name, choices in (("balls", BALLS), ("background", BACKGROUNDS)):
        if whole[name] not in choices:
            raise SettingsError(f"{name} cannot be {whole[name]!r}", hint=f"one of {', '.join(choices)}")
    try:
        numbers = int(whole["drops"]), float(whole["roll_deg"]), float(whole["beat_s"])
    except (TypeError, ValueError):
        raise SettingsError("drops, roll_deg and beat_s are numbers", hint="as in drops=1") from None
    if not (0 <= numbers[0] <= 20 and abs(numbers[1]) <= 30 and 0 <= numbers[2] <= 1):
        raise SettingsError(
            "drops is 0..20, roll_deg -30..30, beat_s 0..1", hint="beat_s=0 draws the tempo by lot"
        )
    whole["drops"], whole["roll_deg"], whole["beat_s"] = numbers
    return whole
