"""Live streams under load: `python benchmarks/live.py [--seconds 8] [--peer] [--soak-minutes 10] [--only-soak]`.

Clients send 640x480 JPEGs at a rate, over loopback, from one process of their own, and note when results come back.
Writes benchmarks/out/live.json. The model is YOLOX-nano of the test data. A soak is four clients at 30 frames a second
with `quality_mode=auto`; it fails where memory grows by over 5 %, a frame is unaccounted for, or one client has over
10 % less than another.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import av
import cv2
import numpy as np
import psutil
from websockets.asyncio.client import connect

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("SIGHTLINE_TEST_DATA", ROOT.parent / "shared" / "data"))
MODEL = DATA / "weights" / "yolox_nano.onnx"
CLIP = DATA / "videos" / "people" / "pets09_s2l1_480x360.avi"
MAGIC = b"SLF1"


def pictures(count: int = 60) -> list[bytes]:
    with av.open(str(CLIP)) as video:
        found = []
        for frame in video.decode(video=0):
            image = cv2.resize(frame.to_ndarray(format="bgr24"), (640, 480))
            found.append(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes())
            if len(found) == count:
                return found
    return found


class Client:
    """One stream: sends at a rate, whatever comes back."""

    def __init__(
        self, url: str, headers: dict[str, str], frames: list[bytes], fps: float, *, binary: bool
    ) -> None:
        self.url, self.headers, self.frames, self.fps, self.binary = url, headers, frames, fps, binary
        self.sent: dict[int, float] = {}
        self.count = 0
        self.glass_ms: list[float] = []
        self.server_ms: list[float] = []
        self.dropped: dict[str, int] = {}
        self.frames_told: dict = {}
        self.legs: dict = {}
        self.refused = ""

    async def run(self, seconds: float) -> None:
        async with connect(
            self.url, additional_headers=self.headers, compression=None, max_size=None
        ) as socket:
            first = json.loads(await socket.recv())
            if first["type"] == "error":
                self.refused = first["data"]["code"]
                return
            reader = asyncio.create_task(self._read(socket))
            await asyncio.sleep(random.random() / self.fps)
            begun = time.monotonic()
            end = begun + seconds
            while (due := begun + self.count / self.fps) < end:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                now = time.time()
                picture = self.frames[self.count % len(self.frames)]
                self.sent[self.count] = now
                if self.binary:
                    header = json.dumps({"frame_id": self.count, "timestamp": now}).encode()
                    await socket.send(MAGIC + len(header).to_bytes(2, "big") + header + picture)
                else:
                    text = base64.b64encode(picture).decode()
                    await socket.send(
                        json.dumps(
                            {"type": "frame", "image_data": text, "frame_id": self.count, "timestamp": now}
                        )
                    )
                self.count += 1
            await asyncio.sleep(1.0)
            if self.headers:
                await asyncio.to_thread(self._look, first["data"]["client_id"])
            reader.cancel()

    def _look(self, client_id: str) -> None:
        """Ask the server what became of the stream's frames, once all have come to an end or half a minute later."""
        base = self.url.replace("ws://", "http://").partition("/stream/")[0]
        asked = urllib.request.Request(f"{base}/stream/sessions/{client_id}/stats", headers=self.headers)
        end = time.monotonic() + 30
        while True:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                told = json.load(answer)
            settled = told["frames"]["received"] >= self.count and not told["frames"]["waiting"]
            if settled or time.monotonic() > end:
                break
            time.sleep(0.2)
        self.frames_told, self.legs = told["frames"], told["latency"]

    async def _read(self, socket) -> None:
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "detection_result":
                data = message["data"]
                self.glass_ms.append((time.time() - self.sent[data["frame_id"]]) * 1000)
                timing = data["timing"]
                self.server_ms.append((timing["sent"] - timing["received"]) * 1000)
                self.dropped = data["dropped"]


def growth(memory: list[float]) -> float | None:
    """Give how much the last tenth takes over the second one, as a share; the first is warming up."""
    tenth = len(memory) // 10
    if tenth < 1:
        return None
    early, late = np.median(memory[tenth : 2 * tenth]), np.median(memory[-tenth:])
    return round(float(late / early - 1), 4)


def soak_faults(row: dict) -> list[str]:
    """Say what does not hold of a soak."""
    faults = []
    if row["refused"]:
        faults.append(f"{row['refused']} clients were refused")
    if row["unaccounted"]:
        faults.append(f"{row['unaccounted']} frames are unaccounted for")
    if row["rss_growth"] is None or abs(row["rss_growth"]) > 0.05:
        faults.append(f"memory grew by {row['rss_growth']}")
    if row["fairness"] is None or row["fairness"] < 0.9:
        faults.append(f"the least served had {row['fairness']} of the most served")
    return faults


def spread(values: list[float]) -> dict[str, float]:
    return {f"p{p}": round(float(np.percentile(values, p)), 1) for p in (50, 95, 99)} if values else {}


