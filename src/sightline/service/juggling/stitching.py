"""Measures the stitching of tracklets on judged pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.analytics.juggling.stitching.chains import judged, links
from sightline.analytics.juggling.stitching.pairs import (
    FEATURES,
    Pairs,
    cross_validated,
    features,
    fit,
    folds,
    gated,
    mutual,
    nearest,
)
from sightline.analytics.juggling.stitching.tracklets import Tracklet, track
from sightline.core.errors import UnsupportedFormatError
from sightline.service.text_files import read_csv

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sightline.core.arrays import Float64

_HINT = "CSV with source_tracklet, candidate_tracklet, gap_frames, prediction_error, label (correct or wrong)"
_SEEN_HINT = (
    "CSV with frame, center_x, center_y; for hands left_wrist_x, left_wrist_y, right_wrist_x, right_wrist_y"
)
_WRISTS = ("left_wrist_x", "left_wrist_y", "right_wrist_x", "right_wrist_y")
_AGREES_PX = 0.01


def read_labels(labels: Path) -> tuple[Pairs, NDArray[np.bool_]]:
    """Read judged stitches: the pairs, and which of them are right.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: A column is missing or a value is none.
    """
    rows = read_csv(labels, _HINT)
    try:
        pairs = Pairs(
            np.array([int(row["source_tracklet"]) for row in rows], np.int64),
            np.array([int(row["candidate_tracklet"]) for row in rows], np.int64),
            np.array([float(row["gap_frames"]) for row in rows]),
            np.array([float(row["prediction_error"]) for row in rows]),
        )
        right = np.array([{"correct": True, "wrong": False}[row["label"]] for row in rows])
    except (KeyError, ValueError, TypeError) as error:
        raise UnsupportedFormatError(
            f"{labels} is not a file of judged stitches: {error}", hint=_HINT
        ) from error
    if not len(right):
        raise UnsupportedFormatError(f"{labels} holds no judged stitches", hint=_HINT)
    return pairs, right


def read_detections(file: Path) -> list[Float64]:
    """Read what a detector found, `(n, 2)` px for each frame from 0 on.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: A column is missing or a value is none.
    """
    rows = read_csv(file, _SEEN_HINT)
    try:
        places = [(int(row["frame"]), float(row["center_x"]), float(row["center_y"])) for row in rows]
    except (KeyError, ValueError, TypeError) as error:
        raise UnsupportedFormatError(f"{file} holds no detections: {error}", hint=_SEEN_HINT) from error
    count = max((frame for frame, _, _ in places), default=-1) + 1
    by_frame: list[list[tuple[float, float]]] = [[] for _ in range(count)]
    for frame, x, y in places:
        by_frame[frame].append((x, y))
    return [np.array(here).reshape(-1, 2) for here in by_frame]


def read_hands(file: Path, frames: int) -> Float64:
    """Read where the likeliest person's hands are, `(frames, 2, 2)` px; where none was seen, as in the nearest frame.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: A column is missing or a value is none, or there are no hands.
    """
    rows = read_csv(file, _SEEN_HINT)
    found: dict[int, tuple[float, list[float]]] = {}
    try:
        for row in rows:
            frame, sure = int(row["frame"]), float(row.get("person_confidence") or 0.0)
            if frame not in found or sure > found[frame][0]:
                found[frame] = sure, [float(row[name]) for name in _WRISTS]
    except (KeyError, ValueError, TypeError) as error:
        raise UnsupportedFormatError(f"{file} holds no hands: {error}", hint=_SEEN_HINT) from error
    if not found:
        raise UnsupportedFormatError(f"{file} holds no hands", hint=_SEEN_HINT)
    known = np.array(sorted(found))
    nearest_known = known[np.abs(known[None] - np.arange(frames)[:, None]).argmin(axis=1)]
    return np.array([found[frame][1] for frame in nearest_known.tolist()]).reshape(-1, 2, 2)


def evaluate_stitching(
    labels: Path, *, detections: Path | None = None, hands: Path | None = None, seed: int = 0
) -> dict[str, Any]:
    """Score rules on judged stitches: F1 with a bootstrap interval over folds.

    Args:
        labels: What was judged.
        detections: Of the same video. With them and the hands, tracklets are made anew as they were for the judge,
            and flights and hands tell what goes on as what.
        hands: Poses of the same video.
        seed: Of the bootstrap.

    Raises:
        SourceUnavailableError: A file cannot be read.
        UnsupportedFormatError: It is none of its kind.
    """
    pairs, right = read_labels(labels)
    fold = folds(pairs)
    limit = _best_limit(pairs, right)
    rules: dict[str, NDArray[np.bool_]] = {}
    facts: dict[str, Any] = {}
    if detections is not None and hands is not None:
        seen = read_detections(detections)
        tracklets = track(seen)
        asked = list(zip(pairs.sources.tolist(), pairs.candidates.tolist(), strict=True))
        facts["rebuilt"] = _agreeing(tracklets, pairs)
        found = links(tracklets, read_hands(hands, len(seen)))
        rules["flights and hands, cross-validated"] = judged(found, asked, right, fold)
    rules |= {
        "gaps and errors alone, cross-validated": cross_validated(pairs, right) > 0.5,
        "nearest candidate": nearest(pairs),
        "mutually nearest": mutual(pairs),
        f"within {limit:.0f} px (chosen on these labels)": gated(pairs, limit),
        "every pair": np.ones(len(pairs), np.bool_),
    }
    return {
        "pairs": len(pairs),
        "right": int(right.sum()),
        "folds": len(np.unique(fold)),
        **facts,
        "weights_on_all": dict(zip(FEATURES, np.round(fit(features(pairs), right), 3).tolist(), strict=True)),
        "rules": [{"rule": name, **_score(made, right, fold, seed)} for name, made in rules.items()],
    }


def _agreeing(tracklets: Sequence[Tracklet], pairs: Pairs) -> int:
    """Count the judged pairs whose gap and error the tracklets of their numbers have."""
    known = {one.number: one for one in tracklets}
    count = 0
    for row, numbers in enumerate(zip(pairs.sources.tolist(), pairs.candidates.tolist(), strict=True)):
        one, other = (known.get(number) for number in numbers)
        if one is None or other is None or len(one.told_frames) < 2:
            continue
        ahead = int(other.told_frames[0] - one.told_frames[-1])
        speed = (one.told_px[-1] - one.told_px[-2]) / (one.told_frames[-1] - one.told_frames[-2])
        error = float(np.hypot(*(one.told_px[-1] + ahead * speed - other.told_px[0])))
        count += ahead - 1 == pairs.gap_frames[row] and abs(error - pairs.errors_px[row]) < _AGREES_PX
    return count


def _best_limit(pairs: Pairs, right: NDArray[np.bool_]) -> float:
    """Give the distance that does best on the very labels: the most a single threshold could do."""
    return float(max(np.unique(pairs.errors_px), key=lambda limit: _f1(gated(pairs, limit), right)))


def _f1(made: NDArray[np.bool_], right: NDArray[np.bool_]) -> float:
    both = int((made & right).sum())
    return 2 * both / max(1, int(made.sum()) + int(right.sum()))


def _score(
    made: NDArray[np.bool_], right: NDArray[np.bool_], fold: NDArray[np.int64], seed: int
) -> dict[str, Any]:
    names = np.unique(fold)
    rows_of = {name: np.flatnonzero(fold == name) for name in names.tolist()}

    def f1_of_drawn(drawn: NDArray[np.int64]) -> float:
        rows = np.concatenate([rows_of[name] for name in drawn.tolist()])
        return _f1(made[rows], right[rows])

    interval = bootstrap_interval(names, f1_of_drawn, seed=seed)
    both = int((made & right).sum())
    return {
        "f1": round(_f1(made, right), 4),
        "interval95": [round(value, 4) for value in interval],
        "precision": round(both / max(1, int(made.sum())), 4),
        "recall": round(both / max(1, int(right.sum())), 4),
    }
