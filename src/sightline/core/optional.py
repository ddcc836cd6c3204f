"""Packages that only some choices need, and packages that others need not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sightline.core.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


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


@contextmanager
def without(module: str) -> Iterator[None]:
    """Have first imports of a module fail inside, as if it were not installed: for packages that can do without."""
    refusal = _Refusal(module)
    sys.meta_path.insert(0, refusal)
    try:
        yield
    finally:
        sys.meta_path.remove(refusal)


class _Refusal:
    """Finds one module, and says that it is not there."""

    def __init__(self, module: str) -> None:
        self._module = module

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if name == self._module:
            raise ModuleNotFoundError(f"no {name} is wanted here", name=name)
        return None
