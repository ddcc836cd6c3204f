"""Opens video files safely: known formats only, limits checked before any picture is allocated, errors with names.

Everything that touches a container for reading goes through here, so that a scan and a later decode see the very
same packets.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.logging

from sightline.core.errors import MediaTooLargeError, SourceUnavailableError, UnsupportedFormatError

if TYPE_CHECKING:
    from types import TracebackType

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    VideoPacket = Packet[VideoStream]

# Demuxers that are allowed. Playlists, image patterns and scripts stay out: they could make a file name another one.
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,gif,flv,asf,ogg"
READABLE = "mp4, mov, mkv, webm, avi, mpg, ts, gif"
_MAX_READ_ERRORS = 100
_DISCARD_ALL = 48
_ATTACHED_PICTURE = 1 << 10


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What a source may ask of this machine; beyond it, it is refused before any picture is allocated.

    Attributes:
        max_pixels: Largest picture, width times height.
        min_side_px: Shortest side of a picture that is worth looking at.
        max_duration_s: Longest video.
        max_bytes: Largest file.
    """

    max_pixels: int = 8192 * 8192
    min_side_px: int = 16
    max_duration_s: float = 24 * 3600.0
    max_bytes: int = 64 << 30


class OpenVideo:
    """A container with its one video stream; the other streams are not read.

    Attributes:
        container: The demuxer.
        stream: The video stream.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self.container = container
        self.stream = stream
        for other in container.streams:
            if other.index != stream.index:
                other.discard = _DISCARD_ALL  # type: ignore[assignment]

    def __enter__(self) -> OpenVideo:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.container.close()

    @property
    def audio_codec(self) -> str | None:
        """Name of the first audio stream's codec; None without sound, or without a decoder for it."""
        sounds = [stream for stream in self.container.streams.audio if has_decoder(stream)]
        return sounds[0].codec_context.name if sounds else None

    def packets(self) -> Iterator[VideoPacket]:
        """Give the stream's packets in the file's order, empty ones left out, reading on after damage.

        An empty packet stands for no picture (AVI writes one for a dropped frame), and to a decoder it would mean
        the end of the stream.
        """
        for _ in range(_MAX_READ_ERRORS):
            try:
                for packet in self.container.demux(self.stream):
                    if packet.size:
                        yield packet
            except av.FFmpegError:
                continue  # a new demux call goes on behind the damage
            except IndexError:
                return  # PyAV, at the end of a file in which a stream turned up midway
            return


def open_video(path: Path, limits: MediaLimits) -> OpenVideo:
    """Open a file and choose its video stream.

    Raises:
        SourceUnavailableError: It is not there or may not be read.
        UnsupportedFormatError: It is not a video that Sightline reads.
        MediaTooLargeError: Its pictures are over `limits.max_pixels`.
    """
    container = _open(path, {"max_pixels": str(limits.max_pixels)})
    try:
        stream = video_stream(container, path)
        _check_pixels(path, stream, limits)
        return OpenVideo(container, stream)
    except BaseException:
        container.close()
        raise


def open_streams(path: Path) -> InputContainer:
    """Open a file for its other streams, its sound for one.

    Raises:
        SourceUnavailableError: It is not there or may not be read.
        UnsupportedFormatError: It is not a video that Sightline reads.
    """
    return _open(path, {})


def check_file(path: Path, limits: MediaLimits) -> int:
    """Refuse what is not a readable regular file within the limits, and give its size in bytes.

    Raises:
        SourceUnavailableError: It is not there or may not be read.
        UnsupportedFormatError: It is a folder, a device, or empty.
        MediaTooLargeError: It is over `limits.max_bytes`.
    """
    try:
        facts = path.stat()
        if stat.S_ISREG(facts.st_mode):
            with path.open("rb"):
                pass
    except OSError as error:
        raise _unavailable(path, error) from error
    if stat.S_ISDIR(facts.st_mode):
        raise UnsupportedFormatError(f"{path} is a folder, not a video", hint="name one video file in it")
    if not stat.S_ISREG(facts.st_mode):
        raise UnsupportedFormatError(f"{path} is not a regular file", hint="copy the video to a file first")
    if facts.st_size == 0:
        raise UnsupportedFormatError(f"{path} is empty (0 bytes)", hint="copy or record it again")
    if facts.st_size > limits.max_bytes:
        raise MediaTooLargeError(
            f"{path} has {facts.st_size:,} bytes, the limit is {limits.max_bytes:,}",
            hint="cut it into parts, or raise SIGHTLINE_MAX_FILE_BYTES",
        )
    return facts.st_size


