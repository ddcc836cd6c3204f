"""Has figures drawn by processes of their own, while the one that asked goes on.

matplotlib and mplsoccer take a second to load and figures take seconds to draw, on one core. So for a long match
painters are started before it is measured, and have loaded everything by the time they are given something to draw.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sightline.apps.football.pictures.pitches import Board

if TYPE_CHECKING:
    from types import TracebackType

    from sightline.analytics.football.match import PitchSize

_COMMAND = (sys.executable, "-P", "-m", "sightline.apps.football.pictures.painters")
_MOST = 2
_LONG_ROWS = 15_000
_TAKES = {"heats": 5, "heat": 2, "passes": 2}
"""How long figures take to draw, next to others."""
Task = tuple[str, tuple[Any, ...]]


def painters_for(rows: int) -> int:
    """Give how many painters a match of so many frames is worth; none where it is measured before they are ready."""
    cores = os.cpu_count() or 1
    return _MOST if rows >= _LONG_ROWS and cores > 1 else 0


class Painters:
    """Draws figures of one match; a context manager, at whose end nobody is painting any more.

    Args:
        folder: Where figures go.
        count: How many processes paint; with none `finish` draws everything itself.
    """

    def __init__(self, folder: Path, count: int = 0) -> None:
        self._folder = folder
        self._tasks: list[Task] = []
        self._painting: list[tuple[subprocess.Popen[bytes], list[Task]]] = []
        self._idle = [
            subprocess.Popen(
                _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            for _ in range(count)
        ]

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop whoever still paints; after `finish` that is nobody."""
        for painter in (*self._idle, *(painter for painter, _ in self._painting)):
            painter.kill()
            painter.communicate()
        self._idle, self._painting = [], []

    def ask(self, draw: Callable[..., None], *args: Any) -> None:
        """Ask for a method of `Board` to be called with these arguments."""
        self._tasks.append((draw.__name__, args))

    def begin(self, pitch: PitchSize) -> None:
        """Let the painters draw what was asked for; what no painter is there for stays for `finish`."""
        shares = _dealt(self._tasks, len(self._idle))
        for painter, share in zip(self._idle, shares, strict=True):
            self._painting.append((painter, share))
            _give(painter, (self._folder, pitch, share))
        self._tasks = [] if self._idle else self._tasks
        self._idle = []

    def finish(self, pitch: PitchSize) -> None:
        """Wait until all figures are there; those of a painter that failed are drawn here, so that it is known why."""
        painting, self._painting = self._painting, []
        for painter, share in painting:
            if painter.wait() != 0:
                self._tasks += share
        _paint(Board(self._folder, pitch), self._tasks)
        self._tasks = []


def _dealt(tasks: Sequence[Task], count: int) -> list[list[Task]]:
    """Share tasks out so that all are done at about the same time, the longest first."""
    shares: list[list[Task]] = [[] for _ in range(count)]
    loads = [0] * count
    for name, args in sorted(tasks, key=lambda task: -_TAKES.get(task[0], 1)):
        if count:
            least = loads.index(min(loads))
            shares[least].append((name, args))
            loads[least] += _TAKES.get(name, 1)
    return shares


def _give(painter: subprocess.Popen[bytes], work: Any) -> None:
    if painter.stdin is not None:
        try:
            with painter.stdin as pipe:
                pickle.dump(work, pipe, protocol=5)
        except BrokenPipeError:  # it is gone already, which `finish` sees by its status
            return


def _paint(board: Board, tasks: Sequence[Task]) -> None:
    for name, args in tasks:
        getattr(board, name)(*args)


def main() -> None:
    """Be a painter: load everything, then draw what comes on standard input."""
    import mplsoccer  # noqa: F401 - loaded before there is anything to draw

    given = sys.stdin.buffer.read()
    if given:
        folder, pitch, tasks = pickle.loads(given)  # what the process that started this one wrote
        _paint(Board(folder, pitch), tasks)


if __name__ == "__main__":
    main()
