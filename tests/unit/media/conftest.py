"""Small videos of every kind that this part reads, made when a test asks for one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sightline.media.decode import SegmentDecoder
from sightline.media.index import VideoIndex

X264 = {"preset": "ultrafast", "x264-params": "keyint=10:min-keyint=10:scenecut=0:bframes=2:b-adapt=0"}
OPEN = {"preset": "fast", "x264-params": "open-gop=1:keyint=10:min-keyint=10:scenecut=0:bframes=3:b-adapt=0"}
KINDS: dict[str, tuple[str, str, dict[str, str]]] = {
    "mp4": (".mp4", "libx264", X264),
    "mov": (".mov", "libx264", X264),
    "mkv": (".mkv", "libx264", X264),
    "ts": (".ts", "libx264", X264),
    "open-gop-mkv": (".mkv", "libx264", OPEN),
    "open-gop-ts": (".ts", "libx264", OPEN),
    "h264-avi": (".avi", "libx264", X264),
    "mpeg4-avi": (".avi", "mpeg4", {"g": "10"}),
    "mpeg4-b-avi": (".avi", "mpeg4", {"g": "10", "bf": "2"}),
    "mpg": (".mpg", "mpeg2video", {"g": "10", "bf": "2"}),
    "mpeg1-mpg": (".mpg", "mpeg1video", {"g": "10"}),
    "mpeg2-ts": (".ts", "mpeg2video", {"g": "10", "bf": "2"}),
    "mpeg2-flat-mpg": (".mpg", "mpeg2video", {"g": "10"}),
    "mpeg2-flat-ts": (".ts", "mpeg2video", {"g": "10"}),
    "mpeg2-flat-mp4": (".mp4", "mpeg2video", {"g": "10"}),
    "mpeg2-flat-mkv": (".mkv", "mpeg2video", {"g": "10"}),
    "webm": (".webm", "libvpx", {"g": "10", "deadline": "realtime"}),
    "vp9-webm": (".webm", "libvpx-vp9", {"g": "10", "deadline": "realtime"}),
    "gif": (".gif", "gif", {}),
    "hevc": (".mp4", "libx265", {"preset": "ultrafast", "x265-params": "keyint=10:log-level=none"}),
}
RATE_HZ = 25
GIF_RATE_HZ = 10


def picture(number: int, size: tuple[int, int]) -> np.ndarray:
    """Texture that glides to the right, with a square whose grey is the frame's number."""
    height, width = size
    rows, columns = np.mgrid[:height, :width]
    texture = ((rows // 8 * 37 + (columns - 2 * number) // 8 * 61) % 160 + 40).astype(np.uint8)
    image = np.stack([texture, texture[::-1], 255 - texture], axis=2)
    image[:16, :16] = number * 4 % 256
    return image


def number_in(image: np.ndarray) -> int:
    """Read a frame's number back off its square."""
    return round(float(image[4:12, 4:12].mean()) / 4)


Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """`make("mkv", frames=30, ticks=[...], tick_hz=600, rotation=-90)` writes a video and gives its path."""

    def write(
        kind: str = "mp4",
        *,
        frames: int = 30,
        size: tuple[int, int] = (64, 96),
        ticks: Sequence[int] | None = None,
        tick_hz: int | None = None,
        rotation: int | None = None,
        pixel_aspect: Fraction | None = None,
        name: str = "clip",
    ) -> Path:
        suffix, codec, options = KINDS[kind]
        rate_hz = GIF_RATE_HZ if kind == "gif" else RATE_HZ
        path = tmp_path / f"{name}{suffix}"
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=rate_hz, options=options)
            stream.height, stream.width = size
            stream.pix_fmt = "rgb8" if kind == "gif" else "yuv420p"
            stream.codec_context.thread_count = 1
            base = Fraction(1, tick_hz or rate_hz)
            stream.codec_context.time_base = base
            if pixel_aspect is not None:
                stream.codec_context.sample_aspect_ratio = pixel_aspect
            if rotation is not None:
                stream.set_display_rotation(rotation)
            for number in range(frames):
                frame = av.VideoFrame.from_ndarray(picture(number, size), format="bgr24")
                frame.pts, frame.time_base = (ticks[number] if ticks else number), base
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return write


@pytest.fixture
def digests() -> Callable[..., list[str]]:
    """`digests(path, index, segments, threads=2)` decodes and gives a hash for each frame, or its error."""

    def read(
        path: Path, index: VideoIndex, segments: Sequence[object], *, threads: int = 1, size: object = None
    ) -> list[str]:
        found: dict[int, str] = {}
        with SegmentDecoder(path, index, size=size, threads=threads) as decoder:  # type: ignore[arg-type]
            for segment in segments:
                numbers = []
                for decoded in decoder.read(segment):  # type: ignore[arg-type]
                    numbers.append(decoded.index)
                    image = decoded.image
                    found[decoded.index] = (
                        decoded.error or "" if image is None else hashlib.sha256(image).hexdigest()
                    )
                assert numbers == list(range(segment.first_frame, segment.end_frame))  # type: ignore[attr-defined]
        return [found[number] for number in sorted(found)]

    return read
