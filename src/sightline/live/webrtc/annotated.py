"""Video that goes back to the one who sent it, with boxes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

from sightline.media.draw import draw_found

if TYPE_CHECKING:
    from sightline.media.live.pictures import RawPicture


class AnnotatedTrack(MediaStreamTrack):
    """Gives the newest annotated picture whenever there is a newer one; what is not fetched in time is left out."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._newest: VideoFrame | None = None
        self._came = asyncio.Event()

    def show(self, picture: VideoFrame) -> None:
        """Put a picture up."""
        self._newest = picture
        self._came.set()

    async def recv(self) -> VideoFrame:
        """Wait for the next one; what the connection calls."""
        await self._came.wait()
        self._came.clear()
        if self._newest is None:
            raise MediaStreamError
        return self._newest

    def stop(self) -> None:
        """End it, and whoever waits for a picture."""
        super().stop()
        self._newest = None
        self._came.set()


def annotated(picture: RawPicture, found: Sequence[Mapping[str, Any]]) -> VideoFrame:
    """Draw what was found on a picture; gives it the time of the one that came."""
    image = picture.image()
    draw_found(image, found)
    made = VideoFrame.from_ndarray(image, format="bgr24")
    made.pts, made.time_base = picture.frame.pts, picture.frame.time_base
    return made
