"""What the road scene lets a user choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sightline.analytics.road.kinds import HazardKind
from sightline.core.errors import SettingsError
from sightline.sim.scene import filled_in

SETTINGS: Mapping[str, Any] = {
    "light": "day",
    "weather": "dry",
    "kinds": "D00,D10,D20,D40",
    "lap_m": 432.0,
    "speed_mps": 11.0,
    "height_m": 1.3,
    "pitch_deg": 4.0,
    "focal_px": 0.0,
    "bumps": 1.0,
    "shadows": True,
    "clutter": True,
    "gps_noise_m": 2.0,
    "gps_hz": 1.0,
}
"""What the road scene lets a user choose, with the values that hold where nothing is chosen.

`light` is `day`, `dusk` or `night`; `weather` is `dry` or `rain`; `kinds` are drawn from; the road is a ring of `lap_m`
metres, so that a longer drive passes every hazard again; `height_m`, `pitch_deg` and `focal_px` (0: four fifths of the
picture's width) are the camera's; `bumps` scales how the car pitches; `clutter` adds patches, stains, manholes and posts,
which are not hazards; `gps_noise_m` is the standard deviation of a fix, `gps_hz` how many there are a second.
"""
LIGHTS = ("day", "dusk", "night")
WEATHERS = ("dry", "rain")
_RANGES = {
    "lap_m": (72.0, 5760.0),
    "speed_mps": (1.0, 40.0),
    "height_m": (0.5, 4.0),
    "pitch_deg": (-3.0, 30.0),
    "focal_px": (0.0, 20_000.0),
    "bumps": (0.0, 5.0),
    "gps_noise_m": (0.0, 50.0),
    "gps_hz": (0.1, 20.0),
}


def checked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings with what was left out filled in; `kinds` as a tuple.

    Raises:
        SettingsError: One is unknown or has a value that it cannot have.
    """
    whole = filled_in("road", SETTINGS, settings)
    for name, choices in (("light", LIGHTS), ("weather", WEATHERS)):
        if whole[name] not in choices:
            raise SettingsError(f"{name} cannot be {whole[name]!r}", hint=f"one of {', '.join(choices)}")
    for name, (low, high) in _RANGES.items():
        try:
            whole[name] = float(whole[name])
        except (TypeError, ValueError):
            raise SettingsError(
                f"{name} is {whole[name]!r}, no number", hint=f"{low:g} to {high:g}"
            ) from None
        if not low <= whole[name] <= high:
            raise SettingsError(f"{name} is {whole[name]:g}", hint=f"{low:g} to {high:g}")
    whole["kinds"] = _kinds(whole["kinds"])
    return whole


def _kinds(said: Any) -> tuple[HazardKind, ...]:
    names = said.split(",") if isinstance(said, str) else list(said)
    known = {kind.value for kind in HazardKind} - {HazardKind.CRACK.value}
    if not names or not {str(name).strip() for name in names} <= known:
        raise SettingsError(
            f"kinds cannot be {said!r}", hint=f"some of {', '.join(sorted(known))}, with commas"
        )
    return tuple(HazardKind(str(name).strip()) for name in names)
