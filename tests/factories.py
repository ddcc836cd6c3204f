"""Makes small inputs for tests: videos of moving squares whose truth is known."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("SIGHTLINE_TEST_DATA", ROOT.parent / "shared" / "data"))
"""Real videos, weights and ground truth; not part of the project, and not everywhere."""

CODECS = {
    ".mp4": "libx264",
    ".mov": "libx264",
    ".mkv": "libx264",
    ".ts": "libx264",
    ".avi": "mpeg4",
    ".mpg": "mpeg2video",
    ".webm": "libvpx",
    ".gif": "gif",
}


@dataclass(frozen=True, slots=True)
class Clip:
    """A video that was made and what it holds.

    Attributes:
        path: The file.
        boxes_px: `(frames, squares, 4)` float32 xyxy.
        pts_s: Presentation time of each frame.
    """

    path: Path
    boxes_px: NDArray[np.float32]
    pts_s: tuple[Fraction, ...]


def square_boxes_px(frames: int, size: tuple[int, int], squares: int) -> NDArray[np.float32]:
    """Give where the squares are: each glides from left to right in a lane of its own."""
    height, width = size
    side = max(2, min(height // (squares + 1), width // 4))
    boxes = np.zeros((frames, squares, 4), np.float32)
    for number in range(squares):
        left = np.linspace(0, width - side, frames) if frames > 1 else np.zeros(frames)
        if number % 2:
            left = left[::-1]
        top = round((number + 0.5) * height / squares - side / 2)
        boxes[:, number, 0] = np.floor(left)
        boxes[:, number, 1] = top
        boxes[:, number, 2] = np.floor(left) + side
        boxes[:, number, 3] = top + side
    return boxes


def draw_squares(boxes_px: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Paint squares in clear colours on a soft gradient; `(height, width, 3)` BGR."""
    height, width = size
    image = np.empty((height, width, 3), np.uint8)
    image[:] = np.linspace(60, 110, width, dtype=np.uint8)[None, :, None]
    colors = ((230, 230, 230), (40, 200, 250), (240, 120, 60), (80, 80, 240))
    for number, (x1, y1, x2, y2) in enumerate(boxes_px.astype(int)):
        image[max(y1, 0) : y2, max(x1, 0) : x2] = colors[number % len(colors)]
    return image


def make_clip(
    path: Path,
    *,
    frames: int = 20,
    size: tuple[int, int] = (96, 128),
    rate_hz: Fraction | int = 25,
    squares: int = 2,
    gop: int = 5,
    pts_ms: Sequence[int] | None = None,
    audio: bool = False,
) -> Clip:
    """Write a video of squares gliding through the picture.

    Args:
        path: Where to; its suffix chooses container and codec.
        frames: How many.
        size: `(height, width)`, even numbers.
        rate_hz: Frames a second, where `pts_ms` is not given.
        squares: How many move.
        gop: Frames from key frame to key frame.
        pts_ms: Time of each frame in milliseconds: a variable frame rate.
        audio: Whether a silent sound track goes with it.
    """
    boxes_px = square_boxes_px(frames, size, squares)
    base = Fraction(1, 1000) if pts_ms is not None else 1 / Fraction(rate_hz)
    times = list(pts_ms) if pts_ms is not None else list(range(frames))
    with av.open(str(path), "w") as container:
        video = container.add_stream(CODECS[path.suffix], rate=Fraction(rate_hz))
        video.height, video.width = size
        video.pix_fmt = "rgb8" if path.suffix == ".gif" else "yuv420p"
        video.codec_context.time_base = base
        video.codec_context.gop_size = gop
        video.codec_context.thread_count = 1
        if CODECS[path.suffix] == "libx264":
            video.options = {"preset": "ultrafast", "sc_threshold": "0"}
        sound = container.add_stream("aac", rate=16000) if audio else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(draw_squares(boxes_px[number], size), format="bgr24")
            frame.pts, frame.time_base = times[number], base
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound is not None:
            _write_silence(container, sound, duration_s=float(times[-1] * base) + float(base))
    return Clip(path, boxes_px, tuple(Fraction(time) * base for time in times))


def _write_silence(
    container: av.container.OutputContainer, sound: av.AudioStream, *, duration_s: float
) -> None:
    samples = np.zeros((1, 1024), np.float32)
    for number in range(max(1, round(duration_s * 16000 / 1024))):
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, number * 1024, Fraction(1, 16000)
        container.mux(sound.encode(frame))
    container.mux(sound.encode(None))


def make_audio_only(path: Path, *, duration_s: float = 1.0) -> Path:
    """Write a file with a sound track and no picture."""
    with av.open(str(path), "w") as container:
        _write_silence(container, container.add_stream("aac", rate=16000), duration_s=duration_s)
    return path
