"""Stand-ins that need no video, weights or time; each passes its port's contract.

They do as little as the port allows, always the same way, and fail where they are told to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.detections import Detections
from sightline.core.errors import AnalysisError, InferenceFailedError, ModelInputError, SightlineError
from sightline.core.frames import Frame
from sightline.core.ledger import FrameStatus
from sightline.core.media import MediaInfo, Segment
from sightline.core.models import ModelInfo, Task
from sightline.core.packets import Packet
from sightline.core.tracks import Tracks

if TYPE_CHECKING:
    from sightline.core.arrays import Float32, UInt8
    from sightline.ports import Pending, ReportContext, Stage, StageContext, Tracker


class FakeClock:
    """Time that passes only when somebody sleeps or moves it on."""

    def __init__(self, now_s: float = 1_700_000_000.0) -> None:
        self._start_s = now_s
        self._passed_s = 0.0
        self.slept_s: list[float] = []

    def now_s(self) -> float:
        return self._start_s + self._passed_s

    def monotonic_s(self) -> float:
        return self._passed_s

    def sleep_s(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._passed_s += seconds


# --- pictures ---------------------------------------------------------------------------------------------


def plain_image(index: int, size: tuple[int, int] = (48, 64)) -> UInt8:
    """Give a grey picture `(h, w, 3)` with one bright square that walks to the right, 2 px a frame."""
    height, width = size
    image = np.full((height, width, 3), 64, np.uint8)
    left = (2 * index) % max(1, width - 8)
    image[height // 2 : height // 2 + 8, left : left + 8] = 220
    return image


def walker(index: int) -> Detections:
    """Give the box of `plain_image`'s square, score 0.9, class 0."""
    left = float((2 * index) % 56)
    return Detections(
        np.array([[left, 24, left + 8, 32]], np.float32), np.array([0.9], np.float32), np.array([0], np.int32)
    )


def fake_media(frames: int = 20, *, size: tuple[int, int] = (48, 64), rate_hz: int = 10) -> MediaInfo:
    """Give the facts of a video that does not exist."""
    return MediaInfo(
        container="fake",
        codec="fake",
        size=size,
        rotation_deg=0,
        frame_rate_hz=Fraction(rate_hz),
        variable_frame_rate=False,
        duration_s=Fraction(frames, rate_hz),
        frames=frames,
        size_bytes=frames,
    )


def _nothing(_index: int) -> None:
    pass


class FakeSource:
    """A video in memory.

    Args:
        frames: How many frames it has.
        per_segment: Frames a segment.
        size: `(height, width)` of its pictures in pixels.
        rate_hz: Frames a second.
        stride: Every n-th frame is wanted; the others come as skipped.
        broken: Frames that cannot be decoded.
        before: Called with each frame's index before it is read; may raise.
        image: Draws a frame: `(index, size) -> (h, w, 3)`.
    """

    def __init__(
        self,
        frames: int = 20,
        *,
        per_segment: int = 5,
        size: tuple[int, int] = (48, 64),
        rate_hz: int = 10,
        stride: int = 1,
        broken: frozenset[int] = frozenset(),
        before: Callable[[int], None] = _nothing,
        image: Callable[[int, tuple[int, int]], UInt8] = plain_image,
    ) -> None:
        self._info = fake_media(frames, size=size, rate_hz=rate_hz)
        self._per_segment = per_segment
        self._rate_hz = rate_hz
        self._stride = stride
        self._broken = broken
        self._before = before
        self._image = image
        self.is_open = False

    def open(self) -> MediaInfo:
        self.is_open = True
        return self._info

    def segments(self) -> Sequence[Segment]:
        starts = range(0, self._info.frames, self._per_segment)
        return tuple(self._segment(number, start) for number, start in enumerate(starts))

    def _segment(self, number: int, start: int) -> Segment:
        end = min(start + self._per_segment, self._info.frames)
        last = end == self._info.frames
        return Segment(
            number=number,
            first_frame=start,
            frames=end - start,
            start_pts_s=Fraction(start, self._rate_hz),
            end_pts_s=None if last else Fraction(end, self._rate_hz),
        )

    def read(self, segment: Segment) -> Iterator[Packet]:
        for index in range(segment.first_frame, segment.end_frame):
            self._before(index)
            yield self._packet(segment.number, index)

    def _packet(self, segment: int, index: int) -> Packet:
        pts_s = Fraction(index, self._rate_hz)
        if index in self._broken:
            return Packet(segment, index, pts_s, failed="decode")
        if index % self._stride:
            return Packet(segment, index, pts_s, skipped="stride")
        image = self._image(index, self._info.size)
        return Packet(
            segment, index, pts_s, Frame(image=image, index=index, pts_s=pts_s, source_size=self._info.size)
        )

    def close(self) -> None:
        self.is_open = False


# --- models and trackers ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """A `Pending` that is there already, or has failed."""

    value: Any = None
    error: SightlineError | None = None

    def result(self) -> Any:
        """Give the value; raises `error` where there is one."""
        if self.error is not None:
            raise self.error
        return self.value