def check_declared_size(path: Path, limits: MediaLimits) -> None:
    """Refuse a file whose container declares pictures over the limit, with every decoder shut out.

    A picture's size can stand in the container and again in its coded data; this looks at the first before the
    second is parsed. A size that stands nowhere passes.

    Raises:
        UnsupportedFormatError: It is not a video that Sightline reads.
        MediaTooLargeError: Its pictures are over `limits.max_pixels`.
    """
    with _open(path, {"codec_whitelist": "none"}) as container:
        for stream in container.streams.video:
            _check_pixels(path, stream, limits)


def _open(path: Path, options: dict[str, str]) -> InputContainer:
    av.logging.set_level(None)  # what libav has to say comes as our own errors
    url = "file:" + os.fspath(path)  # a name may hold a colon; it is never a protocol
    guarded = {"format_whitelist": FORMATS, "protocol_whitelist": "file", **options}
    try:
        return av.open(url, options=guarded, metadata_errors="replace")
    except (FileNotFoundError, PermissionError) as error:
        raise _unavailable(path, error) from error
    except (av.FFmpegError, UnicodeError) as error:
        raise _not_a_video(path) from error


def moving(container: InputContainer) -> list[VideoStream]:
    """Give a container's video streams, without pictures that are only attached, as a cover is."""
    return [stream for stream in container.streams.video if not stream.disposition & _ATTACHED_PICTURE]


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """Choose the video stream that is analysed: of those that decode, the one with the largest pictures.

    Raises:
        UnsupportedFormatError: There is none.
    """
    videos = moving(container)
    readable = [stream for stream in videos if has_decoder(stream) and stream.time_base]
    if not readable and _lacks_moov(path):
        raise _not_a_video(path)
    if not videos:
        what = "holds sound but no video" if container.streams.audio else "holds no video"
        raise UnsupportedFormatError(f"{path} {what}", hint="give a file with a video stream")
    if not readable:
        raise UnsupportedFormatError(
            f"{path} is coded in a way that cannot be decoded here", hint="convert it to H.264 in MP4"
        )
    return max(readable, key=lambda stream: stream.codec_context.width * stream.codec_context.height)


def _unavailable(path: Path, error: OSError) -> SourceUnavailableError:
    if isinstance(error, PermissionError):
        return SourceUnavailableError(f"{path} may not be read", hint="check its permissions")
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return SourceUnavailableError(f"there is no file {path}", hint="check the path")
    return SourceUnavailableError(
        f"{path} cannot be read: {error.strerror}", hint="check the path and the disk"
    )


def _not_a_video(path: Path) -> UnsupportedFormatError:
    if _lacks_moov(path):
        return UnsupportedFormatError(
            f"{path} is cut short: the part that says where its frames are (moov) is missing or not whole",
            hint="copy or record it again",
        )
    return UnsupportedFormatError(f"{path} is not a video that can be read", hint=f"readable are {READABLE}")


def _lacks_moov(path: Path) -> bool:
    """Tell an MP4 or MOV without a whole `moov` box; a box is its size, its name, and so many bytes in all.

    Source: ISO/IEC 14496-12, section 4.2.
    """
    end, at = path.stat().st_size, 0
    with path.open("rb") as file:
        while at < end:
            file.seek(at)
            head = file.read(16)
            size, name = int.from_bytes(head[:4], "big"), head[4:8]
            if at == 0 and name not in {b"ftyp", b"mdat", b"wide", b"moov", b"free"}:
                return False
            size = int.from_bytes(head[8:16], "big") if size == 1 else size or end - at
            if name == b"moov":
                return at + size > end
            at += max(size, 8)
    return True


def has_decoder(stream: Any) -> bool:
    """Tell whether a stream's codec is known here; PyAV's types promise a codec context that others lack."""
    return stream.codec_context is not None


def _check_pixels(path: Path, stream: VideoStream, limits: MediaLimits) -> None:
    if not has_decoder(stream):
        return
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > limits.max_pixels:
        raise MediaTooLargeError(
            f"{path} has pictures of {width}x{height} px, the limit is {limits.max_pixels:,} px in all",
            hint="scale it down first, or raise SIGHTLINE_MAX_PIXELS",
        )
