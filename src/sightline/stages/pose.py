"""Finds bodies in each frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sightline.core.errors import InferenceFailedError, ModelInputError

if TYPE_CHECKING:
    from sightline.core.packets import Packet
    from sightline.ports import ModelAdapter


class PoseStage:
    """Adds `poses`; a top-down model looks at the frame's detections, others at the whole picture."""

    name = "pose"
    produces = frozenset({"poses"})

    def __init__(self, model: ModelAdapter, *, top_down: bool) -> None:
        self._model = model
        self._top_down = top_down
        self.consumes = frozenset({"frame", "detections"}) if top_down else frozenset({"frame"})

    def open(self) -> None:
        """Load the weights; the pipeline has been checked by now."""
        self._model.open()

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Find the bodies of each frame."""
        for packet in packets:
            if packet.frame is None:
                yield packet
                continue
            regions = packet.found["detections"] if self._top_down else None
            try:
                poses = self._model.submit(packet.frame, regions).result()
            except (InferenceFailedError, ModelInputError) as error:
                yield packet.with_failure(f"{self.name}: {error.code}")
            else:
                yield packet.with_found("poses", poses)

    def close(self) -> Iterable[Packet]:
        """Release the model; nothing is held back."""
        self._model.close()
        return ()
