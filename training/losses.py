"""What training makes small: soft binary cross-entropy of the scores and complete IoU of the boxes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from training.assign import assign, corners

if TYPE_CHECKING:
    from training.network import Detector


@dataclass(frozen=True, slots=True)
class Truth:
    """A batch's labels.

    Attributes:
        boxes: `(b, m, 4)` corners in pixels.
        classes: `(b, m)` int64; -1 for padding.
        labelled: `(b, classes)` bool: classes that the picture's source labels at all.
        ignored: `(b, k, 4)` corners of regions that nothing is known about; zeros for padding.
    """

    boxes: Tensor
    classes: Tensor
    labelled: Tensor
    ignored: Tensor

    def to(self, device: torch.device) -> Truth:
        """Give the same on a device."""
        return Truth(
            self.boxes.to(device), self.classes.to(device), self.labelled.to(device), self.ignored.to(device)
        )


def detection_loss(
    model: Detector, output: Tensor, truth: Truth, size: tuple[int, int], box_weight: float = 5.0
) -> tuple[Tensor, dict[str, float]]:
    """Give the loss of a batch and its parts.

    Args:
        model: For its grid.
        output: `(b, 4 + classes, cells)` as the model gave it.
        truth: The labels.
        size: `(height, width)` of the pictures.
        box_weight: Of the box term.

    Returns:
        The scalar loss, and its parts by name.
    """
    output = output.float().transpose(1, 2)
    boxes, logits = corners(output[..., :4]), output[..., 4:]
    centres, strides = model.grid(*size, output)
    targets = assign(boxes.detach(), logits.detach().sigmoid(), centres, strides, truth.boxes, truth.classes)
    total = targets.scores.sum().clamp(min=1.0)
    weights = truth.labelled[:, None, :] & ~_ignored(centres, truth.ignored)[:, :, None]
    weights = weights | (targets.scores > 0)
    score_loss = (
        functional.binary_cross_entropy_with_logits(logits, targets.scores, reduction="none") * weights
    ).sum() / total
    if targets.found.any():
        share = targets.scores.sum(-1)[targets.found]
        box_loss = (
            (1 - complete_iou(boxes[targets.found], targets.boxes[targets.found])) * share
        ).sum() / total
    else:
        box_loss = boxes.sum() * 0
    loss = score_loss + box_weight * box_loss
    return loss, {"score": float(score_loss.detach()), "box": float(box_loss.detach())}


def complete_iou(first: Tensor, second: Tensor) -> Tensor:
    """Give CIoU of pairs of boxes as corners, `(n,)`, at most 1.

    Source:
        Zheng et al., Distance-IoU loss, 2020, eq. 10-12.
    """
    low, high = torch.maximum(first[:, :2], second[:, :2]), torch.minimum(first[:, 2:], second[:, 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    sizes, others = first[:, 2:] - first[:, :2], second[:, 2:] - second[:, :2]
    union = sizes.prod(-1) + others.prod(-1) - shared + 1e-7
    iou = shared / union
    hull = torch.maximum(first[:, 2:], second[:, 2:]) - torch.minimum(first[:, :2], second[:, :2])
    diagonal = hull.pow(2).sum(-1) + 1e-7
    apart = ((first[:, :2] + first[:, 2:]) - (second[:, :2] + second[:, 2:])).pow(2).sum(-1) / 4
    angle = (
        4
        / math.pi**2
        * (
            torch.atan(others[:, 0] / (others[:, 1] + 1e-7)) - torch.atan(sizes[:, 0] / (sizes[:, 1] + 1e-7))
        ).pow(2)
    )
    with torch.no_grad():
        weight = angle / (1 - iou + angle + 1e-7)
    return iou - apart / diagonal - weight * angle


def _ignored(centres: Tensor, regions: Tensor) -> Tensor:
    """`(b, cells)` bool: whether a cell's centre lies in a region nothing is known about."""
    if regions.shape[1] == 0:
        return torch.zeros(regions.shape[0], len(centres), dtype=torch.bool, device=centres.device)
    inside = (centres[None, None] >= regions[:, :, None, :2]) & (
        centres[None, None] < regions[:, :, None, 2:]
    )
    return inside.all(-1).any(1)
