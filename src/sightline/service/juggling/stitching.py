"""Measures the stitching of tracklets on judged pairs."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.juggling.stitching import (
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
from sightline.core.errors import SourceUnavailableError, UnsupportedFormatError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_HINT = "CSV with source_tracklet, candidate_tracklet, gap_frames, prediction_error, label (correct or wrong)"
_RESAMPLES = 2000


def read_labels(labels: Path) -> tuple[Pairs, NDArray[np.bool_]]:
    """Read judged stitches: the pairs, and which of them are right.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: A column is missing or a value is none.
    """
    try:
        with labels.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise SourceUnavailableError(
            f"cannot read {labels}: {error.strerror}", hint="check the path"
        ) from error
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
            f"{labels} is no file of judged stitches: {error}", hint=_HINT
        ) from error
    if not len(right):
        raise UnsupportedFormatError(f"{labels} holds no judged stitches", hint=_HINT)
    return pairs, right


def evaluate_stitching(labels: Path, *, seed: int = 0) -> dict[str, Any]:
    """Score the learnt rule, cross-validated, and plain rules: F1 with a bootstrap interval over folds.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is no file of judged stitches.
    """
    pairs, right = read_labels(labels)
    chance = cross_validated(pairs, right)
    limit = _best_limit(pairs, right)
    rules = {
        "learnt, cross-validated": chance > 0.5,
        "nearest candidate": nearest(pairs),
        "mutually nearest": mutual(pairs),
        f"within {limit:.0f} px (chosen on these labels)": gated(pairs, limit),
        "every pair": np.ones(len(pairs), np.bool_),
    }
    fold = folds(pairs)
    return {
        "pairs": len(pairs),
        "right": int(right.sum()),
        "folds": len(np.unique(fold)),
        "weights_on_all": dict(zip(FEATURES, np.round(fit(features(pairs), right), 3).tolist(), strict=True)),
        "rules": [{"rule": name, **_score(made, right, fold, seed)} for name, made in rules.items()],
    }


def _best_limit(pairs: Pairs, right: NDArray[np.bool_]) -> float:
    """Give the distance that does best on the very labels: the most a single threshold could do."""
    return float(max(np.unique(pairs.errors_px), key=lambda limit: _f1(gated(pairs, limit), right)))


def _f1(made: NDArray[np.bool_], right: NDArray[np.bool_]) -> float:
    both = int((made & right).sum())
    return 2 * both / max(1, int(made.sum()) + int(right.sum()))


def _score(
    made: NDArray[np.bool_], right: NDArray[np.bool_], fold: NDArray[np.int64], seed: int
) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    names = np.unique(fold)
    rows_of = {name: np.flatnonzero(fold == name) for name in names.tolist()}
    draws = []
    for _ in range(_RESAMPLES):
        rows = np.concatenate([rows_of[name] for name in rng.choice(names, len(names)).tolist()])
        draws.append(_f1(made[rows], right[rows]))
    both = int((made & right).sum())
    return {
        "f1": round(_f1(made, right), 4),
        "interval95": [round(float(one), 4) for one in np.quantile(draws, (0.025, 0.975))],
        "precision": round(both / max(1, int(made.sum())), 4),
        "recall": round(both / max(1, int(right.sum())), 4),
    }
