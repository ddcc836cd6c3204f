"""Packages that only some choices need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sightline.core.errors import MissingDependencyError


def require(module: str, *, extra: str) -> Any:
    """Import a module of an optional package.

    Raises:
        MissingDependencyError: It is not installed; the hint names the extra that brings it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            f"{module} is not installed", hint=f"pip install 'sightline[{extra}]'"
        ) from error
