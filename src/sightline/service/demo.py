"""Shows what Sightline does on a clip whose truth is known, and how well."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.service.evaluate import evaluate_mot_files
from sightline.service.execute import execute
from sightline.service.export import export_mot
from sightline.service.results import Results
from sightline.service.simulate import SimulatedClip, simulate
from sightline.service.submit import AnalyzeRequest, submit

if TYPE_CHECKING:
    from threading import Event

    from sightline.analytics.evaluation.mot import MotScores
    from sightline.core.events import RunEvent
    from sightline.service.platform import Platform

MODEL = "sightline-people-n"
"""What the demo finds people with where no model is named; it ships with the package."""
_SIZE = (360, 640)
_PEOPLE = 10
_MATCHED_WITHIN_S = 1.5


@dataclass(frozen=True, slots=True)
class LineCheck:
    """How a line's count compares with the truth.

    Attributes:
        rule: The line's name.
        direction: `in` or `out`.
        counted: By the analysis.
        truth: What really happened.
        matched: Counted crossings with a true one the same way at the same time, each used once.
    """

    rule: str
    direction: str
    counted: int
    truth: int
    matched: int


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What the demo found, how sure it is, how good, how fast, and where it lies.

    Attributes:
        clip: The rendered clip and its truth.
        results: Result folder of the analysis.
        model: The model's name.
        frames: Frames in the clip.
        coverage: Share of the frames that the model looked at.
        detections: Boxes found.
        tracks: Identities given.
        mean_score: Mean score of the tracked boxes, None where there are none.
        people: How many people really were in the picture.
        scores: Tracks against the truth.
        line_counts: Line counts against the truth.
        stays: Stays that the zones told of; `true_stays` how many there really were.
        fps: Frames a second of the analysis.
    """

    clip: SimulatedClip
    results: Path
    model: str
    frames: int
    coverage: float
    detections: int
    tracks: int
    mean_score: float | None
    people: int
    scores: MotScores
    line_counts: tuple[LineCheck, ...]
    stays: int
    true_stays: int
    fps: float | None

    def as_dict(self) -> dict[str, Any]:
        """Give it all as plain data."""
        return {
            "clip": str(self.clip.clip),
            "results": str(self.results),
            "model": self.model,
            "found": {
                "frames": self.frames,
                "coverage": self.coverage,
                "detections": self.detections,
                "tracks": self.tracks,
                "mean_score": self.mean_score,
                "stays": self.stays,
            },
            "truth": {"people": self.people, "stays": self.true_stays},
            "scores": self.scores.to_json(),
            "lines": [
                {
                    "rule": line.rule,
                    "direction": line.direction,
                    "counted": line.counted,
                    "truth": line.truth,
                    "matched": line.matched,
                }
                for line in self.line_counts
            ],
            "fps": self.fps,
        }

    def lines(self) -> list[str]:
        """Give it in a few lines to read."""
        scores = self.scores
        sure = "" if self.mean_score is None else f", mean score {self.mean_score:.2f}"
        told = [
            f"found     {self.tracks} tracks in {self.detections} detections{sure}; really {self.people} people",
            f"seen      {self.coverage:.0%} of {self.frames} frames, by the {self.model} model"
            + ("" if self.fps is None else f", {self.fps:.0f} frames a second"),
            f"scores    HOTA {scores.hota:.2f} (DetA {scores.det_a:.2f}, AssA {scores.ass_a:.2f}), "
            f"MOTA {scores.mota:.2f}, IDF1 {scores.idf1:.2f}, {scores.id_switches} identity switches",
        ]
        told += [
            f"line      {line.rule} {line.direction:<3} counted {line.counted}, really {line.truth}"
            f" ({line.matched} of them found)"
            for line in self.line_counts
        ]
        told.append(f"zones     {self.stays} stays told, really {self.true_stays}")
        told += [
            f"clip      {self.clip.clip}",
            f"results   {self.results}",
            f"          {self.results / 'report.html'}",
        ]
        return told


