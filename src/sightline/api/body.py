"""Brings a request's body to disk as it comes, so that memory holds a few pieces of it at most."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from sightline.core.errors import ContentTypeError, RequestError

if TYPE_CHECKING:
    from starlette.requests import Request

    from sightline.service.videos.incoming import IncomingFile

_PIECE_BYTES = 1 << 20
_MOST_CHUNKS = 8
_SILENCE_S = 60.0
_HEARD_EVERY_S = 1.0
_LONGEST_FIELD_BYTES = 8192


async def pass_on(request: Request, write: Callable[[bytes], None]) -> None:
    """Have a body written in a thread, about a megabyte at a time, while the next one comes.

    Raises:
        RequestError: The client fell silent, and is given up, or has gone.
    """
    writing: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(_SILENCE_S) as silence:
            async for piece in _pieces(request, silence):
                if writing is not None:
                    silence.reschedule(None)  # now it is the disk that is waited for
                    await writing
                writing = asyncio.create_task(run_in_threadpool(_write, write, piece))
    except TimeoutError:
        raise RequestError(f"nothing came for {_SILENCE_S:g} s", hint="go on with the upload") from None
    except ClientDisconnect:
        raise RequestError("the connection broke before all had come", hint="go on with the upload") from None
    finally:
        if writing is not None:
            await writing


def _write(write: Callable[[bytes], None], chunks: Sequence[bytes]) -> None:
    """Write chunks: as they are where they are large, as one where there are many small ones."""
    if len(chunks) > _MOST_CHUNKS:
        chunks = [b"".join(chunks)]
    for chunk in chunks:
        write(chunk)


async def _pieces(request: Request, silence: asyncio.Timeout) -> AsyncIterator[Sequence[bytes]]:
    """Give a body's chunks by the megabyte; with each one that comes, a client may be silent for a while again."""
    loop, held, size_bytes, heard_s = asyncio.get_running_loop(), list[bytes](), 0, -_SILENCE_S
    async for chunk in request.stream():
        held.append(chunk)
        size_bytes += len(chunk)
        if size_bytes >= _PIECE_BYTES:
            yield held
            held, size_bytes, heard_s = [], 0, -_SILENCE_S
        now_s = loop.time()
        if (
            now_s - heard_s > _HEARD_EVERY_S
        ):  # a timer for each of many small chunks would cost more than they do
            silence.reschedule(now_s + _SILENCE_S)
            heard_s = now_s
    if size_bytes:
        yield held


class FormFile:
    """Takes a form apart: the file's bytes go on, the short fields are kept.

    Args:
        content_type: The request's header, with the boundary in it.
        begin: Told the fields so far and the file's name; gives what the file's bytes are written to.

    Raises:
        ContentTypeError: It is not a form with files.
    """

    def __init__(self, content_type: str, begin: Callable[[dict[str, list[str]], str], IncomingFile]) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise ContentTypeError("the body is not a form with a file", hint="send multipart/form-data")
        self._begin = begin
        self._name, self._value, self._headers = b"", bytearray(), dict[bytes, bytes]()
        self._field = ""
        self._out: IncomingFile | None = None
        self._in_file = False
        self.file: IncomingFile | None = None
        self.fields: dict[str, list[str]] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._part_is_known,
                "on_part_data": self._data,
                "on_part_end": self._part_ends,
            },
        )

    def write(self, piece: bytes) -> None:
        """Take a piece of the body.

        Raises:
            RequestError: It is not written as forms are.
        """
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise RequestError(f"the form cannot be read: {error}", hint="send multipart/form-data") from None

    def finish(self) -> IncomingFile:
        """Give the file, now that all has come.

        Raises:
            RequestError: There was none.
        """
        if self.file is None or self._in_file:
            raise RequestError("the form has no whole file in it", hint="send it as the part `file`")
        return self.file

    def _part_begins(self) -> None:
        self._name, self._value, self._headers, self._field = b"", bytearray(), {}, ""
        self._in_file = False

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        self._headers[self._name.lower()] = bytes(self._value)
        self._name, self._value = b"", bytearray()

    def _part_is_known(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")[:100]
        filename = options.get(b"filename")
        if filename is None:
            return
        if self.file is not None:
            raise RequestError("the form has two files in it", hint="send one file per request")
        self.file = self._begin(self.fields, filename.decode("utf-8", "replace")[:500])
        self._in_file = True

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file and self.file is not None:
            self.file.write(memoryview(data)[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > _LONGEST_FIELD_BYTES:
            raise RequestError(
                f"the field {self._field!r} is too long", hint="send the file as a part with a file name"
            )

    def _part_ends(self) -> None:
        if not self._in_file:
            self.fields.setdefault(self._field, []).append(self._value.decode("utf-8", "replace"))
        self._in_file = False
