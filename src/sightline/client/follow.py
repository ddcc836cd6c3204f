"""Reads a stream of server-sent events; where it breaks off, it goes on after the last stored event."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sightline.client.http import RemoteError
from sightline.core.errors import AdapterUnavailableError
from sightline.core.events import EventKind, RunEvent

if TYPE_CHECKING:
    from sightline.client.http import Http

_SILENCE_S = 45.0  # the server says that it is there every 15 s
_LAST = frozenset({EventKind.PIPELINE_COMPLETED, EventKind.PIPELINE_FAILED})


def follow(
    http: Http, path: str, *, after: int = 0, ended: Callable[[], bool] = lambda: False
) -> Iterator[RunEvent]:
    """Give every stored event with a cursor above `after` once, in order, and the pace in between.

    A stream that ends need not be a run that has: a server that is stopped ends its streams too.

    Args:
        http: The server.
        path: Of the stream.
        after: Cursor of the last event that was seen.
        ended: Says whether the run has ended; asked where the stream ends and its last event did not tell.

    Raises:
        RemoteError: The server refuses.
        AdapterUnavailableError: It does not answer, however often it is asked.
    """
    cursor, failures, last, over = after, 0, None, False
    while last not in _LAST:
        before, trouble = cursor, None
        try:
            for event in _stream(http, path, cursor):
                failures = 0
                if event.cursor:
                    cursor, last = event.cursor, event.kind
                yield event
        except AdapterUnavailableError as error:
            trouble = error
        if trouble is None:
            if cursor != before:
                continue
            if over:
                return
            over = ended()
            if over:
                continue  # what was stored just before is still to be read
        failures += 1
        if last not in _LAST and not http.wait(failures):
            raise trouble or AdapterUnavailableError("the stream of events ends before the run does")


def _stream(http: Http, path: str, cursor: int) -> Iterator[RunEvent]:
    """Give what one connection brings.

    Raises:
        RemoteError: The server refuses, and would again.
        AdapterUnavailableError: It is away, or busy.
    """
    told = {"Last-Event-ID": str(cursor)}
    try:
        with http.stream("GET", path, headers=told, timeout=_SILENCE_S) as answer:
            yield from map(to_event, events_in(answer.iter_lines()))
    except RemoteError as error:
        if error.may_pass:
            raise AdapterUnavailableError(str(error), hint=error.hint) from error
        raise


def events_in(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Give the data of each event in a stream's lines.

    Source:
        HTML Living Standard, section 9.2.6, as far as the server uses it.
    """
    held: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            held.append(line[5:].removeprefix(" "))
        elif not line and held:
            yield json.loads("\n".join(held))
            held = []


def to_event(data: dict[str, Any]) -> RunEvent:
    """Read an event as the server writes it."""
    return RunEvent(
        run_id=data["run_id"],
        kind=EventKind(data["kind"]),
        stage=data["stage"],
        t_s=data["t_s"],
        details=data["details"],
        cursor=data["cursor"],
    )
