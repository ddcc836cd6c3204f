"""Learns how sure a pattern may be called: a logistic rule on simulated runs, also short and badly tracked ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from sightline.analytics.juggling.decode import DecodeSettings, rank_runs
from sightline.analytics.juggling.notation import Siteswap, parse
from sightline.analytics.juggling.siteswap.patterns import random_siteswap, siteswaps
from sightline.analytics.juggling.siteswap.rank import confidence, features
from sightline.analytics.juggling.stitching.pairs import fit
from sightline.service.juggling.evaluate import reliability, simulated_run

OTHERS = ("(4,4)", "(6x,4)*", "(4,2x)*", "(6,4)", "(4x,2x)", "(6x,2x)*", "[43]23", "24[54]", "[54]24", "[33]33", "(6,6)", "(8,4)(4,4)")  # fmt: skip
"""Patterns beside the asynchronous ones that runs are drawn from."""
_NAMES = ("constant", "log margin", "score a throw", "share in order", "log throws")


def calibrate(count: int, seed: int) -> dict[str, Any]:
    """Fit the confidence's weights on half of simulated runs and show on the other half how reliable it is.

    A sixth of the runs are synchronous or multiplex, a sixth are of patterns too long to be tried, which must come out
    as unsure; lengths go from 14 to 60 beats.
    """
    rows, right = [], []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        run = simulated_run(rng, _pattern(rng), beats=int(rng.integers(14, 61)))
        truth = str(run.pattern.canonical())
        for ranked in rank_runs(run.paths, DecodeSettings())[:1]:
            if ranked:
                rows.append(features(ranked))
                right.append(ranked[0].siteswap == truth)
    values, answers = np.array(rows), np.array(right)
    half = np.arange(len(values)) % 2 == 0
    weights = fit(values[half], answers[half])
    held = [
        (float(1 / (1 + np.exp(-row @ weights))), bool(answer))
        for row, answer in zip(values[~half], answers[~half], strict=True)
    ]
    shipped = DecodeSettings().rank
    now = [
        (confidence(row, shipped), bool(answer))
        for row, answer in zip(values[~half], answers[~half], strict=True)
    ]
    return {
        "runs": len(values),
        "right": int(answers.sum()),
        "weights": dict(zip(_NAMES, np.round(fit(values, answers), 3).tolist(), strict=True)),
        "reliability_held_out": reliability(held),
        "reliability_shipped": reliability(now),
    }


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
