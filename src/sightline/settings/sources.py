"""What videos and requests may be, and where they may come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from sightline.settings.declare import SettingsGroup, setting


class WatchedPlace(BaseModel):
    """A folder or bucket in which each new video becomes a run."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    place: str
    app: str = "people"
    owner: str = "admin"
    model: str = ""
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    stage_configs: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    settings: Mapping[str, Any] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash((self.place, self.app, self.owner))


class SourceSettings(SettingsGroup):
    """What videos and requests may be, and where they may come from."""

    max_pixels: int = setting(
        67_108_864, "Largest picture", "Videos with more pixels a frame are refused.", unit="px", ge=1
    )
    max_duration_s: float = setting(
        86_400.0, "Longest video", "Longer videos are refused.", unit="s", gt=0, le=31_536_000
    )
    max_file_bytes: int = setting(
        1_000_000_000_000, "Largest file", "Larger files are refused.", unit="bytes", ge=1
    )

    max_body_bytes: int = setting(
        4_000_000,
        "Largest request",
        "Requests over the network with a larger body are refused; uploads have the limit of files.",
        unit="bytes",
        ge=1024,
    )
    cors_origins: tuple[str, ...] = setting(
        (),
        "Origins",
        "Web pages of these origins may call the API from a browser, as a JSON list; none by default.",
    )
    allowed_folders: tuple[Path, ...] = setting(
        (),
        "Allowed folders",
        "Folders from which users of a server may name videos by path, as a JSON list; none by default.",
    )
    allowed_buckets: tuple[str, ...] = setting(
        (),
        "Allowed buckets",
        "Buckets, or parts of them, that users of a server may read, as a JSON list: `videos` or `videos/match-`.",
    )
    watch: tuple[WatchedPlace, ...] = setting(
        (),
        "Watched places",
        "Allowed folders and buckets in which `sightline serve` makes a run of each new video, as a JSON list: "
        '`[{"place": "/videos/in", "app": "road", "owner": "ada"}]`; also model, priority, stage_configs, settings, tags.',
    )
    watch_every_s: float = setting(
        5.0, "Watch interval", "How often watched places are looked at.", unit="s", ge=0.1, le=86_400
    )
    watch_settle_s: float = setting(
        5.0,
        "Watch patience",
        "A file in a watched folder is whole once its size and time have not changed for so long.",
        unit="s",
        ge=0,
        le=86_400,
    )
    fetch_schemes: tuple[str, ...] = setting(
        ("https",),
        "Fetch schemes",
        "How videos may be fetched from an address: `https`, and `http` if you must.",
    )
    fetch_networks: tuple[str, ...] = setting(
        (),
        "Fetch networks",
        "Networks beside the public ones that videos may be fetched from, as a JSON list of `10.1.0.0/16`.",
    )
    fetch_s: float = setting(
        3600.0, "Fetch time", "Longest that fetching one video may take.", unit="s", gt=0
    )
    probe_memory_bytes: int = setting(
        1_000_000_000,
        "Probe memory",
        "Most memory that opening a stranger's file may take.",
        unit="bytes",
        ge=1,
    )
    probe_s: float = setting(
        60.0, "Probe time", "Most processor time that opening a stranger's file may take.", unit="s", gt=0
    )
    video_codecs: tuple[str, ...] = setting(
        (
            "h264",
            "hevc",
            "av1",
            "vp8",
            "vp9",
            "mpeg4",
            "mpeg2video",
            "mpeg1video",
            "mjpeg",
            "prores",
            "dnxhd",
            "h263",
            "wmv3",
            "vc1",
            "msmpeg4v3",
            "gif",
        ),
        "Codecs",
        "Video codecs that a server takes, as ffmpeg names them, as a JSON list; empty for all.",
    )
