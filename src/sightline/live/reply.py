"""How messages are written for clients."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.core.stream_messages import PingMessage
    from sightline.service.live.stream.outbox import Message
    from sightline.service.live.stream.session import Stream


def finished(message: Message, sent_s: float) -> dict[str, Any]:
    """Give a message's data, with the moment at which it is sent where it tells of a frame."""
    timing = message.data.get("timing")
    if timing is None:
        return message.data
    return {**message.data, "timing": {**timing, "sent": sent_s}}


def pong(ping: PingMessage, stream: Stream) -> dict[str, Any]:
    """Give the answer to a ping: its stamp, the time, and what became of the stream's frames so far."""
    return {"timestamp": ping.timestamp, "server_time": stream.now_s(), "frames": stream.ledger.to_json()}


def as_text(kind: str, data: Any) -> str:
    """Write a message as one JSON object."""
    return json.dumps({"type": kind, "data": data}, separators=(",", ":"), allow_nan=False)


def as_event(number: int, kind: str, data: Any) -> str:
    """Write a message as a server-sent event."""
    return (
        f"id: {number}\nevent: {kind}\ndata: {json.dumps(data, separators=(',', ':'), allow_nan=False)}\n\n"
    )
