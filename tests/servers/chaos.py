"""What a test needs to break a whole service, to follow it from outside, and to tell what happened when it stands still."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from commandline import COMMAND, environment
from sqlalchemy import text
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from sightline.client.client import SightlineClient
from sightline.client.http import Patience
from sightline.core.errors import SightlineError
from sightline.core.events import EventKind

_LOG_LINES = 25
_STACKS_WITHIN_S = 2.0
_BACK_AFTER_S = 0.5
_LAST = {EventKind.PIPELINE_COMPLETED, EventKind.PIPELINE_FAILED}
CELERY = (sys.executable, "-m", "celery", "--app", "sightline.worker.celery", "worker", "--beat")


class Service:
    """A process that is started again whenever it ends, as whatever runs a service would; its words go to a file.

    Args:
        name: Of the log.
        command: Starts it.
        folder: Of the log.
        home: Sightline's.
        settings: Sightline's.
    """

    def __init__(
        self, name: str, command: Sequence[str | Path], folder: Path, home: Path, settings: Mapping[str, str]
    ) -> None:
        self.log = folder / f"{name}.log"
        self._command = [str(word) for word in command]
        given = {"C_FORCE_ROOT": "1", "PYTHONFAULTHANDLER": "1"}
        self._environment = {**environment(home, **settings), **given}
        self.process = self._start()

    @classmethod
    def sightline(cls, name: str, *arguments: str, **given: Any) -> Service:
        """Run one of Sightline's own commands."""
        return cls(name, [*COMMAND, *arguments], **given)

    def kill(self) -> None:
        """End it, and all that it started and that is of its group, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def tend(self) -> None:
        """Start it again where it has ended."""
        if self.process.poll() is not None:
            self.process = self._start()

    def show_stacks(self) -> None:
        """Have it, and what it started, write where each thread stands, and end."""
        for pid in [*reversed(_children(self.process.pid)), self.process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGABRT)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_STACKS_WITHIN_S)

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, listed.read_text().split()):
            found += [child, *_children(child)]
    return found


class Follower(threading.Thread):
    """A client that follows one run's events, whatever happens to the server.

    Attributes:
        cursors: Of the events it was told, in order.
        error: What made it give up, None where nothing did.
    """

    def __init__(self, url: str, key: str, run_id: str) -> None:
        super().__init__(name=f"follower-{run_id}", daemon=True)
        self.url, self.key, self.run_id = url, key, run_id
        self.cursors: list[int] = []
        self.error: SightlineError | None = None
        self.start()


class StreamFollower(Follower):
    """Follows by server-sent events, as the client in the package does."""

    def run(self) -> None:
        patience = Patience(tries=400, base_s=0.3, longest_s=1.0)
        try:
            with SightlineClient(self.url, self.key, patience=patience) as client:
                for event in client.follow(self.run_id):
                    if event.cursor:
                        self.cursors.append(event.cursor)
        except SightlineError as error:
            self.error = error


class SocketFollower(Follower):
    """Follows over a WebSocket, and comes back with the last cursor until the run's end was told."""

    def run(self) -> None:
        while not self._listened():
            time.sleep(_BACK_AFTER_S)

    def _listened(self) -> bool:
        """Take what one connection brings; True once the run's end was told."""
        place = f"{self.url.replace('http', 'ws', 1)}/api/v1/pipeline/{self.run_id}/events"
        after = self.cursors[-1] if self.cursors else 0
        try:
            with connect(f"{place}?after={after}", additional_headers={"X-API-Key": self.key}) as socket:
                for message in socket:
                    event = json.loads(message)
                    if event["cursor"]:
                        self.cursors.append(event["cursor"])
                    if event["kind"] in _LAST:
                        return True
        except (OSError, WebSocketException):  # the server is away, starts, or stops
            pass
        return False


def tell(platform: Any, services: Sequence[Service]) -> str:
    """Give what every run that has not completed, its job, its lease and every process look like now."""
    now_s, lines = time.time(), []
    with suppress(SightlineError), platform.runs.database.reading() as connection:
        for job in connection.execute(text("SELECT * FROM jobs ORDER BY number")).mappings():
            held = f"held by {job['token']} for {job['expires_s'] - now_s:.1f} s" if job["token"] else "free"
            wait_s = max(0.0, job["ready_s"] - now_s)
            lines.append(
                f"job {job['job_id']}: {held}, ready in {wait_s:.1f} s, {job['deliveries']} deliveries"
            )
    with suppress(SightlineError):
        for run in platform.runs.list(limit=1000):
            if run.state.value == "completed":
                continue
            lines.append(f"run {run.id}: {run.state}, attempt {run.attempts}, {dict(run.error)}")
            lines += [
                f"    attempt {one.number} by {one.worker}: {one.outcome or 'under way'}, began "
                f"{now_s - one.started_s:.1f} s ago, {one.error.get('detail', one.error)}"
                for one in platform.journal.attempts(run.id)
            ]
            told = platform.journal.events(run.id, limit=10_000)
            lines += [f"    event {one.cursor}: {one.kind} {one.stage} {dict(one.details)}" for one in told]
            lines.append(f"    folder: {sorted(path.name for path in Path(run.folder).rglob('*'))}")
    for service in services:
        service.show_stacks()
        words = service.log.read_text(errors="replace").splitlines()
        lines += [f"--- {service.log.name}, ended with {service.process.poll()}", *words[-_LOG_LINES * 4 :]]
    return "\n".join(lines)