def demo(  # noqa: PLR0913
    platform: Platform,
    out: Path,
    *,
    seconds: float = 20.0,
    seed: int = 7,
    model: str | None = None,
    annotate: bool = True,
    listener: Callable[[RunEvent], None] | None = None,
    cancel: Event | None = None,
    rendered: Callable[[int, int], None] | None = None,
) -> DemoSummary:
    """Render a clip, analyse it, and compare with its truth.

    Args:
        platform: The adapters.
        out: Gets `clip/`, the rendered clip with its truth, `results/`, and `tracks.txt`; what an earlier
            demo left there is replaced.
        seconds: Length of the clip.
        seed: Chooses everything that is left to chance.
        model: Name or file; None for `MODEL`.
        annotate: Also draw `annotated.mp4`.
        listener: Told the run's events.
        cancel: Set it to stop.
        rendered: Told frames rendered and frames in all.

    Raises:
        SightlineError: Something could not be used or written.
    """
    clip = simulate(
        "people",
        out / "clip",
        seconds=seconds,
        seed=seed,
        size=_SIZE,
        people=_PEOPLE,
        overwrite=True,
        progress=rendered,
    )
    request = AnalyzeRequest(
        video=clip.clip,
        out=out / "results",
        model=model or MODEL,
        rules=clip.paths["rules"],
        annotate=annotate,
        overwrite=True,
    )
    run = execute(platform, submit(platform, request).id, listener=listener, cancel=cancel)
    results = Results(Path(run.folder))
    tracks = export_mot(results.folder, out / "tracks.txt")
    return _summary(clip, results, evaluate_mot_files(clip.paths["gt"], tracks))


def _summary(clip: SimulatedClip, results: Results, scores: MotScores) -> DemoSummary:
    truth = json.loads(clip.paths["events"].read_text(encoding="utf-8"))
    tracked = results.table("tracks", ["track_id", "score"])
    manifest = results.manifest
    return DemoSummary(
        clip=clip,
        results=results.folder,
        model=str(manifest["provenance"]["model"]["name"]),
        frames=results.ledger.decoded,
        coverage=results.ledger.coverage,
        detections=results.tables.rows("detections"),
        tracks=len(set(tracked["track_id"].to_pylist())),
        mean_score=float(np.mean(tracked["score"].to_numpy())) if tracked.num_rows else None,
        people=scores.truth_ids,
        scores=scores,
        line_counts=line_checks(results, truth),
        stays=results.tables.rows("dwells"),
        true_stays=len(truth["dwells"]),
        fps=manifest["performance"].get("analyze", {}).get("fps"),
    )


def line_checks(results: Results, truth: Mapping[str, Any]) -> tuple[LineCheck, ...]:
    """Compare each line and direction with the truth, also those that one side alone knows.

    Args:
        results: Of the analysis.
        truth: The clip's `events.json`.
    """
    counted: dict[tuple[str, str], list[float]] = {}
    table = results.table("events", ["kind", "rule", "t_s"])
    for row in table.to_pylist():
        kind, _, direction = row["kind"].partition("_")
        if kind == "line":
            counted.setdefault((row["rule"], direction), []).append(row["t_s"])
    happened: dict[tuple[str, str], list[float]] = {}
    for item in truth["crossings"]:
        happened.setdefault((item["rule"], item["direction"]), []).append(item["t_s"])
    return tuple(
        LineCheck(
            *key,
            len(counted.get(key, ())),
            len(happened.get(key, ())),
            _matched(counted.get(key, []), happened.get(key, [])),
        )
        for key in sorted(counted.keys() | happened.keys())
    )


def _matched(counted_s: list[float], truth_s: list[float]) -> int:
    """Give how many times have a partner within a moment, in order, each used once."""
    left = sorted(truth_s)
    found = 0
    for t_s in sorted(counted_s):
        near = [other for other in left if abs(other - t_s) <= _MATCHED_WITHIN_S]
        if near:
            left.remove(near[0])
            found += 1
    return found
