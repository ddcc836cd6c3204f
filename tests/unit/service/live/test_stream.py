"""One client's stream: order, account, settings and hostile frames."""

import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.core.detections import Detections
from sightline.core.errors import SettingsError
from sightline.service.live.quality import LADDER
from sightline.service.live.stream.frames import Drop
from sightline.testing.fakes import FakeModel
from unit.service.live.streams import jpeg, kinds, live_streams, results, still, text


def test_a_frame_is_answered_with_its_own_id_and_all_times():
    live = live_streams()
    stream = live.open({})
    stream.arrived(jpeg(), {"any": ["thing", 1]}, captured_s=1_700_000_000.0)
    assert live.owner.step()
    (result,) = results(stream)
    assert result["frame_id"] == {"any": ["thing", 1]}
    assert result["detections"] == [
        {"bbox": [10, 10, 30, 30], "confidence": 0.9, "class_id": 0, "class_name": "pothole", "track_id": 1}
    ]
    assert set(result["timing"]) == {"capture", "received", "inferred"}
    assert result["frame_size"] == [64, 48]
    assert result["dropped"] == {}


def test_base64_with_and_without_a_prefix_is_taken():
    live = live_streams()
    stream = live.open({"enable_tracking": False})
    for number, picture in enumerate([text(jpeg()), "data:image/jpeg;base64," + text(jpeg())]):
        stream.arrived(picture, number)
        live.owner.step()
        live.clock.advance(1)
    assert [result["frame_id"] for result in results(stream)] == [0, 1]
    assert results(stream)[0]["detections"][0]["track_id"] is None


def test_a_newer_frame_pushes_out_the_one_that_waits():
    live = live_streams()
    stream = live.open({})
    for number in range(3):
        stream.arrived(jpeg(), number)
        live.clock.advance(0.1)
    live.owner.step()
    assert not live.owner.step()
    assert results(stream)[0]["frame_id"] == 2
    assert results(stream)[0]["dropped"] == {"superseded": 2}


def test_a_frame_that_waited_too_long_is_left_out():
    live = live_streams()
    stream = live.open({})
    stream.arrived(jpeg(), 1)
    live.clock.advance(5)
    live.owner.step()
    assert stream.ledger.to_json() == {
        "received": 1, "processed": 0, "dropped": {"deadline": 1}, "waiting": 0,
    }  # fmt: skip


def test_frames_over_the_rate_are_left_out_by_name():
    live = live_streams()
    stream = live.open({"fps_limit": 10})
    causes = []
    for number in range(100):  # 50 a second for two seconds
        causes.append(stream.arrived(jpeg(), number))
        live.owner.step()
        live.clock.advance(0.02)
    assert 20 <= stream.ledger.processed <= 23
    assert causes.count(Drop.RATE) == 100 - stream.ledger.processed


def test_a_flood_is_stopped_before_anything_is_looked_at():
    live = live_streams()
    stream = live.open({})
    causes = [stream.arrived(b"x", number) for number in range(1000)]
    assert causes.count(Drop.FLOOD) == 1000 - 120


