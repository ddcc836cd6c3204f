"""Streams are opened while there is room, found by their owners alone, and closed when silent."""

from dataclasses import replace

import numpy as np
import pytest

from sightline.apps.road.settings import RoadSettings
from sightline.bootstrap import build_platform
from sightline.core.errors import (
    QuotaExceededError,
    SettingsError,
    StreamNotFoundError,
    StreamOverloadedError,
)
from sightline.service.live.build import build_live
from sightline.service.live.capacity import Capacity
from sightline.service.live.quality import LADDER, AutoQuality
from sightline.service.live.stream.latency import Spread
from sightline.service.live.stream.outbox import Outbox
from sightline.settings import read_settings
from sightline.testing.fakes import FakeModel
from unit.service.live.streams import jpeg, live_streams, results


def test_a_stream_is_found_by_its_owner_alone():
    live = live_streams()
    stream = live.open({}, owner="anna")
    assert live.get(stream.id, owner="anna") is stream
    for wrong in ((stream.id, "berta"), ("nothing", "anna")):
        with pytest.raises(StreamNotFoundError):
            live.get(wrong[0], owner=wrong[1])
    live.close(stream.id)
    live.close(stream.id)
    with pytest.raises(StreamNotFoundError):
        live.get(stream.id)


def test_streams_are_refused_once_promises_could_not_be_kept():
    live = live_streams(cost_s=0.02)
    opened = 0
    with pytest.raises(StreamOverloadedError, match="over the promised 100 ms"):
        while opened < 100:
            live.open({"fps_limit": 10})
            opened += 1
    assert opened == live.capacity(10, 0.1)["sessions"] > 1
    assert live.capacity(10, 0.1)["sessions_more"] == 0
    assert live.to_json()["refused"] == 1


def test_streams_that_may_step_down_are_admitted_longer():
    def fill(mode):
        live = live_streams(cost_s=0.02)
        for opened in range(200):
            try:
                live.open({"fps_limit": 10, "quality_mode": mode})
            except StreamOverloadedError:
                return opened
        return 200

    assert fill("auto") > 2 * fill("balanced") > fill("accurate")


def test_what_a_stream_really_sends_counts_once_it_is_known():
    live = live_streams()
    stream = live.open({"fps_limit": 30})
    assert stream.wanted_hz() == 30
    for _ in range(60):
        live.clock.advance(0.2)
        stream.arrived(jpeg())
        live.owner.step()
    assert stream.wanted_hz() == pytest.approx(5, abs=0.5)


def test_the_first_stream_is_never_refused():
    live_streams(cost_s=10.0).open({})


def test_no_more_streams_than_the_setting_says():
    live = live_streams(stream_max_sessions=2)
    live.open({})
    live.open({})
    with pytest.raises(StreamOverloadedError, match="as many as this server takes"):
        live.open({})


def test_one_user_leaves_the_others_room():
    live = live_streams(quota_streams=2)
    first, _ = (live.open({"fps_limit": 1}, owner="anna") for _ in range(2))
    with pytest.raises(QuotaExceededError, match="limit for one user is 2") as refused:
        live.open({"fps_limit": 1}, owner="anna")
    assert refused.value.retry_after_s > 0
    live.open({"fps_limit": 1}, owner="berta")
    live.close(first.id)
    live.open({"fps_limit": 1}, owner="anna")
    assert live.to_json()["refused"] == 1


def test_a_silent_stream_times_out_and_its_frames_stay_counted():
    live = live_streams(stream_timeout_s=60)
    stream = live.open({})
    stream.arrived(jpeg())
    live.owner.step()
    live.clock.advance(59)
    live.tick()
    assert live.streams() == (stream,)
    live.clock.advance(2)
    live.tick()
    assert live.streams() == ()
    assert stream.outbox.after(0)[-1].data["message"] == "the stream was closed: timeout"
    assert stream.outbox.closed
    assert live.to_json()["frames"]["processed"] == 1


def test_a_closed_streams_waiting_frames_are_counted_as_dropped():
    live = live_streams()
    stream = live.open({})
    stream.arrived(jpeg())
    live.close(stream.id)
    assert stream.ledger.drops() == {"closed": 1}
    assert stream.arrived(jpeg()).value == "closed"


