"""Carries a file's sound over into a video that is being written."""

from __future__ import annotations

from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.logging

from sightline.core.errors import MediaError
from sightline.media.container import has_decoder, open_streams
from sightline.media.mp4 import BITEXACT, open_mp4, part_of, writing_to

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

_COPIED = "aac"  # the one that MP4 holds and every player and browser plays; anything else is coded anew
_USUAL_RATE_HZ = 48_000
_FOREVER_S = Fraction(10**12)


class SoundTrack:
    """One sound track on its way from a file into an open MP4, written in step with the pictures.

    Made by `open`, before the first picture is written. Sound that cannot be read is left out; it never costs the
    pictures. `began` says whether any was written.
    """

    def __init__(
        self, source: InputContainer, stream: Any, container: OutputContainer, start_s: Fraction
    ) -> None:
        self._source = source
        self._stream = stream
        self._container = container
        self._start_s = start_s
        given = stream.codec_context
        copied = given.name == _COPIED and given.sample_rate > 0  # MP4 takes no sound of an unknown rate
        self._out: Any = container.add_stream_from_template(stream) if copied else self._coded_stream()
        self._packets = self._rising(self._copied() if copied else self._coded())
        self._waiting: Any = None
        self.began = False

    @classmethod
    def open(cls, path: Path, container: OutputContainer, *, start_s: Fraction) -> SoundTrack | None:
        """Take the first sound track of a file; None where it has none that can be read."""
        try:
            source = open_streams(path)
        except MediaError:
            return None
        readable: list[Any] = [stream for stream in source.streams.audio if has_decoder(stream)]
        if readable:
            return cls(source, readable[0], container, start_s)
        source.close()
        return None

    def write_until(self, t_s: Fraction) -> None:
        """Write the sound that starts before a time of the result."""
        while True:
            packet = self._waiting or next(self._packets, None)
            self._waiting = packet
            if packet is None or packet.dts * packet.time_base >= t_s:
                return
            self._waiting = None
            try:
                self._container.mux(packet)
                self.began = True
            except OSError:
                raise
            except av.FFmpegError:
                continue  # it is damaged

    def close(self) -> None:
        """Let go of the source; sound that was not written yet is left out."""
        self._packets.close()
        self._source.close()

    def _coded_stream(self) -> Any:
        source = self._stream.codec_context
        rates_hz = av.Codec("aac", "w").audio_rates or []
        rate_hz = source.sample_rate if source.sample_rate in rates_hz else _USUAL_RATE_HZ
        out = self._container.add_stream("aac", rate=rate_hz)
        out.codec_context.layout = "mono" if source.channels == 1 else "stereo"
        out.codec_context.flags |= BITEXACT
        return out

    def _rising(self, packets: Generator[Any]) -> Generator[Any]:
        """Leave out packets that start no later than the one before, by the result's clock: the muxer refuses them."""
        last = None
        for packet in packets:
            tick = round(packet.dts * packet.time_base * self._out.codec_context.sample_rate)
            if last is None or tick > last:
                last = tick
                yield packet

    def _copied(self) -> Generator[Any]:
        for packet in self._read():
            if packet.dts is None or packet.pts is None:
                continue
            shift = round(self._start_s / packet.time_base)
            packet.dts, packet.pts = packet.dts - shift, packet.pts - shift
            packet.stream = self._out
            yield packet

    def _coded(self) -> Generator[Any]:
        """Code the sound anew; what changes its rate or channels on the way, as broadcasts do, goes on as it began."""
        coder = self._out.codec_context
        resampler: Any = None
        given = None
        for frame in self._decoded():
            tick_s = Fraction(1, frame.sample_rate)  # the source's own may be a whole packet long, as in AVI
            frame.pts = round((frame.pts * frame.time_base - self._start_s) / tick_s)
            frame.time_base = tick_s
            form = (frame.format.name, frame.layout.name, frame.sample_rate)
            if form != given:
                given = form
                resampler = av.AudioResampler(coder.format, coder.layout, coder.sample_rate)
            for even in resampler.resample(frame):
                yield from self._out.encode(even)
        if resampler is not None:
            yield from self._out.encode(None)

    def _decoded(self) -> Generator[Any]:
        for packet in self._read():
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            yield from (frame for frame in frames if frame.pts is not None)

    def _read(self) -> Generator[Any]:
        try:
            for packet in self._source.demux(self._stream):
                if packet.size:
                    yield packet
        except (av.FFmpegError, IndexError):
            return  # the rest of the sound is lost; IndexError is PyAV's, where a stream turned up midway


def extract_sound(path: Path, out: Path) -> bool:
    """Write a file's first sound track as an MP4 of its own, whole or not at all.

    Its times are the source's, so that it runs beside the video. Sound that is not AAC is coded as AAC.

    Returns:
        False where the file has no sound that can be read; nothing is written then.

    Raises:
        OutputError: It cannot be written.
    """
    part = part_of(out)
    av.logging.set_level(None)
    try:
        with writing_to(out):
            with open_mp4(part) as container:
                sound = SoundTrack.open(path, container, start_s=Fraction(0))
                if sound is None:
                    return False
                sound.write_until(_FOREVER_S)
                sound.close()
            if not sound.began:
                return False
            part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return True
