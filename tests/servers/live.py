"""A server of ours for tests of live streams, in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress

import httpx
import psutil
from websockets.sync.client import connect

from factories import ROOT
from servers.processes import free_port


class Server:
    """A Sightline server in a process of its own, and how to reach it as an analyst.

    Args:
        home: Its folder.
        **environ: Variables besides those that tests of streams need.
    """

    def __init__(self, home, **environ):
        self.port = free_port()
        environ = os.environ | {
            "SIGHTLINE_STREAM_LATENCY_MS": "60000",
            "SIGHTLINE_WORKER_SLOTS": "1",
            "SIGHTLINE_CAMERA_NETWORKS": '["127.0.0.0/8"]',
            **environ,
        }
        command = [sys.executable, "live_server.py", str(home), str(self.port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environ, cwd=ROOT / "benchmarks"
        )
        key = next(line.strip() for line in self.process.stdout if line.startswith("sl_"))
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.headers = {"X-API-Key": key}
        self.url = f"ws://127.0.0.1:{self.port}/stream/detection"
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=self.headers, timeout=60)
        self.facts = psutil.Process(self.process.pid)

    @contextmanager
    def connect(self, query=""):
        calling = connect(
            self.url + (query or "?fps_limit=1"),  # a busy machine admits few
            additional_headers=self.headers,
            compression=None,
            open_timeout=60,
            max_size=None,
        )
        with calling as opened:
            first = json.loads(opened.recv(timeout=60))
            assert first["type"] == "config_ack", first
            yield opened

    def size(self):
        return self.facts.num_threads(), self.facts.num_fds(), self.facts.memory_info().rss / 1e6

    def close(self):
        self.http.close()
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()


class Wire:
    """A wire to a server on loopback that can be cut: what came through it breaks off, and new calls get through again.

    While `shut` is true they do not.
    """

    def __init__(self, port):
        self._to = port
        self._open = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.calls = 0
        self.shut = False
        threading.Thread(target=self._answer, daemon=True).start()

    def cut(self):
        ends, self._open = self._open, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._listening.close()
        self.cut()

    def _answer(self):
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if self.shut:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._to))
                self.calls += 1
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    @staticmethod
    def _carry(one, other):
        with one, suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)
