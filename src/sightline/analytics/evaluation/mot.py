"""How well tracks follow the truth: HOTA, CLEAR MOT and identity scores, on plain arrays.

Definitions follow the reference evaluation of the MOT Challenge, so numbers can be set beside published ones.

Sources:
    HOTA: Luiten et al., "HOTA: A Higher Order Metric for Evaluating Multi-Object Tracking", IJCV 2021.
    CLEAR: Bernardin & Stiefelhagen, "Evaluating Multiple Object Tracking Performance", EURASIP JIVP 2008.
    Identity: Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking",
    ECCV workshops 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from sightline.analytics.evaluation.detection import box_iou
from sightline.core.arrays import Float64, Int32, Int64, frozen, same_rows
from sightline.core.errors import AnalysisError

_ALPHAS = np.arange(0.05, 0.99, 0.05)
_ROUNDING = float(np.finfo(np.float64).eps)
_KEEPS_IDENTITY = 1000.0  # outweighs any sum of overlaps, so that a standing match is broken by need alone


@dataclass(frozen=True, slots=True)
class MotTable:
    """Boxes with identities over a whole video, in any order.

    Attributes:
        frames: `(n,)` int64, 0-based.
        track_ids: `(n,)` int64; within a frame each at most once. Detections without identity carry -1.
        boxes_px: `(n, 4)` float64, `x1 y1 x2 y2` in pixels.
        scores: `(n,)` float64.
        class_ids: `(n,)` int32.
    """

    frames: Int64
    track_ids: Int64
    boxes_px: Float64
    scores: Float64
    class_ids: Int32

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", frozen("frames", self.frames, (None,), np.int64))
        object.__setattr__(self, "track_ids", frozen("track_ids", self.track_ids, (None,), np.int64))
        object.__setattr__(self, "boxes_px", frozen("boxes_px", self.boxes_px, (None, 4), np.float64))
        object.__setattr__(self, "scores", frozen("scores", self.scores, (None,), np.float64))
        object.__setattr__(self, "class_ids", frozen("class_ids", self.class_ids, (None,), np.int32))
        same_rows(
            frames=self.frames,
            track_ids=self.track_ids,
            boxes_px=self.boxes_px,
            scores=self.scores,
            class_ids=self.class_ids,
        )

    @classmethod
    def of(
        cls, frames: Any, track_ids: Any, boxes_px: Any, scores: Any = None, class_ids: Any = None
    ) -> MotTable:
        """Make a table; missing scores count as 1, missing classes as 0."""
        count = len(frames)
        return cls(
            frames,
            track_ids,
            boxes_px,
            np.ones(count) if scores is None else scores,
            np.zeros(count, np.int32) if class_ids is None else class_ids,
        )

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, rows: Any) -> MotTable:
        """Give the chosen rows: a mask, a slice or an index array."""
        return MotTable(
            self.frames[rows],
            self.track_ids[rows],
            self.boxes_px[rows],
            self.scores[rows],
            self.class_ids[rows],
        )


@dataclass(frozen=True, slots=True)
class MotScores:
    """Tracking quality. Rates lie in 0..1 (MOTA may fall below 0); the HOTA family is a mean over 19 overlaps.

    Attributes:
        hota: Geometric mean of `det_a` and `ass_a`, averaged over the overlaps 0.05, 0.10 .. 0.95.
        det_a: Detection accuracy; `det_re`, `det_pr` its recall and precision.
        ass_a: Association accuracy; `ass_re`, `ass_pr` its recall and precision.
        loc_a: Mean overlap of matched boxes.
        mota: 1 - (misses + false positives + identity switches) / truth boxes, at the chosen overlap.
        motp: Mean overlap of the matches behind `mota`.
        idf1: F1 of boxes that carry their person's best identity; `idp`, `idr` its precision and recall.
        id_switches: How often a truth track is taken over by another identity.
        fragmentations: How often a truth track is found again after a gap.
        mostly_tracked: Truth tracks found in more than 80 % of their frames; `mostly_lost` in under 20 %.
    """

    hota: float
    det_a: float
    ass_a: float
    loc_a: float
    det_re: float
    det_pr: float
    ass_re: float
    ass_pr: float
    mota: float
    motp: float
    idf1: float
    idp: float
    idr: float
    id_switches: int
    fragmentations: int
    true_positives: int
    false_positives: int
    false_negatives: int
    mostly_tracked: int
    mostly_lost: int
    frames: int
    truth_boxes: int
    track_boxes: int
    truth_ids: int
    track_ids: int

    def to_json(self) -> dict[str, float | int]:
        """Give the scores by name."""
        return asdict(self)


def evaluate_mot(truth: MotTable, tracks: MotTable, *, iou: float = 0.5) -> MotScores:
    """Score tracks against the truth.

    Two details follow the reference program: frames without truth or without tracks do not interrupt what
    CLEAR remembers of the frame before, and HOTA matches once a frame for all overlaps.

    Args:
        truth: What was really there; leave out rows that are to be ignored.
        tracks: What the tracker said.
        iou: Least overlap of a match for CLEAR and identity scores, 0..1. HOTA takes its own nineteen.

    Raises:
        AnalysisError: An identity occurs twice in one frame, or is negative.

    Example:
        >>> box = [[0, 0, 10, 10]] * 2
        >>> truth = MotTable.of([0, 1], [1, 1], box)
        >>> evaluate_mot(truth, MotTable.of([0, 1], [7, 8], box)).id_switches
        1
    """
    pairing = _Pairing.of(truth, tracks)
    return MotScores(
        **_hota(pairing),
        **_clear(pairing, iou),
        **_identity(pairing, iou),
        frames=pairing.frame_count,
        truth_boxes=len(truth),
        track_boxes=len(tracks),
        truth_ids=len(pairing.truth_counts),
        track_ids=len(pairing.track_counts),
    )


@dataclass(frozen=True, slots=True)
class _Pairing:
    """Both tables frame by frame: dense identities and their overlaps.

    Attributes:
        steps: For each frame with boxes on both sides: truth ids, track ids, `(truths, tracks)` overlaps.
        truth_counts: `(truth ids,)` boxes of each.
        track_counts: `(track ids,)` boxes of each.
        frame_count: Frames from 0 to the last that holds a box.
    """

    steps: tuple[tuple[Int64, Int64, Float64], ...]
    truth_counts: Int64
    track_counts: Int64
    frame_count: int

    @classmethod
    def of(cls, truth: MotTable, tracks: MotTable) -> _Pairing:
        truth_ids, truth_rows = _by_frame("truth", truth)
        track_ids, track_rows = _by_frame("tracks", tracks)
        steps = []
        for frame in sorted(truth_rows.keys() & track_rows.keys()):
            mine, theirs = truth_rows[frame], track_rows[frame]
            overlaps = box_iou(truth.boxes_px[mine], tracks.boxes_px[theirs])
            steps.append((truth_ids[mine], track_ids[theirs], overlaps))
        last = max((int(table.frames.max()) for table in (truth, tracks) if len(table)), default=-1)
        return cls(tuple(steps), np.bincount(truth_ids), np.bincount(track_ids), last + 1)


def _by_frame(name: str, table: MotTable) -> tuple[Int64, dict[int, Int64]]:
    """Number a table's identities densely and give the rows of each frame."""
    order = np.lexsort((table.track_ids, table.frames))
    frames, ids = table.frames[order], table.track_ids[order]
    if len(ids) and ids.min() < 0:
        raise AnalysisError(
            f"{name}: a box has no identity (id {ids.min()})", hint="give tracks, not detections"
        )
    twice = np.flatnonzero((np.diff(frames) == 0) & (np.diff(ids) == 0))
    if len(twice):
        raise AnalysisError(
            f"{name}: identity {ids[twice[0]]} occurs twice in frame {frames[twice[0]]} (counted from 0)",
            hint="an identity may have one box per frame",
        )
    dense = np.unique(table.track_ids, return_inverse=True)[1].astype(np.int64)
    starts = np.flatnonzero(np.diff(frames, prepend=frames[:1] - 1))
    return dense, dict(zip(frames[starts].tolist(), np.split(order, starts[1:]), strict=False))


