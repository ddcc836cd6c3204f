"""How an application's settings are checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from sightline.core.errors import SettingsError


class AppSettings(BaseModel):
    """An application's settings: part of a run's request, frozen, with no name that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Check settings given as plain data.

        Raises:
            SettingsError: One is unknown, or out of range.
        """
        try:
            return cls.model_validate(dict(settings))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(str(step) for step in first["loc"])
            raise SettingsError(
                f"{name}: {first['msg']}", hint=f"settings are {', '.join(cls.model_fields)}"
            ) from None
