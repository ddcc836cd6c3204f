"""Small pictures that show what is in a video."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.core.errors import DecodeFailedError
from sightline.core.media import Segment
from sightline.media.decode import SegmentDecoder
from sightline.media.index import VideoIndex, index_video

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.core.media import MediaInfo
    from sightline.media.container import MediaLimits

_GAP_PX = 4
_PAPER = 24
_NOMINAL_CELL_PX = 320


def thumbnail(path: Path, t_s: float, height: int | None, *, limits: MediaLimits | None = None) -> UInt8:
    """Give the picture that is on screen at a time, or the next one that decodes.

    Args:
        path: The video.
        t_s: Time in the source's own seconds; before its start or after its end, the first or last picture.
        height: Of the result in pixels; the width follows, so that pixels are square. None for the pixels as stored.
        limits: What the video may ask of this machine.

    Returns:
        `(height, w, 3)` uint8, BGR, upright.

    Raises:
        MediaError: The video cannot be used.
        DecodeFailedError: No picture from there on decodes.
    """
    index = index_video(path, limits)
    first = index.frame_at(t_s)
    with SegmentDecoder(path, index, size=_scaled(index.info, height), limits=limits) as decoder:
        for decoded in decoder.read(_run(index, first, len(index))):
            if decoded.image is not None:
                return decoded.image
    raise DecodeFailedError(f"no picture of {path} decodes from {t_s:.3f} s on", hint="the file is damaged")


def stills(
    path: Path, times_s: Iterable[float], *, limits: MediaLimits | None = None
) -> Iterator[tuple[float, UInt8]]:
    """Give the pictures that are on screen at some times, in the pixels as stored, no part decoded twice.

    Args:
        path: The video.
        times_s: In the source's own seconds.
        limits: What the video may ask of this machine.

    Yields:
        Each time with its picture, in order of time; one that does not decode is left out.

    Raises:
        MediaError: The video cannot be used.
    """
    index = index_video(path, limits)
    at: dict[int, list[float]] = {}
    for t_s in times_s:
        at.setdefault(index.frame_at(t_s), []).append(t_s)
    with SegmentDecoder(path, index, size=index.info.size, limits=limits) as decoder:
        for frame, image in _pictures(decoder, index, at):
            for t_s in at[frame]:
                yield t_s, image


def contact_sheet(
    path: Path, rows: int, columns: int, width: int, *, limits: MediaLimits | None = None
) -> UInt8:
    """Give pictures from all over a video on one sheet, each with its time.

    The video is cut into as many equal parts as there are cells; each cell shows the middle of its part, and stays
    dark where that does not decode.

    Args:
        path: The video.
        rows: Of the sheet.
        columns: Of the sheet.
        width: Of the sheet in pixels; the height follows.
        limits: What the video may ask of this machine.

    Returns:
        `(h, width, 3)` uint8, BGR.

    Raises:
        MediaError: The video cannot be used.
    """
    index = index_video(path, limits)
    cell_width = max(_GAP_PX, (width - _GAP_PX * (columns + 1)) // columns)
    cell_height = max(1, round(cell_width / index.info.shown_aspect))
    count = rows * columns
    start_s, length_s = index.time_s(0), index.info.duration_s
    frames = [index.frame_at(start_s + length_s * (2 * cell + 1) / (2 * count)) for cell in range(count)]
    sheet = np.full((rows * (cell_height + _GAP_PX) + _GAP_PX, width, 3), _PAPER, np.uint8)
    with SegmentDecoder(path, index, size=(cell_height, cell_width), limits=limits) as decoder:
        pictures = dict(_pictures(decoder, index, frames))
    for cell, frame in enumerate(frames):
        top = _GAP_PX + cell // columns * (cell_height + _GAP_PX)
        left = _GAP_PX + cell % columns * (cell_width + _GAP_PX)
        spot = sheet[top : top + cell_height, left : left + cell_width]
        if frame in pictures:
            spot[:] = pictures[frame]
        _write_time(spot, float(index.time_s(frame)))
    return sheet


def _pictures(
    decoder: SegmentDecoder, index: VideoIndex, frames: Iterable[int]
) -> Iterator[tuple[int, UInt8]]:
    """Decode the frames that are wanted, no group of pictures twice."""
    wanted = set(frames)
    for segment in index.segments(0):
        here = wanted & set(range(segment.first_frame, segment.end_frame))
        if here:
            run = _run(index, segment.first_frame, max(here) + 1)
            for decoded in decoder.read(run, here.__contains__):
                if decoded.image is not None:
                    yield decoded.index, decoded.image


def _run(index: VideoIndex, first: int, end: int) -> Segment:
    end_pts_s = index.time_s(end) if end < len(index) else None
    return Segment(0, first, end - first, index.time_s(first), end_pts_s)


def _scaled(info: MediaInfo, height: int | None) -> tuple[int, int]:
    return info.size if height is None else (height, max(1, round(height * info.shown_aspect)))


def _write_time(image: UInt8, t_s: float) -> None:
    """Write a time into the lower left corner, dark under light so that it reads on any ground."""
    hours, rest = divmod(round(t_s * 10), 36_000)
    minutes, tenths = divmod(rest, 600)
    text = f"{hours}:{minutes:02d}:{tenths / 10:04.1f}" if hours else f"{minutes}:{tenths / 10:04.1f}"
    scale = max(0.3, 0.5 * image.shape[1] / _NOMINAL_CELL_PX)
    at = (round(8 * scale), image.shape[0] - round(12 * scale))
    thick = max(1, round(2 * scale))
    for color, width in (((0, 0, 0), thick + 2), ((255, 255, 255), thick)):
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, color, width, cv2.LINE_AA)