def _hota(pairing: _Pairing) -> dict[str, Any]:
    """HOTA and its parts (Luiten et al. 2021, sections 5 and 6; matching by global alignment)."""
    truth_counts, track_counts = pairing.truth_counts[:, None], pairing.track_counts[None, :]
    shape = (len(pairing.truth_counts), len(pairing.track_counts))
    together = np.zeros(shape)
    for mine, theirs, overlaps in pairing.steps:
        rest = overlaps.sum(0)[None, :] + overlaps.sum(1)[:, None] - overlaps
        together[np.ix_(mine, theirs)] += np.divide(
            overlaps, rest, out=np.zeros_like(overlaps), where=rest > _ROUNDING
        )
    alignment = together / np.maximum(truth_counts + track_counts - together, _ROUNDING)
    matches = np.zeros((len(_ALPHAS), *shape))
    overlap_sums = np.zeros(len(_ALPHAS))
    for mine, theirs, overlaps in pairing.steps:
        rows, columns = linear_sum_assignment(alignment[np.ix_(mine, theirs)] * overlaps, maximize=True)
        found = overlaps[rows, columns]
        passed = found[None, :] >= _ALPHAS[:, None] - _ROUNDING
        matches[:, mine[rows], theirs[columns]] += passed
        overlap_sums += passed @ found
    hits = matches.sum(axis=(1, 2))
    truths, given = pairing.truth_counts.sum(), pairing.track_counts.sum()
    weight = matches / np.maximum(hits, 1.0)[:, None, None]
    det_a = hits / np.maximum(truths + given - hits, 1.0)
    ass_a = (weight * matches / np.maximum(truth_counts + track_counts - matches, 1.0)).sum(axis=(1, 2))
    return {
        "hota": float(np.sqrt(det_a * ass_a).mean()),
        "det_a": float(det_a.mean()),
        "ass_a": float(ass_a.mean()),
        "loc_a": float((np.maximum(overlap_sums, 1e-10) / np.maximum(hits, 1e-10)).mean()),
        "det_re": float((hits / max(truths, 1)).mean()),
        "det_pr": float((hits / max(given, 1)).mean()),
        "ass_re": float((weight * matches / np.maximum(truth_counts, 1)).sum(axis=(1, 2)).mean()),
        "ass_pr": float((weight * matches / np.maximum(track_counts, 1)).sum(axis=(1, 2)).mean()),
    }


