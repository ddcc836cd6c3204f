"""Reads a stream of server-sent events; where it breaks off, it goes on after the last stored event."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sightline.core.errors import AdapterUnavailableError
from sightline.core.events import EventKind, RunEvent

if TYPE_CHECKING:
    from sightline.client.http import Http

_SILENCE_S = 45.0  # the server says that it is there every 15 s
_LAST = frozenset({EventKind.PIPELINE_COMPLETED, EventKind.PIPELINE_FAILED})


def follow(http: Http, path: str, *, after: int = 0) -> Iterator[RunEvent]:
    """Give every stored event with a cursor above `after` once, in order, and the pace in between.

    Raises:
        RemoteError: The server refuses.
        AdapterUnavailableError: It does not answer, however often it is asked.
    """
    cursor, failures, last = after, 0, None
    while True:
        try:
            with http.stream(
                "GET", path, headers={"Last-Event-ID": str(cursor)}, timeout=_SILENCE_S
            ) as answer:
                for data in events_in(answer.iter_lines()):
                    event = to_event(data)
                    failures = 0
                    if event.cursor:
                        cursor, last = event.cursor, event.kind
                    yield event
        except AdapterUnavailableError:
            failures += 1
            if last in _LAST:
                return
            if not http.wait(failures):
                raise
        else:
            return


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
