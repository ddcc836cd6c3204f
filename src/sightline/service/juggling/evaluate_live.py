"""Measures the live meter: how long after a catch it is counted, at 60 frames a second."""

from __future__ import annotations

from typing import Any

import numpy as np

from sightline.analytics.juggling.live import JuggleMeter, MeterSettings
from sightline.analytics.juggling.notation import parse
from sightline.analytics.juggling.observe import Lens, TrackerErrors, observe
from sightline.analytics.juggling.simulate import Juggler, Performance, Run, perform
from sightline.service.juggling.evaluate import Share, matched

PATTERNS = ("3", "5", "441", "531", "51", "4", "423")
_FPS = 60.0
_NEAR_S = 0.1


def evaluate_live(seed: int, *, beats: int = 40) -> dict[str, Any]:
    """Feed simulated runs frame by frame: delays of catches after the meter has settled, counts, and names.

    The delay is the algorithm's: frames after the catch until it is counted, whatever the machine's speed.
    """
    delays: list[float] = []
    true = counted = named = rights = 0
    for number, text in enumerate(PATTERNS):
        rng = np.random.default_rng([seed, number])
        performance = perform([Run(parse(text), beats)], Juggler(dwell_beats=rng.uniform(1.2, 1.6)), rng)
        found, name, ready_s = _run(performance, rng)
        catches = sorted(throw.catch_t_s for throw in performance.throws if throw.value >= 3)
        later = [(t_s, None) for t_s in catches if t_s > ready_s]
        rights += len(matched(later, [(moment, None) for _, moment in found], within_s=_NEAR_S))
        delays += [
            said_s - min(catches, key=lambda t_s: abs(t_s - moment))
            for said_s, moment in found
            if min(abs(t_s - moment) for t_s in catches) < _NEAR_S
        ]
        true += len(later)
        counted += len(found)
        named += name == text
    quantiles = np.quantile(delays, (0.5, 0.95, 1.0)) if delays else np.full(3, np.nan)
    return {
        "runs": len(PATTERNS),
        "seed": seed,
        "delay_ms": dict(
            zip(("median", "p95", "worst"), np.round(1000 * quantiles, 1).tolist(), strict=True)
        ),
        "recall_once_settled": Share(rights, true).as_dict(),
        "precision": Share(rights, counted).as_dict(),
        "named": Share(named, len(PATTERNS)).as_dict(),
    }


def _run(
    performance: Performance, rng: np.random.Generator
) -> tuple[list[tuple[float, float]], str | None, float]:
    """Give `(said, caught)` times, the name at the end, and when the meter had settled."""
    settings = MeterSettings(name_every=0)
    meter = JuggleMeter(settings)
    frames: dict[int, dict[int, tuple[float, float]]] = {}
    for path in observe(performance, Lens(fps=_FPS), TrackerErrors(), rng):
        for frame, (x, y) in zip(path.frames.tolist(), path.points_px.tolist(), strict=True):
            frames.setdefault(frame, {})[path.ball_id] = (x, y)
    found: list[tuple[float, float]] = []
    last = max(frames)
    for frame in range(last + 1):
        tick = meter.feed(frame, frame / _FPS, frames.get(frame, {}))
        found += [(tick.t_s, moment) for _, moment in tick.caught]
    meter.name()
    guess = meter.feed(last + 1, (last + 1) / _FPS, {}).guess
    return found, guess.siteswap if guess else None, found[0][1] - 1e-6 if found else 0.0
