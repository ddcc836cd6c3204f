"""An answer that is there already."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Completed(Generic[T]):
    """See `ports.Pending`; for models that answer at once."""

    def __init__(self, answer: T) -> None:
        self._answer = answer

    def result(self) -> T:
        """Give it."""
        return self._answer
