"""What a video says of itself, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.core.media import MediaInfo


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
