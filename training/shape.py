"""How large a network is; known without PyTorch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """How large the network is.

    Attributes:
        channels: Of the backbone's stages at strides 2, 4, 8, 16 and 32.
        depths: Bottlenecks in the stages at strides 4, 8, 16 and 32.
        neck: Channels of every neck level.
        head: Channels of the heads' two branches.
        first_stride: The finest level that boxes are read from: 4 for very small things, else 8.
    """

    channels: tuple[int, int, int, int, int] = (16, 32, 64, 96, 128)
    depths: tuple[int, int, int, int] = (1, 2, 2, 1)
    neck: int = 64
    head: int = 48
    first_stride: int = 8

    @property
    def strides(self) -> tuple[int, ...]:
        """Pixels a cell, finest level first."""
        return tuple(stride for stride in (4, 8, 16, 32) if stride >= self.first_stride)
