"""Reads the picture of a `Labelled`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from training.data.labelled import Labelled


def read_picture(labelled: Labelled) -> NDArray[np.uint8]:
    """Read the `(height, width, 3)` BGR picture.

    Raises:
        FileNotFoundError: There is no readable picture.
    """
    if labelled.frame is not None:
        return read_frame(labelled.path, labelled.frame)
    image = cv2.imread(str(labelled.path))
    if image is None:
        raise FileNotFoundError(f"{labelled.path.name} is not a readable picture")
    return np.asarray(image, np.uint8)


def read_frame(video: Path, frame: int) -> NDArray[np.uint8]:
    """Read one frame of a video by decoding up to it; many frames are better read with `read_frames`."""
    return read_frames(video, [frame])[frame]


def read_frames(video: Path, frames: list[int]) -> dict[int, NDArray[np.uint8]]:
    """Read some frames of a video, decoding from the start once; seeking is not exact in every file.

    Raises:
        FileNotFoundError: The video ends before the last of them or cannot be read.
    """
    capture = cv2.VideoCapture(str(video))
    wanted, read = set(frames), {}
    try:
        for at in range(max(frames) + 1):
            if not capture.grab():
                raise FileNotFoundError(f"{video.name} has no frame {at}")
            if at in wanted:
                _, image = capture.retrieve()
                read[at] = np.asarray(image, np.uint8)
    finally:
        capture.release()
    return read
