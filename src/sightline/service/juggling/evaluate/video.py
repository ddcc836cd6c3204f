"""Scores the whole juggling application on videos: simulated ones with exact truth, and a football kept up."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.core.errors import UnsupportedFormatError
from sightline.service.execute import execute
from sightline.service.results import Results
from sightline.service.simulate import simulate
from sightline.service.submit import AnalyzeRequest, submit
from sightline.service.text_files import read_csv

if TYPE_CHECKING:
    from sightline.service.platform import Platform

THROW_WITHIN_S = 0.1
DROP_WITHIN_S = 0.35
_SEEN_VALUE = 3
_DRAWS = 1000
_BACKGROUNDS = ("plain", "textured", "cluttered", "outdoor")
Row = dict[str, Any]


def evaluate_touches(
    platform: Platform, video: Path, truth: Path, *, within_frames: int = 3, pose_model: str | None = None
) -> dict[str, Any]:
    """Score the touches of a ball that is kept up against a hand count.

    Args:
        platform: The adapters.
        video: The clip.
        truth: CSV of `frame,kind,body_part,side`; `kind` is `touch`, or `edge` for one that neither counts as missed
            nor as false.
        within_frames: How far off a touch may be.
        pose_model: Model of bodies, for body parts.

    Raises:
        SightlineError: Clip, truth or model cannot be used.
    """
    rows = read_count(truth, ("frame", "kind"))
    with tempfile.TemporaryDirectory(prefix="sightline-juggling-") as folder:
        settings = {"mode": "keepie-uppie", "pose_model": pose_model}
        found = rows_of(analyzed(platform, video, settings, Path(folder) / "out"), "touches")
    touches = [row for row in found if row["kind"] == "touch"]
    real = [row for row in rows if row["kind"] == "touch"]
    edges = [int(row["frame"]) for row in rows if row["kind"] == "edge"]
    pairs = match([int(row["frame"]) for row in real], [row["frame"] for row in touches], within_frames)
    taken = {late for _, late in pairs}
    false = [
        row["frame"]
        for place, row in enumerate(touches)
        if place not in taken and all(abs(row["frame"] - edge) > within_frames for edge in edges)
    ]
    named = [(real[a]["body_part"], touches[b]["body_part"]) for a, b in pairs if touches[b]["body_part"]]
    return {
        "touches": len(real),
        "found": len(touches),
        "within_frames": within_frames,
        **scores(len(pairs), len(real) - len(pairs), len(false)),
        "missed_frames": [
            int(real[row]["frame"]) for row in range(len(real)) if row not in {a for a, _ in pairs}
        ],
        "false_frames": false,
        "frame_error_median": _median([abs(int(real[a]["frame"]) - touches[b]["frame"]) for a, b in pairs]),
        "body_parts_named": len(named),
        "body_parts_right": sum(one == other for one, other in named),
        "sides_right": sum(real[a].get("side") == touches[b]["side"] for a, b in pairs),
    }


def evaluate_simulated(
    platform: Platform,
    *,
    seeds: int = 10,
    first_seed: int = 1,
    seconds: float = 10.0,
    fps: int = 60,
    size: tuple[int, int] = (720, 1280),
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Film random patterns of 3 to 7 identical balls, one drop each, and compare what is found with the truth.

    Patterns, tempo, background and figure follow the seed. Throws count that fly (value 3 and more); hand-to-hand
    passes have no flight to be seen.

    Args:
        platform: The adapters.
        seeds: How many clips.
        first_seed: Of the first.
        seconds: Length of each.
        fps: Frames a second.
        size: `(height, width)`.
        tell: Told a line per clip.

    Raises:
        SightlineError: A clip could not be made or analysed.
    """
    clips = []
    for seed in range(first_seed, first_seed + seeds):
        clip = _simulated_clip(platform, seed, seconds=seconds, fps=fps, size=size)
        clips.append(clip)
        if tell is not None:
            tell(
                f"seed {seed}: {clip['siteswap']} on {clip['background']}: {clip['hits']} of {clip['throws']} throws, "
                f"{clip['false']} false, {clip['switches']} switches, found {clip['found']}"
            )
    return {
        "clips": clips,
        "throws": sum(clip["throws"] for clip in clips),
        "drops": sum(clip["drops"] for clip in clips),
        **{name: _with_interval(clips, of) for name, of in _MEASURES.items()},
    }


