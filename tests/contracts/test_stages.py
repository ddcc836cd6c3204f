"""Every stage that ships, against the stage's contract."""

from __future__ import annotations

from typing import Any

import numpy as np

from sightline.core.models import Task
from sightline.core.poses import Poses
from sightline.stages.detect import DetectStage
from sightline.stages.football.kits import KitStage
from sightline.stages.pose import PoseStage
from sightline.stages.record import RecordStage
from sightline.stages.road.sight import SightStage
from sightline.stages.track import TrackStage
from sightline.testing.contracts import StageContract
from sightline.testing.fakes import FakeModel, FakeTracker, walker


class RememberingModel(FakeModel):
    """Answers with one box more for each frame it has seen."""

    def __init__(self) -> None:
        super().__init__(lambda index: walker(index + self.count))
        self.count = 0

    def submit(self, frame: Any, regions: Any = None) -> Any:
        self.count += 1
        return super().submit(frame, regions)

    def snapshot(self) -> bytes:
        return str(self.count).encode()

    def restore(self, state: bytes) -> None:
        self.count = int(state)


def one_body(_index: int) -> Poses:
    return Poses(np.ones((1, 17, 2), np.float32), np.ones((1, 17), np.float32))


class TestDetectStage(StageContract):
    def make(self) -> Any:
        return DetectStage.for_model(FakeModel(), min_score=0.3)


class TestDetectStageWithFailures(StageContract):
    def make(self) -> Any:
        model = FakeModel(fails_on=frozenset({4, 11}), refuses=frozenset({0}))
        return DetectStage.for_model(model, min_score=0.3, in_flight=3)


class TestDetectStageWithAMemory(StageContract):
    def make(self) -> Any:
        return DetectStage.for_model(RememberingModel(), min_score=0.3)


class TestSightStage(StageContract):
    def make(self) -> Any:
        return SightStage()


class TestTrackStage(StageContract):
    def make(self) -> Any:
        return TrackStage(FakeTracker)


class TestPoseStage(StageContract):
    def make(self) -> Any:
        return PoseStage(FakeModel(one_body, task=Task.POSE), top_down=False)


class TestTopDownPoseStage(StageContract):
    def make(self) -> Any:
        return PoseStage(FakeModel(one_body, task=Task.POSE), top_down=True)


class TestRecordStage(StageContract):
    def make(self) -> Any:
        return RecordStage(
            lambda _segment, _rows: None,
            tables=("detections", "tracks", "poses"),
            class_names=lambda: ("person",),
        )


class TestRecordStageWithAnApplicationsTable(StageContract):
    def make(self) -> Any:
        return RecordStage(lambda _segment, _rows: None, tables=("kits",), class_names=tuple)


class TestKitStage(StageContract):
    def make(self) -> Any:
        return KitStage(every=2, classes=lambda: None)
