"""Says which tracklet goes on as which: the cheapest set of links by what legs, kits and the picture's edge allow.

Somebody unseen goes on as he went, forgets that within a second, and is carried along with his team; so where he may
turn up again is a normal distribution that widens with time. A link costs how unlikely the place is under it, how
unlike the two kits are, and how long he would have been in the picture without being seen. All links are chosen
together, each tracklet with one follower and one predecessor at most, so that the sum is least.

Source:
    Links as an assignment: Zhang, Li & Nevatia, "Global data association for multi-object tracking using network
    flows", CVPR 2008. The velocity is an Ornstein-Uhlenbeck process, whose bridge has the mean and variance used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from sightline.core.space import homogeneous_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.identity.drift import Drift
    from sightline.analytics.football.identity.tracklets import Tracklets
    from sightline.core.arrays import Float64, Int64


@dataclass(frozen=True, slots=True)
class LinkRules:
    """What a link costs, in natural logs of odds.

    Attributes:
        gap_s: Longest time unseen.
        place_m: Standard error of a tracklet's end.
        speed_mps: Standard speed of a player relative to his team.
        memory_s: For how long he keeps a speed.
        roam_m: Standard distance from where he was relative to his team, after long.
        area_m2: Where else somebody may turn up.
        new_cost: Log odds against a tracklet that follows none, beside the area.
        seen_hz: Cost of each second in the picture without being seen.
        grace_s: So long costs nothing.
        least_kinds: No link costs less than this for kits, in shares.
    """

    gap_s: float = 2.0
    place_m: float = 0.5
    speed_mps: float = 2.0
    memory_s: float = 0.8
    roam_m: float = 5.0
    area_m2: float = 2000.0
    new_cost: float = 2.0
    seen_hz: float = 1.5
    grace_s: float = 0.5
    least_kinds: float = 1e-4


@dataclass(frozen=True, slots=True)
class Views:
    """What the camera saw.

    Attributes:
        matrices: `(f, 3, 3)` from metres on the ground to pixels; NaN where no camera is known.
        size: `(height, width)` of the picture.
    """

    matrices: Float64
    size: tuple[int, int]

    def contain(self, rows: Int64, points_m: Float64) -> NDArray[np.bool_]:
        """Say which points of the pitch were well within the picture, `(n,)`; not where no camera is known."""
        mapped = homogeneous_rows(self.matrices[rows], points_m)
        with np.errstate(invalid="ignore", divide="ignore"):
            pixels = mapped[:, :2] / mapped[:, 2:]
            height, width = self.size
            margin = _EDGE * width
            inside = (pixels >= margin) & (pixels <= (width - margin, height - margin))
        return np.asarray(inside.all(axis=1) & (mapped[:, 2] > 0), np.bool_)


_EDGE = 0.03
_KNOWN = 0.9
_ROUNDS = 4
_SAMPLE_S = 0.2
_MOST_SEEN = 8.0


def find_links(
    tracklets: Tracklets,
    times_s: Float64,
    beliefs: Float64,
    rules: LinkRules,
    *,
    drift: Drift | None = None,
    views: Views | None = None,
) -> Int64:
    """Give each tracklet's follower.

    A tracklet that is too short for its kit to be known would join two people of unlike kits at no cost. So what is
    found first says what kits such tracklets must have, from the nearer side, and links are then chosen anew.

    Args:
        tracklets: Pieces, in order of their first frame.
        times_s: `(f,)` of the frames.
        beliefs: `(k, c)` how likely each tracklet is of each kind; rows sum to 1.
        rules: What links cost.
        drift: How the teams moved; nobody's did if None.
        views: What the camera saw; without it nothing is said of who was in the picture.

    Returns:
        `(k,)` index of the follower; -1 for none.
    """
    follows = _linked(tracklets, times_s, beliefs, rules, drift, views)
    for _ in range(_ROUNDS):
        told = _handed_on(follows, beliefs, times_s[tracklets.firsts], times_s[tracklets.lasts])
        again = _linked(tracklets, times_s, told, rules, drift, views)
        if (again == follows).all():
            break
        follows = again
    return follows


def _handed_on(follows: Int64, beliefs: Float64, starts_s: Float64, stops_s: Float64) -> Float64:
    """Give beliefs in which those who are not known take over from the nearer one of their chain who is."""
    told = beliefs.copy()
    known = beliefs.max(axis=1) >= _KNOWN
    away = np.where(known, 0.0, np.inf)
    pieces = np.flatnonzero(follows >= 0)
    for order, forward in ((pieces, True), (pieces[::-1], False)):
        for piece in order.tolist():
            follower = int(follows[piece])
            giver, taker = (piece, follower) if forward else (follower, piece)
            gap_s = float(starts_s[follower] - stops_s[piece]) + float(stops_s[taker] - starts_s[taker])
            if not known[taker] and away[giver] + gap_s < away[taker]:
                away[taker] = away[giver] + gap_s
                told[taker] = beliefs[taker] * told[giver]
                told[taker] /= max(float(told[taker].sum()), 1e-12)
    return told


def _linked(
    tracklets: Tracklets,
    times_s: Float64,
    beliefs: Float64,
    rules: LinkRules,
    drift: Drift | None,
    views: Views | None,
) -> Int64:
    before, after = _candidates(tracklets, times_s, rules)
    costs = _costs(tracklets, times_s, beliefs, rules, (before, after), drift)
    unlinked = float(np.log(rules.area_m2)) + rules.new_cost
    near = costs < unlinked
    before, after, costs = before[near], after[near], costs[near]
    if views is not None and len(costs):
        costs = costs + _unseen(tracklets, times_s, rules, (before, after), views)
        near = costs < unlinked
        before, after, costs = before[near], after[near], costs[near]
    return cheapest(before, after, costs - unlinked, len(tracklets))


def _candidates(tracklets: Tracklets, times_s: Float64, rules: LinkRules) -> tuple[Int64, Int64]:
    """Give pairs of tracklets, the second beginning after the first ended and not too late."""
    starts_s, stops_s = times_s[tracklets.firsts], times_s[tracklets.lasts]
    low = np.searchsorted(tracklets.firsts, tracklets.lasts, side="right")
    high = np.searchsorted(starts_s, stops_s + rules.gap_s + 1e-9, side="right")
    counts = np.maximum(high - low, 0)
    before = np.repeat(np.arange(len(tracklets)), counts)
    offsets = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return before.astype(np.int64), (np.repeat(low, counts) + offsets).astype(np.int64)


def _costs(
    tracklets: Tracklets,
    times_s: Float64,
    beliefs: Float64,
    rules: LinkRules,
    pairs: tuple[Int64, Int64],
    drift: Drift | None,
) -> Float64:
    before, after = pairs
    joint = beliefs[before] * beliefs[after]
    kinds = joint.argmax(axis=1)
    common = beliefs.mean(axis=0)
    alike = (joint / np.maximum(common, 0.02)).sum(axis=1)
    gap_s = times_s[tracklets.firsts[after]] - times_s[tracklets.lasts[before]]
    expected, variance = expectation(tracklets, rules, pairs, gap_s, kinds, drift)
    missed = tracklets.starts_m[after] - expected
    cost = (missed**2).sum(axis=1) / (2 * variance) + np.log(2 * np.pi * variance)
    cost -= np.log(np.maximum(alike, rules.least_kinds))
    return np.where(np.isnan(cost), np.inf, cost)


def expectation(
    tracklets: Tracklets,
    rules: LinkRules,
    pairs: tuple[Int64, Int64],
    gap_s: Float64,
    kinds: Int64,
    drift: Drift | None,
) -> tuple[Float64, Float64]:
    """Give where the second of each pair should begin, `(n, 2)`, and the variance of that, `(n,)`."""
    before, after = pairs
    moved, ours_before, ours_after = np.zeros((3, len(before), 2))
    if drift is not None:
        moved = drift.between(kinds, tracklets.lasts[before], tracklets.firsts[after])
        ours_before = drift.speeds(kinds, tracklets.lasts[before])
        ours_after = drift.speeds(kinds, tracklets.firsts[after])
    own = np.nan_to_num(tracklets.ends_mps[before] - ours_before)
    own = own + np.nan_to_num(tracklets.starts_mps[after] - ours_after)
    share = rules.memory_s * np.tanh(gap_s / (2 * rules.memory_s))
    unknown = np.isnan(tracklets.ends_mps[before, 0]).astype(float) + np.isnan(tracklets.starts_mps[after, 0])
    walk = 2 * rules.speed_mps**2 * rules.memory_s * np.maximum(gap_s - 2 * share, 0.0)
    walk = walk + unknown * (rules.speed_mps * share) ** 2
    roam = 2 * rules.roam_m**2
    variance = 2 * rules.place_m**2 + walk * roam / (walk + roam)
    return tracklets.ends_m[before] + moved + share[:, None] * own, variance


def _unseen(
    tracklets: Tracklets, times_s: Float64, rules: LinkRules, pairs: tuple[Int64, Int64], views: Views
) -> Float64:
    """Give what it costs that somebody was in the picture on his way and not seen."""
    before, after = pairs
    first_s, last_s = times_s[tracklets.lasts[before]], times_s[tracklets.firsts[after]]
    counts = np.floor((last_s - first_s) / _SAMPLE_S).astype(np.int64)
    which = np.repeat(np.arange(len(before)), counts)
    step = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    share = step * _SAMPLE_S / (last_s - first_s)[which]
    starts, stops = tracklets.ends_m[before][which], tracklets.starts_m[after][which]
    points = starts + share[:, None] * (stops - starts)
    rows = np.searchsorted(times_s, first_s[which] + step * _SAMPLE_S).clip(0, len(times_s) - 1)
    inside = views.contain(rows.astype(np.int64), points)
    seen_s = np.bincount(which, inside, minlength=len(before)) * _SAMPLE_S
    costs: Float64 = np.minimum(rules.seen_hz * np.maximum(seen_s - rules.grace_s, 0.0), _MOST_SEEN)
    return costs


def cheapest(before: Int64, after: Int64, gains: Float64, count: int) -> Int64:
    """Choose links so that their sum is least, each piece with one follower and one predecessor at most.

    Args:
        before: `(n,)` pieces.
        after: `(n,)` their possible followers.
        gains: `(n,)` below 0, the cost of the link against none.
        count: How many pieces there are.

    Returns:
        `(count,)` index of the follower; -1 for none.
    """
    follows = np.full(count, -1, np.int64)
    if not len(gains):
        return follows
    # every piece may also be left alone: a column of its own at the cost of no link
    top = 1.0
    rows = np.concatenate((after, np.arange(count)))
    columns = np.concatenate((before, np.arange(count, 2 * count)))
    weights = np.concatenate((gains, np.zeros(count))) - gains.min() + top
    table = coo_array((weights, (rows, columns)), shape=(count, 2 * count)).tocsr()
    chosen, taken = min_weight_full_bipartite_matching(table)
    linked = taken < count
    follows[taken[linked]] = chosen[linked]
    return follows


def chains_of(follows: Int64) -> Int64:
    """Give each piece's chain, `(k,)`, numbered by their first pieces; followers come after those they follow."""
    chains = np.full(len(follows), -1, np.int64)
    count = 0
    for piece, follower in enumerate(follows.tolist()):
        if chains[piece] < 0:
            chains[piece] = count
            count += 1
        if follower >= 0:
            chains[follower] = chains[piece]
    return chains
