"""Shows how far a run has come: a bar at a terminal, now and then a line elsewhere, nothing on demand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sightline.cli.console import duration_words, note
from sightline.core.events import EventKind, RunEvent

Listener = Callable[[RunEvent], None]

_WORDS = {
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
    if facts.get("fps"):
        words += f", {facts['fps']:.0f} fps, {duration_words(facts.get('eta_s'))} left"
    return words


@contextmanager
def _bar() -> Iterator[Listener]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    progress = Progress(
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[pace]}"),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, Any] = {}

    def show(event: RunEvent) -> None:
        if event.kind is EventKind.STAGE_STARTED and event.stage not in tasks:
            tasks[event.stage] = progress.add_task(_words(event.stage), total=None, pace="")
        elif event.kind is EventKind.STAGE_PROGRESS and event.details.get("total"):
            facts = event.details
            pace = (
                f"{facts['fps']:.0f} fps  {duration_words(facts.get('eta_s'))} left"
                if facts.get("fps")
                else ""
            )
            progress.update(tasks[event.stage], completed=facts["done"], total=facts["total"], pace=pace)
        elif event.kind is EventKind.STAGE_COMPLETED and event.stage in tasks:
            total = progress.tasks[tasks[event.stage]].total or 1
            progress.update(tasks[event.stage], completed=total, total=total, pace="done")

    with progress:
        yield show
