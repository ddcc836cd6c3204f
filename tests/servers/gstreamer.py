"""GStreamer's RTSP server, in a process of the system's Python: it serves a picture, or takes one that is pushed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from servers.processes import free_port

_PYTHON = "/usr/bin/python3"
_SERVER = """
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer, GLib
port, launch, records = sys.argv[1], sys.argv[2], sys.argv[3] == "records"
Gst.init(None)
server = GstRtspServer.RTSPServer.new(); server.set_address("127.0.0.1"); server.set_service(port)
factory = GstRtspServer.RTSPMediaFactory.new()
factory.set_launch(launch)
if records:
    factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
factory.set_shared(True)
server.get_mount_points().add_factory("/live", factory)
server.attach(None); print("ready", flush=True)
GLib.MainLoop().run()
"""
_SHOWS = (
    "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 )"
)
_TAKES = "( rtph264depay name=depay0 ! h264parse ! video/x-h264,stream-format=byte-stream ! filesink sync=false buffer-mode=unbuffered location={} )"


class RtspServer:
    """One that can be started and stopped again and again; skips where GStreamer is not there.

    Args:
        path: What is pushed to it goes into this file; None for a server that shows a test picture.
    """

    def __init__(self, path: Path | None = None) -> None:
        asked = "import gi; gi.require_version('GstRtspServer', '1.0')"
        if (
            not Path(_PYTHON).exists()
            or subprocess.run([_PYTHON, "-c", asked], capture_output=True).returncode
        ):
            pytest.skip("no GStreamer RTSP server: apt install python3-gi gir1.2-gst-rtsp-server-1.0")
        self.path = path
        self._port = free_port()
        self._running = None
        self.url = f"rtsp://127.0.0.1:{self._port}/live"

    def start(self):
        launch = _SHOWS if self.path is None else _TAKES.format(self.path)
        self._running = subprocess.Popen(
            [_PYTHON, "-c", _SERVER, str(self._port), launch, "records" if self.path else "shows"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._running.stdout.readline().strip() == "ready"

    def stop(self):
        one, self._running = self._running, None
        if one is not None:
            one.kill()
            one.wait()
            one.stdout.close()

    def bytes_taken(self):
        """How much was pushed to it since it was started."""
        return self.path.stat().st_size if self.path.exists() else 0
