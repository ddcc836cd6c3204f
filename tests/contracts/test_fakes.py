"""The shipped fakes keep the promises of what they stand in for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.core.errors import InferenceFailedError, ModelInputError, SourceUnavailableError
from sightline.core.frames import Frame
from sightline.core.models import Task
from sightline.core.poses import COCO_17, Poses
from sightline.testing.contracts import (
    ApplicationContract,
    FrameSourceContract,
    ModelAdapterContract,
    StageContract,
    TrackerContract,
)
from sightline.testing.fakes import (
    FakeApp,
    FakeClock,
    FakeModel,
    FakeSource,
    FakeStage,
    FakeTracker,
    plain_image,
)


class TestFakeSource(FrameSourceContract):
    def make(self, folder: Path) -> Any:
        return FakeSource(17, per_segment=5, broken=frozenset({6}), stride=2)


class TestFakeModel(ModelAdapterContract):
    def make(self, folder: Path) -> Any:
        return FakeModel()


class TestFakeTracker(TrackerContract):
    def make(self) -> Any:
        return FakeTracker()


class TestFakeStage(StageContract):
    def make(self) -> Any:
        return FakeStage()


class TestFakeStageThatHoldsBack(StageContract):
    def make(self) -> Any:
        return FakeStage(holds=4)


class TestFakeApp(ApplicationContract):
    def make(self) -> Any:
        return FakeApp()


def frame(index: int) -> Frame:
    return Frame.from_image(plain_image(index), index=index)


def test_a_fake_model_fails_where_it_is_told_to():
    model = FakeModel(fails_on=frozenset({2}), refuses=frozenset({3}))
    assert len(model.submit(frame(1)).result()) == 1
    pending = model.submit(frame(2))
    with pytest.raises(InferenceFailedError, match="frame 2"):
        pending.result()
    with pytest.raises(ModelInputError, match="frame 3"):
        model.submit(frame(3))
    assert model.seen == [1, 2, 3]


def test_a_fake_model_answers_from_a_script():
    pose = Poses(np.ones((1, 17, 2), np.float32), np.ones((1, 17), np.float32), COCO_17)
    model = FakeModel({4: pose}, task=Task.POSE)
    assert model.submit(frame(4)).result() is pose
    assert len(model.submit(frame(5)).result()) == 0


def test_a_fake_source_fails_where_it_is_told_to():
    left = [1]

    def once(index: int) -> None:
        if index == 7 and left:
            left.pop()
            raise SourceUnavailableError("gone for a moment")

    source = FakeSource(10, per_segment=5, before=once)
    second = source.segments()[1]
    with pytest.raises(SourceUnavailableError):
        list(source.read(second))
    assert len(list(source.read(second))) == 5


def test_a_fake_clock_passes_time_only_when_asked():
    clock = FakeClock(100.0)
    clock.sleep_s(2.5)
    clock.advance(1.0)
    assert (clock.now_s(), clock.monotonic_s(), clock.slept_s) == (103.5, 3.5, [2.5])
