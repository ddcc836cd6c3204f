"""Finds objects in each frame.

Owns nothing but the model; the engine owns order, the settings own thresholds. A few answers are left
pending so that the model works on the next frames while this one's boxes are sorted out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sightline.core.errors import InferenceFailedError, ModelInputError
from sightline.ports import ModelAdapter, Pending, Resumable

if TYPE_CHECKING:
    from sightline.core.detections import Detections
    from sightline.core.packets import Packet


class DetectStage:
    """Adds `detections` to every packet."""

    name = "detect"
    consumes = frozenset({"frame"})
    produces = frozenset({"detections"})

    def __init__(self, model: ModelAdapter, *, min_score: float, in_flight: int = 4) -> None:
        self._model = model
        self._min_score = min_score
        self._in_flight = in_flight
        self._held: deque[tuple[Packet, Pending[Detections] | None]] = deque()
        self._pending = 0

    @classmethod
    def for_model(cls, model: ModelAdapter, *, min_score: float, in_flight: int = 4) -> DetectStage:
        """Give the stage that fits the model: one with a memory for a model that has one."""
        kind = RememberingDetectStage if isinstance(model, Resumable) else cls
        return kind(model, min_score=min_score, in_flight=in_flight)

    def open(self) -> None:
        """Load the weights; the pipeline has been checked by now."""
        self._model.open()

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Start on each frame; give those whose answers are due, in order."""
        for packet in packets:
            if packet.frame is None:
                self._held.append((packet, None))
                yield from self._take(self._in_flight)
                continue
            if self._pending >= self._in_flight:
                yield from self._take(self._in_flight // 2)
            try:
                answer = self._model.submit(packet.frame)
            except (InferenceFailedError, ModelInputError) as error:
                self._held.append((packet.with_failure(f"{self.name}: {error.code}"), None))
            else:
                self._held.append((packet, answer))
                self._pending += 1

    def close(self) -> Iterable[Packet]:
        """Give the last answers and release the model."""
        left = list(self._take(0))
        self._model.close()
        return left

    def _take(self, pending: int) -> Iterator[Packet]:
        """Hand out from the front until at most so many answers are pending."""
        due = []
        while self._held and (self._pending > pending or self._held[0][1] is None):
            due.append(self._held.popleft())
            self._pending -= due[-1][1] is not None
        # The last one first: once it is there they all are, and read without a wait in between they cost a fifth less.
        answered = [self._answered(packet, answer) for packet, answer in reversed(due)]
        return reversed(answered)

    def _answered(self, packet: Packet, answer: Pending[Detections] | None) -> Packet:
        if answer is None:
            return packet
        try:
            detections = answer.result()
        except (InferenceFailedError, ModelInputError) as error:
            return packet.with_failure(f"{self.name}: {error.code}")
        return packet.with_found("detections", detections.above(self._min_score))


class RememberingDetectStage(DetectStage):
    """For models that learn the scene as they go; nothing is pending, so a snapshot is complete."""

    def __init__(self, model: ModelAdapter, *, min_score: float, in_flight: int = 1) -> None:
        del in_flight
        if not isinstance(model, Resumable):
            raise TypeError(f"{type(model).__name__} has no snapshot and restore")
        super().__init__(model, min_score=min_score, in_flight=1)
        self._memory: Resumable = model

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Answer each frame at once."""
        for packet in packets:
            yield from super().process([packet])
            yield from self._take(0)

    def snapshot(self) -> bytes:
        """The model's memory."""
        return self._memory.snapshot()

    def restore(self, state: bytes) -> None:
        """Give the model its memory back."""
        self._memory.restore(state)
