"""What clients write, and what is none of it."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.core.errors import MessageInvalidError
from sightline.core.stream_messages import (
    ConfigMessage,
    FrameMessage,
    PingMessage,
    read_binary,
    read_text,
    write_binary,
)


def test_a_frame_message_is_read():
    text = '{"type":"frame","image_data":"AAAA","frame_id":"f-1","timestamp":1641234567.123,"gps":{"lat":1}}'
    assert read_text(text) == FrameMessage("AAAA", "f-1", 1641234567.123, {"gps": {"lat": 1}})


@pytest.mark.parametrize(
    "text",
    ['{"type":"config","fps_limit":5}', '{"type":"config","data":{"fps_limit":5}}', '{"type":"config","config":{"fps_limit":5}}'],
)  # fmt: skip
def test_settings_may_stand_in_the_message_or_under_a_name(text):
    assert read_text(text) == ConfigMessage({"fps_limit": 5})


def test_a_ping_brings_its_stamp():
    assert read_text('{"type":"ping","timestamp":7}') == PingMessage(7)
    assert read_text('{"type":"ping","timestamp":[1]}') == PingMessage(None)


@pytest.mark.parametrize("frame_id", [None, 0, -7, 2**63, 1.1, "ä-1", "", True, [1, [2]], {"a": None}])
def test_a_binary_frame_gives_its_id_back_exactly(frame_id):
    frame = read_binary(write_binary(b"\xff\xd8picture", frame_id=frame_id, timestamp=1.25))
    assert frame == FrameMessage(b"\xff\xd8picture", frame_id, 1.25)


def test_a_bare_picture_is_a_frame_without_a_name():
    assert read_binary(b"\xff\xd8...") == FrameMessage(b"\xff\xd8...")


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "1", "null", '"frame"', "{}", '{"type":"nonsense"}', '{"type":["frame"]}', '{"type":"frame"}',
        '{"type":"frame","image_data":7}', '{"type":"frame","image_data":"AA","timestamp":"now"}',
        '{"type":"frame","image_data":"AA","timestamp":true}', "[" * 100_000, '{"type":"frame","image_data":"AA","frame_id":"' + "x" * 300 + '"}',
        '{"type":"frame","image_data":"AA","timestamp":1' + "0" * 400 + "}", '{"type":"frame","image_data":"AA","timestamp":1e999}',
        '{"type":"frame","image_data":"AA","timestamp":NaN}', '{"type":"frame","image_data":"AA","frame_id":NaN}',
        '{"type":"frame","image_data":"AA","frame_id":[-Infinity]}', '{"type":"ping","timestamp":NaN}', '{"type":"ping","timestamp":-1e999}',
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused_by_name(text):
    with pytest.raises(MessageInvalidError):
        read_text(text)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines may be busy
@given(st.binary(max_size=40))
def test_whatever_follows_the_mark_is_read_or_refused(rest):
    with suppress(MessageInvalidError):
        read_binary(b"SLF1" + rest)
