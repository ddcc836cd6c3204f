"""What is juggled: settings to a performance, with all chance drawn from one seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.juggling.notation import Siteswap, canonical, parse
from sightline.analytics.juggling.simulate import Juggler, Performance, Run, perform
from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST_BALLS, _MOST_BALLS = 3, 7
_HIGHEST = 9
_TRIES = 4000
_LEAD_S, _TAIL_S = 0.5, 0.6
_AFTER_DROP_S = 2.0


def pattern_of(settings: Mapping[str, Any], balls: int | None, rng: np.random.Generator) -> Siteswap:
    """Give the pattern that is asked for, or one drawn by lot from all valid ones up to period 5.

    Raises:
        NotationError: It is not a pattern.
        SettingsError: It cannot be juggled by one person.
    """
    if settings["siteswap"] == "random":
        return _drawn(balls, rng)
    pattern = parse(settings["siteswap"])
    fault = pattern.fault()
    if fault is not None:
        raise SettingsError(f"{settings['siteswap']} cannot be juggled: {fault}", hint="try 531")
    return pattern


def performance_of(
    settings: Mapping[str, Any], seconds: float, balls: int | None, rng: np.random.Generator
) -> Performance:
    """Juggle for so long; drops fall at times drawn by lot, well apart.

    Raises:
        NotationError: The pattern is none.
        SettingsError: It cannot be juggled.
    """
    pattern = pattern_of(settings, balls, rng)
    juggler = _juggler(pattern, settings["beat_s"], rng)
    if settings["hold"]:
        return perform([Run(pattern, 0, rest_s=seconds)], juggler, rng)
    drops = settings["drops"]
    share_s = (seconds - _LEAD_S) / (drops + 1)
    runs = []
    for number in range(drops + 1):
        last = number == drops
        span_s = share_s - (_TAIL_S if last else _AFTER_DROP_S) - _LEAD_S
        beats = max(pattern.cycle, int(span_s / juggler.beat_s))
        runs.append(Run(pattern, beats, None if last else _dropped(pattern, beats, rng), rest_s=_LEAD_S))
    return perform(runs, juggler, rng)


def _dropped(pattern: Siteswap, beats: int, rng: np.random.Generator) -> int:
    """Give which throw of a run is dropped: one in its second half."""
    flying = sum(value >= 3 for value in pattern.values) * beats / max(len(pattern.values), 1)
    return int(flying * rng.uniform(0.5, 0.85))


def _juggler(pattern: Siteswap, beat_s: float, rng: np.random.Generator) -> Juggler:
    """Give somebody's way of juggling; high throws leave less of a beat for mistakes."""
    highest = max((toss.value for toss in pattern.landings), default=3)
    usual_s = 0.27 - 0.008 * max(0, highest - 3)
    return Juggler(
        beat_s=beat_s or float(usual_s * rng.uniform(0.9, 1.12)),
        dwell_beats=float(rng.uniform(1.15, 1.5)),
        throw_noise_beats=float(rng.uniform(0.02, 0.07)),
        dwell_noise_beats=float(rng.uniform(0.03, 0.08)),
        hands_apart_m=float(rng.uniform(0.4, 0.52)),
        scoop_m=float(rng.uniform(0.14, 0.24)),
        hand_y_m=1.05,
        aim_m=float(rng.uniform(0.015, 0.03)),
        sway_m=float(rng.uniform(0.01, 0.05)),
    )


def _drawn(balls: int | None, rng: np.random.Generator) -> Siteswap:
    """Draw a valid pattern: permutations plus multiples of the period, by Buhler et al. 1994."""
    wanted = balls or int(rng.integers(_LEAST_BALLS, _MOST_BALLS + 1))
    highest = min(_HIGHEST, wanted + 4)
    for _ in range(_TRIES):
        period = int(rng.integers(1, 6))
        order = rng.permutation(period)
        base = np.array([(int(to) - place) % period for place, to in enumerate(order)])
        spare = wanted * period - int(base.sum())
        if spare < 0:
            continue
        extra = rng.multinomial(spare // period, np.full(period, 1 / period))
        values = base + period * extra
        if values.max() <= highest and _is_fun(values.tolist()):
            return parse(canonical("".join("0123456789"[value] for value in values)))
    raise SettingsError(f"found no pattern of {wanted} balls", hint="choose one with siteswap=531")


def _is_fun(values: Sequence[int]) -> bool:
    """Whether somebody would juggle it: mostly throws that fly."""
    return sum(value >= 3 for value in values) >= 0.5 * len(values)
