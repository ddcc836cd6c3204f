"""Compares where players stand with the templates of formations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from sightline.analytics.football.formation.templates import Template, spellings, template_of, templates

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, Int64

# A template, its cost in metres, who stands in each of its places.
_Fitted = tuple[Template, float, "Int64"]

_ROUNDS = 6
_HIGHEST = 0.6  # how far up wide defenders may have moved, as a share of the depth of the team


@dataclass(frozen=True, slots=True)
class FormationFit:
    """How well a formation fits.

    Attributes:
        name: As in `4-2-3-1`.
        also: Its other names: they differ only in how high the wing-backs of a back three stand (see `spellings`).
        cost_m: Root mean square distance of the players from their places, in metres.
        margin: How much worse the next best one fits, as a share of its cost, 0..1; 0 for the last one.
        lines: Players in each line from the back.
        places: `(k,)` which of the given points stands in each place of the template, back line first.
    """

    name: str
    also: tuple[str, ...]
    cost_m: float
    margin: float
    lines: tuple[int, ...]
    places: Int64

    @property
    def names(self) -> tuple[str, ...]:
        """All its names, the one that fits best first."""
        return (self.name, *self.also)


def fit_formations(points_m: Float64, *, most: int = 3) -> tuple[FormationFit, ...]:
    """Rank the formations that fit a team's mean places.

    Each template is stretched along and across to the points by least squares, in turns with the assignment of
    players to places that costs least; how high and how wide the team stands does not count, only its shape.

    Args:
        points_m: `(k, 2)` float64, outfield players, x towards the opponent's goal, y to the left of it.
        most: How many to give.

    Returns:
        Best first, each formation once, under the name that fits best; nothing where there is no template for so many
        players, or where a point is NaN.

    Source:
        Templates with the Hungarian algorithm as in EFPI (Bekkers, 2025, arXiv 2506.23843); the stretch by least
        squares instead of the bounding box is ours: one player out of place must not move all the others.
    """
    if not np.isfinite(points_m).all():
        return ()
    centred = points_m - points_m.mean(axis=0) if len(points_m) else points_m
    fits = [(template, *_fit(centred, template)) for template in templates(len(points_m))]
    best: dict[tuple[str, ...], _Fitted] = {}
    for fitted in sorted(fits, key=lambda one: round(one[1], 9)):
        best.setdefault(spellings(fitted[0].name), fitted)
    ranked = list(best.values())
    return tuple(_told(*fitted, _margin(ranked, rank)) for rank, fitted in enumerate(ranked[:most]))


def fit_formation(points_m: Float64, name: str) -> FormationFit:
    """Fit one formation by its name to as many outfield players as it has; its margin is 0.

    Args:
        points_m: As `fit_formations` takes them; finite.
        name: As in `4-2-3-1`.
    """
    template = template_of(name)
    return _told(template, *_fit(points_m - points_m.mean(axis=0), template), 0.0)


def _told(template: Template, cost_m: float, places: Int64, margin: float) -> FormationFit:
    also = tuple(name for name in spellings(template.name) if name != template.name)
    return FormationFit(template.name, also, cost_m, margin, template.lines, places)


def _margin(ranked: list[_Fitted], rank: int) -> float:
    if rank + 1 >= len(ranked) or ranked[rank + 1][1] <= 0:
        return 0.0
    return float(1 - ranked[rank][1] / ranked[rank + 1][1])


def _fit(points_m: Float64, template: Template) -> tuple[float, Int64]:
    """Give cost and assignment of one template, from full-backs in line and from high ones."""
    spread = template.points.std(axis=0)
    stretch = points_m.std(axis=0) / np.where(spread > 0, spread, 1.0)
    starts = [template.points * stretch]
    if template.wide.any():
        up = np.stack([template.wide - template.wide.mean(), np.zeros_like(template.wide)], axis=1)
        starts.append(starts[0] + up * (_HIGHEST / 2 * stretch[0]))
    return min((_descend(points_m, template, start) for start in starts), key=lambda found: found[0])


def _descend(points_m: Float64, template: Template, shape: Float64) -> tuple[float, Int64]:
    places = np.full(len(shape), -1)
    for _ in range(_ROUNDS):
        apart = ((points_m[None, :, :] - shape[:, None, :]) ** 2).sum(axis=2)
        _, chosen = linear_sum_assignment(apart)
        if np.array_equal(chosen, places):
            break
        places = chosen
        shape = _stretched(points_m[places], template)
    rest = points_m[places] - shape
    return float(np.sqrt((rest**2).sum(axis=1).mean())), places.astype(np.int64)


def _stretched(points_m: Float64, template: Template) -> Float64:
    """Give the template's places, stretched to players who are in its order, its wide defenders moved up."""
    depth, width = template.points.T
    along, across = points_m.T
    wide = template.wide - template.wide.mean()
    across_m = max(float(across @ width / max(width @ width, 1e-9)), 1e-6)
    along_m, up_m = float(along @ depth / (depth @ depth)), 0.0
    if wide.any():
        found, *_ = np.linalg.lstsq(np.stack([depth, wide], axis=1), along, rcond=None)
        along_m = float(found[0])
        up_m = float(np.clip(found[1], 0.0, _HIGHEST * max(along_m, 0.0)))
        along_m = float((along - up_m * wide) @ depth / (depth @ depth))
    return np.stack([max(along_m, 1e-6) * depth + up_m * wide, across_m * width], axis=1)


def back_line_of(fits: Sequence[FormationFit]) -> int:
    """Give how many stand in the back line by the formations that fit, each with the weight of how well it does.

    Returns:
        0 where none fits.
    """
    weights: dict[int, float] = {}
    for fit in fits:
        weights[fit.lines[0]] = weights.get(fit.lines[0], 0.0) + 1.0 / max(fit.cost_m, 1e-3) ** 2
    return max(weights, key=lambda count: (weights[count], -count), default=0)


def count_back_line(depths_m: Float64) -> int:
    """Give how many stand in the back line: three, four or five, where the gap to the next one is widest.

    Args:
        depths_m: `(k,)` how far each outfield player's mean place is from his own goal line; k of at least 6.

    Returns:
        0 where there are too few to tell.
    """
    ordered = np.sort(depths_m[np.isfinite(depths_m)])
    if len(ordered) < 6:
        return 0
    gaps = np.diff(ordered)[2:5]
    return 3 + int(gaps.argmax())
