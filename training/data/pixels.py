"""Reads pictures and frames of videos."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

CACHE = Path(__file__).resolve().parents[1] / "cache"
"""Where what can be made again is kept; not under version control."""

JPEG_QUALITY = 95


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read a `(height, width, 3)` BGR picture.

    Raises:
        FileNotFoundError: There is no readable picture.
    """
    image = cv2.imread(str(path))
    if image is None:
        raise FileNotFoundError(f"{path.name} is not a readable picture")
    return np.asarray(image, np.uint8)


def picture_size(path: Path) -> tuple[int, int]:
    """Give a picture's `(width, height)` in pixels; reads the head of a JPEG file only."""
    size = _jpeg_size(path)
    if size is None:
        height, width = read_picture(path).shape[:2]
        size = width, height
    return size


def _jpeg_size(path: Path) -> tuple[int, int] | None:
    """Read width and height off the start-of-frame marker; None where there is none or EXIF may turn it.

    Source:
        ITU-T T.81, annex B.2.2.
    """
    data = path.read_bytes()
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xE1:
            return None
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + length
    return None


def read_frames(video: Path, frames: Iterable[int]) -> dict[int, NDArray[np.uint8]]:
    """Read some frames of a video, decoding from the start once; seeking is not exact in every file.

    Raises:
        FileNotFoundError: The video ends before the last of them or cannot be read.
    """
    wanted, read = set(frames), {}
    capture = cv2.VideoCapture(str(video))
    try:
        for at in range(max(wanted) + 1):
            if not capture.grab():
                raise FileNotFoundError(f"{video.name} has no frame {at}")
            if at in wanted:
                _, image = capture.retrieve()
                read[at] = np.asarray(image, np.uint8)
    finally:
        capture.release()
    return read


def extract(names: Iterable[str], data_root: Path, cache: Path = CACHE) -> dict[str, Path]:
    """Write frames of videos as JPEG files where they are not there yet.

    Args:
        names: `videos/people/plaza.mp4#17` for frame 17, counted from 0; each video is decoded once.
        data_root: Folder of the videos.
        cache: Folder to write to.

    Returns:
        Name -> file.

    Raises:
        FileNotFoundError: A video or frame is not there.
    """
    files: dict[str, Path] = {}
    missing: dict[str, dict[int, Path]] = defaultdict(dict)
    for name in names:
        video, number = name.split("#")
        files[name] = cache / "frames" / Path(video).stem / f"{int(number):06d}.jpg"
        if not files[name].is_file():
            missing[video][int(number)] = files[name]
    for video, wanted in missing.items():
        for frame, image in read_frames(data_root / video, wanted).items():
            wanted[frame].parent.mkdir(parents=True, exist_ok=True)
            half_written = wanted[frame].with_suffix(".part.jpg")
            cv2.imwrite(str(half_written), image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            half_written.replace(wanted[frame])
    return files
