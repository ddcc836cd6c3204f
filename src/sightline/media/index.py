"""Every frame of a video by number and exact time, from its packets alone.

One scan reads the file without decoding it (but for the first picture, which tells the rotation) and keeps a row per
packet in a few arrays, about 30 bytes each: half an hour at 30 frames a second takes under 2 MB.

A frame's index is its rank in presentation order. Its time is the source's own, never shifted: a broadcast
recording may start at 36,000 s. Where two frames claim one time, the later is moved on by a tick, so that time rises.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from sightline.core.errors import MediaTooLargeError, UnsupportedFormatError
from sightline.core.media import MediaInfo, Segment
from sightline.media.container import MediaLimits, OpenVideo, check_declared_size, check_file, open_video
from sightline.media.timing import timing

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from sightline.core.arrays import Int32, Int64
    from sightline.media.container import VideoPacket

NO_TIME = -(1 << 63)
_FIRST_PICTURE_PACKETS = 64
_MAX_REORDER = 16  # H.264, table A-1: no stream may hold back more
_MOST_ASPECT = Fraction(4)  # H.264, table E-1: the widest pixels with a name are 32:11


@dataclass(frozen=True, slots=True, eq=False)
class VideoIndex:
    """Where each frame of a file is, and when.

    Attributes:
        info: Facts about the video.
        time_base_s: Length of a tick of `pts`, in seconds.
        pts: `(frames,)` int64 ticks, strictly rising: each frame's exact presentation time.
        by_time: Whether packets tell their frame's place in presentation order. Where they do not (H.264 in AVI),
            frames are numbered in the order in which the decoder shows them, and `rank` is the decoding order.
        rank: `(packets,)` int32 in decoding order: the frame that a packet holds; -1 where it shows none.
        packet_of: `(frames,)` int32: the packet that holds a frame.
        keys: `(k,)` int32: packets at which decoding can start, rising.
        packet_pts: `(packets,)` int64 ticks, as demuxed; `NO_TIME` where there is none.
        packet_dts: `(packets,)` int64 ticks, likewise.
        packet_sizes: `(packets,)` int32, bytes.
        reorder_depth: How many frames a decoder must hold back to show them in order.
    """

    info: MediaInfo
    time_base_s: Fraction
    pts: Int64
    by_time: bool
    rank: Int32
    packet_of: Int32
    keys: Int32
    packet_pts: Int64
    packet_dts: Int64
    packet_sizes: Int32
    reorder_depth: int

    def __len__(self) -> int:
        return len(self.pts)

    def time_s(self, frame: int) -> Fraction:
        """Give a frame's exact presentation time in seconds."""
        return int(self.pts[frame]) * self.time_base_s

    def frame_at(self, t_s: float | Fraction) -> int:
        """Give the frame that is on screen at a time; the first or last one outside the video."""
        ticks = Fraction(t_s) / self.time_base_s
        return max(0, int(np.searchsorted(self.pts, ticks.__floor__(), side="right")) - 1)

    def segments(self, target_s: float) -> tuple[Segment, ...]:
        """Cut the video at key frames, each piece at least `target_s` long but for the last.

        The first segment starts at the first frame. The next one starts at the first key frame at or after
        `target_s` since then. A video without further key frames is one segment.
        """
        starts = self._starts(target_s)
        ends = [*starts[1:], len(self)]
        return tuple(
            Segment(
                number=number,
                first_frame=start,
                frames=end - start,
                start_pts_s=self.time_s(start),
                end_pts_s=self.time_s(end) if end < len(self) else None,
            )
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        )

    def packet_range(self, first_frame: int, end_frame: int) -> tuple[int, int]:
        """Give the packets `[start, end)` a decoder must be fed to show frames `[first_frame, end_frame)`.

        It starts at a key frame and goes on into the next group of pictures where that one's first pictures in
        decoding order are shown before its key frame (an open group).
        """
        packets = self.packet_of[first_frame:end_frame]
        before = int(np.searchsorted(self.keys, packets.min(), side="right")) - 1
        start = int(self.keys[before]) if before >= 0 and first_frame else 0
        return start, int(packets.max()) + 1

    def is_gapless(self, first_frame: int, end_frame: int) -> bool:
        """Tell whether frames follow one another too evenly for one between them to be lost."""
        gaps = np.diff(self.pts[first_frame:end_frame])
        return len(gaps) == 0 or 2 * int(gaps.max()) < 3 * int(gaps.min())

    def leading(self, start: int) -> range:
        """Give the packets after a key frame that are shown before it, and that nothing later refers to.

        Where decoding starts at that key frame, what they refer to is not there.
        """
        stop = start + 1
        key = self.rank[start]
        while self.by_time and start and stop < len(self.rank) and self.rank[stop] < key:
            stop += 1
        return range(start + 1, stop)

    def _starts(self, target_s: float) -> list[int]:
        # A float as it is written: 0.4 is two fifths, not the slightly larger number that it stands for.
        target = max(1, ceil(Fraction(str(target_s)) / self.time_base_s))
        starts = [0]
        key_frames = np.sort(self.rank[self.keys])
        key_times = self.pts[key_frames]
        while True:
            at = int(np.searchsorted(key_times, int(self.pts[starts[-1]]) + target))
            if at >= len(key_frames):
                return starts
            starts.append(int(key_frames[at]))