def _simulated_clip(
    platform: Platform, seed: int, *, seconds: float, fps: int, size: tuple[int, int]
) -> dict[str, Any]:
    background = _BACKGROUNDS[seed % len(_BACKGROUNDS)]
    balls = 3 + seed % 5
    with tempfile.TemporaryDirectory(prefix="sightline-juggling-") as folder:
        made = simulate(
            "juggling",
            Path(folder) / "scene",
            seconds=seconds,
            seed=seed,
            size=size,
            fps=fps,
            people=balls,
            settings={"siteswap": "random", "balls": "identical", "background": background, "drops": 1},
        )
        truth = json.loads(made.paths["events"].read_text(encoding="utf-8"))
        results = analyzed(platform, made.clip, {"mode": "toss"}, Path(folder) / "out")
        return {
            "seed": seed,
            "background": background,
            "siteswap": truth["siteswap"],
            "found": results.report["siteswap"],
            "balls": truth["balls"],
            "balls_found": results.report["balls"]["value"],
            **_compared(results, truth, made.paths["tracks"]),
        }


def _compared(results: Results, truth: Mapping[str, Any], tracks: Path) -> dict[str, Any]:
    real = [throw for throw in truth["throws"] if throw["value"] >= _SEEN_VALUE]
    found = [row for row in rows_of(results, "throws") if row["flight"] is not None]
    pairs = _matched_throws(real, found)
    errors_s = [abs(found[b]["t_s"] - real[a]["t_s"]) for a, b in pairs]
    drops = [drop["t_s"] for drop in truth["drops"]]
    dropped = [float(t_s) for t_s in results.report["drops_at_s"]]
    drop_pairs = match(drops, dropped, DROP_WITHIN_S)
    return {
        "throws": len(real),
        "hits": len(pairs),
        "false": len(found) - len(pairs),
        "errors_s": [round(error, 5) for error in errors_s],
        "switches": _switches(results, tracks),
        "drops": len(drops),
        "drop_hits": len(drop_pairs),
        "drop_false": len(dropped) - len(drop_pairs),
    }


def _matched_throws(real: Sequence[Mapping[str, Any]], found: Sequence[Row]) -> list[tuple[int, int]]:
    """Pair throws by their times, in order; hands of the picture must agree."""
    pairs = []
    for hand in ("left", "right"):
        ours = [row for row, throw in enumerate(found) if throw["hand"] == hand]
        theirs = [row for row, throw in enumerate(real) if throw["hand"] == hand]
        matched = match(
            [real[row]["t_s"] for row in theirs], [found[row]["t_s"] for row in ours], THROW_WITHIN_S
        )
        pairs += [(theirs[a], ours[b]) for a, b in matched]
    return sorted(pairs)


def match(real: Sequence[float], found: Sequence[float], within: float) -> list[tuple[int, int]]:
    """Pair two lists of moments one to one, nearest first, no farther apart than `within`."""
    near = sorted(
        (abs(one - other), a, b)
        for a, one in enumerate(real)
        for b, other in enumerate(found)
        if abs(one - other) <= within
    )
    pairs: list[tuple[int, int]] = []
    for _, a, b in near:
        if all(a != c and b != d for c, d in pairs):
            pairs.append((a, b))
    return sorted(pairs)


def _switches(results: Results, tracks: Path) -> int:
    """Count how often a found identity goes over to another real ball."""
    import pyarrow.parquet as pq

    table = pq.read_table(tracks, columns=["frame", "track_id", "x1_px", "y1_px", "x2_px", "y2_px"])
    columns = {name: np.array(table[name].to_pylist(), np.float64) for name in table.column_names}
    frames, order = columns["frame"].astype(int), np.argsort(columns["frame"], kind="stable")
    middles = np.stack([columns["x1_px"] + columns["x2_px"], columns["y1_px"] + columns["y2_px"]], axis=1) / 2
    reach = np.maximum((columns["x2_px"] - columns["x1_px"]) / 2, 3.0) * 1.5
    sorted_frames = frames[order]
    last: dict[int, int] = {}
    switches = 0
    for row in rows_of(results, "balls"):
        if row["state"] != "seen":
            continue
        here = order[slice(*np.searchsorted(sorted_frames, [row["frame"], row["frame"] + 1]))]
        away = np.hypot(*(middles[here] - (row["x_px"], row["y_px"])).T)
        if not len(away) or away.min() > reach[here[int(np.argmin(away))]]:
            continue
        real = int(columns["track_id"][here[int(np.argmin(away))]])
        if np.count_nonzero(away < 2 * reach[here]) == 1:
            switches += last.get(row["ball_id"], real) != real
            last[row["ball_id"]] = real
    return switches


