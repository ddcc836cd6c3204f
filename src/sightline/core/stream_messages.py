"""How clients write what they send: JSON messages, and binary frames a third smaller.

A binary frame is `SLF1`, two bytes with the length of the header (big-endian), the header as JSON (`frame_id`,
`timestamp`, ...), and the picture's bytes. See docs/live.md.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sightline.core.errors import MessageInvalidError

MAGIC = b"SLF1"
_LENGTH = struct.Struct(">H")
_EXTRAS = ("gps", "heading_deg", "speed_mps")
_LONGEST_ID = 256
_LONGEST_HEADER = 4096
_KINDS = ("frame", "config", "ping")


@dataclass(frozen=True, slots=True)
class FrameMessage:
    """A frame as its client wrote it.

    Attributes:
        picture: JPEG, PNG or WebP bytes, or base64 text of them.
        frame_id: The client's name for it: any short piece of JSON, given back unchanged.
        captured_s: Its `timestamp`, None where there is none.
        extras: `gps`, `heading_deg`, `speed_mps` where they were sent.
    """

    picture: bytes | str
    frame_id: Any = None
    captured_s: float | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfigMessage:
    """Settings to change."""

    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PingMessage:
    """Somebody wants to know whether we are there; what came with it goes back."""

    timestamp: Any = None


ClientMessage = FrameMessage | ConfigMessage | PingMessage


def read_text(text: str | bytes) -> ClientMessage:
    """Read a JSON message.

    Raises:
        MessageInvalidError: It is not JSON, or no message of this protocol.
    """
    message = read_object(text)
    kind = message.get("type")
    if kind == "ping":
        stamp = message.get("timestamp")
        return PingMessage(stamp if isinstance(stamp, int | float | str) and len(str(stamp)) <= 64 else None)
    if kind == "config":
        inner = message.get("data", message.get("config"))
        given = inner if isinstance(inner, dict) else {k: v for k, v in message.items() if k != "type"}
        return ConfigMessage(given)
    if kind != "frame":
        raise MessageInvalidError(
            f"no message of type {str(kind)[:40]!r}", hint=f"type is one of {', '.join(_KINDS)}"
        )
    return frame_of(message)


def frame_of(message: Mapping[str, Any]) -> FrameMessage:
    """Read a frame's message.

    Raises:
        MessageInvalidError: `image_data` is missing, or something is not of its kind.
    """
    picture = message.get("image_data")
    if not isinstance(picture, str):
        raise MessageInvalidError("image_data is not text", hint="send base64 of a JPEG, PNG or WebP file")
    return named_frame(picture, message)


def read_binary(data: bytes) -> FrameMessage:
    """Read a binary frame; a picture without a header is a frame without a name.

    Raises:
        MessageInvalidError: It begins like a frame of ours, and is none.
    """
    if data[:4] != MAGIC:
        return FrameMessage(data)
    if len(data) < 6:
        raise MessageInvalidError("the frame is cut off", hint="see docs/live.md for its layout")
    (length,) = _LENGTH.unpack_from(data, 4)
    if length > _LONGEST_HEADER or len(data) < 6 + length:
        raise MessageInvalidError(
            f"a header of {length} bytes is too long, or cut off", hint=f"at most {_LONGEST_HEADER} bytes"
        )
    header = read_object(data[6 : 6 + length]) if length else {}
    return named_frame(data[6 + length :], header)


def write_binary(picture: bytes, **header: Any) -> bytes:
    """Give a binary frame.

    Example:
        >>> read_binary(write_binary(b"...", frame_id="a", timestamp=1.5)).frame_id
        'a'
    """
    text = json.dumps(header, separators=(",", ":")).encode()
    return MAGIC + _LENGTH.pack(len(text)) + text + picture


def read_object(text: str | bytes) -> dict[str, Any]:
    """Read one JSON object; numbers that are none (`NaN`), or too large to be told again, are not JSON.

    Raises:
        MessageInvalidError: It is none.
    """
    try:
        message = json.loads(text, parse_constant=finite, parse_float=finite)
    except (ValueError, RecursionError):
        raise MessageInvalidError(
            "the message is not JSON", hint="send one JSON object per message"
        ) from None
    if not isinstance(message, dict):
        raise MessageInvalidError("the message is not a JSON object", hint='as in {"type": "ping"}')
    return message


def finite(text: Any) -> float:
    """Read a number that JSON can hold.

    Raises:
        ValueError: It is none.
    """
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number")
    return number


def named_frame(picture: bytes | str, message: Mapping[str, Any]) -> FrameMessage:
    """Give a picture its `frame_id`, `timestamp` and whatever else a message says of it.

    Raises:
        MessageInvalidError: Something is not of its kind.
    """
    frame_id, stamp = message.get("frame_id"), message.get("timestamp")
    if len(json.dumps(frame_id)) > _LONGEST_ID:
        raise MessageInvalidError("frame_id is too long", hint=f"at most {_LONGEST_ID} characters of JSON")
    if stamp is not None and (isinstance(stamp, bool) or not isinstance(stamp, int | float)):
        raise MessageInvalidError("timestamp is not a number", hint="seconds, as in 1641234567.123")
    extras = {name: message[name] for name in _EXTRAS if message.get(name) is not None}
    try:
        return FrameMessage(picture, frame_id, None if stamp is None else finite(stamp), extras)
    except (ValueError, OverflowError):
        raise MessageInvalidError("timestamp is not a number", hint="seconds, as in 1641234567.123") from None
