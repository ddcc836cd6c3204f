"""Clips around events, copied from the camera's own packets: nothing is encoded again."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

_MOST_BYTES = 64_000_000


@dataclass(slots=True)
class _Wanted:
    path: Path
    from_s: float
    to_s: float


class ClipRing:
    """Keeps the last seconds of a camera's packets and writes those around an event to a file.

    Args:
        before_s: Part of a clip before its event.
        after_s: Part after it.
        now_s: Tells the time.
    """

    def __init__(self, before_s: float, after_s: float, now_s: Any) -> None:
        self._before_s = before_s
        self._after_s = after_s
        self._now_s = now_s
        self._lock = threading.Lock()
        self._packets: deque[tuple[float, Any]] = deque()
        self._bytes = 0
        self._wanted: deque[_Wanted] = deque()
        self._stream: Any = None
        self.written = 0

    def tap(self, packet: Any, stream: Any) -> None:
        """Take a packet of the camera's; called in the reading thread, where clips are written too."""
        if packet.dts is None or not packet.size:
            return
        now_s = self._now_s()
        if stream is not self._stream:  # it was dialled again: older packets belong to another stream
            self.flush()
            self._packets.clear()
            self._bytes, self._stream = 0, stream
        self._packets.append((now_s, packet))
        self._bytes += packet.size
        keep_s = self._before_s + self._after_s + 12.0  # and a group of pictures before that
        while self._packets and (self._bytes > _MOST_BYTES or now_s - self._packets[0][0] > keep_s):
            self._bytes -= self._packets.popleft()[1].size
        with self._lock:
            due = [one for one in self._wanted if one.to_s <= now_s]
            for one in due:
                self._wanted.remove(one)
        for one in due:
            self._write(one)

    def want(self, path: Path) -> None:
        """Have a clip around this moment written, once it is over."""
        now_s = self._now_s()
        with self._lock:
            self._wanted.append(_Wanted(path, now_s - self._before_s, now_s + self._after_s))

    def flush(self) -> None:
        """Write what is wanted from what there is."""
        with self._lock:
            due = list(self._wanted)
            self._wanted.clear()
        for one in due:
            self._write(one)

    def _write(self, wanted: _Wanted) -> None:
        """Write from the last key frame before the clip on; players show it from its start."""
        packets = [each for each in self._packets if each[0] <= wanted.to_s]
        keys = [place for place, (t_s, packet) in enumerate(packets) if packet.is_keyframe]
        begins = [place for place in keys if packets[place][0] <= wanted.from_s] or keys[:1]
        if not begins or self._stream is None:
            return
        chosen = [packet for _, packet in packets[begins[-1] :]]
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = wanted.path.with_suffix(".part.mp4")
        try:
            with av.open(str(temporary), "w") as sink:
                track = sink.add_stream_from_template(self._stream)
                first = chosen[0].dts
                for packet in chosen:
                    copy = av.Packet(bytes(packet))
                    copy.time_base = packet.time_base
                    copy.dts = packet.dts - first
                    copy.pts = (packet.pts if packet.pts is not None else packet.dts) - first
                    copy.is_keyframe = packet.is_keyframe
                    copy.stream = track
                    sink.mux(copy)
            temporary.replace(wanted.path)
            self.written += 1
        except (av.FFmpegError, OSError, ValueError):
            temporary.unlink(missing_ok=True)