def hota_of(
    steps: Sequence[tuple[Int64, Int64, Float64]], truth_counts: Int64, track_counts: Int64
) -> dict[str, float]:
    """Give HOTA and its parts for any similarity.

    Args:
        steps: For each frame with something on both sides: truth ids and track ids, both counted from 0, and
            `(truths, tracks)` similarities, 0..1.
        truth_counts: `(truth ids,)` how often each occurs.
        track_counts: `(track ids,)` how often each occurs.
    """
    return _hota(_Pairing(tuple(steps), truth_counts, track_counts, 0))


def _clear(pairing: _Pairing, iou: float) -> dict[str, Any]:
    """MOTA and what it is made of (Bernardin & Stiefelhagen 2008, section 2.1)."""
    count = len(pairing.truth_counts)
    last_match = np.full(count, -1)  # the identity that held each truth track last, whenever that was
    match_before = np.full(count, -1)  # the same in the frame before only
    found, starts = np.zeros(count, np.int64), np.zeros(count, np.int64)
    switches, overlap_sum = 0, 0.0
    for mine, theirs, overlaps in pairing.steps:
        value = overlaps + _KEEPS_IDENTITY * (theirs[None, :] == match_before[mine][:, None])
        value[overlaps < iou - _ROUNDING] = 0.0
        rows, columns = linear_sum_assignment(value, maximize=True)
        keep = value[rows, columns] > _ROUNDING
        rows, columns = rows[keep], columns[keep]
        truths, given = mine[rows], theirs[columns]
        switches += int(((last_match[truths] >= 0) & (last_match[truths] != given)).sum())
        found[truths] += 1
        starts[truths[match_before[truths] < 0]] += 1
        last_match[truths] = given
        match_before[:] = -1
        match_before[truths] = given
        overlap_sum += float(overlaps[rows, columns].sum())
    hits, truths_total = int(found.sum()), int(pairing.truth_counts.sum())
    misses, wrong = truths_total - hits, int(pairing.track_counts.sum()) - hits
    share = found / np.maximum(pairing.truth_counts, 1)
    return {
        "mota": (hits - wrong - switches) / max(truths_total, 1),
        "motp": overlap_sum / max(hits, 1),
        "id_switches": switches,
        "fragmentations": int(np.maximum(starts - 1, 0).sum()),
        "true_positives": hits,
        "false_positives": wrong,
        "false_negatives": misses,
        "mostly_tracked": int((share > 0.8).sum()),
        "mostly_lost": int((share < 0.2).sum()),
    }


def _identity(pairing: _Pairing, iou: float) -> dict[str, Any]:
    """IDF1 and its parts: the best one-to-one naming of tracks over the whole video (Ristani et al. 2016)."""
    agreed = np.zeros((len(pairing.truth_counts), len(pairing.track_counts)))
    for mine, theirs, overlaps in pairing.steps:
        agreed[np.ix_(mine, theirs)] += overlaps >= iou
    rows, columns = linear_sum_assignment(agreed, maximize=True)
    right = float(agreed[rows, columns].sum())
    truths, given = int(pairing.truth_counts.sum()), int(pairing.track_counts.sum())
    return {
        "idf1": 2.0 * right / max(truths + given, 1),
        "idp": right / max(given, 1),
        "idr": right / max(truths, 1),
    }