@pytest.mark.parametrize(
    ("picture", "code", "cause"),
    [
        (b"", "unsupported_format", "undecodable"),
        (b"not a picture at all", "unsupported_format", "undecodable"),
        (jpeg()[:100], "decode_failed", "undecodable"),
        ("?? no base64 ??", "frame_refused", "undecodable"),
        (text(b"hello"), "unsupported_format", "undecodable"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\xff\xff" * 4, "media_too_large", "undecodable"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "decode_failed", "undecodable"),
    ],
)
def test_what_is_no_frame_is_refused_with_a_reason_and_counted(picture, code, cause):
    live = live_streams()
    stream = live.open({})
    stream.arrived(picture, "bad")
    assert live.owner.step()
    (error,) = [message.data for message in stream.outbox.after(0)]
    assert (error["code"], error["frame_id"]) == (code, "bad")
    assert stream.ledger.drops() == {cause: 1}
    live.clock.advance(1)
    stream.arrived(jpeg(), "good")
    live.owner.step()
    assert results(stream)[0]["frame_id"] == "good"


def test_a_frame_over_the_limit_never_waits():
    live = live_streams(stream_max_frame_bytes=1000)
    stream = live.open({})
    assert stream.arrived(b"x" * 1001) is Drop.TOO_LARGE
    assert stream.arrived("x" * 1400) is Drop.TOO_LARGE
    assert not stream.has_work


def test_a_model_that_fails_on_a_frame_costs_that_frame_alone():
    live = live_streams(model=FakeModel(still, fails_on=frozenset({0})))
    stream = live.open({})
    for number in range(2):
        stream.arrived(jpeg(), number)
        live.owner.step()
        live.clock.advance(1)
    assert stream.ledger.drops() == {"inference": 1}
    assert kinds(stream) == ["error", "detection_result"]


def test_an_error_nobody_foresaw_is_counted_and_the_worker_lives():
    def broken(_index):
        raise ZeroDivisionError("a bug")

    live = live_streams(broken)
    stream = live.open({})
    stream.arrived(jpeg(), 1)
    assert live.owner.step()
    assert stream.ledger.waiting == 0
    assert stream.ledger.drops() == {"inference": 1}


def test_settings_change_while_it_runs():
    live = live_streams()
    stream = live.open({"confidence_threshold": 0.2})
    stream.arrived(jpeg())
    live.owner.step()
    assert len(results(stream)[-1]["detections"]) == 2
    stream.configure({"max_detections": 1})
    live.clock.advance(1)
    stream.arrived(jpeg())
    live.owner.step()
    assert len(results(stream)[-1]["detections"]) == 1


def side_by_side(_index):
    """Two sure boxes that share a third of both, and a doubtful one far from them."""
    boxes = np.array([[10, 10, 30, 30], [20, 10, 40, 30], [44, 10, 60, 30]], np.float32)
    return Detections(boxes, np.array([0.9, 0.8, 0.3], np.float32), np.zeros(3, np.int32))


@pytest.mark.parametrize(
    ("change", "boxes"),
    [
        ({}, 3),
        ({"confidence_threshold": 0.5}, 2),
        ({"iou_threshold": 0.2}, 2),
        ({"max_detections": 1}, 1),
        ({"roi": [0, 0, 0.36, 1]}, 1),
        ({"roi": [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]}, 1),
    ],
    ids=str,
)
def test_each_setting_of_what_is_shown_has_its_effect_from_the_next_frame_on(change, boxes):
    live = live_streams(side_by_side)
    stream = live.open({"confidence_threshold": 0.1, "enable_tracking": False})
    for number, settings_ in enumerate(({}, change, {"enable_tracking": True})):
        stream.configure(settings_)
        stream.arrived(jpeg(), number)
        live.owner.step()
        live.clock.advance(0.5)
    first, second, third = results(stream)
    assert [len(one["detections"]) for one in (first, second, third)] == [3, boxes, boxes]
    assert {row["track_id"] for row in second["detections"]} == {None}
    assert None not in {row["track_id"] for row in third["detections"]}


@pytest.mark.parametrize(
    ("mode", "level"), [("fast", "fast"), ("accurate", "accurate"), ("auto", LADDER[2].name)]
)
def test_the_quality_that_is_asked_for_is_the_one_that_is_told(mode, level):
    live = live_streams()
    live.auto.step = 2
    stream = live.open({})
    stream.configure({"quality_mode": mode})
    stream.arrived(jpeg())
    live.owner.step()
    assert (results(stream)[-1]["quality"]["mode"], results(stream)[-1]["quality"]["level"]) == (mode, level)


def test_identities_outlive_a_change_of_the_threshold():
    live = live_streams()
    stream = live.open({"confidence_threshold": 0.5})
    for threshold in (0.5, 0.6):
        stream.configure({"confidence_threshold": threshold})
        stream.arrived(jpeg())
        live.owner.step()
        live.clock.advance(0.2)
    assert [result["detections"][0]["track_id"] for result in results(stream)] == [1, 1]


def test_a_region_keeps_what_has_its_centre_inside():
    live = live_streams()
    stream = live.open({"roi": [0.5, 0, 1, 1], "confidence_threshold": 0.1})
    stream.arrived(jpeg())
    live.owner.step()
    assert [found["bbox"][0] for found in results(stream)[0]["detections"]] == [40]


@pytest.mark.parametrize(
    "wrong",
    [
        {"fps_limit": 0.5},
        {"fps_limit": 31},
        {"fps_limit": math.nan},
        {"confidence_threshold": 2},
        {"quality_mode": "best"},
        {"nonsense": 1},
        {"roi": [[0, 0], [1, 1]]},
        {"roi": [0, 0, 2, 1]},
        {"app": "nothing_of_the_kind"},
    ],
)
def test_wrong_settings_are_refused_and_change_nothing(wrong):
    live = live_streams()
    stream = live.open({})
    before = stream.settings
    with pytest.raises(SettingsError):
        stream.configure(wrong)
    assert stream.settings == before


def test_the_servers_highest_rate_holds():
    with pytest.raises(SettingsError, match="over this server's 20"):
        live_streams(stream_max_fps=20).open({"fps_limit": 25})


def test_time_that_goes_back_or_is_no_number_does_not_stop_a_stream():
    live = live_streams()
    stream = live.open({})
    for captured_s in (100.0, 99.0, math.nan, -math.inf, 1e300, None, 100.5):
        stream.arrived(jpeg(), captured_s=captured_s)
        live.owner.step()
        live.clock.advance(0.2)
    assert stream.ledger.processed == 7


def test_an_applications_events_go_out_before_the_frame_that_completes_them():
    class Third:
        tracking, min_score, iou, max_detections = {}, 0.1, 0.6, 50

        def __init__(self):
            self.seen = 0

        def finish(self):
            return [{"event_id": "end"}]

        def update(self, frame, tracks, extras):
            self.seen += 1
            return [{"event_id": "h1", "kind": "pothole", **extras}] if self.seen == 3 else []

    bus = []
    live = live_streams(analysis=lambda app, settings, names: Third(), publish=bus.append)
    stream = live.open({"app": "road"})
    for number in range(4):
        stream.arrived(jpeg(), number, extras={"gps": [1, 2]})
        live.owner.step()
        live.clock.advance(0.2)
    assert kinds(stream) == [
        "detection_result", "detection_result", "hazard_event", "detection_result", "detection_result",
    ]  # fmt: skip
    (event,) = [message.data for message in stream.outbox.after(0) if message.kind == "hazard_event"]
    assert event == {"frame_id": 2, "event_id": "h1", "kind": "pothole", "gps": [1, 2]}
    live.close(stream.id)
    assert stream.outbox.after(0)[-1].data == {"event_id": "end"}
    assert [(told.run_id, told.stage, told.details["event_id"]) for told in bus] == [
        (f"stream:{stream.id}", "hazard_event", "h1"),
        (f"stream:{stream.id}", "hazard_event", "end"),
    ]
    assert {told.details["client_id"] for told in bus} == {stream.id}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines may be busy
@given(st.lists(st.sampled_from(["frame", "bad", "flood", "step", "wait", "config"]), max_size=60))
def test_whatever_happens_every_frame_is_accounted_for(steps):
    live = live_streams()
    stream = live.open({"quality_mode": "auto"})
    sent = 0
    for step in steps:
        if step in ("frame", "bad"):
            stream.arrived(jpeg() if step == "frame" else b"junk", sent)
            sent += 1
        elif step == "flood":
            for _ in range(5):
                stream.arrived(b"", sent)
                sent += 1
        elif step == "step":
            live.owner.step()
        elif step == "wait":
            live.clock.advance(0.4)
        else:
            live.auto.step = (live.auto.step + 1) % 4
    live.close(stream.id)
    ledger = stream.ledger
    assert ledger.received == sent == ledger.processed + ledger.dropped.total()
    assert ledger.waiting == 0
    answered = [result["frame_id"] for result in results(stream)]
    assert answered == sorted(answered)


def test_the_road_tells_each_hazard_once_with_its_place():
    live = live_streams()
    stream = live.open({"app": "road", "app_settings": {"gate": False}, "confidence_threshold": 0.3})
    for number in range(12):
        stream.arrived(
            jpeg((480, 640)),
            number,
            captured_s=number / 10,
            extras={"gps": {"lat": 52.0, "lon": 13 + number / 1e5}},
        )
        live.owner.step()
        live.clock.advance(0.1)
    live.close(stream.id)
    events = [message.data for message in stream.outbox.after(0) if message.kind == "hazard_event"]
    assert events == []  # the boxes lie in the sky


def road(number):
    box = np.array([[300, 300 + 8 * number, 340, 325 + 8 * number]], np.float32)
    return Detections(box, np.array([0.8], np.float32), np.array([0], np.int32))


def test_a_pothole_is_confirmed_once_and_closed_when_the_stream_ends():
    live = live_streams(road)
    stream = live.open({"app": "road", "app_settings": {"gate": False}})
    for number in range(12):
        gps = {"lat": 52.0, "lon": 13 + number / 1e5}
        stream.arrived(jpeg((480, 640)), number, captured_s=number / 10, extras={"gps": gps})
        live.owner.step()
        live.clock.advance(0.1)
    live.close(stream.id)
    events = [message.data for message in stream.outbox.after(0) if message.kind == "hazard_event"]
    assert [(event["phase"], event["kind"], event["event_id"]) for event in events] == [
        ("confirmed", "D40", 1), ("closed", "D40", 1),
    ]  # fmt: skip
    assert events[0]["place"]["latitude_deg"] == 52.0
    json.dumps(events, allow_nan=False)


def test_nonsense_for_a_place_is_left_out():
    live = live_streams(road)
    stream = live.open({"app": "road", "app_settings": {"gate": False}})
    for number, gps in enumerate(
        [
            7,
            {},
            {"lat": "x", "lon": 1},
            {"lat": 1e9, "lon": 0},
            {"lat": math.inf, "lon": 0},
            {"lat": 10**400, "lon": 0},
            {"lat": 1, "lon": 0, "heading_deg": 10**400},
        ]
    ):
        stream.arrived(jpeg((480, 640)), number, captured_s=float(number), extras={"gps": gps})
        live.owner.step()
        live.clock.advance(0.2)
    assert stream.ledger.processed == 7


@pytest.mark.parametrize("app_settings", [{"nonsense": 1}, {"hits": 9, "hits_of": 3}])
def test_wrong_settings_of_the_application_are_refused(app_settings):
    with pytest.raises(SettingsError):
        live_streams().open({"app": "road", "app_settings": app_settings})


@pytest.mark.parametrize("app_settings", [{"x": math.nan}, {"x": [math.inf]}, {"x": "y" * 20_000}])
def test_what_cannot_be_told_again_is_refused_without_an_application_too(app_settings):
    stream = live_streams().open({})
    with pytest.raises(SettingsError, match="app_settings"):
        stream.configure({"app_settings": app_settings})
    assert stream.settings.app_settings == {}
