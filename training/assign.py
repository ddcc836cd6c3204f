"""Which cells answer for which box: those whose score and overlap agree best.

Source: TOOD, task-aligned one-stage object detection (Feng et al. 2021), section 3.2; the code is our own. Thin boxes are
widened when candidates are chosen: a crack of three pixels holds no cell's centre.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Targets:
    """What each cell should have said.

    Attributes:
        scores: `(b, cells, classes)`, 0..1.
        boxes: `(b, cells, 4)` corners in pixels; meaningless where `found` is false.
        found: `(b, cells)` bool, whether the cell answers for a box.
    """

    scores: Tensor
    boxes: Tensor
    found: Tensor


def corners(boxes: Tensor) -> Tensor:
    """Centre and size to corners, along the last axis."""
    halves = boxes[..., 2:] / 2
    return torch.cat([boxes[..., :2] - halves, boxes[..., :2] + halves], -1)


def overlaps(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of boxes given as corners; the leading axes broadcast."""
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    areas = (first[..., 2:] - first[..., :2]).clamp(min=0).prod(-1) + (
        second[..., 2:] - second[..., :2]
    ).clamp(min=0).prod(-1)
    return shared / (areas - shared + 1e-9)


@torch.no_grad()
def assign(
    boxes: Tensor,
    scores: Tensor,
    centres: Tensor,
    strides: Tensor,
    truth_boxes: Tensor,
    truth_classes: Tensor,
    *,
    most: int = 10,
    score_power: float = 0.5,
    overlap_power: float = 6.0,
) -> Targets:
    """Match cells and boxes.

    Args:
        boxes: `(b, cells, 4)` predicted corners in pixels.
        scores: `(b, cells, classes)` predicted, 0..1.
        centres: `(cells, 2)` in pixels.
        strides: `(cells,)` in pixels.
        truth_boxes: `(b, m, 4)` corners in pixels.
        truth_classes: `(b, m)` int64; -1 where the row is padding.
        most: Cells a box at most.
        score_power: How much the score counts.
        overlap_power: How much the overlap counts.

    Returns:
        The targets of every cell.
    """
    batch, cells = scores.shape[:2]
    if truth_boxes.shape[1] == 0:
        nothing = torch.zeros_like(boxes)
        return Targets(
            torch.zeros_like(scores),
            nothing,
            torch.zeros(batch, cells, dtype=torch.bool, device=boxes.device),
        )
    real = truth_classes >= 0
    iou = overlaps(truth_boxes[:, :, None], boxes[:, None])  # (b, m, cells)
    score = scores.transpose(1, 2).gather(1, truth_classes.clamp(min=0)[:, :, None].expand(-1, -1, cells))
    metric = score.pow(score_power) * iou.clamp(min=0).pow(overlap_power)
    metric = torch.where(
        _inside(centres, strides, truth_boxes) & real[:, :, None], metric + 1e-9, torch.zeros_like(metric)
    )
    chosen = _best(metric, most)
    owners = torch.where(chosen, iou + 1e-6, torch.zeros_like(iou))
    best, owner = owners.max(1)  # a cell that several boxes want goes to the one it overlaps most
    found = best > 0
    mine = torch.zeros_like(chosen).scatter_(1, owner[:, None], found[:, None]) & chosen
    metric = metric * mine
    peak_metric, peak_iou = metric.amax(2, keepdim=True), (iou * mine).amax(2, keepdim=True)
    level = (metric / (peak_metric + 1e-12) * peak_iou).amax(1)  # (b, cells)
    kinds = truth_classes.clamp(min=0).gather(1, owner)
    target_scores = torch.zeros_like(scores).scatter_(2, kinds[:, :, None], (level * found)[:, :, None])
    target_boxes = truth_boxes.gather(1, owner[:, :, None].expand(-1, -1, 4))
    return Targets(target_scores, target_boxes, found)


def _inside(centres: Tensor, strides: Tensor, truth_boxes: Tensor) -> Tensor:
    """`(b, m, cells)`: whether a cell's centre lies in a box, made at least two cells wide and high."""
    middle = (truth_boxes[..., :2] + truth_boxes[..., 2:]) / 2
    halves = (truth_boxes[..., 2:] - truth_boxes[..., :2]) / 2
    reach = torch.maximum(halves[:, :, None], strides[None, None, :, None])
    return ((centres[None, None] - middle[:, :, None]).abs() < reach).all(-1)


def _best(metric: Tensor, most: int) -> Tensor:
    """`(b, m, cells)` bool: each box's best cells."""
    values, places = metric.topk(min(most, metric.shape[2]), 2)
    return torch.zeros_like(metric, dtype=torch.bool).scatter_(2, places, values > 0)
