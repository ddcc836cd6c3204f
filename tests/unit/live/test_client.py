"""The client of streams says why it could not connect, in the server's words."""

from __future__ import annotations

import json

import pytest

from sightline.live.client import Tally, refusal


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
