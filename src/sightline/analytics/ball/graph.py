"""The ball as the best way through all candidates of a clip.

Candidates are nodes; an edge leads from one to a later one that the ball could have reached. A node is worth the log
odds of its score; an edge costs by how far the ball misses the place it was heading for, or a kick, and for the frames
in which it was not seen. The way of greatest worth is found by dynamic programming from front to back (Viterbi); each
node keeps a few ways that lead to it, with the velocities they arrive with.

Source: dynamic programming over candidates is Viterbi, Error bounds for convolutional codes, IEEE IT-13 (1967).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.ball.candidates import BallCandidates, log_odds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.ball.settings import BallSettings
    from sightline.core.arrays import Float64, Int64

_WAYS = 3
_MISS_COST = 0.25
_BREAK_COST = 12.0
_START_COST = 4.0
_MOST_RARITY = 8.0
_CELL = 6.0  # standard errors of a position


@dataclass(frozen=True, slots=True)
class _Search:
    """What every step of the search reads."""

    candidates: BallCandidates
    worth: Float64  # (k,) of each candidate by its score
    rarities: Float64  # (k,) more of it where it lies where the ball was heading for
    t_s: Float64
    settings: BallSettings
    players: Float64 | None


@dataclass(slots=True)
class _Ways:
    """Ways that end in one frame: node, place, velocity, how sure the velocity is, worth, and the way they continue."""

    row: int
    nodes: Int64
    places: Float64
    velocities: Float64
    doubts: Float64
    worths: Float64
    befores: Int64  # index into the whole history; -1 for none
    first: int  # index of this frame's first way in the history


def pick_by_graph(
    candidates: BallCandidates, t_s: Float64, settings: BallSettings, players: Float64 | None
) -> Int64:
    """Take the candidates on the way of greatest worth through the whole clip.

    Args:
        candidates: What may be the ball.
        t_s: `(n,)` seconds, rising.
        settings: Constants.
        players: `(n, p, 2)`, NaN where not seen: kicks near them cost less. May be None.

    Returns:
        `(n,)` index of the candidate taken; -1 for none.
    """
    count = len(t_s)
    picked = np.full(count, -1, np.int64)
    if not len(candidates):
        return picked
    offsets = candidates.offsets(count)
    odds, rarities = log_odds(candidates.scores), _rarities(candidates, count, settings)
    search = _Search(candidates, odds, rarities, t_s, settings, players)
    recent: list[_Ways] = []
    nodes: list[Int64] = []
    befores: list[Int64] = []
    total, best_worth, best_way = 0, -np.inf, -1
    for row in range(count):
        here = np.arange(offsets[row], offsets[row + 1])
        if not len(here):
            continue
        recent = [ways for ways in recent if row - ways.row <= settings.max_missing_frames]
        ways = _arrive(search, here, row, recent, (best_worth, best_way))
        ways.first = total
        recent.append(ways)
        nodes.append(ways.nodes)
        befores.append(ways.befores)
        top = int(ways.worths.argmax())
        if ways.worths[top] > best_worth:
            best_worth, best_way = float(ways.worths[top]), total + top
        total += len(ways.nodes)
    every_node, every_before = np.concatenate(nodes), np.concatenate(befores)
    way = best_way
    while way >= 0:
        node = int(every_node[way])
        picked[candidates.rows[node]] = node
        way = int(every_before[way])
    return picked


def _rarities(candidates: BallCandidates, count: int, settings: BallSettings) -> Float64:
    """Give the log odds that a candidate where the ball is heading for lies there not by chance.

    By chance it lies there as often as candidates are dense; or, where there is one in very many frames, as often as
    that: so a mark on the grass is worth little, and a ball that lies still for a while is worth much.
    """
    low, high = candidates.positions.min(axis=0), candidates.positions.max(axis=0)
    area = max(float(np.prod(np.maximum(high - low, settings.noise))), 1e-9)
    anywhere = 2 * np.pi * settings.noise**2 * len(candidates) / max(count, 1) / area
    here = np.zeros(len(candidates))
    for shift in (0.0, 0.5):
        cells = np.floor(candidates.positions / (_CELL * settings.noise) + shift).astype(np.int64)
        _, which, often = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
        here = np.maximum(here, np.minimum(often[which.ravel()] / max(count, 1), 1.0))
    rarities: Float64 = np.clip(-np.log(np.maximum(anywhere, here**2)), 0.0, _MOST_RARITY)
    return rarities


def _arrive(search: _Search, here: Int64, row: int, recent: list[_Ways], best: tuple[float, int]) -> _Ways:
    """Find the best ways to each of a frame's candidates.

    Args:
        search: What is searched.
        here: `(m,)` the frame's candidates.
        row: The frame.
        recent: Ways to the frames before, as far as a ball may be missing.
        best: Worth and number of the best way so far: the ball may be lost and found again anywhere.
    """
    candidates, settings = search.candidates, search.settings
    seen, count = candidates.positions[here], len(here)
    start = max(-_START_COST, best[0] - _BREAK_COST)
    start_worths = search.worth[here] + start
    start_befores = np.full(count, best[1] if start > -_START_COST else -1, np.int64)
    if not recent:
        return _Ways(row, here, seen, np.zeros((count, 2)), np.ones(count), start_worths, start_befores, 0)
    places = np.concatenate([ways.places for ways in recent])
    velocities = np.concatenate([ways.velocities for ways in recent])
    doubts = np.concatenate([ways.doubts for ways in recent])
    worths = np.concatenate([ways.worths for ways in recent])
    numbers = np.concatenate([ways.first + np.arange(len(ways.nodes)) for ways in recent])
    rows = np.concatenate([np.full(len(ways.nodes), ways.row) for ways in recent])
    step_s = search.t_s[row] - search.t_s[rows]
    near = _near(places, rows, search)
    cost, arriving, doubt = _edges(seen, (places, velocities, doubts), step_s, near, settings)
    gain = worths[None] + search.rarities[here][:, None] - cost - _MISS_COST * (row - rows - 1)[None]
    kept = min(_WAYS, gain.shape[1])
    order = np.argsort(-gain, axis=1, kind="stable")[:, :kept]
    picked = np.take_along_axis(gain, order, axis=1)
    lines = np.repeat(np.arange(count), kept)
    flat = order.ravel()
    alive = np.isfinite(picked.ravel())
    lines, flat = lines[alive], flat[alive]
    return _Ways(
        row,
        np.concatenate((here, here[lines])),
        np.concatenate((seen, seen[lines])),
        np.concatenate((np.zeros((count, 2)), arriving[lines, flat])),
        np.concatenate((np.ones(count), doubt[lines, flat])),
        np.concatenate((start_worths, search.worth[here[lines]] + picked.ravel()[alive])),
        np.concatenate((start_befores, numbers[flat])),
        0,
    )


def _near(places: Float64, rows: Int64, search: _Search) -> NDArray[np.bool_]:
    players = search.players
    if players is None or not players.shape[1]:
        return np.zeros(len(places), np.bool_)
    away = np.hypot(*np.moveaxis(players[rows] - places[:, None], -1, 0))
    return np.asarray((away < search.settings.reach).any(axis=1), np.bool_)


def _edges(
    seen: Float64,
    ways: tuple[Float64, Float64, Float64],
    step_s: Float64,
    near: NDArray[np.bool_],
    settings: BallSettings,
) -> tuple[Float64, Float64, Float64]:
    """Give `(m, k)` costs from k ways to m candidates, the velocities they arrive with and their doubts."""
    places, velocities, doubts = ways
    fall = np.zeros_like(velocities)
    fall[:, 1] = settings.gravity
    heading = places + velocities * step_s[:, None] + fall * (step_s**2)[:, None] / 2
    missed = np.hypot(*np.moveaxis(seen[:, None] - heading[None], -1, 0))
    way = seen[:, None] - places[None]
    speed = np.hypot(*np.moveaxis(way, -1, 0)) / step_s[None]
    # doubt 1: the velocity is not known at all; it falls as sightings agree
    spread = np.sqrt(
        2 * settings.noise**2
        + (settings.acceleration * step_s**2 / 2) ** 2
        + (doubts * settings.max_speed / 3 * step_s) ** 2
    )
    coast = (missed / spread[None]) ** 2 / 2 + np.log(spread / settings.noise)[None]
    kick = np.where(near, settings.kick_cost_near, settings.kick_cost)
    kick = kick + 2 * np.log(np.maximum(settings.max_speed / 3 * step_s / settings.noise, 1.0)) / 2
    kicked = kick[None] + (speed / (settings.max_speed / 2)) ** 2 / 2
    turned = kicked < coast
    cost = np.where(speed <= settings.max_speed, np.where(turned, kicked, coast), np.inf)
    known = settings.noise * 1.5 / np.maximum(step_s, 1e-9) / (settings.max_speed / 3)
    fresh = np.broadcast_to(np.minimum(known, 1.0)[None], cost.shape)
    drift = settings.acceleration * step_s / (settings.max_speed / 3)
    prior = np.hypot(doubts, drift)
    share = prior[None] ** 2 / (prior[None] ** 2 + fresh**2)
    moving = way / step_s[None, :, None]
    kept = velocities + fall * step_s[:, None]
    blended = kept[None] + share[..., None] * (moving - kept[None])
    arriving = np.where(turned[..., None], moving, blended)
    doubt = np.where(turned, fresh, np.sqrt(1 - share) * prior[None])
    return cost, arriving, doubt
