"""A headless browser with a fake camera, driven over its developer tools."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import ExitStack, suppress

import httpx
import pytest
from websockets.sync.client import connect

from servers.processes import free_port
from waiting import wait_for

needed = pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")


class Browser:
    """One page, until the block ends.

    Args:
        url: What it opens.
        folder: Its profile.
        *options: Further options of the browser.
    """

    def __init__(self, url, folder, *options):
        self._port = free_port()
        self._process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}",
             "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
             f"--remote-debugging-port={self._port}", "--remote-allow-origins=*", *options, url],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._url = url
        self._open = ExitStack()
        self._number = 0

    def __enter__(self):
        try:
            page = wait_for(self._page)
            origin = "/".join(self._url.split("/")[:3])
            self._devtools = self._open.enter_context(connect(page["webSocketDebuggerUrl"], max_size=None))
            wait_for(lambda: self.run("document.readyState + location.origin") == f"complete{origin}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._open.close()
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(30)

    def run(self, script):
        """Run a script and give its value, waiting where it is a promise."""
        found = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        return found.get("result", {}).get("value")

    def ask(self, method, **params):
        """Call a method of the developer tools."""
        self._number += 1
        self._devtools.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while (answer := json.loads(self._devtools.recv(timeout=60))).get("id") != self._number:
            pass
        return answer.get("result", {})

    def _page(self):
        try:
            found = httpx.get(f"http://127.0.0.1:{self._port}/json", timeout=5).json()
        except httpx.HTTPError:
            return None
        return next((page for page in found if page["url"].startswith(self._url)), None)
