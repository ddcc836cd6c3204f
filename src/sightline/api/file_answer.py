"""Answers with a file, whole or a range of it, as RFC 9110 has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import FileResponse, StreamingResponse

from sightline.core.errors import RangeInvalidError

if TYPE_CHECKING:
    from collections.abc import Mapping

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_PIECE_BYTES = 1 << 20
_SHOWN = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; media-src 'self'; sandbox"
"""A page of results runs nothing and reaches nothing, wherever its words came from."""
_PLAYED = "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'"
"""A browser puts a video whose address is opened into a page of its own, which in a sandbox may not load it."""


class ServedFile(Protocol):
    """What can be served."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        ...

    @property
    def size_bytes(self) -> int:
        """Of the file."""
        ...

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        ...

    @property
    def media_type(self) -> str:
        """Its kind."""
        ...


def file_answer(
    file: ServedFile, *, asked: str | None, if_none_match: str | None, if_range: str | None
) -> Response:
    """Give a file, a range of it, or 304.

    One range is served; several are answered by the whole file, as a server may.

    Args:
        file: Which.
        asked: The `Range` header.
        if_none_match: ETags that the client has.
        if_range: The range is only wanted of this very version.

    Raises:
        RangeInvalidError: The range is not in the file.
    """
    tag = f'"{file.sha256}"'
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": _PLAYED if file.media_type.startswith(("video/", "audio/")) else _SHOWN,
    }
    if if_none_match is not None and _has(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    whole = asked is None or (if_range is not None and if_range != tag)
    found = None if whole else _RANGE.fullmatch(asked or "")
    if found is None or found.groups() == ("", ""):
        return FileResponse(file.path, media_type=file.media_type, headers=headers)
    start, end = _bounds(found[1], found[2], file.size_bytes)
    return _part(file, start, end, headers)


def named(name: str, *, is_shown: bool) -> str:
    """Give a `Content-Disposition`: whether a browser shows the file, and what it calls it when it is saved (RFC 6266)."""
    return f"{'inline' if is_shown else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}"


def _has(tags: str, tag: str) -> bool:
    """Whether a list of ETags names one; weak ones count, as nothing is written by it."""
    return tags.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in tags.split(",")}


def _bounds(first: str, last: str, size_bytes: int) -> tuple[int, int]:
    """Give the first byte and the one after the last."""
    if first:
        start, end = int(first), min(size_bytes, int(last) + 1 if last else size_bytes)
    else:
        start, end = max(0, size_bytes - int(last)), size_bytes
    if start >= end:
        raise RangeInvalidError(
            f"the file has {size_bytes} bytes",
            hint="ask for a range within it",
            headers={"Content-Range": f"bytes */{size_bytes}"},
        )
    return start, end


def _part(file: ServedFile, start: int, end: int, headers: Mapping[str, str]) -> Response:
    def pieces() -> Iterator[bytes]:
        with file.path.open("rb") as opened:
            opened.seek(start)
            left = end - start
            while left and (piece := opened.read(min(left, _PIECE_BYTES))):
                left -= len(piece)
                yield piece

    ranged = {
        **headers,
        "Content-Range": f"bytes {start}-{end - 1}/{file.size_bytes}",
        "Content-Length": str(end - start),
    }
    return StreamingResponse(pieces(), 206, media_type=file.media_type, headers=ranged)