def test_the_machine_is_measured_by_real_work_once():
    live = live_streams(cost_s=0.0, clock=None)
    assert live.admission.cost_s == 0.0
    live.open({})
    assert live.built == [(1.0, None), (1.0, None)]


def test_each_mode_has_a_scale_of_its_own_and_shapes_share_few_graphs():
    class Sized(FakeModel):
        def __init__(self):
            super().__init__()
            self.info = replace(self.info, input_size=(64, 64))

    live = live_streams(model=Sized())
    models = live.models.of(None)
    for number in range(20):
        models.get(1.0, (100 + 20 * number, 400), "s")
    assert live.models.open_count == 7
    models.get(1.5, (100, 400), "s")
    assert live.built[-1] == (1.5, None)
    assert models.get(1.0, (100, 400), "s") is models.get(1.0, (100, 401), "other")


def test_an_auto_streams_first_picture_opens_all_that_it_may_step_down_to():
    class Sized(FakeModel):
        def __init__(self):
            super().__init__()
            self.info = replace(self.info, input_size=(64, 64))

    live = live_streams(model=Sized())
    streams = [live.open({"quality_mode": mode}) for mode in ("balanced", "auto")]
    opened = []
    for stream in streams:
        stream.arrived(jpeg())
        live.owner.step()
        opened.append(live.models.open_count)
    assert opened == [1, 2]
    live.auto.step = len(LADDER) - 1
    streams[1].configure({"fps_limit": 30})
    for _ in range(LADDER[-1].stride):
        streams[1].arrived(jpeg())
        live.owner.step()
    assert results(streams[1])[-1]["quality"]["level"] == LADDER[-1].name
    assert live.models.open_count == 2


def test_auto_streams_step_down_under_load_and_come_back_with_patience():
    auto = AutoQuality()
    assert auto.look(0.95, late=False)
    assert auto.level is LADDER[1]
    for _ in range(10):
        auto.look(0.95, late=False)
    assert auto.level is LADDER[-1]
    assert not auto.look(0.1, late=False)
    for _ in range(30):
        auto.look(0.1, late=False)
    assert auto.level is LADDER[0]


def test_quality_does_not_flutter():
    auto = AutoQuality()
    auto.look(0.95, late=False)
    assert not any(auto.look(0.5, late=False) for _ in range(50))  # a step up would double it


def test_a_clients_stride_is_told_and_left_out_frames_are_named():
    live = live_streams()
    stream = live.open({"quality_mode": "auto", "fps_limit": 30})
    live.auto.step = 1
    for number in range(4):
        stream.arrived(jpeg(), number)
        live.owner.step()
        live.clock.advance(0.1)
    assert [result["frame_id"] for result in results(stream)] == [0, 2]
    assert results(stream)[-1]["quality"]["stride"] == 2
    assert results(stream)[-1]["dropped"] == {"stride": 1}


@pytest.mark.parametrize("cores", [1, 2, 8])
def test_capacity_falls_with_cost_and_rises_with_patience(cores):
    at = [Capacity(cores, cost_s).sessions(10, 0.1) for cost_s in (0.005, 0.01, 0.02, 0.04)]
    assert at == sorted(at, reverse=True)
    assert at[0] > at[-1]
    assert Capacity(cores, 0.01).sessions(10, 0.5) >= Capacity(cores, 0.01).sessions(10, 0.05)
    assert Capacity(cores, 0.2).sessions(10, 0.1) == 0
    assert Capacity(cores, 0.01).sessions(10, 0.1) * 10 * 0.01 <= cores


def test_capacity_agrees_with_a_simulated_queue():
    """A queue with two servers, random arrivals and 20 ms of work, played out event by event."""
    rng = np.random.default_rng(3)
    capacity = Capacity(2, 0.02)
    for rate_hz in (40, 70, 85):
        arrivals = np.cumsum(rng.exponential(1 / rate_hz, 40_000))
        free = [0.0, 0.0]
        took = []
        for arrival in arrivals:
            server = int(np.argmin(free))
            free[server] = max(free[server], arrival) + 0.02
            took.append(free[server] - arrival)
        assert capacity.p95_s(rate_hz) == pytest.approx(np.percentile(took, 95), rel=0.35)


