"""Times a peer's frames from inside its process; standard library alone, so that every environment runs it."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path

WARM_UP_FRAMES = 30


def cpu_s() -> float:
    """User and system seconds of this process and its finished children."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def process_age_s() -> float:
    """Seconds since this process was started, by the kernel's clock."""
    ticks = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    uptime_s = float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0])
    return uptime_s - ticks / os.sysconf("SC_CLK_TCK")


class Meter:
    """Call `frame` once for each result; `write` makes the report."""

    def __init__(self) -> None:
        self.frames = self.objects = 0
        self.warm_up_frames = 0
        self._cold_start_s = 0.0
        self._warm_s = self._last_s = 0.0
        self._warm_cpu_s = self._last_cpu_s = 0.0

    def frame(self, objects: int) -> None:
        """One more frame is done, with so many tracks in it."""
        self.objects += objects
        self.reach(self.frames + 1)

    def reach(self, frames: int) -> None:
        """So many frames are done."""
        if not self.frames:
            self._cold_start_s = process_age_s()
        self.frames, self._last_s, self._last_cpu_s = frames, time.perf_counter(), cpu_s()
        if not self.warm_up_frames and frames >= WARM_UP_FRAMES:
            self.warm_up_frames, self._warm_s, self._warm_cpu_s = frames, self._last_s, self._last_cpu_s

    def write(self, path: str, peer: str) -> None:
        steady = self.frames - self.warm_up_frames
        if not self.warm_up_frames or not steady:
            sys.exit(f"{peer}: {self.frames} frames are too few to measure")
        report = {
            "peer": peer,
            "frames": self.frames,
            "objects": self.objects,
            "fps": steady / (self._last_s - self._warm_s),
            "whole_fps": self.frames / process_age_s(),
            "cpu_s_per_1000": 1000 * (self._last_cpu_s - self._warm_cpu_s) / steady,
            "whole_cpu_s_per_1000": 1000 * cpu_s() / self.frames,
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
            "cold_start_s": self._cold_start_s,
        }
        Path(path).write_text(json.dumps(report, indent=1), encoding="utf-8")
        print(json.dumps(report))
