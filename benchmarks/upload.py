"""Uploads one large file, and fifty at once, beside bare ASGI sinks on the same server stack.

python benchmarks/upload.py [--mb 1000] [--no-write]

One sink throws the bytes away, the other writes them to a file and has that on disk before it answers, as an upload is;
an upload is hashed and looked into as well. Rounds of all three take turns. Processor times are of the server alone.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import psutil

from document import machine, table, write_section

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

PIECE_BYTES = 1 << 20
AT_ONCE = 50
BOUNDARY = "sightline"


def padded(folder: Path, size_bytes: int) -> Path:
    """A real video, made as large as wanted by a box that players leave out."""
    from factories import make_clip

    path = make_clip(folder / "clip.mp4", frames=20).path
    rest = size_bytes - path.stat().st_size
    with path.open("ab") as file:
        file.write(rest.to_bytes(4, "big") + b"free")
        rest -= 8
        while rest:
            rest -= file.write(os.urandom(min(rest, PIECE_BYTES)))
    return path


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def run_sink(port: int, folder: Path | None) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server

    async def drain(receive, write) -> None:
        more = True
        while more:
            message = await receive()
            more = message.get("more_body", False)
            write(message.get("body", b""))

    async def sink(_scope, receive, send) -> None:
        if folder is None:
            await drain(receive, len)
        else:
            with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
                await drain(receive, file.write)
                await asyncio.to_thread(os.fsync, file.fileno())
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    asyncio.run(Server(sink, port=port, interface=Interfaces.ASGINL, log_enabled=False).serve())


def send(port: int, path: Path, key: str) -> tuple[float, dict]:
    """Post a file as a form; gives seconds and the answer."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
        "Content-Type: video/mp4\r\n\r\n"
    ).encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    connection = HTTPConnection("127.0.0.1", port, timeout=300)
    started_s = time.perf_counter()
    connection.putrequest("POST", "/api/v1/videos")
    connection.putheader("X-API-Key", key)
    connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    connection.putheader("Content-Length", str(len(head) + path.stat().st_size + len(tail)))
    connection.endheaders()
    connection.send(head)
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            connection.send(piece)
    connection.send(tail)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    assert answer.status == 201, body
    return time.perf_counter() - started_s, body


def answers(port: int) -> None:
    for _ in range(1200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server does not answer")


class Taker:
    """A server that takes files, and what that cost it."""

    def __init__(self, port: int, pid: int, key: str = "") -> None:
        self.port, self.key, self.process = port, key, psutil.Process(pid)
        self.took_s: list[float] = []
        self.cpu_s: list[float] = []
        self.peak_bytes = 0
        answers(port)

    def take(self, file: Path) -> dict:
        before = self.process.cpu_times()
        with ThreadPoolExecutor(1) as pool:
            one = pool.submit(send, self.port, file, self.key)
            while not one.done():
                self.peak_bytes = max(self.peak_bytes, self.process.memory_info().rss)
                time.sleep(0.05)
        took_s, answer = one.result()
        after = self.process.cpu_times()
        self.took_s.append(took_s)
        self.cpu_s.append(after.user + after.system - before.user - before.system)
        return answer


def measure(folder: Path, size_bytes: int) -> dict[str, float]:
    from sightline.bootstrap import build_platform
    from sightline.settings import Settings
    from sightline.testing.accounts import headers_of

    home = folder / "home"
    key = headers_of(build_platform(Settings(home=home)))["X-API-Key"]
    env = {
        **os.environ,
        "SIGHTLINE_HOME": str(home),
        "SIGHTLINE_WORKERS": "1",
        "SIGHTLINE_WRITES_PER_MIN": "0",
    }
    spawn = multiprocessing.get_context("spawn")
    ports = [free_port() for _ in range(3)]
    sinks = [
        spawn.Process(target=run_sink, args=(port, place), daemon=True)
        for port, place in zip(ports, (None, folder), strict=False)
    ]
    for sink in sinks:
        sink.start()
    command = [Path(sys.executable).with_name("sightline"), "serve", "--port", str(ports[2])]
    server = subprocess.Popen(command, env=env)
    try:
        nothing, filed = (Taker(port, sink.pid) for port, sink in zip(ports, sinks, strict=False))
        ours = Taker(ports[2], server.pid, key)
        send(ours.port, padded(folder, 2_000_000), key)  # what is imported first is imported now
        file = padded(folder, size_bytes)
        before_bytes = ours.process.memory_info().rss
        for _ in range(2):
            for taker in (nothing, filed):
                taker.take(file)
            video = ours.take(file)
        assert video["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        small = padded(folder, 2_000_000)
        wanted = hashlib.sha256(small.read_bytes()).hexdigest()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            many = list(pool.map(lambda _: send(ours.port, small, key)[1]["sha256"], range(AT_ONCE)))
    finally:
        server.terminate()
        server.wait(60)
        for sink in sinks:
            sink.terminate()
    found: dict[str, float] = {"size_mb": size_bytes / 1e6}
    for name, taker in (("sink", nothing), ("sink_to_file", filed), ("upload", ours)):
        found[f"{name}_mb_per_s"] = size_bytes / 1e6 / min(taker.took_s)
        found[f"{name}_cpu_s"] = min(taker.cpu_s)
    return found | {
        "memory_growth_mb": (ours.peak_bytes - before_bytes) / 1e6,
        "at_once": AT_ONCE,
        "at_once_whole": many.count(wanted),
    }


def report(found: dict[str, float]) -> str:
    ours = found["upload_mb_per_s"]
    kinds = {
        "upload": "an upload: written, on disk, hashed, looked into",
        "sink_to_file": "a bare ASGI sink that writes them, and has them on disk",
        "sink": "a bare ASGI sink that throws them away",
    }
    rows = [
        [
            words,
            f"{found[f'{name}_mb_per_s']:.0f}",
            f"{found[f'{name}_cpu_s'] * 1000 / found['size_mb']:.2f}",
            f"{ours / found[f'{name}_mb_per_s']:.2f}",
        ]
        for name, words in kinds.items()
    ]
    header = (
        "what becomes of the bytes",
        "MB/s",
        "server's processor, s a GB",
        "an upload's pace over this one's",
    )
    return (
        f"{machine()}; load average when it ended {os.getloadavg()[0]:.1f}.\n\n"
        "```\npython benchmarks/upload.py\n```\n\n"
        f"One file of {found['size_mb']:.0f} MB over loopback, the faster of two rounds; all three on the same server stack.\n\n"
        + table(header, rows)
        + f"\n\nMemory grew by {found['memory_growth_mb']:.1f} MB. Of {found['at_once']:.0f} uploads at once "
        f"{found['at_once_whole']:.0f} came whole."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mb", type=float, default=1000)
    parser.add_argument("--no-write", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        text = report(measure(Path(place), int(given.mb * 1e6)))
    print(text)
    if not given.no_write:
        write_section("upload", text)


if __name__ == "__main__":
    main()
