"""A small anchor-free detector: CSP backbone, PAFPN neck, decoupled heads; dense convolutions throughout.

Channels are multiples of 16, which vector units like; depthwise convolutions are left out, since on CPUs they train and
run slower than dense ones of the same accuracy.

Sources: CSPNet (Wang et al. 2020), PANet (Liu et al. 2018), YOLOX's decoupled head and cell-relative boxes (Ge et al.
2021). The code is our own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.shape import Shape


class ConvUnit(nn.Sequential):
    """Convolution, batch norm, Hardswish."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03),
            nn.Hardswish(inplace=True),
        )


class Bottleneck(nn.Module):
    """1x1 then 3x3, added to its input where asked."""

    def __init__(self, channels: int, *, residual: bool) -> None:
        super().__init__()
        self.reduce = ConvUnit(channels, channels)
        self.mix = ConvUnit(channels, channels, 3)
        self.residual = residual

    def forward(self, values: Tensor) -> Tensor:
        """Keep the shape."""
        mixed = self.mix(self.reduce(values))
        return values + mixed if self.residual else mixed


class CspBlock(nn.Module):
    """Half of the channels pass through bottlenecks, half go around them."""

    def __init__(self, inputs: int, outputs: int, depth: int, *, residual: bool = True) -> None:
        super().__init__()
        half = outputs // 2
        self.through = ConvUnit(inputs, half)
        self.around = ConvUnit(inputs, half)
        self.blocks = nn.Sequential(*(Bottleneck(half, residual=residual) for _ in range(depth)))
        self.join = ConvUnit(2 * half, outputs)

    def forward(self, values: Tensor) -> Tensor:
        """Keep height and width."""
        return self.join(torch.cat([self.blocks(self.through(values)), self.around(values)], 1))


class PyramidPool(nn.Module):
    """Three pools in a row, joined: a wide view at the coarsest level."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.reduce = ConvUnit(channels, half)
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.join = ConvUnit(4 * half, channels)

    def forward(self, values: Tensor) -> Tensor:
        """Keep the shape."""
        levels = [self.reduce(values)]
        for _ in range(3):
            levels.append(self.pool(levels[-1]))
        return self.join(torch.cat(levels, 1))


class Backbone(nn.Module):
    """A picture to features at strides 4, 8, 16 and 32."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        channels, depths = shape.channels, shape.depths
        self.stem = ConvUnit(3, channels[0], 3, 2)
        self.stages = nn.ModuleList()
        for place, depth in enumerate(depths):
            parts: list[nn.Module] = [
                ConvUnit(channels[place], channels[place + 1], 3, 2),
                CspBlock(channels[place + 1], channels[place + 1], depth),
            ]
            if place == len(depths) - 1:
                parts.append(PyramidPool(channels[place + 1]))
            self.stages.append(nn.Sequential(*parts))

    def forward(self, images: Tensor) -> list[Tensor]:
        """`(b, 3, h, w)` to four feature maps, finest first."""
        values, features = self.stem(images), []
        for stage in self.stages:
            values = stage(values)
            features.append(values)
        return features


class Neck(nn.Module):
    """Features top-down, then bottom-up; every level sees both what is fine and what is wide."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        levels = shape.channels[-len(shape.strides) :]
        self.sides = nn.ModuleList(ConvUnit(inputs, shape.neck) for inputs in levels)
        pairs = len(levels) - 1
        self.downs = nn.ModuleList(
            CspBlock(2 * shape.neck, shape.neck, 1, residual=False) for _ in range(pairs)
        )
        self.strided = nn.ModuleList(ConvUnit(shape.neck, shape.neck, 3, 2) for _ in range(pairs))
        self.ups = nn.ModuleList(
            CspBlock(2 * shape.neck, shape.neck, 1, residual=False) for _ in range(pairs)
        )

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """Finest first, in and out."""
        levels = [
            side(feature) for side, feature in zip(self.sides, features[-len(self.sides) :], strict=True)
        ]
        for place in range(len(levels) - 2, -1, -1):
            above = nn.functional.interpolate(levels[place + 1], scale_factor=2.0, mode="nearest")
            levels[place] = self.downs[place](torch.cat([levels[place], above], 1))
        for place in range(1, len(levels)):
            below = self.strided[place - 1](levels[place - 1])
            levels[place] = self.ups[place - 1](torch.cat([below, levels[place]], 1))
        return levels


class Head(nn.Module):
    """One level's class scores and boxes, each by a branch of its own."""

    def __init__(self, shape: Shape, classes: int) -> None:
        super().__init__()
        self.kind = nn.Sequential(ConvUnit(shape.neck, shape.head, 3), ConvUnit(shape.head, shape.head, 3))
        self.place = nn.Sequential(ConvUnit(shape.neck, shape.head, 3), ConvUnit(shape.head, shape.head, 3))
        self.scores = nn.Conv2d(shape.head, classes, 1)
        self.boxes = nn.Conv2d(shape.head, 4, 1)
        nn.init.constant_(self.scores.bias, -4.6)  # a prior of 0.01: nearly every cell is empty
        with torch.no_grad():
            self.boxes.bias.copy_(
                torch.tensor([0.0, 0.0, 1.0, 1.0])
            )  # boxes of nearly three cells to begin with

    def forward(self, values: Tensor) -> Tensor:
        """`(b, 4 + classes, h, w)`: raw boxes, then raw scores."""
        return torch.cat([self.boxes(self.place(values)), self.scores(self.kind(values))], 1)


class Detector(nn.Module):
    """Pictures to boxes and class scores of every cell."""

    def __init__(self, classes: int, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape or Shape()
        self.classes = classes
        self.backbone = Backbone(self.shape)
        self.neck = Neck(self.shape)
        self.heads = nn.ModuleList(Head(self.shape, classes) for _ in self.shape.strides)

    def forward(self, images: Tensor) -> Tensor:
        """Give every cell's answer.

        Args:
            images: `(b, 3, h, w)` RGB 0..1; height and width are multiples of 32.

        Returns:
            `(b, 4 + classes, cells)`: centre x, y, width, height in pixels, then class scores before the sigmoid;
            levels finest first, cells row by row.
        """
        levels = []
        for head, stride, values in zip(
            self.heads, self.shape.strides, self.neck(self.backbone(images)), strict=True
        ):
            raw = head(values)
            rows, columns = raw.shape[-2:]
            cells = cell_centres(rows, columns, raw).reshape(1, 2, rows, columns)
            centres = (raw[:, :2] + cells) * stride
            sizes = raw[:, 2:4].clamp(max=7.0).exp() * stride
            levels.append(torch.cat([centres, sizes, raw[:, 4:]], 1).flatten(2))
        return torch.cat(levels, 2)

    def grid(self, height: int, width: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Give all cells' centres in pixels `(cells, 2)` and their strides `(cells,)`."""
        centres, strides = [], []
        for stride in self.shape.strides:
            cells = cell_centres(height // stride, width // stride, like)
            centres.append(cells.T * stride)
            strides.append(torch.full((cells.shape[1],), float(stride), device=like.device))
        return torch.cat(centres), torch.cat(strides)


def cell_centres(rows: int, columns: int, like: Tensor) -> Tensor:
    """Give `(2, rows * columns)`: x and y of the cells' centres, in cells."""
    y, x = torch.meshgrid(
        torch.arange(rows, device=like.device, dtype=torch.float32),
        torch.arange(columns, device=like.device, dtype=torch.float32),
        indexing="ij",
    )
    return torch.stack([x.flatten(), y.flatten()]) + 0.5
