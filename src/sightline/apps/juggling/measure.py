"""Reads a run's tables and makes of them what was juggled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.juggling.arcs.candidates import Candidates
from sightline.analytics.juggling.hands import own_hands
from sightline.analytics.juggling.keepie_uppie import Body, Keeping, find_touches
from sightline.analytics.juggling.linking import Linked, link
from sightline.core.ledger import FrameStatus

if TYPE_CHECKING:
    from sightline.analytics.juggling.paths import Flight, Juggle
    from sightline.apps.juggling.settings import JugglingSettings
    from sightline.core.arrays import Float64, Int64
    from sightline.ports import ReportContext, TableReader

TOSS, KEEPIE_UPPIE = "toss", "keepie-uppie"
_LEAST_JOINT = 0.2
_FEWEST_TOUCHES = 3
_AT_ONCE_S, _AT_ONCE_SHARE = 0.12, 0.15


@dataclass(frozen=True, slots=True)
class Found:
    """Everything a report tells.

    Attributes:
        mode: `toss` or `keepie-uppie`.
        chosen: Whether the mode was asked for; else it was found out.
        candidates: Of every frame that was looked at.
        linked: Balls and flights; empty in keepie-uppie mode.
        juggle: What they amount to; None in keepie-uppie mode.
        keeping: Touches; None in toss mode.
        first_s, last_s: Times of the first and last frame.
        looked_at: Share of the frames that were looked at, 0..1.
        own_hands: Whether hands are the juggler's own; else they are sides of the picture.
    """

    mode: str
    chosen: bool
    candidates: Candidates
    linked: Linked
    juggle: Juggle | None
    keeping: Keeping | None
    first_s: float
    last_s: float
    looked_at: float
    own_hands: bool = False
    frames: Int64 = field(default_factory=lambda: np.zeros(0, np.int64))
    times_s: Float64 = field(default_factory=lambda: np.zeros(0))

    def frame_at(self, t_s: float) -> int:
        """Give the frame nearest to a time."""
        if not len(self.times_s):
            return 0
        after = int(np.clip(np.searchsorted(self.times_s, t_s), 1, max(1, len(self.times_s) - 1)))
        before = after - 1
        if after >= len(self.times_s):
            return int(self.frames[before])
        nearer = before if t_s - self.times_s[before] <= self.times_s[after] - t_s else after
        return int(self.frames[nearer])


def measure(context: ReportContext, settings: JugglingSettings) -> Found:
    """Make of the stored tables what was juggled; no inference."""
    frames, times_s, looked = _frames(context.read)
    candidates = _candidates(context.read, settings, frames[looked], times_s[looked], context.media.size)
    mode: str = settings.mode
    linked, juggle, keeping, named = Linked(), None, None, None
    joints = dict(_joints(context.read, candidates))
    if mode != KEEPIE_UPPIE:
        linked = link(candidates)
    if mode == "auto" and _several_fly(linked.flights):
        mode = TOSS  # no need to look for touches, which takes long
    if mode != TOSS:
        keeping = find_touches(candidates, _body(context.read, settings, candidates, joints))
    if mode == "auto":
        mode = KEEPIE_UPPIE if keeping is not None and _is_kept_up(keeping) else TOSS
    if mode == TOSS:
        from sightline.analytics.juggling.reading import read

        keeping, juggle = None, read(linked)
        named = own_hands(juggle, Body(candidates.clock_s, joints)) if joints else None
    else:
        linked = Linked()
    return Found(
        mode=mode,
        chosen=settings.mode != "auto",
        candidates=candidates,
        linked=linked,
        juggle=named or juggle,
        keeping=keeping,
        first_s=float(times_s[0]) if len(times_s) else 0.0,
        last_s=float(times_s[-1]) if len(times_s) else 0.0,
        looked_at=float(looked.mean()) if len(looked) else 0.0,
        own_hands=named is not None,
        frames=frames,
        times_s=times_s,
    )


def _several_fly(flights: Sequence[Flight]) -> bool:
    """Whether several balls are in the air at once, again and again: they are thrown and caught."""
    at_once = [
        any(
            min(one.catch_t_s, other.catch_t_s) - max(one.throw_t_s, other.throw_t_s) > _AT_ONCE_S
            for other in flights
            if other is not one
        )
        for one in flights
    ]
    return bool(at_once) and float(np.mean(at_once)) >= _AT_ONCE_SHARE


def _is_kept_up(keeping: Keeping) -> bool:
    """Whether one ball goes from arc to arc with nobody holding it."""
    touches = sum(touch.kind == "touch" for touch in keeping.touches)
    return touches >= max(_FEWEST_TOUCHES, 0.5 * (len(keeping.arcs) - 1))


def _columns(reader: TableReader, table: str, names: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in names}
    for batch in reader.batches(table, names):
        for name in names:
            found[name] += batch[name].to_pylist()
    return found


def _frames(reader: TableReader) -> tuple[Int64, Float64, np.ndarray]:
    found = _columns(reader, "frames", ("frame", "t_s", "status"))
    looked = np.array([status == FrameStatus.INFERRED.value for status in found["status"]], np.bool_)
    return np.array(found["frame"], np.int64), np.array(found["t_s"], np.float64), looked


def _candidates(
    reader: TableReader,
    settings: JugglingSettings,
    numbers: Int64,
    clock_s: Float64,
    size: tuple[int, int],
) -> Candidates:
    names = ("frame", "x1_px", "y1_px", "x2_px", "y2_px", "score", "class_name")
    found = _columns(reader, "detections", names)
    wanted = {name.lower() for name in settings.ball_classes}
    keep = np.array([str(name).lower() in wanted for name in found["class_name"]], np.bool_)
    boxes = np.array([found[name] for name in names[1:5]], np.float64).T.reshape(-1, 4)[keep]
    frames = np.array(found["frame"], np.int64)[keep]
    order = np.argsort(frames, kind="stable")
    frames, boxes = frames[order], boxes[order]
    rows = np.searchsorted(numbers, frames)
    known = rows < len(numbers)
    rows, boxes = rows[known], boxes[known]
    sides = boxes[:, 2:] - boxes[:, :2]
    return Candidates(
        numbers=numbers,
        clock_s=clock_s,
        rows=rows,
        points_px=(boxes[:, :2] + boxes[:, 2:]) / 2,
        radii_px=np.maximum(sides.min(axis=1) / 2, 0.5) if len(sides) else np.zeros(0),
        scores=np.array(found["score"], np.float64)[keep][order][known],
        size=size,
    )


def _body(
    reader: TableReader, settings: JugglingSettings, candidates: Candidates, joints: Mapping[str, Float64]
) -> Body | None:
    """Give the player's joints, or else the largest person's box, where a model found them."""
    boxes = _person_boxes(reader, settings, candidates)
    if not joints and boxes is None:
        return None
    return Body(candidates.clock_s, joints, boxes)


def _joints(reader: TableReader, candidates: Candidates) -> Iterator[tuple[str, Float64]]:
    names = ("frame", "instance", "point", "x_px", "y_px", "score")
    found = _columns(reader, "poses", names)
    frames = np.array(found["frame"], np.int64)
    if not len(frames):
        return
    points = np.array(found["point"])
    places = np.array([found["x_px"], found["y_px"]], np.float64).T
    seen = (np.array(found["score"]) >= _LEAST_JOINT) & (np.array(found["instance"]) == 0)
    for name in sorted(set(found["point"])):
        here = seen & (points == name)
        rows = np.searchsorted(candidates.numbers, frames[here])
        known = rows < len(candidates.numbers)
        joint = np.full((len(candidates.clock_s), 2), np.nan)
        joint[rows[known]] = places[here][known]
        yield name, joint


def _person_boxes(reader: TableReader, settings: JugglingSettings, candidates: Candidates) -> Float64 | None:
    names = ("frame", "x1_px", "y1_px", "x2_px", "y2_px", "class_name")
    found = _columns(reader, "detections", names)
    wanted = {name.lower() for name in settings.person_classes}
    keep = [row for row, name in enumerate(found["class_name"]) if str(name).lower() in wanted]
    if not keep:
        return None
    boxes = np.full((len(candidates.clock_s), 4), np.nan)
    areas = np.zeros(len(candidates.clock_s))
    for row in keep:
        at = int(np.searchsorted(candidates.numbers, found["frame"][row]))
        box = np.array([found[name][row] for name in names[1:5]], np.float64)
        area = float((box[2] - box[0]) * (box[3] - box[1]))
        if at < len(areas) and area > areas[at]:
            boxes[at], areas[at] = box, area
    return boxes
