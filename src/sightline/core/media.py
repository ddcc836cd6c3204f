"""What a video says of itself, and the pieces it is worked on in."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """Facts about one video, read from its container and packets; only the first picture is decoded.

    Attributes:
        container: Short name of the format, as in `mp4`.
        codec: Name of the video codec, as in `h264`.
        size: `(height, width)` of the upright picture in pixels (rotation applied).
        rotation_deg: Clockwise turn, 0, 90, 180 or 270, that the decoder applies to make it upright.
        frame_rate_hz: Average frame rate, exact; None where the file holds fewer than two frames.
        variable_frame_rate: Whether the gaps between frames differ by more than the container's rounding.
        duration_s: From the first frame to the end of the last.
        frames: How many frames the packets declare.
        size_bytes: Of the file.
        audio_codec: Name of the first audio stream's codec, None without sound.
        pixel_aspect: Width of a pixel over its height as players show the upright picture; 1 for square pixels. Sizes,
            boxes and tables count pixels as they are stored.
    """

    container: str
    codec: str
    size: tuple[int, int]
    rotation_deg: int
    frame_rate_hz: Fraction | None
    variable_frame_rate: bool
    duration_s: Fraction
    frames: int
    size_bytes: int
    audio_codec: str | None = None
    pixel_aspect: Fraction = Fraction(1)

    @property
    def shown_aspect(self) -> Fraction:
        """Width over height of the upright picture as players show it."""
        height, width = self.size
        return Fraction(width, height) * self.pixel_aspect


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of frames that decodes on its own: it starts at a key frame.

    Attributes:
        number: 0-based place among the source's segments.
        first_frame: Index of its first frame in the source.
        frames: How many frames it declares.
        start_pts_s: Time of its first frame.
        end_pts_s: Time of the next segment's first frame; None for the last.
        open_end: It ends when its source says so, as of a camera; `frames` is 0 and not looked at.
    """

    number: int
    first_frame: int
    frames: int
    start_pts_s: Fraction
    end_pts_s: Fraction | None
    open_end: bool = False

    @property
    def end_frame(self) -> int:
        """Index of the first frame after it."""
        return self.first_frame + self.frames
