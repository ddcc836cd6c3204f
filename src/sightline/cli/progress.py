"""Shows how far a run has come: a bar at a terminal, now and then a line elsewhere, nothing on demand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sightline.cli.console import duration_words, note
from sightline.core.events import EventKind, RunEvent

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

Listener = Callable[[RunEvent], None]

_WORDS = {
    "upload": "sending the video",
    "download": "fetching the results",
    "analyze": "looking at frames",
    "tables": "joining tables",
    "report": "making the report",
    "annotate": "drawing the video",
}
_LINE_EVERY = 0.1  # of the work


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[Listener]:
    """Give a listener that shows a run's events on stderr."""
    if quiet:
        yield _ignore
    elif sys.stderr.isatty():
        with _bar() as listener:
            yield listener
    else:
        yield Lines()


def _ignore(_event: RunEvent) -> None:
    pass


def _words(stage: str) -> str:
    return _WORDS.get(stage, stage)


class Lines:
    """Writes a line when a stage begins and after each tenth of it."""

    def __init__(self, write: Callable[[str], None] = note) -> None:
        self._write = write
        self._next = 0.0

    def __call__(self, event: RunEvent) -> None:
        """Take an event."""
        if event.kind is EventKind.STAGE_STARTED:
            self._next = _LINE_EVERY
            self._write(f"{_words(event.stage)} ...")
        elif event.kind is EventKind.STAGE_PROGRESS and event.details.get("total"):
            share = event.details["done"] / event.details["total"]
            if share >= self._next:
                self._next = (int(share / _LINE_EVERY) + 1) * _LINE_EVERY
                self._write(progress_words(event))


def progress_words(event: RunEvent) -> str:
    """Give `stage: done/total (percent), fps, time left` of a progress event."""
    facts = event.details
    words = f"{_words(event.stage)}: {facts['done']}/{facts['total']} ({facts['done'] / facts['total']:.0%})"
    return ", ".join([words, *_pace(facts)])


def _pace(facts: Mapping[str, Any]) -> list[str]:
    if not facts.get("fps"):
        return []
    return [f"{facts['fps']:.0f} fps", f"{duration_words(facts.get('eta_s'))} left"]


class Bar:
    """Draws a bar for each stage; it goes when the run has ended."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, event: RunEvent) -> None:
        """Take an event."""
        if event.kind is EventKind.STAGE_PROGRESS and event.details.get("total"):
            facts = event.details
            self._progress.update(
                self._task(event.stage),
                completed=facts["done"],
                total=facts["total"],
                count=f"{facts['done']}/{facts['total']}",
                pace="  ".join(_pace(facts)),
            )
        elif event.kind is EventKind.STAGE_STARTED:
            self._task(event.stage)
        elif event.kind is EventKind.STAGE_COMPLETED:
            self._progress.update(self._task(event.stage), completed=1, total=1, pace="done")

    def _task(self, stage: str) -> TaskID:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(_words(stage), total=None, count="", pace="")
        return self._tasks[stage]


@contextmanager
def _bar() -> Iterator[Bar]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[pace]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress)
