"""The last step of `auto`: a lighter model looks, by the names of the stream's own; where none fits the step is left out."""

from dataclasses import replace

import numpy as np
import pytest

from sightline.core.detections import Detections
from sightline.core.errors import InferenceFailedError, WeightsMissingError
from sightline.service.live.models import SharedModel, seconds_a_frame
from sightline.service.live.quality import LADDER, LIGHTER, AutoQuality
from sightline.testing.fakes import FakeModel
from unit.service.live.streams import jpeg, live_streams, results


@pytest.fixture(autouse=True)
def took(monkeypatch):
    """How long a frame takes each model."""
    took_s = {"light": 0.001, "heavy": 0.002}
    monkeypatch.setattr(
        "sightline.service.live.models.seconds_a_frame", lambda model, _size: took_s[model.info.name]
    )
    return took_s


def light(class_names=("tree", "pothole", "crack"), **options):
    """Sees a tree, a pothole and a crack, in the numbers that it gives them."""
    boxes = np.array([[1, 1, 9, 9], [10, 10, 30, 30], [40, 10, 60, 30]], np.float32)
    found = Detections(boxes, np.array([0.95, 0.9, 0.8], np.float32), np.arange(3, dtype=np.int32))
    return named("light", FakeModel(lambda _: found, class_names=class_names, **options))


def heavy():
    boxes = np.array([[10, 10, 30, 30]], np.float32)
    found = Detections(boxes, np.array([0.9], np.float32), np.array([1], np.int32))
    return named("heavy", FakeModel(lambda _: found, class_names=("crack", "pothole")))


def named(name, model):
    model.info = replace(model.info, name=name)
    return model


def open_live(lighter):
    return live_streams(
        named={"heavy": heavy(), "light": lighter}, stream_model="heavy", stream_lighter_model="light"
    )


def look(live, stream, frames=1):
    """Send until so many frames are answered; gives the last answer."""
    for _ in range(frames * stream.level.stride):
        live.clock.advance(0.2)
        stream.arrived(jpeg())
        live.owner.step()
    return results(stream)[-1]


def test_the_last_step_is_a_lighter_model_that_answers_by_the_streams_own_names():
    live = open_live(light())
    stream = live.open({"quality_mode": "auto", "fps_limit": 30})
    before = look(live, stream)
    assert before["quality"]["level"] == "balanced"
    live.auto.step = len(live.auto.ladder) - 1
    after = look(live, stream, frames=2)
    assert after["quality"]["level"] == LIGHTER.name == stream.to_json()["quality"]["level"]
    assert (before["quality"]["model"], after["quality"]["model"]) == ("heavy", "light")
    assert [(found["class_id"], found["class_name"]) for found in after["detections"]] == [
        (1, "pothole"),
        (0, "crack"),
    ]
    assert before["detections"][0]["track_id"] == after["detections"][0]["track_id"]


def test_streams_of_a_fixed_quality_keep_their_model():
    live = open_live(light())
    live.auto.step = len(live.auto.ladder) - 1
    answer = look(live, live.open({"quality_mode": "fast", "fps_limit": 30}))
    assert answer["quality"]["level"] == "fast"
    assert len(answer["detections"]) == 1


@pytest.mark.parametrize(
    "lighter",
    [light(("tree", "pothole", "rut")), WeightsMissingError("light: no weights"), None],
    ids=["other classes", "no weights", "not set"],
)
def test_a_step_that_cannot_be_taken_is_left_out(lighter):
    live = live_streams(
        named={"heavy": heavy(), "light": lighter},
        stream_model="heavy",
        stream_lighter_model="light" if lighter is not None else "heavy",
    )
    stream = live.open({"quality_mode": "auto", "fps_limit": 30})
    live.auto.step = len(live.auto.ladder) - 1
    for _ in range(2):
        answer = look(live, stream)
        assert answer["quality"]["level"] == LADDER[-1].name == stream.to_json()["quality"]["level"]
        assert [found["class_name"] for found in answer["detections"]] == ["pothole"]
    assert stream.ledger.drops().keys() <= {"stride"}


def test_a_model_that_is_no_quicker_is_left_out_and_closed(took):
    took["light"] = took["heavy"]
    lighter = light()
    live = open_live(lighter)
    stream = live.open({"quality_mode": "auto", "fps_limit": 30})
    live.auto.step = len(live.auto.ladder) - 1
    assert look(live, stream, frames=2)["quality"]["model"] == "heavy"
    assert not lighter.is_open


def test_a_lighter_model_that_does_not_open_costs_no_frame():
    class Broken(FakeModel):
        def open(self):
            raise InferenceFailedError("it does not compile")

    live = open_live(named("light", Broken(class_names=("crack", "pothole"))))
    stream = live.open({"quality_mode": "auto", "fps_limit": 30})
    live.auto.step = len(live.auto.ladder) - 1
    assert look(live, stream)["quality"]["level"] == LADDER[-1].name
    assert stream.ledger.processed == 1


def test_without_a_lighter_model_the_ladder_ends_with_its_own():
    assert AutoQuality().ladder == LADDER
    assert AutoQuality(lighter=True).ladder == (*LADDER, LIGHTER)


def test_what_a_lighter_models_frames_cost_is_no_measure_of_the_others():
    live = open_live(light())
    stream = live.open({"quality_mode": "auto", "fps_limit": 30})
    look(live, stream)
    live.auto.step = len(live.auto.ladder) - 1
    live.owner.load = lambda: (0.9, 1e-6)
    live.tick()
    assert live.admission.cost_s == 0.01


def test_both_models_are_closed_with_the_streams():
    lighter = light()
    live = open_live(lighter)
    look(live, live.open({"quality_mode": "auto", "fps_limit": 30}))
    assert lighter.is_open
    assert live.models.open_count == 2
    live.shut()
    assert not lighter.is_open


def test_how_long_a_frame_takes_is_the_quickest_of_three():
    model = light()
    assert 0 < seconds_a_frame(SharedModel(model), (48, 64)) < 1
    assert model.seen == [0, 0, 0]
