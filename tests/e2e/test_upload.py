"""An upload that was killed or stopped goes on where it was, when the same command is given again."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from commandline import COMMAND

from factories import make_clip
from sightline.client import SightlineClient

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(300)]
_SIZE_BYTES = 40_000_000
_HELD_AFTER_BYTES = 20_000_000
_PART_BYTES = 8 << 20
_LIMIT_S = 120


class Line:
    """A network between clients and a server: counts what is sent, and stands still after so many bytes."""

    def __init__(self, url: str) -> None:
        there = urlsplit(url)
        self._there = (there.hostname, there.port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.sent_bytes = 0
        self.hold_after_bytes: int | None = None
        self.is_held = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._there)
                for source, sink, counted in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._pass, args=(source, sink, counted), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if counted:
                    self.sent_bytes += len(data)
                    if self.hold_after_bytes is not None and self.sent_bytes > self.hold_after_bytes:
                        self.is_held.set()
                        continue  # it goes nowhere, until the client is gone
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def line(server) -> Iterator[Line]:
    line = Line(server["SIGHTLINE_SERVER"])
    yield line
    line.close()


@pytest.fixture
def video(work) -> Path:
    """A video that is large for what it shows: a box that players skip makes up the rest."""
    path = make_clip(work / "street.mp4", frames=10).path
    more_bytes = _SIZE_BYTES - path.stat().st_size
    with path.open("ab") as file:
        file.write(more_bytes.to_bytes(4, "big") + b"free" + os.urandom(more_bytes - 8))
    return path


@pytest.fixture
def analyze(server, line, video, work) -> Callable[[], subprocess.Popen[str]]:
    """Begin the command over that network."""

    def begin() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [
                *COMMAND,
                "--server",
                line.url,
                "analyze",
                str(video),
                "--no-annotate",
                "--out",
                str(work / "out"),
            ],
            env={**server, "SIGHTLINE_HOME": str(work / "home")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


@pytest.fixture
def client(server, work) -> Iterator[SightlineClient]:
    with SightlineClient(
        server["SIGHTLINE_SERVER"], server["SIGHTLINE_TOKEN"], unfinished=work / "notes"
    ) as client:
        yield client


def notes(work: Path) -> list[Path]:
    return list((work / "home" / "unfinished").glob("*"))


def stopped_midway(analyze, line, with_signal: signal.Signals) -> tuple[int, str]:
    """Begin the command, send it a signal once it stands still, and give its exit status and what it said."""
    line.hold_after_bytes = _HELD_AFTER_BYTES
    process = analyze()
    assert line.is_held.wait(_LIMIT_S)
    process.send_signal(with_signal)
    said = process.communicate(timeout=_LIMIT_S)[1]
    line.hold_after_bytes, line.sent_bytes = None, 0
    return process.returncode, said


def assert_goes_on(analyze, line, client, video) -> None:
    process = analyze()
    said = process.communicate(timeout=_LIMIT_S)[1]
    assert process.returncode == 0, said
    assert line.sent_bytes < _SIZE_BYTES - 2 * _PART_BYTES + 500_000
    (stored,) = client.videos()
    assert (stored["state"], stored["size_bytes"]) == ("ready", _SIZE_BYTES)
    assert stored["sha256"] == hashlib.sha256(video.read_bytes()).hexdigest()


def test_an_upload_whose_client_was_killed_goes_on_where_it_was(analyze, line, client, video, server, work):
    stopped_midway(analyze, line, signal.SIGKILL)
    (note,) = notes(work)
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert server["SIGHTLINE_TOKEN"] not in note.read_text()
    assert_goes_on(analyze, line, client, video)
    assert notes(work) == []


def test_ctrl_c_says_how_much_has_arrived_and_the_same_command_goes_on(analyze, line, client, video, work):
    status, said = stopped_midway(analyze, line, signal.SIGINT)
    assert status == 130
    assert said.splitlines()[-1] == (
        f"error[cancelled]: stopped; 16.8 MB of 40.0 MB of {video} have arrived. "
        "hint: the same command goes on from there"
    )
    assert_goes_on(analyze, line, client, video)


def test_a_file_that_was_changed_begins_anew(analyze, line, client, video, work):
    stopped_midway(analyze, line, signal.SIGKILL)
    os.utime(video, (1, 1))
    process = analyze()
    said = process.communicate(timeout=_LIMIT_S)[1]
    assert process.returncode == 0, said
    assert line.sent_bytes > _SIZE_BYTES
    assert [one["name"] for one in client.videos(state="ready")] == [video.name]