class FakeModel:
    """Answers by frame index, from a script.

    Args:
        script: Index -> what is found there; frames it does not name have no detections.
        fails_on: Frames whose answer is an `InferenceFailedError`.
        refuses: Frames that `submit` refuses with a `ModelInputError`.
        task: What kind of answers the script holds.
        class_names: One name per class id.
    """

    def __init__(
        self,
        script: Mapping[int, Any] | Callable[[int], Any] = walker,
        *,
        fails_on: frozenset[int] = frozenset(),
        refuses: frozenset[int] = frozenset(),
        task: Task = Task.DETECT,
        class_names: tuple[str, ...] = ("person",),
    ) -> None:
        self._script = script
        self._fails_on = fails_on
        self._refuses = refuses
        self.info = ModelInfo(name="fake", family="fake", task=task, class_names=class_names, licence="MIT")
        self.is_open = False
        self.seen: list[int] = []

    def open(self) -> None:
        self.is_open = True

    def submit(self, frame: Frame, regions: Detections | None = None) -> Pending[Any]:
        self.seen.append(frame.index)
        if frame.index in self._refuses:
            raise ModelInputError(f"frame {frame.index} was refused by request")
        if frame.index in self._fails_on:
            return Answer(error=InferenceFailedError(f"frame {frame.index} failed by request"))
        if callable(self._script):
            return Answer(self._script(frame.index))
        return Answer(self._script.get(frame.index, Detections.empty()))

    def close(self) -> None:
        self.is_open = False


@dataclass(slots=True)
class FakeTracker:
    """Keeps an identity by the place of a box's centre in a grid of `cell_px`; remembers the last second.

    A box within one cell of where an identity was last seen takes that identity, the oldest first.
    """

    cell_px: float = 32.0
    keeps_s: float = 1.0
    _seen: dict[int, tuple[float, float, float]] = field(default_factory=dict)
    _next_id: int = 1
    _t_s: float | None = None

    def update(
        self,
        detections: Detections,
        *,
        t_s: float,
        frame: Frame | None = None,
        embeddings: Float32 | None = None,
    ) -> Tracks:
        if self._t_s is not None and t_s <= self._t_s:
            raise AnalysisError(f"time must rise, got {t_s} after {self._t_s}")
        self._t_s = t_s
        self._seen = {key: place for key, place in self._seen.items() if t_s - place[2] <= self.keeps_s}
        taken: dict[int, int] = {}
        for row, box in enumerate(detections.boxes_px.tolist()):
            x_px, y_px = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            identity = self._nearest(x_px, y_px, taken)
            taken[identity] = row
            self._seen[identity] = (x_px, y_px, t_s)
        ids = sorted(taken)
        rows = np.array([taken[identity] for identity in ids], np.int64)
        return Tracks(
            detections.boxes_px[rows],
            detections.scores[rows],
            detections.class_ids[rows],
            np.array(ids, np.int64),
        )

    def _nearest(self, x_px: float, y_px: float, taken: Mapping[int, int]) -> int:
        for identity, (seen_x, seen_y, _) in sorted(self._seen.items()):
            near = abs(seen_x - x_px) <= self.cell_px and abs(seen_y - y_px) <= self.cell_px
            if near and identity not in taken:
                return identity
        self._next_id += 1
        return self._next_id - 1

    def snapshot(self) -> bytes:
        seen = [[identity, *place] for identity, place in sorted(self._seen.items())]
        return json.dumps([seen, self._next_id, self._t_s]).encode()

    def restore(self, state: bytes) -> None:
        seen, self._next_id, self._t_s = json.loads(state)
        self._seen = {identity: (x_px, y_px, t_s) for identity, x_px, y_px, t_s in seen}


# --- applications -----------------------------------------------------------------------------------------


class FakeStage:
    """Adds `doubled`, the frame's index times two, and holds back the last `holds` packets."""

    name = "double"
    consumes = frozenset({"frame"})
    produces = frozenset({"doubled"})

    def __init__(self, *, holds: int = 0) -> None:
        self._holds = holds
        self._held: list[Packet] = []
        self.is_open = False

    def open(self) -> None:
        self.is_open = True

    def process(self, packets: Sequence[Packet]) -> list[Packet]:
        for packet in packets:
            done = packet.with_found("doubled", 2 * packet.index) if packet.wants_work else packet
            self._held.append(done)
        ready = max(0, len(self._held) - self._holds)
        out, self._held = self._held[:ready], self._held[ready:]
        return out

    def close(self) -> list[Packet]:
        self.is_open = False
        out, self._held = self._held, []
        return out


class FakeApp:
    """Counts inferred frames; its stages are those it is given."""

    name = "fake"

    def __init__(self, stages: Callable[[StageContext], Sequence[Stage]] = lambda _: ()) -> None:
        self._stages = stages

    def defaults(self) -> Mapping[str, Any]:
        return {"min_score": 0.3}

    def stages(self, context: StageContext) -> Sequence[Stage]:
        return self._stages(context)

    def report(self, context: ReportContext) -> Mapping[str, Any]:
        inferred = 0
        for batch in context.read.batches("frames", ["status"]):
            inferred += sum(status == FrameStatus.INFERRED for status in batch.column("status").to_pylist())
        return {"inferred": inferred, "settings": dict(context.settings), "ledger": dict(context.ledger)}

    def page(self, report: Mapping[str, Any], figures: Path) -> str:
        return f"<!doctype html><title>fake</title><p>{report['inferred']} frames</p>"


def fake_tracker(*, tuned: Mapping[str, Any] | None = None) -> Tracker:
    """Give a fresh tracker, as a `StageContext` wants it."""
    del tuned
    return FakeTracker()
