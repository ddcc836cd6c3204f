"""The clients of `pollers.py`, in a process of their own: reads what to do as JSON on its input, answers likewise.

Bare HTTP/1.1 over asyncio's protocols: a client library would take more of the machine than the server that is measured.
It begins at once, stops when its input ends, and never runs longer than `limit_s`.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time

_ID = re.compile(rb"^id: (\d+)$", re.MULTILINE)
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


class Poller(asyncio.Protocol):
    """Asks for a status again and again over one connection."""

    def __init__(self, request: bytes, every_s: float) -> None:
        self.request, self.every_s = request, every_s
        self.took_ms: list[float] = []
        self.statuses: dict[int, int] = {}
        self._held = b""
        self._sent_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.again(random.random() * self.every_s)

    def again(self, wait_s: float) -> None:
        asyncio.get_running_loop().call_later(wait_s, self.ask)

    def ask(self) -> None:
        if not self.transport.is_closing():
            self._sent_s = time.perf_counter()
            self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, found, body = self._held.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        if not found or length is None or len(body) < int(length[1]):
            return
        took_s = time.perf_counter() - self._sent_s
        status = int(head[9:12])
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.took_ms.append(took_s * 1000)
        self._held = b""
        self.again(max(0.0, self.every_s - took_s))


class Listener(asyncio.Protocol):
    """Reads one stream of events to its end."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.cursors: list[int] = []
        self.status = 0
        self.begun, self.ended = asyncio.Event(), asyncio.Event()
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if not self.status:
            self.status = int(data[9:12])
            self.begun.set()
        whole, _, self._held = (self._held + data).rpartition(b"\n")
        self.cursors += map(int, _ID.findall(whole))

    def connection_lost(self, _error: Exception | None) -> None:
        self.begun.set()
        self.ended.set()


def request_to(path: str, key: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: sightline\r\nX-API-Key: {key}\r\n\r\n".encode()


async def main(asked: dict) -> dict:
    loop = asyncio.get_running_loop()
    keys, path = asked["keys"], f"/api/v1/pipeline/{asked['run']}"
    pollers = [
        Poller(request_to(f"{path}/status", keys[n % len(keys)]), asked["every_s"])
        for n in range(asked["pollers"])
    ]
    listeners = [
        Listener(request_to(f"{path}/events", keys[n % len(keys)])) for n in range(asked["listeners"])
    ]
    for one in listeners:
        await loop.create_connection(lambda one=one: one, "127.0.0.1", asked["port"])
    for one in listeners:  # what is measured is looking on, not signing in
        await one.begun.wait()
    for one in pollers:
        await loop.create_connection(lambda one=one: one, "127.0.0.1", asked["port"])
    print("connected", flush=True)
    began_s = time.process_time()
    went_on = loop.run_in_executor(None, sys.stdin.readline)
    await asyncio.wait([went_on], timeout=asked["limit_s"])
    for one in pollers:
        one.transport.close()
    ends = [asyncio.ensure_future(one.ended.wait()) for one in listeners]
    if ends:
        await asyncio.wait(ends, timeout=asked["end_s"])
    last = asked["last"] = max((max(one.cursors, default=0) for one in listeners), default=0)
    whole = list(range(1, last + 1))
    return {
        "took_ms": [took for one in pollers for took in one.took_ms],
        "statuses": {
            str(code): sum(one.statuses.get(code, 0) for one in pollers) for code in (200, 429, 500)
        },
        "last": last,
        "listened_whole": sum(one.cursors == whole for one in listeners),
        "listeners_ended": sum(one.ended.is_set() for one in listeners),
        "cpu_s": time.process_time() - began_s,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.loads(sys.stdin.readline())))), flush=True)
