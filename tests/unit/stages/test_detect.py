"""The detect stage keeps order with answers pending, and turns a model's refusals into failed frames."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sightline.core.errors import InferenceFailedError
from sightline.core.packets import Packet
from sightline.stages.detect import DetectStage, RememberingDetectStage
from sightline.testing.fakes import FakeModel, FakeSource


def packets(count: int, **source: object) -> list[Packet]:
    made = FakeSource(count, per_segment=count, **source)  # type: ignore[arg-type]
    return [*made.read(made.segments()[0]), Packet(0, count, Fraction(count), ends_segment=True)]


@pytest.mark.parametrize("in_flight", [1, 2, 4])
def test_packets_leave_in_the_order_they_came(in_flight: int) -> None:
    stage = DetectStage(FakeModel(), min_score=0.1, in_flight=in_flight)
    given = packets(9, stride=2, broken=frozenset({4}))

    out = [packet for one in given for packet in stage.process([one])] + list(stage.close())

    assert [packet.index for packet in out] == [packet.index for packet in given]
    assert [packet.index for packet in out if "detections" in packet.found] == [0, 2, 6, 8]


class CountingModel(FakeModel):
    """Counts how many answers are pending."""

    def __init__(self) -> None:
        super().__init__()
        self.pending = self.most = 0

    def submit(self, frame, regions=None):
        answer = super().submit(frame, regions)
        self.pending += 1
        self.most = max(self.most, self.pending)
        model = self

        class Watched:
            def result(self):
                model.pending -= 1
                return answer.result()

        return Watched()


def test_no_more_answers_are_pending_than_allowed() -> None:
    model = CountingModel()
    stage = DetectStage(model, min_score=0.1, in_flight=3)

    for packet in packets(12):
        list(stage.process([packet]))
    list(stage.close())

    assert model.most == 3
    assert model.pending == 0


class NamingModel(FakeModel):
    """Writes down whose answers are asked for."""

    def __init__(self, refused: frozenset[int] = frozenset()) -> None:
        super().__init__()
        self.asked: list[int] = []
        self.refused = refused

    def submit(self, frame, regions=None):
        answer, model = super().submit(frame, regions), self

        class Named:
            def result(self):
                model.asked.append(frame.index)
                if frame.index in model.refused:
                    raise InferenceFailedError("no numbers")
                return answer.result()

        return Named()


def test_half_the_answers_are_read_at_a_time_the_last_first() -> None:
    model = NamingModel()
    stage = DetectStage(model, min_score=0.1, in_flight=4)

    out = [[packet.index for packet in stage.process([one])] for one in packets(9)[:9]]
    left = [packet.index for packet in stage.close()]

    assert out == [[], [], [], [], [0, 1], [], [2, 3], [], [4, 5]]
    assert left == [6, 7, 8]
    assert model.asked == [1, 0, 3, 2, 5, 4, 8, 7, 6]


def test_an_answer_that_fails_in_the_middle_fails_its_own_frame_alone() -> None:
    stage = DetectStage(NamingModel(frozenset({1})), min_score=0.1, in_flight=4)

    out = [packet for one in packets(4) for packet in stage.process([one])] + list(stage.close())

    assert [packet.index for packet in out if packet.failed] == [1]
    assert [packet.index for packet in out] == [0, 1, 2, 3, 4]


def test_weak_detections_are_left_out() -> None:
    stage = DetectStage(FakeModel(), min_score=0.95, in_flight=1)

    out = [*stage.process(packets(1)), *stage.close()]

    assert len(out[0].found["detections"]) == 0


class RememberingModel(FakeModel):
    """Remembers how many frames it has seen."""

    def snapshot(self) -> bytes:
        return bytes([len(self.seen)])

    def restore(self, state: bytes) -> None:
        self.seen = [0] * state[0]


def test_a_model_with_a_memory_gets_a_stage_with_one() -> None:
    stage = DetectStage.for_model(RememberingModel(), min_score=0.1)

    out = list(stage.process(packets(3)))

    assert isinstance(stage, RememberingDetectStage)
    assert len(out) == 4
    assert stage.snapshot() == bytes([3])


def test_a_model_without_a_memory_gets_a_stage_without_one() -> None:
    stage = DetectStage.for_model(FakeModel(), min_score=0.1)

    assert not hasattr(stage, "snapshot")
    with pytest.raises(TypeError, match="no snapshot"):
        RememberingDetectStage(FakeModel(), min_score=0.1)
