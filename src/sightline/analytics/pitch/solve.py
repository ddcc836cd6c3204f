"""Finds the camera of one picture from what is seen of the pitch.

First guesses come from the ground's homography and from where cameras stand in stadiums (`starts`); all are
refined at once (`refine`), first with much patience for what lies far off, the best ones then with little. Which
one wins is decided by agreement: how many markings it explains whole, and how few it shows that nobody saw.
Where a marking drags on the result, the picture is solved again without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.pitch.jaccard import agreement
from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.quality import quality_of, spread_m
from sightline.analytics.pitch.refine import Prior, Refined, refine
from sightline.analytics.pitch.residuals import Evidence, camera_of, evidence_of, residuals_px
from sightline.analytics.pitch.starts import anchors_of, guesses

if TYPE_CHECKING:
    from sightline.analytics.football.match import PitchSize
    from sightline.analytics.pitch.camera import PitchCamera
    from sightline.analytics.pitch.markings import Markings
    from sightline.analytics.pitch.observed import Observed
    from sightline.core.arrays import Float64

_LEAST_CONSTRAINTS = 6
_CENTRAL = frozenset({"Circle central", "Middle line"})


@dataclass(frozen=True, slots=True)
class SolveSettings:
    """How a camera is searched for; distances in standard pixels, those of a picture 960 wide.

    Attributes:
        patient_px: From where a point is doubted while guesses are far off.
        strict_px: From where it is doubted at the end.
        patient_rounds: Steps taken with every guess.
        strict_rounds: Steps taken with the best.
        kept: How many guesses are followed to the end.
        doubt_px: A marking with a point farther off than this is tried without.
        prior: What is likely of a camera.
    """

    patient_px: float = 20.0
    strict_px: float = 2.5
    patient_rounds: int = 8
    strict_rounds: int = 20
    kept: int = 3
    doubt_px: float = 5.0
    prior: Prior = field(default_factory=Prior)


@dataclass(frozen=True, slots=True)
class Solved:
    """A camera and how far it is to be trusted.

    Attributes:
        camera: In pixels of the picture that was given.
        quality: 0..1; see `quality`.
        residual_px: Root mean square distance in standard pixels of the points that agree.
        agreement: 0..1, share of markings that are explained whole among those seen or shown.
        spread_m: Expected error on the grass in view: median over it of one standard deviation, in metres.
        side_known: Whether the evidence tells the two ends of the pitch apart; if not, `camera.turned()` is
            as likely and this one stands at the main side.
    """

    camera: PitchCamera
    quality: float
    residual_px: float
    agreement: float
    spread_m: float
    side_known: bool


def solve_camera(seen: Observed, size: PitchSize, *, settings: SolveSettings | None = None) -> Solved | None:
    """Find the camera that explains a picture's markings and points.

    Args:
        seen: What is seen, in pixels.
        size: The pitch.
        settings: How to search.

    Returns:
        None where too little is seen to say anything.

    Raises:
        CalibrationError: A marking's name is unknown.

    Source:
        Gutierrez-Perez & Agudo, "No Bells, Just Whistles", CVPR workshops 2024 (refining a camera on points and
        lines); the search and the residuals are our own.
    """
    markings = markings_of(size)
    evidence = evidence_of(seen, markings)
    if seen.constraints < _LEAST_CONSTRAINTS:
        return None
    settings = settings or SolveSettings()
    best = _search(evidence, seen, markings, settings)
    for without in _doubtful(best, evidence, seen, settings):
        other = _search(evidence_of(without, markings), seen, markings, settings)
        best = max(best, other, key=lambda found: found.rank)
    return _as_solved(best, evidence, seen, settings)


@dataclass(frozen=True, slots=True)
class _Found:
    row: Float64
    cost: float
    curvature: Float64
    agreement: float

    @property
    def rank(self) -> tuple[float, float]:
        return (round(self.agreement, 6), -self.cost)


def _search(evidence: Evidence, seen: Observed, markings: Markings, settings: SolveSettings) -> _Found:
    starts = guesses(evidence, anchors_of(evidence))
    rough = refine(
        starts,
        evidence,
        settings.prior,
        scale_px=settings.patient_px,
        rounds=settings.patient_rounds,
        free_bend=False,
    )
    kept = rough.cameras[np.argsort(rough.costs, kind="stable")[: settings.kept]]
    fine = refine(kept, evidence, settings.prior, scale_px=settings.strict_px, rounds=settings.strict_rounds)
    return _chosen(fine, seen, markings)


def _chosen(fine: Refined, seen: Observed, markings: Markings) -> _Found:
    found: list[_Found] = []
    for place in np.argsort(fine.costs, kind="stable"):
        row = fine.cameras[place]
        if any(np.abs(row - other.row).max() < 1e-3 for other in found):
            continue
        share = agreement(camera_of(row, seen.picture), seen, markings)
        found.append(_Found(row, float(fine.costs[place]), fine.curvature[place], share))
    return max(found, key=lambda one: one.rank)


def _doubtful(found: _Found, evidence: Evidence, seen: Observed, settings: SolveSettings) -> list[Observed]:
    """Give the evidence without the marking that lies farthest off, where one does."""
    names = [evidence.names[row] for row in evidence.line_of]
    names += [evidence.names[len(evidence.starts_m) + row] for row in evidence.arc_of]
    off = np.abs(residuals_px(found.row[None], evidence)[0, : len(names)])
    worst = {name: max(d for n, d in zip(names, off, strict=True) if n == name) for name in seen.lines}
    suspects = sorted(
        (name for name in worst if worst[name] > settings.doubt_px), key=lambda name: -worst[name]
    )
    without = [
        replace(seen, lines={name: points for name, points in seen.lines.items() if name != suspect})
        for suspect in suspects[:2]
    ]
    return [one for one in without if one.constraints >= _LEAST_CONSTRAINTS]


def _as_solved(found: _Found, evidence: Evidence, seen: Observed, settings: SolveSettings) -> Solved:
    off = residuals_px(found.row[None], evidence)[0]
    agreeing = off[np.abs(off) <= 2 * settings.strict_px]
    rms = float(np.sqrt(np.mean(agreeing**2))) if len(agreeing) else float(np.abs(off).min())
    spread = spread_m(found.row, found.curvature, settings.strict_px, rms, seen.picture)
    known = bool(len(seen.points_px)) or not set(seen.lines) <= _CENTRAL
    camera = camera_of(found.row, seen.picture)
    if not known and camera.position_m[1] > 0:
        camera = camera.turned()
    return Solved(camera, quality_of(spread, found.agreement), rms, found.agreement, spread, known)