async def load(server: Server, sessions: int, fps: float, seconds: float, *, binary: bool, mode: str) -> dict:
    query = f"?fps_limit={min(fps, 30):g}&quality_mode={mode}" if server.is_ours else ""
    clients = [
        Client(server.url + query, server.headers, server.frames, fps, binary=binary) for _ in range(sessions)
    ]
    cpu = server.cpu_s()
    memory: list[float] = []

    async def watch() -> None:
        while True:
            memory.append(server.rss_mb())
            await asyncio.sleep(1)

    watcher = asyncio.create_task(watch())
    await asyncio.gather(*(client.run(seconds) for client in clients))
    watcher.cancel()
    answered = [len(client.glass_ms) for client in clients if not client.refused]
    total = sum(answered)
    drops: dict[str, int] = {}
    for client in clients:
        for cause, count in client.dropped.items():
            drops[cause] = drops.get(cause, 0) + count
    return {
        "sessions": sessions,
        "fps": fps,
        "frames": "binary" if binary else "base64",
        "refused": sum(bool(client.refused) for client in clients),
        "sent": sum(client.count for client in clients),
        "answered": total,
        "dropped": drops,
        "received_to_sent_ms": spread([x for c in clients for x in c.server_ms]),
        "capture_to_client_ms": spread([x for c in clients for x in c.glass_ms]),
        "legs_p95_ms": {leg: row["p95_ms"] for leg, row in clients[0].legs.items()},
        "unaccounted": sum(
            abs(client.count - told["received"])
            + abs(told["received"] - told["processed"] - sum(told["dropped"].values()))
            for client in clients
            if (told := client.frames_told)
        ),
        "fairness": round(min(answered) / max(answered), 3) if answered and max(answered) else None,
        "cpu_ms_a_frame": round((server.cpu_s() - cpu) * 1000 / total, 2) if total else None,
        "rss_mb": [round(memory[0], 1), round(max(memory), 1), round(memory[-1], 1)] if memory else [],
        "rss_growth": growth(memory),
    }


class Server:
    """A server process, ours or the peer's."""

    def __init__(self, frames: list[bytes], *, peer: bool, port: int) -> None:
        self.frames, self.is_ours = frames, not peer
        self.url = f"ws://127.0.0.1:{port}/stream/detection"
        self.headers: dict[str, str] = {}
        self._home = tempfile.TemporaryDirectory()
        if peer:
            python = ROOT / "benchmarks/peers/live/.venv/bin/python"
            command = [str(python), str(ROOT / "benchmarks/peers/live/run.py"), str(MODEL), str(port)]
        else:
            command = [sys.executable, str(ROOT / "benchmarks/live_server.py"), self._home.name, str(port)]
        environ = os.environ | {"SIGHTLINE_STREAM_MODEL": str(MODEL), "SIGHTLINE_STREAM_LATENCY_MS": "60000"}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
        if not peer:
            key = next(line.strip() for line in self._process.stdout if line.startswith("sl_"))
            self.headers = {"X-API-Key": key}
        else:
            self._wait(port)
        self._facts = psutil.Process(self._process.pid)

    def _wait(self, port: int) -> None:
        import socket

        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("the peer does not answer")

    def cpu_s(self) -> float:
        times = self._facts.cpu_times()
        return times.user + times.system

    def rss_mb(self) -> float:
        return self._facts.memory_info().rss / 1e6

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._home.cleanup()


def most_sessions(server: Server, fps: float, seconds: float, limit_ms: float, *, binary: bool) -> list[dict]:
    """Go up until p95 or the drops say no: one more each time would only repeat what the step shows."""
    rows = []
    for sessions in (1, 2, 4, 6, 8, 10, 12, 16, 20):
        row = asyncio.run(load(server, sessions, fps, seconds, binary=binary, mode="balanced"))
        rows.append(row)
        print(json.dumps(row), flush=True)
        p95 = row["capture_to_client_ms"].get("p95", 1e9)
        if p95 > limit_ms or row["answered"] < 0.98 * row["sent"]:
            break
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--soak-minutes", type=float, default=0)
    parser.add_argument("--only-soak", action="store_true")
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--port", type=int, default=18750)
    chosen = parser.parse_args()
    frames = pictures()
    print(f"picture: {np.mean([len(f) for f in frames]) / 1000:.0f} kB", flush=True)
    found: dict = {"machine": {"cores": os.cpu_count(), "load": os.getloadavg()}}
    for peer in (False, True) if chosen.peer else (False,):
        server = Server(frames, peer=peer, port=chosen.port + peer)
        name = "peer" if peer else "sightline"
        try:
            asyncio.run(load(server, 1, 15, 2, binary=not peer, mode="balanced"))  # opens the model
            if not chosen.only_soak:
                ways = [False] if peer else [True, False]
                found[f"{name}_15fps"] = [
                    asyncio.run(load(server, 1, 15, chosen.seconds, binary=binary, mode="balanced"))
                    for binary in ways
                ]
                print(json.dumps(found[f"{name}_15fps"], indent=1), flush=True)
                found[f"{name}_most_at_10fps"] = most_sessions(
                    server, 10, chosen.seconds, 100, binary=not peer
                )
            if chosen.soak_minutes and not peer:
                row = asyncio.run(load(server, 4, 30, 60 * chosen.soak_minutes, binary=True, mode="auto"))
                found["soak_4_at_30fps"] = row | {"faults": soak_faults(row)}
                print(json.dumps(found["soak_4_at_30fps"]), flush=True)
        finally:
            server.close()
    out = ROOT / "benchmarks/out/live.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=1))
    if faults := found.get("soak_4_at_30fps", {}).get("faults"):
        sys.exit("; ".join(faults))


if __name__ == "__main__":
    main()
