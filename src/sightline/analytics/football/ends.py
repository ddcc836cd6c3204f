"""Which end a team defends, and who keeps its goal: decided by many frames, never by the first."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import Team

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float64, Int64


@dataclass(frozen=True, slots=True)
class EndRules:
    """When frames agree enough.

    Attributes:
        agreement: Share of the frames that must tell the same way, of those that tell.
        least_frames: Fewest frames that must tell.
        keeper_share: Share of the frames in which a goalkeeper is his team's deepest player.
        keeper_among: Fewest players of a team that must be seen for the deepest one to mean anything.
        guarding_m: A goalkeeper seen without the other one tells an end where he is farther than this from the middle.
    """

    agreement: float = 0.7
    least_frames: int = 1
    keeper_share: float = 0.6
    keeper_among: int = 7
    guarding_m: float = 26.0


@dataclass(frozen=True, slots=True)
class Ends:
    """What the frames say of the direction of play.

    Attributes:
        home_attacks: +1 or -1; 0 where they do not agree.
        frames: How many of them tell.
        agreement: Share of those that tell the same way, 0.5..1; NaN where none tells.
    """

    home_attacks: int
    frames: int
    agreement: float


def find_ends(
    home_m: Float64, away_m: Float64, rules: EndRules | None = None, *, keepers_m: Float64 | None = None
) -> Ends:
    """Tell which way the home team attacks in a stretch of play without a change of ends.

    Each frame has a vote: where its two goalkeepers are, if that is known; else which goal the one who is seen guards;
    else its two teams' mean places along the pitch, and the side of its outermost players where those are of unlike
    teams. A frame whose two signs differ abstains.

    Args:
        home_m: `(n, p, 2)` in `Space.PITCH_M`, NaN where not seen.
        away_m: `(n, q, 2)`.
        rules: When they agree.
        keepers_m: `(n, 2)` where the home and the away goalkeeper are along the pitch, NaN where not known.
    """
    rules = rules or EndRules()
    votes = _votes(home_m[:, :, 0], away_m[:, :, 0])
    if keepers_m is not None:
        said = _keepers_votes(keepers_m, rules)
        votes = np.where(said != 0, said, votes)
    told = int(np.count_nonzero(votes))
    if not told:
        return Ends(0, 0, float("nan"))
    right = int(np.count_nonzero(votes > 0))
    share = max(right, told - right) / told
    sure = told >= rules.least_frames and share >= rules.agreement
    return Ends((1 if 2 * right > told else -1) if sure else 0, told, share)


def _keepers_votes(keepers_m: Float64, rules: EndRules) -> Int64:
    """Give `(n,)` as `_votes` does, by where the goalkeepers are."""
    apart = np.nan_to_num(keepers_m[:, 1] - keepers_m[:, 0])
    guarding = np.where(np.abs(keepers_m) > rules.guarding_m, keepers_m, 0.0)
    alone = np.nan_to_num(guarding[:, 1]) - np.nan_to_num(guarding[:, 0])
    return np.sign(np.where(apart != 0, apart, alone)).astype(np.int64)


def _votes(home_x: Float64, away_x: Float64) -> Int64:
    """Give `(n,)` +1 where the home team attacks towards +x, -1 the other way, 0 where a frame does not tell."""
    if not home_x.shape[1] or not away_x.shape[1]:
        return np.zeros(len(home_x), np.int64)
    seen = np.isfinite(home_x).any(axis=1) & np.isfinite(away_x).any(axis=1)
    votes = np.zeros(len(home_x), np.int64)
    home, away = home_x[seen], away_x[seen]
    middle = np.sign(np.nanmean(away, axis=1) - np.nanmean(home, axis=1))
    left = np.sign(np.nanmin(away, axis=1) - np.nanmin(home, axis=1))
    right = np.sign(np.nanmax(away, axis=1) - np.nanmax(home, axis=1))
    outer = np.where(left == right, left, 0)
    votes[seen] = np.where(outer * middle < 0, 0, middle).astype(np.int64)
    return votes


def find_change(home_m: Float64, away_m: Float64, *, blocks: int = 8) -> int | None:
    """Give the first row of the block after which the teams attack the other way, None where they never do.

    Only looked for where there is enough to see: every block must be told by its frames, and the blocks must be
    one direction first and then the other.
    """
    edges = np.linspace(0, len(home_m), blocks + 1).astype(int)
    ends = [
        find_ends(home_m[start:stop], away_m[start:stop], EndRules(agreement=0.85, least_frames=50))
        for start, stop in itertools.pairwise(edges)
    ]
    signs = [end.home_attacks for end in ends]
    if 0 in signs:
        return None
    changes = [place for place in range(1, blocks) if signs[place] != signs[place - 1]]
    return int(edges[changes[0]]) if len(changes) == 1 else None


def find_keeper(
    positions_m: Float64, attacks: NDArray[np.int64], rules: EndRules | None = None
) -> int | None:
    """Give the column of a team's goalkeeper: who is its deepest player in most frames.

    Args:
        positions_m: `(n, p, 2)` of one team.
        attacks: `(n,)` the direction it attacks, +1 or -1; 0 where that is not known.
        rules: How often he must be.
    """
    rules = rules or EndRules()
    depth = positions_m[:, :, 0] * attacks[:, None]
    seen = (attacks != 0) & (np.isfinite(depth).sum(axis=1) >= rules.keeper_among)
    if not seen.any():
        return None
    deepest = np.nanargmin(depth[seen], axis=1)
    counts = np.bincount(deepest, minlength=depth.shape[1])
    first = int(counts.argmax())
    return first if counts[first] >= rules.keeper_share * seen.sum() else None


def other(team: Team) -> Team:
    """Give the opponent."""
    return Team.AWAY if team is Team.HOME else Team.HOME
