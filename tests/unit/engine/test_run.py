"""The engine: every frame accounted for, resume at any segment gives the same, failures have names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event
from typing import Any

import pyarrow as pa
import pytest

from sightline.core.errors import (
    PipelineContractError,
    RunCancelled,
    RunTimeoutError,
    StageFailedError,
)
from sightline.core.ledger import Ledger
from sightline.core.packets import Packet
from sightline.core.runs import Checkpoint
from sightline.engine.run import EngineSettings, Pipeline
from sightline.stages.detect import DetectStage
from sightline.stages.record import RecordStage
from sightline.stages.track import TrackStage
from sightline.testing.fakes import FakeModel, FakeSource, FakeStage, FakeTracker


class Recorded:
    """What a run left behind: parts by segment, and checkpoints in order."""

    def __init__(self) -> None:
        self.parts: dict[int, Mapping[str, pa.RecordBatch]] = {}
        self.checkpoints: list[Checkpoint] = []

    def write(self, segment: int, rows: Mapping[str, pa.RecordBatch]) -> None:
        self.parts[segment] = rows

    def table(self, name: str) -> pa.Table:
        return pa.Table.from_batches([self.parts[number][name] for number in sorted(self.parts)])

    @property
    def ledger(self) -> Ledger:
        frames = self.table("frames").to_pylist()
        return Ledger.from_rows((row["status"], row["cause"]) for row in frames)


def run(
    source: FakeSource,
    model: FakeModel,
    recorded: Recorded,
    *,
    extra: Sequence[Any] = (),
    after: int = 0,
    in_flight: int = 4,
    settings: EngineSettings | None = None,
    **options: Any,
) -> Pipeline:
    stages = [
        DetectStage(model, min_score=0.1, in_flight=in_flight),
        *extra,
        TrackStage(FakeTracker),
        RecordStage(recorded.write, tables=("detections", "tracks"), class_names=lambda: ("person",)),
    ]
    pipeline = Pipeline(source, stages, commit=recorded.checkpoints.append, settings=settings)
    segments = source.segments()[after:]
    snapshots = recorded.checkpoints[after - 1].snapshots if after else None
    pipeline.run(segments, snapshots=snapshots, **options)
    return pipeline


def test_every_segment_is_committed_once_and_in_order() -> None:
    recorded = Recorded()

    pipeline = run(FakeSource(23, per_segment=5), FakeModel(), recorded)

    assert [checkpoint.segment for checkpoint in recorded.checkpoints] == [0, 1, 2, 3, 4]
    assert [checkpoint.frames for checkpoint in recorded.checkpoints] == [5, 5, 5, 5, 3]
    assert pipeline.frames_done == 23
    assert recorded.table("frames")["frame"].to_pylist() == list(range(23))


def test_the_ledger_balances_when_frames_are_skipped_broken_refused_and_failed() -> None:
    recorded = Recorded()
    model = FakeModel(fails_on=frozenset({4, 10}), refuses=frozenset({12}))

    run(FakeSource(20, stride=2, broken=frozenset({3, 8})), model, recorded)

    assert recorded.ledger == Ledger(
        decoded=20,
        inferred=6,
        skipped={"stride": 9},
        failed={"decode": 2, "detect: inference_failed": 2, "detect: model_input": 1},
    )


class Picky(FakeStage):
    """Fails on chosen frames, in a way that has a name."""

    def __init__(self, fails_on: frozenset[int]) -> None:
        super().__init__()
        self._fails_on = fails_on

    def process(self, packets: Sequence[Packet]) -> list[Packet]:
        from sightline.core.errors import CalibrationError

        if any(packet.wants_work and packet.index in self._fails_on for packet in packets):
            raise CalibrationError("cannot see the ground")
        return super().process(packets)


def test_a_stage_that_fails_on_chosen_frames_costs_those_frames_and_no_others() -> None:
    recorded = Recorded()

    run(FakeSource(20), FakeModel(), recorded, extra=[Picky(frozenset({0, 7, 19}))])

    assert recorded.ledger == Ledger(20, 17, {}, {"double: calibration_failed": 3})
    assert recorded.table("tracks")["frame"].to_pylist() == [n for n in range(20) if n not in (0, 7, 19)]


@pytest.mark.parametrize("after", [1, 2, 3])
def test_going_on_after_any_checkpoint_gives_what_an_undisturbed_run_gives(after: int) -> None:
    whole = Recorded()
    run(FakeSource(20), FakeModel(), whole)
    resumed = Recorded()
    resumed.checkpoints = whole.checkpoints[:after]
    resumed.parts = {number: whole.parts[number] for number in range(after)}

    run(FakeSource(20), FakeModel(), resumed, after=after)

    assert resumed.table("tracks").equals(whole.table("tracks"))
    assert resumed.table("frames").equals(whole.table("frames"))
    assert [c.snapshots for c in resumed.checkpoints] == [c.snapshots for c in whole.checkpoints]


@pytest.mark.parametrize("channel_frames", [1, 3, 64])
@pytest.mark.parametrize("in_flight", [1, 4, 8])
def test_how_much_is_under_way_never_changes_the_rows(channel_frames: int, in_flight: int) -> None:
    first, second = Recorded(), Recorded()
    run(FakeSource(20, stride=3), FakeModel(), first)

    settings = EngineSettings(channel_frames=channel_frames)
    run(FakeSource(20, stride=3), FakeModel(), second, in_flight=in_flight, settings=settings)

    for table in ("frames", "detections", "tracks"):
        assert first.table(table).equals(second.table(table))


def test_a_stage_with_a_memory_that_the_checkpoint_lacks_is_refused() -> None:
    recorded = Recorded()
    recorded.checkpoints = [Checkpoint(0, 5, {}, {})]

    with pytest.raises(StageFailedError, match="no state of stage 'track'"):
        run(FakeSource(20), FakeModel(), recorded, after=1)


class Losing(FakeStage):
    """Swallows a frame."""

    def process(self, packets: Sequence[Packet]) -> list[Packet]:
        return [packet for packet in super().process(packets) if packet.index != 6]


def test_a_stage_that_loses_a_frame_is_found_out() -> None:
    with pytest.raises(StageFailedError, match="lost or reordered"):
        run(FakeSource(20), FakeModel(), Recorded(), extra=[Losing()])


class Buggy(FakeStage):
    """Has a bug that shows at one frame."""

    def process(self, packets: Sequence[Packet]) -> list[Packet]:
        if packets[0].index == 11:
            raise ZeroDivisionError("by accident")
        return super().process(packets)


def test_a_bug_ends_the_attempt_with_a_name_and_keeps_what_was_committed() -> None:
    recorded = Recorded()

    with pytest.raises(StageFailedError, match="'double' failed: ZeroDivisionError: by accident") as caught:
        run(FakeSource(20), FakeModel(), recorded, extra=[Buggy()])

    assert caught.value.retryable
    assert [checkpoint.segment for checkpoint in recorded.checkpoints] in ([], [0], [0, 1])


def test_a_model_that_fails_on_everything_ends_the_attempt() -> None:
    with pytest.raises(StageFailedError, match="every frame of segment 0 failed"):
        run(FakeSource(40, per_segment=20), FakeModel(fails_on=frozenset(range(40))), Recorded())


def test_a_model_that_fails_on_a_few_frames_does_not_end_it() -> None:
    recorded = Recorded()

    run(FakeSource(40, per_segment=20), FakeModel(fails_on=frozenset(range(19))), recorded)

    assert recorded.ledger.inferred == 21


def test_asking_to_stop_keeps_what_was_committed_and_closes_the_model() -> None:
    recorded, model = Recorded(), FakeModel()
    asked = Event()

    def before(index: int) -> None:
        if index == 12:
            asked.set()
            Event().wait(0.3)

    with pytest.raises(RunCancelled):
        run(FakeSource(20, before=before), model, recorded, stop=asked.is_set)

    assert [checkpoint.segment for checkpoint in recorded.checkpoints] in ([], [0], [0, 1])
    assert not model.is_open


def test_a_decoder_that_hangs_is_given_up() -> None:
    released = Event()

    def before(index: int) -> None:
        if index == 3:
            released.wait(20)

    settings = EngineSettings(stage_timeout_s=0.05, join_s=0.05)
    try:
        with pytest.raises(RunTimeoutError, match="'decode'"):
            run(FakeSource(20, before=before), FakeModel(), Recorded(), settings=settings)
    finally:
        released.set()


def test_a_wrong_pipeline_is_refused_before_any_weights_load() -> None:
    model = FakeModel()

    with pytest.raises(PipelineContractError):
        Pipeline(
            FakeSource(), [TrackStage(FakeTracker), DetectStage(model, min_score=0.1)], commit=lambda _: None
        )
    assert not model.is_open


def test_progress_is_told_up_to_the_last_frame() -> None:
    told: list[int] = []

    run(FakeSource(20), FakeModel(), Recorded(), tick=told.append)

    assert told[-1] == 20
    assert told == sorted(told)
