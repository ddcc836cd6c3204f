"""Pictures with their times, from a video file, a folder of pictures or a camera of this machine, ready to be sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import av
import cv2

from sightline.core.errors import SourceUnavailableError, UnsupportedFormatError
from sightline.media.container import MediaLimits, open_video

_PICTURES = (".jpg", ".jpeg", ".png", ".webp")
_QUALITY = 85


def is_camera(source: str) -> bool:
    """Whether a source is a camera of this machine: a number or a device."""
    return source.isdecimal() or source.startswith("/dev/")


def pictures_of(source: str, *, fps: float = 15.0, suffix: str = ".jpg") -> Iterator[tuple[float, bytes]]:
    """Give `(seconds from the first one on, picture file)` one after the other.

    Args:
        source: A video file, a folder of JPEG, PNG or WebP files, or a number or device of a camera.
        fps: Frames a second of a folder, which has no times of its own.
        suffix: `.jpg`, `.png` or `.webp`: what frames of a video are written as; PNG loses nothing.

    Raises:
        SourceUnavailableError: It is not there.
        UnsupportedFormatError: It holds no pictures.
    """
    path = Path(source)
    if is_camera(source):
        yield from _camera(f"/dev/video{source}" if source.isdecimal() else source, suffix)
    elif path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in _PICTURES)
        if not files:
            raise UnsupportedFormatError(f"{path} holds no pictures", hint="JPEG, PNG or WebP files")
        yield from ((place / fps, file.read_bytes()) for place, file in enumerate(files))
    else:
        yield from _video(path, suffix)


def encoded(frame: av.VideoFrame, suffix: str) -> bytes:
    """Give a frame as a picture file."""
    options = [] if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    return cv2.imencode(suffix, frame.to_ndarray(format="bgr24"), options)[1].tobytes()


def _video(path: Path, suffix: str) -> Iterator[tuple[float, bytes]]:
    with open_video(path, MediaLimits()) as video:
        first_s = None
        for frame in video.container.decode(video.stream):
            t_s = frame.time or 0.0
            first_s = t_s if first_s is None else first_s
            yield t_s - first_s, encoded(frame, suffix)


def _camera(device: str, suffix: str) -> Iterator[tuple[float, bytes]]:
    try:
        container = av.open(device, format="v4l2")
    except (OSError, av.FFmpegError) as error:
        raise SourceUnavailableError(f"{device}: {error}", hint="a camera's number, as in 0") from None
    with container:
        begun_s = time.monotonic()
        for frame in container.decode(video=0):
            came_s = time.monotonic() - begun_s  # cameras count from anywhere
            yield came_s, encoded(frame, suffix)