def test_percentiles_of_a_spread_are_right_within_a_bin(rng):
    spread, values = Spread(), rng.lognormal(-4, 1, 5000)
    for value in values:
        spread.add(value)
    for percent in (50, 95, 99):
        assert spread.percentile_s(percent) == pytest.approx(np.percentile(values, percent), rel=0.13)
    spread.add(-1)
    assert spread.count == 5001


def test_a_reader_that_falls_behind_loses_old_results_and_no_event():
    outbox = Outbox(results=4, events=100)
    for number in range(50):
        outbox.put("detection_result", {"n": number}, now_s=0)
        if number % 10 == 0:
            outbox.put("hazard_event", {"n": number}, now_s=0)
    seen = outbox.after(0)
    assert [m.data["n"] for m in seen if m.kind == "hazard_event"] == [0, 10, 20, 30, 40]
    assert [m.data["n"] for m in seen if m.kind == "detection_result"] == [46, 47, 48, 49]
    assert [m.number for m in seen] == sorted(m.number for m in seen)
    assert outbox.after(seen[-1].number) == ()


def test_other_services_variables_are_known(monkeypatch):
    for name, value in {
        "STREAMING_SESSION_TIMEOUT": "60", "STREAMING_MAX_FPS": "20", "STREAMING_DEFAULT_FPS": "12",
        "STREAMING_QUEUE_SIZE": "3", "STREAMING_ENABLE_TRACKING": "false", "MODEL_PATH": "a.onnx",
        "OPENVINO_DEVICE": "GPU", "OPENVINO_PERFORMANCE_MODE": "LATENCY", "CONFIDENCE_THRESHOLD": "0.4",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert (settings.stream_timeout_s, settings.stream_max_fps, settings.stream_fps) == (60, 20, 12)
    assert (settings.stream_queue_frames, settings.stream_tracking) == (3, False)
    assert (settings.stream_model, settings.stream_device, settings.stream_performance) == (
        "a.onnx", "GPU", "latency",
    )  # fmt: skip
    assert settings.stream_confidence == 0.4
    monkeypatch.setenv("SIGHTLINE_STREAM_CONFIDENCE", "0.6")
    assert read_settings().stream_confidence == 0.6
    monkeypatch.delenv("SIGHTLINE_STREAM_CONFIDENCE")
    monkeypatch.setenv("CONFIDENCE_THRESHOLD", "7")
    with pytest.raises(SettingsError, match=r"^CONFIDENCE_THRESHOLD='7'"):
        read_settings()


@pytest.mark.parametrize(
    ("given", "app", "chosen"),
    [
        ({}, None, "motion"),
        ({}, "people", "motion"),
        ({}, "road", "sightline-hazard-n"),
        ({"stream_model": "hog"}, "road", "hog"),
    ],
)
def test_an_applications_streams_have_its_own_model_unless_one_is_set(tmp_path, given, app, chosen):
    live = build_live(build_platform(read_settings(home=tmp_path, model="motion", **given)))
    assert live.models.of(app).chosen.name == chosen
    assert live.models.of(app, "hog").chosen.name == "hog"
    live.shut()


def test_an_applications_streams_suppress_once_and_as_in_a_file(tmp_path):
    live = build_live(build_platform(read_settings(home=tmp_path)))
    road = live.models.of("road").chosen
    assert (road.iou, road.max_detections) == (RoadSettings().iou, RoadSettings().max_detections)
    assert live.models.of(None).chosen.iou == 0.7
    live.shut()


@pytest.mark.data
def test_faster_and_more_accurate_streams_have_inputs_of_their_own(data_dir, tmp_path):
    settings = read_settings(home=tmp_path, stream_model=str(data_dir / "weights/yolox_nano.onnx"))
    live = build_live(build_platform(settings))
    sizes = [live.models.of(None).get(scale, (480, 640), "s").info.input_size for scale in (0.62, 1.0, 1.5)]
    assert sizes == [(192, 256), (320, 416), (480, 640)]
    live.shut()
