"""Measures the decoder: on named tracks, on simulated runs, and the notation on every short string."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.shares import Share
from sightline.analytics.juggling.decode import DecodeSettings, decode
from sightline.analytics.juggling.notation import canonical, parse, try_parse
from sightline.analytics.juggling.observe import Lens, TrackerErrors, observe
from sightline.analytics.juggling.simulate import Juggler, Performance, Run, perform
from sightline.analytics.juggling.siteswap.patterns import random_siteswap
from sightline.core.errors import SourceUnavailableError
from sightline.service.juggling.tracks import read_paths

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.analytics.juggling.notation import Siteswap
    from sightline.analytics.juggling.paths import BallPath, Juggle

GRID: dict[str, tuple[float, ...]] = {"dwell_beats": (1.3, 1.45, 1.6), "order_miss": (1.5, 2.5)}
"""Constants that `evaluate siteswap` chooses anew for each pattern, from all the others."""


def evaluate_siteswap(folder: Path, *, fps: float, settings: DecodeSettings | None = None) -> dict[str, Any]:
    """Decode every `<siteswap>.txt` under a folder, with constants chosen on the patterns of other names.

    Without `settings`, the constants of `GRID` are chosen for each pattern from all files of other patterns: most
    right, then the greatest confidence in them.

    Raises:
        SourceUnavailableError: There are no such files.
    """
    files = [file for file in sorted(folder.rglob("*.txt")) if try_parse(file.stem)]
    if not files:
        raise SourceUnavailableError(
            f"no <siteswap>.txt under {folder}", hint="tracks in MOT format, named as in 531.txt"
        )
    choices = [settings] if settings else list(_grid())
    paths = {file: read_paths(file, fps=fps) for file in files}
    found: list[list[Juggle]] = [[decode(paths[file], choice) for file in files] for choice in choices]
    truth = [canonical(file.stem) for file in files]
    rows = []
    for place, file in enumerate(files):
        others = [number for number, name in enumerate(truth) if name != truth[place]] or [place]
        best = max(
            range(len(choices)),
            key=lambda choice: _worth([(found[choice][number], truth[number]) for number in others]),
        )
        rows.append(_row(file, folder, truth[place], found[best][place], len(paths[file]), choices[best]))
    return {"fps": fps, "files": rows, **_shares(rows)}


def shipped() -> DecodeSettings:
    """Give the constants as they ship."""
    return DecodeSettings()


def _grid() -> Iterator[DecodeSettings]:
    plain = DecodeSettings()
    for values in product(*GRID.values()):
        align = replace(plain.rank.align, **dict(zip(GRID, values, strict=True)))
        yield replace(plain, rank=replace(plain.rank, align=align))


def _worth(decoded: Sequence[tuple[Juggle, str]]) -> tuple[int, float]:
    right = [juggle for juggle, name in decoded if juggle.siteswap == name]
    return len(right), sum(juggle.guesses[0].confidence for juggle in right)


def _row(
    file: Path, folder: Path, truth: str, juggle: Juggle, tracks: int, chosen: DecodeSettings
) -> dict[str, Any]:
    return {
        "file": file.relative_to(folder).as_posix(),
        "group": file.parent.relative_to(folder).as_posix(),
        "truth": truth,
        "siteswap": juggle.siteswap,
        "confidence": round(juggle.guesses[0].confidence, 3) if juggle.guesses else None,
        "top3": [guess.siteswap for guess in juggle.guesses],
        "right": juggle.siteswap == truth,
        "in_top3": truth in [guess.siteswap for guess in juggle.guesses],
        "balls": juggle.balls,
        "balls_right": juggle.balls == parse(truth).balls,
        "tracks": tracks,
        "throws": len(juggle.throws),
        "constants": {name: getattr(chosen.rank.align, name) for name in GRID},
    }


def _shares(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    groups = sorted({row["group"] for row in rows})
    every = {"all": rows, **{group: [row for row in rows if row["group"] == group] for group in groups}}
    return {
        "shares": {
            name: {
                "siteswap": Share(sum(row["right"] for row in part), len(part)).as_dict(),
                "top3": Share(sum(row["in_top3"] for row in part), len(part)).as_dict(),
                "balls": Share(sum(row["balls_right"] for row in part), len(part)).as_dict(),
                "named_but_wrong": sum(row["siteswap"] is not None and not row["right"] for row in part),
            }
            for name, part in every.items()
        }
    }


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulated run: its truth, and what a tracker saw of it."""

    pattern: Siteswap
    performance: Performance
    paths: tuple[BallPath, ...]
    fps: float


