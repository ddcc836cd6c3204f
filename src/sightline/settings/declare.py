"""How a setting is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

if TYPE_CHECKING:
    from pydantic.config import JsonDict

PREFIX = "SIGHTLINE_"


class SettingsGroup(BaseSettings):
    """Settings of one concern; `Settings` joins the groups and is the only one that is read."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        protected_namespaces=(),
        defer_build=True,
    )


def setting(default: Any, title: str, description: str, *, unit: str = "", **limits: Any) -> Any:
    """Declare a setting; `unit` is shown beside its value."""
    extra: JsonDict = {"unit": unit}
    if callable(default):
        return Field(
            default_factory=default, title=title, description=description, json_schema_extra=extra, **limits
        )
    return Field(default, title=title, description=description, json_schema_extra=extra, **limits)
