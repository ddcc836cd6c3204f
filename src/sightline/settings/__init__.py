"""Everything that can be set for a machine, read once, in `bootstrap`; and how an application's settings are checked.

Each setting is an environment variable `SIGHTLINE_<NAME>`. What shapes one run's result (model, stride,
rules, ...) is part of that run's request, not of these settings; docs/settings.md lists them all and is made
from these files.
"""

from sightline.settings.applications import AppSettings
from sightline.settings.declare import PREFIX
from sightline.settings.machine import (
    ALIASES,
    Settings,
    described,
    read_settings,
    unknown_variables,
    without_password,
)
from sightline.settings.sources import WatchedPlace

__all__ = [
    "ALIASES",
    "PREFIX",
    "AppSettings",
    "Settings",
    "WatchedPlace",
    "described",
    "read_settings",
    "unknown_variables",
    "without_password",
]