def simulated_run(
    rng: np.random.Generator, pattern: Siteswap | None = None, *, beats: int = 50, dropped: int | None = None
) -> Simulated:
    """Juggle a pattern, a random one where none is given, as some human would, and track it as some tracker would.

    Tempo, dwell, scoop, noise, frame rate, scale, roll and the tracker's errors are all drawn anew.
    """
    pattern = pattern or random_siteswap(rng)
    top = max(pattern.values)
    juggler = Juggler(
        beat_s=rng.uniform(0.2, 0.3) * (1.0 if top <= 7 else 0.8),
        dwell_beats=rng.uniform(1.1, 1.7),
        throw_noise_beats=rng.uniform(0.04, 0.1),
        dwell_noise_beats=rng.uniform(0.05, 0.12),
        one_beats=rng.uniform(0.25, 0.45),
        one_dwell_beats=rng.uniform(0.5, 0.9),
        hands_apart_m=rng.uniform(0.36, 0.6),
        scoop_m=float(rng.choice([-0.15, 0.12, 0.2, 0.25])),
    )
    lens = Lens(
        fps=float(rng.choice([25.0, 30.0, 50.0, 60.0])),
        scale_px_per_m=rng.uniform(220, 480),
        roll_deg=rng.uniform(-5, 5),
        shake_px=float(rng.choice([0.0, 0.0, 2.0])),
    )
    errors = TrackerErrors(
        noise_px=rng.uniform(0.5, 2.0),
        misses=rng.uniform(0.0, 0.05),
        hidden_in_hand=float(rng.choice([0.0, 0.3, 0.6])),
        switches=float(rng.choice([0.0, 0.02, 0.05])),
        whole_pixels=bool(rng.integers(2)),
    )
    performance = perform([Run(pattern, beats, dropped)], juggler, rng)
    return Simulated(pattern, performance, observe(performance, lens, errors, rng), lens.fps)


def evaluate_simulated(count: int, seed: int, *, settings: DecodeSettings | None = None) -> dict[str, Any]:
    """Decode random valid siteswaps (period up to 5, up to 7 balls, values up to 9) as simulated humans juggle them.

    Prints also how often patterns named with a confidence are right (the reliability table).
    """
    rows, pairs = [], []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        run = simulated_run(rng)
        juggle = decode(run.paths, settings)
        truth = str(run.pattern.canonical())
        names = [guess.siteswap for guess in juggle.guesses]
        rows.append(
            {
                "group": f"{run.pattern.balls} balls",
                "truth": truth,
                "siteswap": juggle.siteswap,
                "right": juggle.siteswap == truth,
                "best": bool(names) and names[0] == truth,
                "in_top3": truth in names,
                "top3": [(one.siteswap, round(one.confidence, 3)) for one in juggle.guesses],
                "balls_right": juggle.balls == run.pattern.balls,
                "fps": run.fps,
                **_times(run, juggle),
            }
        )
        if juggle.guesses:
            pairs.append((juggle.guesses[0].confidence, names[0] == truth))
    return {
        "count": count,
        "seed": seed,
        **_shares(rows),
        "reliability": reliability(pairs),
        "calibration_error": calibration_error(pairs),
        "throws": _pooled(rows, "throw"),
        "catches": _pooled(rows, "catch"),
        "wrong": [row for row in rows if not row["right"]],
    }


DROPPED = ("3", "4", "5", "6", "7", "51", "441", "423", "531", "(4,4)")
"""Patterns that `evaluate_drops` draws from."""


def evaluate_drops(count: int, seed: int) -> dict[str, Any]:
    """Find the drops of simulated runs, of which a third have none; right is within a quarter of a second."""
    rights = found = true = 0
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        pattern = parse(str(rng.choice(DROPPED)))
        run = simulated_run(rng, pattern, beats=44, dropped=int(rng.integers(8, 18)) if number % 3 else None)
        seen = [drop.t_s for drop in decode(run.paths).drops]
        truth = [t_s for _, t_s in run.performance.drops]
        rights += sum(any(abs(t_s - one) < 0.25 for one in seen) for t_s in truth)
        found, true = found + len(seen), true + len(truth)
    return {
        "runs": count,
        "seed": seed,
        "drops": true,
        "f1": round(2 * rights / max(1, found + true), 4),
        "recall": Share(rights, true).as_dict(),
        "precision": Share(rights, found).as_dict(),
    }


