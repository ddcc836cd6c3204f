"""Keeps what a client sees from flickering: scores are smoothed, classes are voted for, thresholds have two edges."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.tracks import Tracks

_HALF_LIFE_S = 0.3
_MARGIN = 0.1
_FORGET_S = 2.0


@dataclass(slots=True)
class _Seen:
    score: float
    t_s: float
    shown: bool = False
    votes: Counter[int] = field(default_factory=Counter)


class Smoother:
    """Decides which tracks are shown, frame after frame.

    A track is shown once its smoothed score reaches the threshold, until it falls a tenth below it.
    """

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}

    def show(self, tracks: Tracks, threshold: float, t_s: float) -> Tracks:
        """Give the tracks that are shown, with smoothed scores and the class most often seen."""
        self._seen = {key: one for key, one in self._seen.items() if t_s - one.t_s <= _FORGET_S}
        rows, scores, classes = [], [], []
        for row, (key, score, class_id) in enumerate(
            zip(
                tracks.track_ids.tolist(),
                tracks.scores.tolist(),
                tracks.class_ids.tolist(),
                strict=True,
            )
        ):
            one = self._seen.get(key)
            if one is None:
                one = self._seen[key] = _Seen(score, t_s)
            else:
                weight = 0.5 ** ((t_s - one.t_s) / _HALF_LIFE_S)
                one.score += (score - one.score) * (1 - weight)
                one.t_s = t_s
            one.votes[class_id] += 1
            one.shown = one.score >= (max(0.0, threshold - _MARGIN) if one.shown else threshold)
            if one.shown:
                rows.append(row)
                scores.append(one.score)
                classes.append(one.votes.most_common(1)[0][0])
        kept = tracks[np.array(rows, np.int64)]
        return type(tracks)(
            kept.boxes_px, np.array(scores, np.float32), np.array(classes, np.int32), kept.track_ids
        )
