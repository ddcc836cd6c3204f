"""How cameras and live streams are worked on."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import SecretStr, field_validator

from sightline.settings.declare import SettingsGroup, setting


class StreamSettings(SettingsGroup):
    """How cameras and live streams are worked on."""

    camera_networks: tuple[str, ...] = setting(
        (),
        "Camera networks",
        "Private networks that cameras may be in besides public addresses, as a JSON list.",
    )
    stream_model: str = setting(
        "",
        "Stream model",
        "Model of live streams: a name or a file; empty means the application's own, or else `model`.",
    )
    stream_lighter_model: str = setting(
        "",
        "Lighter stream model",
        "Model that `auto` streams step down to in the end: a name or a file that knows all their model's classes; empty: none.",
    )
    stream_device: str = setting("CPU", "Stream device", "OpenVINO device that live streams run on.")
    stream_performance: Literal["throughput", "latency"] = setting(
        "throughput",
        "Stream performance",
        "`throughput`: one core per frame, several frames at once. `latency`: all cores on one frame.",
    )
    stream_fps: float = setting(
        15.0,
        "Stream rate",
        "Frames a second that a stream has where its client names none.",
        unit="Hz",
        ge=1,
        le=30,
    )
    stream_max_fps: float = setting(
        30.0,
        "Highest stream rate",
        "Most frames a second that a client may ask for.",
        unit="Hz",
        ge=1,
        le=60,
    )
    stream_queue_frames: int = setting(
        1,
        "Stream queue",
        "Frames of one stream that may wait; a newer one pushes the oldest out.",
        unit="frames",
        ge=1,
        le=64,
    )
    stream_tracking: bool = setting(
        True,
        "Stream tracking",
        "Whether streams are tracked where their clients do not say.",
        unit="true or false",
    )
    stream_confidence: float = setting(
        0.5,
        "Stream confidence",
        "Lowest score of a detection where a stream's client does not say.",
        unit="0..1",
        ge=0,
        le=1,
    )
    stream_timeout_s: float = setting(
        300.0,
        "Stream timeout",
        "A stream whose client is silent for so long is closed.",
        unit="s",
        gt=0,
        le=86_400,
    )
    stream_latency_ms: float = setting(
        100.0,
        "Stream latency",
        "A further stream is admitted while 95 % of frames are expected to be answered within this.",
        unit="ms",
        gt=0,
        le=60_000,
    )
    stream_max_sessions: int = setting(
        256,
        "Most streams",
        "No more streams than this, whatever the machine can do.",
        unit="streams",
        ge=1,
        le=10_000,
    )
    stream_metrics_each: bool = setting(
        False,
        "Metrics of each stream",
        "Whether Prometheus is told of each open stream too, by its id; `GET /stream/sessions/{id}/stats` tells in any case.",
        unit="true or false",
    )
    stream_max_webrtc: int = setting(
        8,
        "Most WebRTC streams",
        "No more streams than this over WebRTC at once; 0 turns it off.",
        unit="streams",
        ge=0,
        le=1000,
    )
    stream_ice_servers: tuple[str, ...] = setting(
        (),
        "ICE servers",
        'STUN and TURN servers that browsers are told of, as in `["stun:host:3478", "turns:host:443?transport=tcp"]`.',
    )
    stream_turn_user: str = setting(
        "",
        "TURN user",
        "User at the TURN servers; empty: one for each stream, good for a day, as coturn's `use-auth-secret` takes it.",
    )
    stream_turn_secret: SecretStr = setting(
        SecretStr(""), "TURN secret", "The TURN user's password, or the secret shared with the TURN servers."
    )
    stream_webrtc_port: int = setting(
        0,
        "WebRTC port",
        "UDP port that all WebRTC streams come through; 0: one of the system's choice for each.",
        unit="port",
        ge=0,
        le=65535,
    )
    stream_webrtc_addresses: tuple[str, ...] = setting(
        (),
        "WebRTC addresses",
        "IP addresses by which browsers reach this machine besides its own, where NAT maps its ports one to one.",
    )
    stream_max_frame_bytes: int = setting(
        2_900_000,
        "Largest frame",
        "Larger frames of live streams are refused.",
        unit="bytes",
        ge=1_000,
        le=64_000_000,
    )
    stream_max_pixels: int = setting(
        33_177_600,
        "Largest streamed picture",
        "Live pictures with more pixels are refused.",
        unit="px",
        ge=256,
    )

    @field_validator("stream_performance", mode="before")
    @classmethod
    def _lower(cls, given: Any) -> Any:
        """OpenVINO writes its modes in capitals."""
        return given.lower() if isinstance(given, str) else given