def index_video(path: Path, limits: MediaLimits | None = None) -> VideoIndex:
    """Scan a file's packets; pictures are not decoded, but for the first.

    Raises:
        SourceUnavailableError: It is not there or may not be read.
        UnsupportedFormatError: It is not a video that Sightline reads, or holds no frame.
        MediaTooLargeError: It is over a limit.
    """
    limits = limits or MediaLimits()
    size_bytes = check_file(path, limits)
    check_declared_size(path, limits)
    with open_video(path, limits) as video:
        scan = _Scan(video)
        scan.run()
        size, rotation_deg = _upright(scan, path, limits)
        if not scan.shown.count(1):
            raise UnsupportedFormatError(f"{path} holds no video frames", hint="copy or record it again")
        order = _presentation_order(scan)
        time_base_s = video.stream.time_base
        assert time_base_s is not None  # noqa: S101 (open_video takes no stream without one)
        rhythm = timing(
            order.times,
            time_base_s=time_base_s,
            last_duration=scan.last_duration,
            declared_rate_hz=video.stream.average_rate,
        )
        if rhythm.duration_s > limits.max_duration_s:
            raise MediaTooLargeError(
                f"{path} lasts {float(rhythm.duration_s):,.0f} s, the limit is {limits.max_duration_s:,.0f} s",
                hint="cut it into parts, or raise SIGHTLINE_MAX_DURATION_S",
            )
        info = MediaInfo(
            container=_container_name(video.container, path),
            codec=video.stream.codec_context.codec.canonical_name,
            size=size,
            rotation_deg=rotation_deg,
            frame_rate_hz=rhythm.frame_rate_hz,
            variable_frame_rate=rhythm.variable_frame_rate,
            duration_s=rhythm.duration_s,
            frames=len(order.times),
            size_bytes=size_bytes,
            audio_codec=video.audio_codec,
            pixel_aspect=_pixel_aspect(video.stream, rotation_deg),
        )
    return VideoIndex(
        info=info,
        time_base_s=time_base_s,
        pts=order.times,
        by_time=order.by_time,
        rank=order.rank,
        packet_of=order.packet_of,
        keys=order.keys,
        packet_pts=np.frombuffer(scan.pts, np.int64),
        packet_dts=np.frombuffer(scan.dts, np.int64),
        packet_sizes=np.frombuffer(scan.sizes, np.int32),
        reorder_depth=order.reorder_depth,
    )


class _Scan:
    """Reads all packets once, and decodes the first ones until a picture comes out."""

    def __init__(self, video: OpenVideo) -> None:
        self.video = video
        video.stream.codec_context.thread_count = 1
        self.container = video.container.format.name
        self.pts = array("q")
        self.dts = array("q")
        self.sizes = array("i")
        self.keys = bytearray()
        self.shown = bytearray()
        self.last_duration = 0
        self.first_picture: av.VideoFrame | None = None

    def run(self) -> None:
        """Fill the columns."""
        codec = self.video.stream.codec_context.name
        last = NO_TIME
        for packet in self.video.packets():
            if self.first_picture is None and len(self.pts) < _FIRST_PICTURE_PACKETS:
                self._look(packet)
            pts = NO_TIME if packet.pts is None else packet.pts
            self.pts.append(pts)
            self.dts.append(NO_TIME if packet.dts is None else packet.dts)
            self.sizes.append(packet.size)
            shows = not packet.is_discard and not _is_hidden(codec, packet)
            self.shown.append(shows)
            self.keys.append(packet.is_keyframe and shows)
            if shows and pts >= last:
                last, self.last_duration = pts, packet.duration or 0
        if self.first_picture is None:
            self._look(None)

    def _look(self, packet: VideoPacket | None) -> None:
        context = self.video.stream.codec_context
        try:
            for frame in context.decode(packet):
                self.first_picture = self.first_picture or frame
        except av.FFmpegError:
            return  # a damaged start: the decoder will say so, frame by frame


def _is_hidden(codec: str, packet: VideoPacket) -> bool:
    """Tell VP8 and VP9 packets that only later pictures refer to.

    Source: RFC 6386 section 9.1 (bit 4 of the first byte is show_frame); VP9 bitstream specification, section
    6.2 and annex B (a superframe, marked by its last byte, always shows a frame).
    """
    if codec in {"vp8", "libvpx"}:
        return not memoryview(packet)[0] & 0x10
    if codec in {"vp9", "libvpx-vp9"}:
        data = memoryview(packet)
        return data[-1] & 0xE0 != 0xC0 and not data[0] & 0x0A and data[0] & 0x30 != 0x30
    return False


