"""Cuts a span out of a video: copied from key frame on where that is near enough, else coded again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.media import Segment
from sightline.media.container import has_decoder, open_streams, video_stream
from sightline.media.decode import SegmentDecoder
from sightline.media.encode import VideoWriter
from sightline.media.index import VideoIndex, index_video
from sightline.media.mp4 import new_mp4

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

    from sightline.core.arrays import UInt8
    from sightline.media.container import MediaLimits

_COPIED_CODECS = frozenset({"h264", "hevc", "mpeg4", "av1"})
_COPIED_SOUND = frozenset({"aac", "mp3", "ac3", "alac"})
_FALLBACK_HZ = Fraction(25)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a video in its own seconds."""

    start_s: Fraction
    stop_s: Fraction


class ClipCutter:
    """Cuts clips out of one video.

    Args:
        video: The source.
        lead_s: How much earlier than asked a clip may begin so that it can be copied from a key frame.
        threads: Cores for what must be coded again; another number gives other bytes.
        limits: What the video may ask of this machine.

    Raises:
        MediaError: The video cannot be used.
    """

    def __init__(
        self, video: Path, *, lead_s: float = 5.0, threads: int = 1, limits: MediaLimits | None = None
    ) -> None:
        self._video = video
        self._index: VideoIndex = index_video(video, limits)
        self._limits = limits
        self._lead_s = Fraction(lead_s).limit_denominator(1000)
        self._threads = threads

    def cut(self, out: Path, span: Span) -> bool:
        """Write one clip with its sound; the file appears only when whole.

        Returns:
            Whether it was copied, no picture being coded again.

        Raises:
            OutputError: It cannot be written.
        """
        return self.join(out, [span])

    def join(self, out: Path, spans: Sequence[Span]) -> bool:
        """Write spans one after the other into one file, with sound where all are copied or there is but one."""
        starts = [self._copied_from(span) for span in spans]
        if all(start is not None for start in starts):
            copied = [
                Span(start, span.stop_s)
                for start, span in zip(starts, spans, strict=True)
                if start is not None
            ]
            _copy(self._video, out, copied)
            return True
        self._encode(out, spans)
        return False

    def preview(self, out: Path, span: Span, *, width: int) -> None:
        """Write a small, silent picture of a clip, for a page to hold."""
        height = round(width / self._index.info.shown_aspect / 2) * 2
        size = (height, width)
        rate = self._rate()
        every = max(1, round(rate / 13))
        with VideoWriter(out, size=size, frame_rate_hz=rate / every, crf=31, preset="veryfast") as writer:
            for number, (image, _) in enumerate(self._pictures(span, size)):
                if number % every == 0:
                    writer.write(image)

    def _copied_from(self, span: Span) -> Fraction | None:
        """The key frame from which the span can be copied; None where that is too far, or cannot be."""
        info = self._index.info
        if info.codec not in _COPIED_CODECS or info.rotation_deg or "mp4" not in info.container:
            return None
        starts = [segment.start_pts_s for segment in self._index.segments(0)]
        before = [start for start in starts if start <= span.start_s]
        key = before[-1] if before else starts[0]
        return key if span.start_s - key <= self._lead_s else None

    def _encode(self, out: Path, spans: Sequence[Span]) -> None:
        sound = self._video if len(spans) == 1 and self._index.info.audio_codec else None
        with VideoWriter(
            out,
            size=self._index.info.size,
            frame_rate_hz=self._rate(),
            threads=self._threads,
            audio_from=sound,
            start_s=spans[0].start_s,
            variable=self._index.info.variable_frame_rate,
            pixel_aspect=self._index.info.pixel_aspect,
        ) as writer:
            for span in spans:
                for image, pts_s in self._pictures(span, None):
                    writer.write(image, pts_s if len(spans) == 1 else None)

    def _pictures(self, span: Span, size: tuple[int, int] | None) -> Iterator[tuple[UInt8, Fraction]]:
        first = self._index.frame_at(span.start_s)
        end = min(len(self._index), self._index.frame_at(span.stop_s) + 1)
        end_pts_s = self._index.time_s(end) if end < len(self._index) else None
        run = Segment(0, first, end - first, self._index.time_s(first), end_pts_s)
        with SegmentDecoder(self._video, self._index, size=size, limits=self._limits) as decoder:
            for decoded in decoder.read(run):
                if decoded.image is not None and decoded.pts_s >= span.start_s:
                    yield decoded.image, decoded.pts_s

    def _rate(self) -> Fraction:
        return self._index.info.frame_rate_hz or _FALLBACK_HZ


def _copy(video: Path, out: Path, spans: Sequence[Span]) -> None:
    with new_mp4(out) as sink, open_streams(video) as source:
        _copy_spans(source, video_stream(source, video), sink, spans)


def _copy_spans(
    source: InputContainer, video: VideoStream, sink: OutputContainer, spans: Sequence[Span]
) -> None:
    kept: list[Stream] = [video]
    sounds = [sound for sound in source.streams.audio if has_decoder(sound)][:1]
    kept += [sound for sound in sounds if sound.codec_context.name in _COPIED_SOUND]
    written = {stream.index: _Written(sink.add_stream_from_template(stream)) for stream in kept}
    offset_s = Fraction(0)
    for span in spans:
        packets = list(_packets(source, kept, span))
        shown_s = [one.pts * one.time_base for one in packets if one.stream.index == kept[0].index]
        decoded_s = [one.dts * one.time_base for one in packets if one.stream.index == kept[0].index]
        start_s = min([span.start_s, *shown_s])
        # What is decoded ahead of its time must not come before the end of the span before.
        ahead_s = max(Fraction(0), start_s - min(decoded_s)) if decoded_s and offset_s else Fraction(0)
        for packet in packets:
            written[packet.stream.index].write(sink, packet, offset_s + ahead_s - start_s)
        offset_s += ahead_s + span.stop_s - start_s


class _Written:
    """A stream being written; packets that would step back in decoding time are left out."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._last_s: Fraction | None = None

    def write(self, sink: OutputContainer, packet: Any, shift_s: Fraction) -> None:
        base = packet.time_base
        shift = round(shift_s / base)
        at_s = (packet.dts + shift) * base
        if self._last_s is not None and at_s <= self._last_s:
            return
        self._last_s = at_s
        packet.pts += shift
        packet.dts += shift
        packet.stream = self._stream
        sink.mux(packet)


def _packets(source: InputContainer, kept: Sequence[Stream], span: Span) -> Iterator[Any]:
    """Give a span's packets from its key frame on, up to the first of each stream that is decoded after it.

    Pictures shown before the key frame need others before it and are left out. The key frame itself may lie before
    the span: files hide pictures before their start so.
    """
    video = kept[0]
    source.seek(int(span.start_s / video.time_base) if video.time_base else 0, stream=video)
    done = set[int]()
    first_s: Fraction | None = None
    for packet in source.demux(*kept):
        base = packet.time_base
        if packet.pts is None or packet.dts is None or not base or packet.stream.index in done:
            continue
        is_video = packet.stream.index == video.index
        if is_video and first_s is None and packet.is_keyframe:
            first_s = packet.pts * base
        if packet.dts * base >= span.stop_s:
            done.add(packet.stream.index)
            if len(done) == len(kept):
                return
            continue
        from_s = first_s if is_video else span.start_s
        if from_s is not None and packet.pts * base >= from_s:
            yield packet
