"""Flat throws from hand to hand that show little gravity: what else must be seen before one is believed.

A ball that rises by less than its width may as well be a head that bobs or a hand that swings. A thrown one flies far,
is as large as a ball by the gravity it shows, and comes to rest in a hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.paths import GRAVITY_MPS2

if TYPE_CHECKING:
    from sightline.analytics.juggling.arcs.candidates import Candidates
    from sightline.analytics.juggling.arcs.parabolas import Arc

_BALL_M = (0.02, 0.07)  # radius; blur makes it larger
_WAY_RADII = 6.0
_SHORTEST_S, _FULL = 0.12, 0.8
_SETTLES_S, _RESTS_S, _REST_SHARE = 0.08, 0.25, 0.6
_NEAR_RADII, _STILL_RADII, _ALIKE_RADII = 4.0, 0.7, 0.45


def is_handed_over(arc: Arc, candidates: Candidates) -> bool:
    """Whether an arc is a ball thrown flat from one hand into the other, as a lone 1 is."""
    px_per_m = float(np.hypot(*arc.fall)) / GRAVITY_MPS2
    ends = arc.at(np.array([arc.first_s, arc.last_s]))
    return (
        _BALL_M[0] < arc.radius_px / px_per_m < _BALL_M[1]
        and arc.last_s - arc.first_s >= _SHORTEST_S
        and len(arc.rows) >= _FULL * (arc.frames[-1] - arc.frames[0] + 1)
        and abs(ends[1, 0] - ends[0, 0]) >= _WAY_RADII * arc.radius_px
        and _comes_to_rest(arc, candidates)
    )


def _comes_to_rest(arc: Arc, candidates: Candidates) -> bool:
    """Whether something as large as the ball lies still where the arc ends, for a quarter of a second."""
    since_s = arc.last_s + _SETTLES_S
    first, last = np.searchsorted(candidates.clock_s, [since_s, since_s + _RESTS_S])
    if candidates.clock_s[-1] < since_s + _RESTS_S:
        return False
    rows = np.flatnonzero((candidates.rows >= first) & (candidates.rows < last))
    rows = rows[np.abs(np.log(candidates.radii_px[rows] / arc.radius_px)) <= _ALIKE_RADII]
    near = np.hypot(*(candidates.points_px[rows] - arc.at(arc.last_s)).T) <= _NEAR_RADII * arc.radius_px
    rows = rows[near]
    if not len(rows):
        return False
    away = np.hypot(*(candidates.points_px[rows] - np.median(candidates.points_px[rows], axis=0)).T)
    still = rows[away <= _STILL_RADII * arc.radius_px]
    return bool(len(np.unique(candidates.rows[still])) >= _REST_SHARE * (last - first))