def _upright(scan: _Scan, path: Path, limits: MediaLimits) -> tuple[tuple[int, int], int]:
    """Give the upright picture's `(height, width)`, and the clockwise turn to it in degrees."""
    context = scan.video.stream.codec_context
    picture = scan.first_picture
    height, width = (picture.height, picture.width) if picture else (context.height, context.width)
    if min(height, width) < 1:
        raise UnsupportedFormatError(
            f"{path} does not say how large its pictures are, or they are over {limits.max_pixels:,} px",
            hint="convert it to H.264 in MP4",
        )
    if min(height, width) < limits.min_side_px:
        raise UnsupportedFormatError(
            f"{path} has pictures of {width}x{height} px; under {limits.min_side_px} px nothing can be found",
            hint="give the video at its full size",
        )
    # The display matrix counts counter-clockwise; a phone held upright writes -90, a quarter turn clockwise.
    turn = round(-picture.rotation / 90) * 90 % 360 if picture else 0
    return ((width, height) if turn in {90, 270} else (height, width)), turn


def _pixel_aspect(stream: VideoStream, rotation_deg: int) -> Fraction:
    """Give an upright pixel's width over its height; 1 where the file does not say, or says what no camera makes."""
    aspect = stream.sample_aspect_ratio or Fraction(1)
    if not 1 / _MOST_ASPECT <= aspect <= _MOST_ASPECT:
        return Fraction(1)
    return 1 / aspect if rotation_deg in {90, 270} else aspect


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    times: Int64
    by_time: bool
    rank: Int32
    packet_of: Int32
    keys: Int32
    reorder_depth: int


def _presentation_order(scan: _Scan) -> _Order:
    packets = np.flatnonzero(np.frombuffer(scan.shown, np.bool_)).astype(np.int32)
    pts = np.frombuffer(scan.pts, np.int64)[packets]
    dts = np.frombuffer(scan.dts, np.int64)[packets]
    depth = scan.video.stream.codec_context.reorder_depth
    rising = bool((np.diff(pts) > 0).all())
    # Times that rise from packet to packet although the codec reorders its frames are decoding times in disguise.
    by_time = (
        bool((pts != NO_TIME).all())
        and bool((np.diff(np.sort(pts)) > 0).all())
        and not (rising and depth > 0)
    )
    order = np.argsort(pts, kind="stable") if by_time else np.arange(len(pts))
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    rank = np.full(len(scan.shown), -1, np.int32)
    rank[packets] = place
    held = int((np.arange(len(place)) - place).max()) if by_time else 0
    return _Order(
        times=pts[order] if by_time and scan.container != "avi" else _times_shown(pts, dts, scan.container),
        by_time=by_time,
        rank=rank,
        packet_of=packets[order],
        keys=np.flatnonzero(np.frombuffer(scan.keys, np.bool_)).astype(np.int32),
        reorder_depth=min(max(depth, held), _MAX_REORDER),
    )


def _times_shown(pts: Int64, dts: Int64, container: str) -> Int64:
    """Give the times at which frames are shown, where a frame's own packet does not tell.

    AVI has decoding times only; sorted, they are the times at which frames are shown. Elsewhere times of decoding lie
    before those by as much as the codec may hold back, also where nothing is held back, and stand in only for a gap.
    """
    told = container != "avi" and bool((pts != NO_TIME).all())
    return _rising(np.sort(pts if told else _filled(dts, pts)))


def _filled(first: Int64, second: Int64) -> Int64:
    """Take `first` where it is known, else `second`, else a tick after the one before."""
    ticks = np.where(first != NO_TIME, first, second)
    known = np.flatnonzero(ticks != NO_TIME)
    if len(known) == 0:
        return np.arange(len(ticks), dtype=np.int64)
    source = known[np.maximum(np.searchsorted(known, np.arange(len(ticks)), side="right") - 1, 0)]
    return np.asarray(ticks[source] + (np.arange(len(ticks)) - source), np.int64)


def _rising(ticks: Int64) -> Int64:
    """Move ticks on just as far as each needs to lie behind the one before."""
    steps = np.arange(len(ticks))
    return np.asarray(np.maximum.accumulate(ticks - steps) + steps, np.int64)


def _container_name(container: InputContainer, path: Path) -> str:
    """Give one short name where a demuxer answers to many: the file's ending where it is one of them."""
    names = container.format.name.split(",")
    suffix = path.suffix.lower().lstrip(".")
    if suffix in names:
        return suffix
    if "mp4" in names and container.metadata.get("major_brand", "qt").strip() != "qt":
        return "mp4"
    return {"matroska": "mkv"}.get(names[0], names[0])
