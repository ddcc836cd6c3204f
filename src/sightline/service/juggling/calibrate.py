"""Learns how sure a pattern may be called, on simulated runs, also short and badly tracked ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import minimize

from sightline.analytics.juggling.decode import DecodeSettings, rank_runs
from sightline.analytics.juggling.notation import Siteswap, parse
from sightline.analytics.juggling.siteswap.patterns import random_siteswap, siteswaps
from sightline.analytics.juggling.siteswap.rank import Ranked, RankSettings, chances
from sightline.service.juggling.evaluate.decoder import calibration_error, reliability, simulated_run

OTHERS = ("(4,4)", "(6x,4)*", "(4,2x)*", "(6,4)", "(4x,2x)", "(6x,2x)*", "[43]23", "24[54]", "[54]24", "[33]33", "(6,6)", "(8,4)(4,4)")  # fmt: skip
"""Patterns beside the asynchronous ones that runs are drawn from."""
_LEAST = 1e-3
Run = tuple[str, Sequence[Ranked]]


def calibrate(count: int, seed: int) -> dict[str, Any]:
    """Fit what makes scores chances on half of simulated runs; show on the other half how reliable it is.

    A sixth of the runs are synchronous or multiplex, a sixth are of patterns too long to be tried, which must come out
    as unsure; lengths go from 14 to 60 beats.
    """
    runs: list[Run] = []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        run = simulated_run(rng, _pattern(rng), beats=int(rng.integers(14, 61)))
        truth = str(run.pattern.canonical())
        runs += [(truth, ranked) for ranked in rank_runs(run.paths, DecodeSettings())[:1] if ranked]
    shipped = DecodeSettings().rank
    fitted = _fit(runs[::2], shipped)
    found: dict[str, Any] = {
        "runs": len(runs),
        "right": sum(truth == ranked[0].siteswap for truth, ranked in runs),
        "weights": {
            "warmth": round(fitted.warmth, 3),
            "constant": round(fitted.calibration[0], 3),
            "score a throw": round(fitted.calibration[1], 3),
        },
    }
    for name, settings in (("held_out", fitted), ("shipped", shipped)):
        pairs = [
            (float(_chances(ranked, settings)[0]), truth == ranked[0].siteswap)
            for truth, ranked in runs[1::2]
        ]
        found[f"reliability_{name}"] = reliability(pairs)
        found[f"calibration_error_{name}"] = calibration_error(pairs)
    return found


def _chances(ranked: Sequence[Ranked], settings: RankSettings) -> Any:
    return chances([one.score for one in ranked], len(ranked[0].columns), settings)


def _fit(runs: Sequence[Run], shipped: RankSettings) -> RankSettings:
    """Give the settings under which the right names are likeliest."""

    def settings_of(values: Any) -> RankSettings:
        return replace(
            shipped, warmth=float(np.exp(values[0])), calibration=(float(values[1]), float(values[2]))
        )

    def surprise(values: Any) -> float:
        settings, total = settings_of(values), 0.01 * float(np.sum(np.square(values)))
        for truth, ranked in runs:
            sure = _chances(ranked, settings)
            names = [one.siteswap for one in ranked]
            chance = float(sure[names.index(truth)]) if truth in names else 1 - float(sure.sum())
            total -= float(np.log(max(chance, _LEAST)))
        return total

    begin = [float(np.log(shipped.warmth)), *shipped.calibration]
    return settings_of(minimize(surprise, begin, method="Nelder-Mead", options={"maxiter": 200}).x)


def _pattern(rng: np.random.Generator) -> Siteswap:
    """Draw a pattern: mostly one that can be named; one in six has a longer period than any that is tried."""
    draw = rng.random()
    if draw < 1 / 6:
        return parse(str(rng.choice(OTHERS)))
    if draw < 1 / 3:
        period, balls = int(rng.integers(6, 8)), int(rng.integers(3, 6))
        known = [one for one in siteswaps(period, balls, 8) if max(one) > 2]
        return parse("".join(map(str, known[int(rng.integers(len(known)))])))
    return random_siteswap(rng)