_BANDS = ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 1.01))


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float | None:
    """Give how far confidence lies from the share that was right, over the bands of `reliability`, weighted by runs.

    Source:
        Guo et al., On calibration of modern neural networks, 2017 (expected calibration error).
    """
    if not pairs:
        return None
    off = 0.0
    for low, high in _BANDS:
        inside = [(sure, right) for sure, right in pairs if low <= sure < high]
        off += abs(sum(sure for sure, _ in inside) - sum(right for _, right in inside))
    return round(off / len(pairs), 4)


def reliability(pairs: Sequence[tuple[float, bool]]) -> list[dict[str, Any]]:
    """Give, for bands of confidence, how often the named pattern was right."""
    table = []
    for low, high in _BANDS:
        inside = [(sure, right) for sure, right in pairs if low <= sure < high]
        share = Share(sum(right for _, right in inside), len(inside))
        table.append(
            {
                "confidence": f"{low:.2f}-{min(high, 1.0):.2f}",
                "mean": round(float(np.mean([sure for sure, _ in inside])), 3) if inside else None,
                **share.as_dict(),
            }
        )
    return table


def _times(run: Simulated, juggle: Juggle) -> dict[str, Any]:
    """Match found throws and catches with the truth, one to one, within 33 ms and the same hand."""
    flown = [throw for throw in run.performance.throws if throw.value >= 3]
    sides = {
        "throw": (
            [(throw.t_s, throw.hand) for throw in flown],
            [(throw.t_s, throw.hand) for throw in juggle.throws if throw.flight is not None],
        ),
        "catch": (
            [(throw.catch_t_s, throw.catch_hand) for throw in flown if throw.catch_hand],
            [(catch.t_s, catch.hand) for catch in juggle.catches],
        ),
    }
    found: dict[str, Any] = {}
    for name, (truth, seen) in sides.items():
        errors = matched(truth, seen, within_s=max(0.033, 1.0 / run.fps))
        found[f"{name}_truth"], found[f"{name}_seen"] = len(truth), len(seen)
        found[f"{name}_errors_ms"] = [round(1000 * one, 1) for one in errors]
    return found


def matched(
    truth: Sequence[tuple[float, Any]], seen: Sequence[tuple[float, Any]], within_s: float
) -> list[float]:
    """Pair events nearest first; gives the errors of the pairs."""
    options = sorted(
        (abs(t_s - other_s), number, other)
        for number, (t_s, hand) in enumerate(truth)
        for other, (other_s, other_hand) in enumerate(seen)
        if hand == other_hand and abs(t_s - other_s) <= within_s
    )
    used: set[int] = set()
    taken: set[int] = set()
    errors = []
    for off, number, other in options:
        if number not in used and other not in taken:
            used.add(number)
            taken.add(other)
            errors.append(off)
    return errors


def _pooled(rows: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    pairs = sum(len(row[f"{name}_errors_ms"]) for row in rows)
    errors = [one for row in rows for one in row[f"{name}_errors_ms"]]
    return {
        "recall": Share(pairs, sum(row[f"{name}_truth"] for row in rows)).as_dict(),
        "precision": Share(pairs, sum(row[f"{name}_seen"] for row in rows)).as_dict(),
        "median_error_ms": round(float(np.median(errors)), 2) if errors else None,
    }


def evaluate_notation(longest: int = 5, digits: str = "0123456789") -> dict[str, Any]:
    """Compare validity and the number of balls with the plain rules on every string over an alphabet."""
    strings = wrong = valid = 0
    for length in range(1, longest + 1):
        for letters in product(digits, repeat=length):
            strings += 1
            values = [int(one, 36) for one in letters]
            landed = len({(place + value) % length for place, value in enumerate(values)}) == length
            pattern = parse("".join(letters))
            valid += landed
            whole = sum(values) % length == 0
            balls = sum(values) // length
            wrong += pattern.valid != landed or (landed and not (whole and pattern.balls == balls))
    return {
        "strings": strings,
        "valid": valid,
        "disagreements": wrong,
        "longest": longest,
        "alphabet": digits,
    }