def scores(hits: int, missed: int, false: int) -> dict[str, float]:
    """Give recall, precision and F1; 1 where there was nothing and nothing was found."""
    recall = hits / (hits + missed) if hits + missed else 1.0
    precision = hits / (hits + false) if hits + false else 1.0
    f1 = 2 * hits / (2 * hits + missed + false) if hits + missed + false else 1.0
    return {"recall": round(recall, 4), "precision": round(precision, 4), "f1": round(f1, 4)}


def _sum(clips: Sequence[Mapping[str, Any]], name: str) -> float:
    return float(sum(clip[name] for clip in clips))


_MEASURES: dict[str, Callable[[Sequence[Mapping[str, Any]]], float]] = {
    "throw_recall": lambda clips: _sum(clips, "hits") / max(_sum(clips, "throws"), 1),
    "throw_precision": lambda clips: _sum(clips, "hits") / max(_sum(clips, "hits") + _sum(clips, "false"), 1),
    "throw_time_error_median_s": lambda clips: (
        _median([e for clip in clips for e in clip["errors_s"]]) or 0.0
    ),
    "switches_a_clip": lambda clips: _sum(clips, "switches") / max(len(clips), 1),
    "drop_f1": lambda clips: scores(
        int(_sum(clips, "drop_hits")),
        int(_sum(clips, "drops") - _sum(clips, "drop_hits")),
        int(_sum(clips, "drop_false")),
    )["f1"],
    "siteswap_right": lambda clips: float(np.mean([clip["found"] == clip["siteswap"] for clip in clips])),
    "siteswap_wrong": lambda clips: float(
        np.mean([clip["found"] is not None and clip["found"] != clip["siteswap"] for clip in clips])
    ),
    "balls_right": lambda clips: float(np.mean([clip["balls_found"] == clip["balls"] for clip in clips])),
}


def _with_interval(
    clips: Sequence[Mapping[str, Any]], of: Callable[[Sequence[Mapping[str, Any]]], float]
) -> dict[str, Any]:
    """Give a measure with its 95 % bootstrap interval over clips."""
    low, high = bootstrap_interval(
        np.arange(len(clips)), lambda drawn: of([clips[row] for row in drawn]), seed=7, draws=_DRAWS
    )
    return {"value": round(of(clips), 4), "interval95": [round(low, 4), round(high, 4)]}


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if len(values) else None


def rows_of(results: Results, table: str) -> list[Row]:
    """Give a table's rows."""
    return [row for batch in results.tables.batches(table) for row in batch.to_pylist()]


def analyzed(platform: Platform, video: Path, settings: Mapping[str, Any], out: Path) -> Results:
    """Run the application over a video; the results lie in `out`."""
    given = {name: value for name, value in settings.items() if value is not None}
    request = AnalyzeRequest(video=video, app="juggling", out=out, annotate=False, settings=given)
    execute(platform, submit(platform, request).id)
    return Results(out)


def read_count(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read what was counted by eye: a CSV whose lines with `#` in front are remarks.

    Args:
        path: The file.
        columns: Those it must have; the first of them holds whole numbers.

    Raises:
        SourceUnavailableError: It cannot be read.
        UnsupportedFormatError: A column is missing, or there is no row.
    """
    hint = f"columns {','.join(columns)}"
    rows = read_csv(path, hint)
    if not rows or not set(columns) <= set(rows[0]) or not all(row[columns[0]].isdecimal() for row in rows):
        raise UnsupportedFormatError(f"{path} lists nothing that was counted", hint=hint)
    return rows
