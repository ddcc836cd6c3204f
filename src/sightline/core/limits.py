"""How often something may be done."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket of tokens: each request takes one, and they come back at a steady pace.

    Attributes:
        burst: How many may be taken at once, >= 1.
        per_s: How many come back each second, > 0.
    """

    burst: int
    per_s: float

    def __post_init__(self) -> None:
        if self.burst < 1 or not self.per_s > 0:
            raise ConfigError(f"a rate must allow something, got {self.burst} and {self.per_s} a second")
