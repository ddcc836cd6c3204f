"""All settings of a machine: read from the environment, checked, and shown."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from sightline.core.errors import SettingsError
from sightline.settings.access import AccessSettings
from sightline.settings.declare import PREFIX, setting
from sightline.settings.places import PlaceSettings
from sightline.settings.sources import SourceSettings
from sightline.settings.streams import StreamSettings
from sightline.settings.webhooks import WebhookSettings
from sightline.settings.work import WorkSettings

ALIASES: Mapping[str, str] = {
    "MODEL_PATH": "stream_model",
    "OPENVINO_DEVICE": "stream_device",
    "OPENVINO_PERFORMANCE_MODE": "stream_performance",
    "STREAMING_DEFAULT_FPS": "stream_fps",
    "STREAMING_MAX_FPS": "stream_max_fps",
    "STREAMING_QUEUE_SIZE": "stream_queue_frames",
    "STREAMING_ENABLE_TRACKING": "stream_tracking",
    "STREAMING_SESSION_TIMEOUT": "stream_timeout_s",
    "CONFIDENCE_THRESHOLD": "stream_confidence",
}
"""Variables by which clients of other live services set them up -> our setting."""


class Settings(
    StreamSettings, WebhookSettings, AccessSettings, SourceSettings, WorkSettings, PlaceSettings
):  # the last group's fields come first
    """How Sightline is set up on this machine."""

    model_config = SettingsConfigDict(defer_build=False)

    log_level: Literal["debug", "info", "warning", "error"] = setting(
        "warning", "Log level", "Least serious message shown on the terminal; the log file holds `info` too."
    )
    log_format: Literal["text", "json"] = setting(
        "text", "Log format", "How messages look on the terminal; the log file is JSON lines always."
    )


def read_settings(**given: Any) -> Settings:
    """Read the environment; `given` wins over it, `None` in it counts as not given.

    Variables of `ALIASES` count where our own of the same meaning are not set.

    Raises:
        SettingsError: A value is out of range; the text names the variable.
    """
    given = {name: value for name, value in given.items() if value is not None}
    aliases = [
        variable
        for variable, name in ALIASES.items()
        if os.environ.get(variable) and not os.environ.get(PREFIX + name.upper()) and name not in given
    ]
    try:
        return Settings(**given | {ALIASES[variable]: os.environ[variable] for variable in aliases})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        variable = next((own for own in aliases if ALIASES[own] == name), PREFIX + name.upper())
        raise SettingsError(
            f"{variable}={first.get('input')!r}: {first['msg'].lower()}",
            hint="see `sightline settings`",
        ) from None


CLIENT_VARIABLES = frozenset({PREFIX + "SERVER", PREFIX + "TOKEN", PREFIX + "API_KEY"})
"""What commands that speak to a server read besides: where it is, and who they are."""


def unknown_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give `SIGHTLINE_*` variables that name no setting: most often a misspelling."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | CLIENT_VARIABLES
    ours = (name for name in environ if name.startswith(PREFIX) and not name.startswith(PREFIX + "TEST_"))
    return tuple(sorted(name for name in ours if name not in known))


def without_password(url: str) -> str:
    """Give an address that is safe to show: a password in it becomes `***`."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{place}"))


def described(settings: Settings) -> list[dict[str, str]]:
    """Give each setting as `name variable value default unit title description`, secrets hidden."""
    rows = []
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        default = "platform's data folder" if field.default_factory else _shown(field.default)
        rows.append(
            {
                "name": name,
                "variable": PREFIX + name.upper(),
                "value": _shown(getattr(settings, name)),
                "default": default,
                "unit": str(extra.get("unit", "")),
                "title": field.title or name,
                "description": field.description or "",
            }
        )
    return rows


def _shown(value: Any) -> str:
    return "" if value is None else without_password(str(value))
