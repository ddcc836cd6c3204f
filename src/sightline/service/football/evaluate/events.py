"""Scores passes, possession, stoppages and shots found by positions alone against the provider of a recorded match.

Nothing is tuned on what is scored: the match is cut into blocks of time; for each, the feed's clock offset and the
settings are chosen on the other blocks, from the grid below, and the block is scored with them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.moments import Moments, bootstrap_interval, f1_of, match_moments
from sightline.analytics.football.events import EventSettings, FootballEvents, find_events
from sightline.core.errors import AnalysisError
from sightline.service.football.recorded import Recorded, read_recorded

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sightline.core.arrays import Float64

GRID: dict[str, tuple[float, ...]] = {
    "kick_mps": (2.5, 3.5),
    "reach_m": (2.0, 1.6),
    "min_pass_m": (3.0, 2.0),
    "deflection_m": (6.0, 0.0),
}
HYSTERESIS_S = (0.4, 0.0, 0.8)
TOLERANCES_S = (0.5, 1.0, 2.0)
_OFFSETS_S = np.round(np.arange(-3.0, 1.01, 0.1), 1)
_OFFSET_TOLERANCE_S = 1.0
_TARGET_S = 2.0
_BLOCK_S = 10.0


@dataclass(frozen=True, slots=True)
class _Feed:
    """The feed's passes on its own clock."""

    t_s: Float64
    who: tuple[str | None, ...]
    last_s: float


@dataclass(frozen=True, slots=True)
class _Block:
    """A stretch of time; the first and the last one also hold what an offset moves out of the match."""

    start_s: float
    stop_s: float
    first: bool
    last: bool

    def holds(self, t_s: Float64) -> NDArray[np.bool_]:
        held: NDArray[np.bool_] = ((t_s >= self.start_s) | self.first) & ((t_s < self.stop_s) | self.last)
        return held

    def histogram(self, t_s: Float64) -> Float64:
        """Count moments in each ten seconds."""
        number = max(1, round((self.stop_s - self.start_s) / _BLOCK_S))
        edges = np.linspace(self.start_s, self.stop_s, number + 1)
        return np.histogram(np.clip(t_s, self.start_s, self.stop_s), edges)[0].astype(np.float64)


def evaluate_events(folder: Path, *, folds: int = 2, seed: int = 7) -> dict[str, Any]:
    """Score a recorded match.

    Args:
        folder: As `read_recorded` takes it.
        folds: Blocks of time to cut it into.
        seed: Of the bootstrap.

    Returns:
        Plain data: for each fold and pooled, with 95 % intervals.

    Raises:
        AnalysisError: There is no feed, or there are fewer than two folds.
        SightlineError: The folder cannot be read.
    """
    recorded = read_recorded(folder)
    if folds < 2:
        raise AnalysisError("one fold leaves nothing to choose the settings on", hint="use 2 or more")
    if not recorded.feed:
        raise AnalysisError(f"{folder} holds no events", hint="events.parquet is the provider's feed")
    match = replace(recorded.match, alive=None, owner=None)
    edges = np.linspace(match.t_s[0], match.t_s[-1] + float(1 / match.frame_rate_hz), folds + 1).tolist()
    blocks = [
        _Block(start, stop, number == 0, number == folds - 1)
        for number, (start, stop) in enumerate(itertools.pairwise(edges))
    ]
    results = {choice: find_events(match, choice) for choice in _choices()}
    feed = _feed(recorded)
    passes = _passes(results, feed, blocks, seed)
    return {
        "folder": str(folder),
        "frames": len(match),
        "folds": folds,
        "passes": passes,
        "possession": _possession(recorded, match_settings(passes), blocks, seed),
        "alive": _alive(recorded, match_settings(passes), blocks, seed),
        "shots": _shots(recorded, results, passes, blocks),
    }


def match_settings(passes: dict[str, Any]) -> list[EventSettings]:
    """Give the settings that were chosen for each fold."""
    return [EventSettings(**fold["settings"]) for fold in passes["folds"]]


def _choices() -> list[EventSettings]:
    return [
        EventSettings(**dict(zip(GRID, values, strict=True))) for values in itertools.product(*GRID.values())
    ]


