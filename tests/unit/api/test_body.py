"""Bodies that come piece by piece, or do not."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request

from sightline.api.body import pass_on
from sightline.core.errors import RequestError


def test_who_goes_away_in_the_middle_is_refused_and_is_no_fault_of_the_server():
    messages = [
        {"type": "http.request", "body": b"x" * 2_000_000, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive():
        return messages.pop(0)

    written = []
    with pytest.raises(RequestError, match="the connection broke"):
        asyncio.run(pass_on(Request({"type": "http", "method": "PATCH"}, receive), written.append))
    assert b"".join(written) == b"x" * 2_000_000  # what came is kept, for an upload that goes on
