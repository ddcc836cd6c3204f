"""The client of streams: why it could not connect, which frames are open, how fast it sends."""

from __future__ import annotations

import json

import pytest

from sightline.client.stream import Tally, play, refusal


@pytest.mark.parametrize(
    ("status", "body", "code", "message", "hint"),
    [
        (401, b"", "not_authenticated", "the server answered 401", "give --api-key or --token"),
        (
            403,
            json.dumps({"detail": "this key is not good for live.create", "hint": "make another"}).encode(),
            "access_denied",
            "this key is not good for live.create",
            "make another",
        ),
        (502, b"<html>", "source_unavailable", "the server answered 502", None),
        (502, b"[]", "source_unavailable", "the server answered 502", None),
    ],
)
def test_a_refused_connection_is_told_in_the_servers_words(status, body, code, message, hint):
    error = refusal(status, body)
    assert (error.code, error.message, error.hint) == (code, message, hint)


def test_frames_are_open_until_a_result_an_error_or_a_drop_tells_of_them():
    tally = Tally(sent=10, answered=4, refused=1, dropped={"superseded": 3, "undecodable": 1})
    assert tally.open == 2


class Listener:
    """Takes frames for a client; time passes only while it sleeps."""

    def __init__(self, fps_limit, answers=True):
        self.tally = Tally(config={"fps_limit": fps_limit})
        self.now_s, self.sent_s, self.asked = 100.0, [], 0
        self._answers = answers

    def monotonic(self):
        return self.now_s

    def time(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds

    def send(self, _picture, *, captured_s):
        self.sent_s.append((round(self.now_s - 100, 3), round(captured_s - 100, 3)))

    def wait(self, _seconds):
        return self._answers

    def settle(self, _seconds):
        self.asked += 1
        return True


@pytest.mark.parametrize(
    ("every_frame", "sent_s"),
    [(False, [0.0, 0.05, 0.1, 0.6]), (True, [0.0, 0.2, 0.4, 0.6])],
    ids=["at its own pace", "every frame"],
)
def test_whoever_wants_every_frame_answered_sends_no_more_than_the_limit(monkeypatch, every_frame, sent_s):
    listener = Listener(fps_limit=5)
    monkeypatch.setattr("sightline.client.stream.time", listener)
    times = [0.0, 0.05, 0.1, 0.6]
    play(listener, [(t_s, b"") for t_s in times], every_frame=every_frame)
    assert listener.sent_s == list(zip(sent_s, times, strict=True))


def test_a_frame_without_an_answer_is_asked_about():
    listener = Listener(fps_limit=1000, answers=False)
    play(listener, [(0.0, b""), (0.001, b"")], every_frame=True)
    assert listener.asked == 2


class SlowToOpen(Listener):
    """Answers its first picture late, as a server that opens its models does."""

    def wait(self, _seconds):
        self.now_s += 2.0
        return True


@pytest.mark.parametrize(("first_answered", "sent_s"), [(True, [0.0, 2.1, 2.2]), (False, [0.0, 0.1, 0.2])])
def test_a_file_keeps_its_pace_from_the_first_answer_on_and_a_camera_from_its_begin(
    monkeypatch, first_answered, sent_s
):
    listener = SlowToOpen(fps_limit=1000)
    monkeypatch.setattr("sightline.client.stream.time", listener)
    play(listener, [(0.0, b""), (0.1, b""), (0.2, b"")], first_answered=first_answered)
    assert listener.sent_s == [(sent, sent) for sent in sent_s]
