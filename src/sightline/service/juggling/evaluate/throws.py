"""Scores the throws of a clip against a count by eye: found or not, which hands, and whether heights rank alike."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import spearmanr

from sightline.service.juggling.evaluate.video import analyzed, match, read_count, rows_of, scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.service.platform import Platform

COLUMNS = ("number", "throw", "catch", "hand", "catch_hand")


def evaluate_throws(
    platform: Platform, video: Path, truth: Path, *, within_frames: int = 4
) -> dict[str, Any]:
    """Analyse a clip without settings and compare its list of throws with one that was made by eye.

    Args:
        platform: The adapters.
        video: The clip.
        truth: CSV of `number,throw,catch,hand,catch_hand`: the siteswap value shown, first frame clear of the hand,
            first frame at the next hand, sides of the picture.
        within_frames: How far off a throw or a catch may be.

    Raises:
        SightlineError: Clip or truth cannot be used.
    """
    real = read_count(truth, COLUMNS)
    with tempfile.TemporaryDirectory(prefix="sightline-juggling-") as folder:
        results = analyzed(platform, video, {}, Path(folder) / "out")
        found = rows_of(results, "throws")
        report = results.report
    pairs = match([int(row["throw"]) for row in real], [row["frame"] for row in found], within_frames)
    couples = [(real[a], found[b]) for a, b in pairs]
    rate_hz = report["source"]["frame_rate_hz"]
    off = [
        abs(int(one["catch"]) - int(one["throw"]) - rate_hz * other["flight_s"])
        for one, other in couples
        if other["flight_s"] is not None
    ]
    return {
        "throws": len(real),
        "found": len(found),
        "within_frames": within_frames,
        **scores(len(pairs), len(real) - len(pairs), len(found) - len(pairs)),
        "hands_right": sum(
            (one["hand"], one["catch_hand"]) == (other["hand"], other["catch_hand"]) for one, other in couples
        ),
        "flight_error_frames_median": round(float(np.median(off)), 2) if off else None,
        "heights_m": [round(other["height_m"], 3) for _, other in couples],
        "rank_with_flights_by_eye": _rank(
            [int(one["catch"]) - int(one["throw"]) for one, _ in couples],
            [other["flight_s"] for _, other in couples],
        ),
        "rank_of_heights_with_numbers": _rank(
            [int(one["number"]) for one, _ in couples], [other["height_m"] for _, other in couples]
        ),
        "rank_of_flights_by_eye_with_numbers": _rank(
            [int(row["number"]) for row in real], [int(row["catch"]) - int(row["throw"]) for row in real]
        ),
        "siteswap": report["siteswap"],
        "drops": report["drops"]["value"],
    }


def _rank(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Give Spearman's rank correlation; None of fewer than three."""
    return round(float(spearmanr(one, other).statistic), 4) if len(one) > 2 else None
