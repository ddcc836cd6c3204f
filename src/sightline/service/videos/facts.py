"""What a video says of itself, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.core.media import MediaInfo
    from sightline.core.videos import Video

UNKNOWN_TYPE = "application/octet-stream"
MEDIA_TYPES = {
    "mp4": "video/mp4",
    "m4a": "video/mp4",
    "mov": "video/quicktime",
    "3gp": "video/3gpp",
    "3g2": "video/3gpp2",
    "mj2": "video/mj2",
    "mkv": "video/x-matroska",
    "webm": "video/webm",
    "avi": "video/x-msvideo",
    "mpeg": "video/mpeg",
    "mpegvideo": "video/mpeg",
    "mpegts": "video/mp2t",
    "gif": "image/gif",
    "flv": "video/x-flv",
    "ogg": "video/ogg",
    "asf": "video/x-ms-asf",
}
"""What browsers call a file's kind, by its container."""


def media_type_of(video: Video) -> str:
    """Give what browsers call its kind, by what was found in the file: its name proves nothing."""
    return MEDIA_TYPES.get((video.media or {}).get("container", ""), UNKNOWN_TYPE)


def media_to_json(media: MediaInfo) -> dict[str, Any]:
    """Give facts about a video as JSON has them."""
    return {
        "container": media.container,
        "codec": media.codec,
        "width_px": media.size[1],
        "height_px": media.size[0],
        "rotation_deg": media.rotation_deg,
        "pixel_aspect": round(float(media.pixel_aspect), 4),
        "frame_rate_hz": None if media.frame_rate_hz is None else round(float(media.frame_rate_hz), 4),
        "variable_frame_rate": media.variable_frame_rate,
        "duration_s": round(float(media.duration_s), 4),
        "frames": media.frames,
        "audio_codec": media.audio_codec,
    }
