"""Measures the live meter: how long after a catch it is counted, at 60 frames a second."""

from __future__ import annotations

from typing import Any

import numpy as np

from sightline.analytics.evaluation.shares import Share
from sightline.analytics.juggling.live.meter import JuggleMeter, Named, named
from sightline.analytics.juggling.notation import parse
from sightline.analytics.juggling.observe import Lens, TrackerErrors, observe
from sightline.analytics.juggling.simulate import Juggler, Performance, Run, perform
from sightline.analytics.juggling.siteswap.patterns import random_siteswap
from sightline.service.juggling.evaluate.decoder import calibration_error, matched, reliability

PATTERNS = ("3", "5", "441", "531", "51", "4", "423")
_FPS = 60.0
_NEAR_S = 0.1
_SIZE = (720, 1280)
_BALL_M = 0.036
_SEEN = TrackerErrors(noise_px=0.6, misses=0.04)  # as the detector sees balls of that size


def evaluate_live(seed: int, *, beats: int = 40, more: int = 0) -> dict[str, Any]:
    """Feed simulated runs frame by frame: delays of catches after the meter has settled, counts, and names.

    What was caught before gravity was known is told when it is, and says nothing of the delay. The delay is the
    algorithm's: frames after the catch until it is counted, whatever the machine's speed.

    Args:
        seed: Chooses everything that is left to chance.
        beats: Length of each run.
        more: Runs beside those of `PATTERNS`, every other one of a random pattern of up to 5 balls.
    """
    delays: list[float] = []
    true = counted = right_names = rights = 0
    pairs, wrong = [], []
    for number in range(len(PATTERNS) + more):
        rng = np.random.default_rng([seed, number])
        pattern = parse(PATTERNS[number % len(PATTERNS)])
        if number >= len(PATTERNS) and number % 2:
            pattern = random_siteswap(rng, most_balls=5).canonical()
        performance = perform([Run(pattern, beats)], Juggler(dwell_beats=rng.uniform(1.2, 1.6)), rng)
        found, name, ready_s = _run(performance, rng)
        text = str(pattern)
        flights = [throw for throw in performance.throws if throw.value >= 3]
        catches = sorted(throw.catch_t_s for throw in flights)
        later = [(throw.catch_t_s, None) for throw in flights if throw.t_s > ready_s - _NEAR_S]
        rights += len(matched(later, [(moment, None) for _, moment in found], within_s=_NEAR_S))
        delays += [
            said_s - min(catches, key=lambda t_s: abs(t_s - moment))
            for said_s, moment in found
            if moment > found[0][0] and min(abs(t_s - moment) for t_s in catches) < _NEAR_S
        ]
        true += len(later)
        counted += len(found)
        right_names += name.siteswap == text
        if name.siteswap is not None and name.confidence is not None:
            pairs.append((name.confidence, name.siteswap == text))
        if name.siteswap != text:
            wrong.append((text, name.siteswap, name.confidence and round(name.confidence, 3)))
    quantiles = np.quantile(delays, (0.5, 0.95, 1.0)) if delays else np.full(3, np.nan)
    return {
        "runs": len(PATTERNS) + more,
        "seed": seed,
        "delay_ms": dict(
            zip(("median", "p95", "worst"), np.round(1000 * quantiles, 1).tolist(), strict=True)
        ),
        "recall_once_settled": Share(rights, true).as_dict(),
        "precision": Share(rights, counted).as_dict(),
        "named": Share(right_names, len(PATTERNS) + more).as_dict(),
        "not_right": wrong,
        "reliability": reliability(pairs),
        "calibration_error": calibration_error(pairs),
    }


def _run(
    performance: Performance, rng: np.random.Generator
) -> tuple[list[tuple[float, float]], Named, float]:
    """Give `(said, caught)` times, the name at the end, and when the meter had settled."""
    lens = Lens(fps=_FPS)
    meter = JuggleMeter(_SIZE)
    frames: dict[int, list[tuple[float, float]]] = {}
    for path in observe(performance, lens, _SEEN, rng):
        for frame, (x, y) in zip(path.frames.tolist(), path.points_px.tolist(), strict=True):
            frames.setdefault(frame, []).append((x, y))
    found: list[tuple[float, float]] = []
    first_s = np.inf
    for frame in range(max(frames) + 1):
        points = np.array(frames.get(frame, []), np.float64).reshape(-1, 2)
        radii = np.full(len(points), _BALL_M * lens.scale_px_per_m)
        tick = meter.feed(frame, frame / _FPS, points, radii, np.ones(len(points)))
        caught = [moment for moment in tick.moments if moment.kind == "caught"]
        found += [(tick.t_s, moment.t_s) for moment in caught]
        first_s = min([first_s, *(moment.thrown_s for moment in caught)])
    return found, named(meter.remembered()), first_s