def _feed(recorded: Recorded) -> _Feed:
    passes = [event for event in recorded.feed if event.kind == "pass"]
    return _Feed(
        np.array([event.t_s for event in passes]),
        tuple(event.player_id for event in passes),
        recorded.feed[-1].t_s,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    t_s: Float64
    who: tuple[str | None, ...]


def _found(result: FootballEvents) -> _Found:
    passes = result.of("pass")
    return _Found(np.array([one.t_s for one in passes]), tuple(one.player_id for one in passes))


def _score(
    feed: _Feed, found: _Found, offset_s: float, blocks: list[_Block], tolerance_s: float, *, named: bool
) -> tuple[Moments, Float64, Float64]:
    """Match within blocks; passes found after the feed's end are left out, nobody says whether they happened."""
    true_s = feed.t_s + offset_s
    inside = np.any([block.holds(true_s) for block in blocks], axis=0)
    kept = np.any([block.holds(found.t_s) for block in blocks], axis=0)
    kept &= found.t_s <= feed.last_s + offset_s
    true_who = [who for who, yes in zip(feed.who, inside, strict=True) if yes] if named else None
    found_who = [who for who, yes in zip(found.who, kept, strict=True) if yes] if named else None
    moments = match_moments(
        true_s[inside], found.t_s[kept], tolerance_s=tolerance_s, true_who=true_who, found_who=found_who
    )
    return moments, true_s[inside], found.t_s[kept]


def _offset(feed: _Feed, found: _Found, blocks: list[_Block]) -> float:
    """Choose the offset that pairs most passes, then the one that leaves least apart."""
    best: tuple[int, float, float] | None = None
    for offset_s in _OFFSETS_S.tolist():
        moments, true_s, found_s = _score(feed, found, offset_s, blocks, _OFFSET_TOLERANCE_S, named=False)
        apart = float(np.abs(true_s[moments.true_pairs] - found_s[moments.found_pairs]).sum())
        rank = (-len(moments.true_pairs), round(apart, 6), offset_s)
        best = rank if best is None or rank < best else best
    assert best is not None  # noqa: S101  the offsets are a constant
    return best[2]


def _passes(
    results: dict[EventSettings, FootballEvents], feed: _Feed, blocks: list[_Block], seed: int
) -> dict[str, Any]:
    found = {choice: _found(result) for choice, result in results.items()}
    folds: list[dict[str, Any]] = []
    counts: dict[tuple[float, bool], list[Float64]] = {
        (tolerance_s, named): [] for tolerance_s in TOLERANCES_S for named in (False, True)
    }
    for number, block in enumerate(blocks):
        others = [other for index, other in enumerate(blocks) if index != number]
        choice, offset_s = _choose(feed, found, others)
        scores: dict[str, float] = {}
        for tolerance_s in TOLERANCES_S:
            for named in (False, True):
                moments, true_s, found_s = _score(
                    feed, found[choice], offset_s, [block], tolerance_s, named=named
                )
                counts[tolerance_s, named].append(_by_block(moments, true_s, found_s, block))
                scores[_name(tolerance_s, named=named)] = round(moments.f1, 4)
        folds.append(
            {
                "from_s": block.start_s,
                "to_s": block.stop_s,
                "offset_s": offset_s,
                "settings": {name: getattr(choice, name) for name in GRID},
                "true": len(true_s),
                "found": len(found_s),
                "f1": scores,
            }
        )
    pooled = {}
    for (tolerance_s, named), parts in counts.items():
        every = np.concatenate(parts)
        low, high = bootstrap_interval(every, lambda drawn: f1_of(*drawn.sum(axis=0)), seed=seed)
        right, extra, missed = every.sum(axis=0).tolist()
        pooled[_name(tolerance_s, named=named)] = {
            "f1": round(f1_of(right, extra, missed), 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "right": int(right),
            "extra": int(extra),
            "missed": int(missed),
        }
    return {"grid": {name: list(values) for name, values in GRID.items()}, "folds": folds, "pooled": pooled}


def _name(tolerance_s: float, *, named: bool) -> str:
    return f"{'passer' if named else 'any'}@{tolerance_s:g}s"


def _choose(
    feed: _Feed, found: dict[EventSettings, _Found], blocks: list[_Block]
) -> tuple[EventSettings, float]:
    """Choose settings and offset by F1 at the target's tolerance, then with passer; the first of equals wins."""
    best: tuple[float, float] | None = None
    chosen: tuple[EventSettings, float] | None = None
    for choice, passes in found.items():
        offset_s = _offset(feed, passes, blocks)
        anyone = _score(feed, passes, offset_s, blocks, _TARGET_S, named=False)[0].f1
        passer = _score(feed, passes, offset_s, blocks, _TARGET_S, named=True)[0].f1
        rank = (round(anyone, 9), round(passer, 9))
        if best is None or rank > best:
            best, chosen = rank, (choice, offset_s)
    assert chosen is not None  # noqa: S101  the grid is a constant
    return chosen


def _by_block(moments: Moments, true_s: Float64, found_s: Float64, block: _Block) -> Float64:
    """Count right, extra and missed in each ten seconds, for the bootstrap."""
    columns = (true_s[moments.true_pairs], found_s[moments.extra], true_s[moments.missed])
    return np.stack([block.histogram(times) for times in columns], axis=1)


def _possession(
    recorded: Recorded, chosen: list[EventSettings], blocks: list[_Block], seed: int
) -> dict[str, Any]:
    """Compare the team in possession with the provider's on the frames it calls alive."""
    match, owner, told = (
        replace(recorded.match, alive=None, owner=None),
        recorded.match.owner,
        recorded.match.alive,
    )
    if owner is None or told is None:
        raise AnalysisError("the recording does not say who has the ball", hint="team_possession is needed")
    folds, parts = [], []
    for block, base in zip(blocks, chosen, strict=True):
        others = told & ~block.holds(match.t_s) & (owner != "")
        agreement = {
            value: float(
                (find_events(match, replace(base, hysteresis_s=value)).teams == owner)[others].mean()
            )
            for value in HYSTERESIS_S
        }
        value = max(agreement, key=lambda one: (round(agreement[one], 9), -HYSTERESIS_S.index(one)))
        result = find_events(match, replace(base, hysteresis_s=value))
        rows = told & block.holds(match.t_s) & (owner != "")
        same = result.teams == owner
        parts.append(_shares(match.t_s, same, rows, block))
        folds.append(
            {
                "from_s": block.start_s,
                "to_s": block.stop_s,
                "hysteresis_s": value,
                "frames": int(rows.sum()),
                "agreement": round(float(same[rows].mean()), 4),
                "undecided": round(float((result.teams[rows] == "").mean()), 4),
            }
        )
    return {"folds": folds, "pooled": _pooled(parts, seed)}


def _alive(
    recorded: Recorded, chosen: list[EventSettings], blocks: list[_Block], seed: int
) -> dict[str, Any]:
    match, told = replace(recorded.match, alive=None, owner=None), recorded.match.alive
    if told is None:
        raise AnalysisError("the recording does not say when play is on", hint="ball_status is needed")
    folds, parts = [], []
    for block, base in zip(blocks, chosen, strict=True):
        same = find_events(match, base).alive == told
        rows = block.holds(match.t_s)
        parts.append(_shares(match.t_s, same, rows, block))
        folds.append(
            {
                "from_s": block.start_s,
                "to_s": block.stop_s,
                "agreement": round(float(same[rows].mean()), 4),
                "always_alive": round(float(told[rows].mean()), 4),
            }
        )
    return {"folds": folds, "pooled": _pooled(parts, seed)}


def _shares(t_s: Float64, same: Any, rows: Any, block: _Block) -> Float64:
    """Count rows and right rows in each ten seconds."""
    return np.stack([block.histogram(t_s[rows & same]), block.histogram(t_s[rows])], axis=1)


def _pooled(parts: list[Float64], seed: int) -> dict[str, float]:
    every = np.concatenate(parts)
    right, rows = every.sum(axis=0).tolist()
    low, high = bootstrap_interval(
        every, lambda drawn: float(drawn[:, 0].sum() / max(drawn[:, 1].sum(), 1.0)), seed=seed
    )
    return {
        "agreement": round(right / rows, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "frames": int(rows),
    }


def _shots(
    recorded: Recorded,
    results: dict[EventSettings, FootballEvents],
    passes: dict[str, Any],
    blocks: list[_Block],
) -> dict[str, Any]:
    """List the feed's shots and the ones found, each found one with its fold's settings and offset."""
    true_s, found = [], []
    for fold, block, settings in zip(passes["folds"], blocks, match_settings(passes), strict=True):
        times = np.array([event.t_s for event in recorded.feed if event.kind == "shot"]) + fold["offset_s"]
        true_s += times[block.holds(times)].tolist()
        found += [one for one in results[settings].of("shot") if block.holds(np.array([one.t_s]))[0]]
    moments = match_moments(np.array(true_s), np.array([one.t_s for one in found]), tolerance_s=_TARGET_S)
    return {
        "true": len(true_s),
        "found": len(found),
        "right": len(moments.true_pairs),
        "shots": [{"t_s": one.t_s, "outcome": one.outcome, "confidence": one.confidence} for one in found],
    }
