"""Everything that can be set for a machine, read once, in `bootstrap`; and how an application's settings are checked.

Each setting is an environment variable `SIGHTLINE_<NAME>`. What shapes one run's result (model, stride,
rules, ...) is part of that run's request, not of these settings; docs/settings.md lists them all and is made
from this file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from pydantic.config import JsonDict

PREFIX = "SIGHTLINE_"

ALIASES: Mapping[str, str] = {
    "MODEL_PATH": "stream_model",
    "OPENVINO_DEVICE": "stream_device",
    "OPENVINO_PERFORMANCE_MODE": "stream_performance",
    "STREAMING_DEFAULT_FPS": "stream_fps",
    "STREAMING_MAX_FPS": "stream_max_fps",
    "STREAMING_QUEUE_SIZE": "stream_queue_frames",
    "STREAMING_ENABLE_TRACKING": "stream_tracking",
    "STREAMING_SESSION_TIMEOUT": "stream_timeout_s",
    "CONFIDENCE_THRESHOLD": "stream_confidence",
}
"""Variables by which clients of other live services set them up -> our setting."""


def data_home(environ: Mapping[str, str], platform: str, user: Path) -> Path:
    """Give where an application keeps its data on this platform.

    Source:
        XDG Base Directory Specification 0.8; Apple's File System Programming Guide; Windows Known Folders.
    """
    if platform == "darwin":
        return user / "Library" / "Application Support" / "sightline"
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or user / "AppData" / "Local") / "sightline"
    given = Path(environ.get("XDG_DATA_HOME", ""))
    return (given if given.is_absolute() else user / ".local" / "share") / "sightline"


def _home() -> Path:
    return data_home(os.environ, sys.platform, Path.home())


def _field(default: Any, title: str, description: str, *, unit: str = "", **limits: Any) -> Any:
    """Declare a setting; `unit` is shown beside its value."""
    extra: JsonDict = {"unit": unit}
    if callable(default):
        return Field(
            default_factory=default, title=title, description=description, json_schema_extra=extra, **limits
        )
    return Field(default, title=title, description=description, json_schema_extra=extra, **limits)


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


class Settings(BaseSettings):
    """How Sightline is set up on this machine."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, protected_namespaces=()
    )

    home: Path = _field(
        _home,
        "Home folder",
        "Where the database, models and logs lie; the platform's data folder by default.",
    )
    database_url: str = _field(
        "", "Database", "SQLAlchemy address of the run database; empty means a SQLite file under `home`."
    )
    models_dir: Path | None = _field(
        None, "Models folder", "Where pulled and added models lie; empty means `models` under `home`."
    )
    results_dir: Path | None = _field(
        None,
        "Results folder",
        "Where the results of runs that came over the network lie; empty means `results` under `home`.",
    )
    videos_dir: Path | None = _field(
        None, "Videos folder", "Where uploaded videos lie; empty means `videos` under `home`."
    )
    upload_expires_s: float = _field(
        86_400.0,
        "Upload time",
        "An unfinished upload is given up after this long without a byte.",
        unit="s",
        ge=60,
        le=31_536_000,
    )
    runs: str = _field("sql", "Run store", "Plugin that keeps runs and checkpoints.")
    queue: str = _field("sql", "Job queue", "Plugin that hands queued runs to workers: memory or sql.")
    bus: str = _field("memory", "Event bus", "Plugin that carries progress to listeners: memory or redis.")
    locks: str = _field(
        "memory", "Locks", "Plugin that lets one server at a time do what is done for all: memory or redis."
    )
    objects: str = _field(
        "",
        "Object store",
        "Plugin that finished runs are published to besides their folder: filesystem or s3; empty for none.",
    )
    objects_url: str = _field(
        "",
        "Objects",
        "Where the object store is: a folder, or `s3://bucket/prefix`; empty means `objects` under `home`.",
    )
    s3_endpoint: str = _field(
        "", "S3 server", "Address of an S3 server that is not Amazon's; keys come from the `AWS_*` variables."
    )
    s3_region: str = _field("us-east-1", "S3 region", "Region of the S3 server.")
    redis_url: str = _field(
        "",
        "Redis",
        "Address of the Redis server, as in `redis://127.0.0.1:6379/0`, for what is set to redis.",
    )

    broker_url: str = _field(
        "",
        "Broker",
        "Celery's broker where `queue` is celery: `redis://host:6379/1` or `amqp://user:password@host:5672//`.",
    )
    resource: Literal["cpu", "gpu"] = _field(
        "cpu",
        "Resource",
        "Celery queue on which runs are announced: that of the workers with what models need.",
    )
    limits: str = _field("memory", "Rate limiter", "Plugin that counts how often somebody asks.")

    model: str = _field("motion", "Default model", "Model used where a run names none: a name or a file.")
    runtime: str = _field("openvino", "Runtime", "Plugin that runs model graphs.")
    precision: Literal["auto", "f32", "bf16", "int8"] = _field(
        "auto",
        "Precision",
        "What models compute in; `auto` is bf16 where that is faster (AMX, or AVX512-BF16 on AMD), else f32. "
        "Each run records what was chosen; set f32 for results that agree between machines.",
    )
    threads: int = _field(
        0, "Threads", "Cores a run may keep busy; 0 means all.", unit="cores", ge=0, le=1024
    )
    batch: int = _field(
        4,
        "Batch",
        "Frames handed from stage to stage at once; changes speed and memory, never a result.",
        unit="frames",
        ge=1,
        le=256,
    )
    in_flight: int = _field(
        4, "In flight", "Inferences under way at once in one model.", unit="requests", ge=1, le=64
    )

    segment_s: float = _field(
        10.0,
        "Segment length",
        "About how much video one checkpoint covers; what a crash can cost.",
        unit="s",
        ge=0.5,
        le=600,
    )
    max_attempts: int = _field(
        3,
        "Attempts",
        "How often a run is tried before it fails, where the cause may pass.",
        unit="attempts",
        ge=1,
        le=20,
    )
    retry_base_s: float = _field(
        0.5,
        "Retry wait",
        "Wait before the second attempt; it doubles with each further one, with jitter.",
        unit="s",
        ge=0,
        le=60,
    )
    stage_timeout_s: float = _field(
        300.0,
        "Stage timeout",
        "Longest that one stage may work on one batch before its run fails.",
        unit="s",
        gt=0,
        le=86_400,
    )
    run_timeout_s: float = _field(
        0.0, "Run timeout", "Longest that one attempt at a run may take; 0 for no limit.", unit="s", ge=0
    )
    run_memory_bytes: int = _field(
        0,
        "Run memory",
        "Most memory that the process of one run may hold; the run fails above it. On Linux, and not under Celery; "
        "0 for no limit.",
        unit="bytes",
        ge=0,
    )
    workers: int = _field(
        1, "Workers", "Runs that `sightline serve` carries out at once; 0 leaves them to others.", unit="runs", ge=0, le=256
    )  # fmt: skip
    share_from: int = _field(
        6,
        "Shared runs",
        "A queued run with at least so many segments left is shared among workers that have time; 0 for never.",
        unit="segments",
        ge=0,
        le=100_000,
    )
    lease_s: float = _field(
        30.0,
        "Lease",
        "A worker that has not been heard of for so long has lost its run to others.",
        unit="s",
        ge=1,
        le=3600,
    )
    min_free_bytes: int = _field(
        200_000_000,
        "Free disk",
        "A run does not start, and stops resumably, with less room than this where results go.",
        unit="bytes",
        ge=0,
    )
    reserve_bytes: int = _field(
        1_000_000_000,
        "Reserved disk",
        "New work over the network is refused with less than this above `min_free_bytes`, so that old work ends.",
        unit="bytes",
        ge=0,
    )
    keep_days: float = _field(
        0.0, "Keep", "Ended runs of users are deleted after so long; 0 means never.", unit="days", ge=0
    )
    keep_bytes: int = _field(
        0,
        "Keep at most",
        "A user's oldest ended runs are deleted above so much; 0 means never.",
        unit="bytes",
        ge=0,
    )
    backups_kept: int = _field(
        0,
        "Backups",
        "A server copies a SQLite database once a day and keeps so many copies; 0 for none.",
        unit="copies",
        ge=0,
        le=1000,
    )
    seed: int = _field(0, "Seed", "Seeds the jitter of retries; results never depend on it.", ge=0)

    max_pixels: int = _field(
        67_108_864, "Largest picture", "Videos with more pixels a frame are refused.", unit="px", ge=1
    )
    max_duration_s: float = _field(
        86_400.0, "Longest video", "Longer videos are refused.", unit="s", gt=0, le=31_536_000
    )
    max_file_bytes: int = _field(
        1_000_000_000_000, "Largest file", "Larger files are refused.", unit="bytes", ge=1
    )

    max_body_bytes: int = _field(
        4_000_000,
        "Largest request",
        "Requests over the network with a larger body are refused; uploads have the limit of files.",
        unit="bytes",
        ge=1024,
    )
    cors_origins: tuple[str, ...] = _field(
        (),
        "Origins",
        "Web pages of these origins may call the API from a browser, as a JSON list; none by default.",
    )
    allowed_folders: tuple[Path, ...] = _field(
        (),
        "Allowed folders",
        "Folders from which users of a server may name videos by path, as a JSON list; none by default.",
    )
    allowed_buckets: tuple[str, ...] = _field(
        (),
        "Allowed buckets",
        "Buckets, or parts of them, that users of a server may read, as a JSON list: `videos` or `videos/match-`.",
    )
    watch: tuple[WatchedPlace, ...] = _field(
        (),
        "Watched places",
        "Allowed folders and buckets in which `sightline serve` makes a run of each new video, as a JSON list: "
        '`[{"place": "/videos/in", "app": "road", "owner": "ada"}]`; also model, priority, stage_configs, settings, tags.',
    )
    watch_every_s: float = _field(
        5.0, "Watch interval", "How often watched places are looked at.", unit="s", ge=0.1, le=86_400
    )
    watch_settle_s: float = _field(
        5.0,
        "Watch patience",
        "A file in a watched folder is whole once its size and time have not changed for so long.",
        unit="s",
        ge=0,
        le=86_400,
    )
    fetch_schemes: tuple[str, ...] = _field(
        ("https",),
        "Fetch schemes",
        "How videos may be fetched from an address: `https`, and `http` if you must.",
    )
    fetch_networks: tuple[str, ...] = _field(
        (),
        "Fetch networks",
        "Networks beside the public ones that videos may be fetched from, as a JSON list of `10.1.0.0/16`.",
    )
    fetch_s: float = _field(3600.0, "Fetch time", "Longest that fetching one video may take.", unit="s", gt=0)
    probe_memory_bytes: int = _field(
        1_000_000_000,
        "Probe memory",
        "Most memory that opening a stranger's file may take.",
        unit="bytes",
        ge=1,
    )
    probe_s: float = _field(
        60.0, "Probe time", "Most processor time that opening a stranger's file may take.", unit="s", gt=0
    )
    video_codecs: tuple[str, ...] = _field(
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

    quota_storage_bytes: int = _field(
        0,
        "Storage quota",
        "Videos that each user may keep; 0 for no limit. A user's own limit wins.",
        unit="bytes",
        ge=0,
    )
    quota_runs_per_day: int = _field(
        0, "Daily quota", "Runs that each user may begin in 24 hours; 0 for no limit.", unit="runs", ge=0
    )
    quota_concurrent_runs: int = _field(
        0,
        "Concurrency quota",
        "Runs of each user that may wait or work at once; 0 for no limit.",
        unit="runs",
        ge=0,
    )

    secret_key: SecretStr = _field(
        SecretStr(""),
        "Secret",
        "Signs tokens and links, 32 characters or more; empty means one that is made and kept under `home`. "
        "Servers that work together need the same. A new one ends every session and link, not API keys.",
    )
    access_token_s: float = _field(
        900.0, "Access token", "How long an access token holds.", unit="s", ge=10, le=86_400
    )
    refresh_token_s: float = _field(
        1_209_600.0,
        "Refresh token",
        "How long somebody stays signed in without asking for anything.",
        unit="s",
        ge=60,
        le=31_536_000,
    )
    ticket_s: float = _field(
        60.0,
        "Ticket",
        "How long a ticket for an event stream may be used to open one.",
        unit="s",
        ge=5,
        le=600,
    )
    setup_link_s: float = _field(
        172_800.0, "Setup link", "How long the link that sets a first password holds.", unit="s", ge=60
    )
    password_memory_kib: int = _field(
        65_536,
        "Password memory",
        "Memory that Argon2id takes for one password.",
        unit="KiB",
        ge=19_456,
        le=1_048_576,
    )
    reads_per_min: int = _field(
        6000,
        "Reads",
        "Requests a minute that only read, for each user; 0 for no limit.",
        unit="requests",
        ge=0,
    )
    writes_per_min: int = _field(
        1200,
        "Changes",
        "Requests a minute that change something, for each user; 0 for no limit.",
        unit="requests",
        ge=0,
    )
    frames_per_min: int = _field(
        60_000,
        "Frames",
        "Frames a minute that each user may send one by one; 0 for no limit.",
        unit="frames",
        ge=0,
    )
    public_per_min: int = _field(
        1200,
        "Public requests",
        "Requests a minute without an account, for each address; 0 for no limit.",
        unit="requests",
        ge=0,
    )
    trusted_proxies: tuple[str, ...] = _field(
        (),
        "Trusted proxies",
        "Networks of the proxies in front of the server, as a JSON list: their `X-Forwarded-For` says who asks.",
    )
    logins_per_min: int = _field(
        5,
        "Sign-ins",
        "Tries a minute to sign in, for each name at each address; 0 for no limit.",
        unit="tries",
        ge=0,
    )

    webhook_networks: tuple[str, ...] = _field(
        (),
        "Webhook networks",
        "Private networks that webhooks may be sent to besides public addresses, as a JSON list.",
    )
    webhook_timeout_s: float = _field(
        10.0, "Webhook timeout", "Longest that a webhook's address may take to answer.", unit="s", gt=0, le=60
    )
    webhook_attempts: int = _field(
        8,
        "Webhook attempts",
        "How often a message is sent before it counts as dead.",
        unit="tries",
        ge=1,
        le=50,
    )
    webhook_retry_s: float = _field(
        10.0,
        "Webhook retry",
        "Wait before the second try; it doubles with each further one up to six hours, with jitter.",
        unit="s",
        gt=0,
        le=3600,
    )

    webhook_cooldown_s: float = _field(
        60.0,
        "Webhook cooldown",
        "Of one camera or stream, webhooks are told of hazards of one kind, or of a state, no more often than that.",
        unit="s",
        ge=0,
        le=86_400,
    )

    camera_networks: tuple[str, ...] = _field(
        (),
        "Camera networks",
        "Private networks that cameras may be in besides public addresses, as a JSON list.",
    )
    stream_model: str = _field(
        "",
        "Stream model",
        "Model of live streams: a name or a file; empty means the application's own, or else `model`.",
    )
    stream_device: str = _field("CPU", "Stream device", "OpenVINO device that live streams run on.")
    stream_performance: Literal["throughput", "latency"] = _field(
        "throughput",
        "Stream performance",
        "`throughput`: one core a frame, several frames at once. `latency`: all cores on one frame.",
    )
    stream_fps: float = _field(
        15.0,
        "Stream rate",
        "Frames a second that a stream has where its client names none.",
        unit="Hz",
        ge=1,
        le=30,
    )
    stream_max_fps: float = _field(
        30.0,
        "Highest stream rate",
        "Most frames a second that a client may ask for.",
        unit="Hz",
        ge=1,
        le=60,
    )
    stream_queue_frames: int = _field(
        1,
        "Stream queue",
        "Frames of one stream that may wait; a newer one pushes the oldest out.",
        unit="frames",
        ge=1,
        le=64,
    )
    stream_tracking: bool = _field(
        True,
        "Stream tracking",
        "Whether streams are tracked where their clients do not say.",
        unit="true or false",
    )
    stream_confidence: float = _field(
        0.5,
        "Stream confidence",
        "Lowest score of a detection where a stream's client does not say.",
        unit="0..1",
        ge=0,
        le=1,
    )
    stream_timeout_s: float = _field(
        300.0,
        "Stream timeout",
        "A stream whose client is silent for so long is closed.",
        unit="s",
        gt=0,
        le=86_400,
    )
    stream_latency_ms: float = _field(
        100.0,
        "Stream latency",
        "A further stream is admitted while 95 % of frames are expected to be answered within this.",
        unit="ms",
        gt=0,
        le=60_000,
    )
    stream_max_sessions: int = _field(
        256,
        "Most streams",
        "No more streams than this, whatever the machine can do.",
        unit="streams",
        ge=1,
        le=10_000,
    )
    stream_max_webrtc: int = _field(
        8,
        "Most WebRTC streams",
        "No more streams than this over WebRTC at once; 0 turns it off.",
        unit="streams",
        ge=0,
        le=1000,
    )
    stream_max_frame_bytes: int = _field(
        2_900_000,
        "Largest frame",
        "Larger frames of live streams are refused.",
        unit="bytes",
        ge=1_000,
        le=64_000_000,
    )
    stream_max_pixels: int = _field(
        33_177_600,
        "Largest streamed picture",
        "Live pictures with more pixels are refused.",
        unit="px",
        ge=256,
    )

    log_level: Literal["debug", "info", "warning", "error"] = _field(
        "warning", "Log level", "Least serious message shown on the terminal; the log file holds `info` too."
    )
    log_format: Literal["text", "json"] = _field(
        "text", "Log format", "How messages look on the terminal; the log file is JSON lines always."
    )

    @field_validator("stream_performance", mode="before")
    @classmethod
    def _lower(cls, given: Any) -> Any:
        """OpenVINO writes its modes in capitals."""
        return given.lower() if isinstance(given, str) else given

    @property
    def database(self) -> str:
        """The run database's address."""
        return self.database_url or f"sqlite:///{self.home / 'sightline.db'}"

    @property
    def models(self) -> Path:
        """Where models lie."""
        return self.models_dir or self.home / "models"

    @property
    def videos(self) -> Path:
        """Where uploaded videos lie."""
        return self.videos_dir or self.home / "videos"

    @property
    def results(self) -> Path:
        """Where the results of runs lie that came over the network."""
        return self.results_dir or self.home / "results"

    @property
    def logs(self) -> Path:
        """Where log files lie."""
        return self.home / "logs"


def read_settings(**given: Any) -> Settings:
    """Read the environment; `given` wins over it, `None` in it counts as not given.

    Variables of `ALIASES` count where our own of the same meaning are not set.

    Raises:
        SettingsError: A value is out of range; the text names the variable.
    """
    given = {name: value for name, value in given.items() if value is not None}
    aliases = [
        variable
        for variable, name in ALIASES.items()
        if os.environ.get(variable) and not os.environ.get(PREFIX + name.upper()) and name not in given
    ]
    try:
        return Settings(**given | {ALIASES[variable]: os.environ[variable] for variable in aliases})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        variable = next((own for own in aliases if ALIASES[own] == name), PREFIX + name.upper())
        raise SettingsError(
            f"{variable}={first.get('input')!r}: {first['msg'].lower()}",
            hint="see `sightline settings`",
        ) from None


class AppSettings(BaseModel):
    """An application's settings: part of a run's request, frozen, with no name that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Check settings given as plain data.

        Raises:
            SettingsError: One is unknown, or out of range.
        """
        try:
            return cls.model_validate(dict(settings))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(str(step) for step in first["loc"])
            raise SettingsError(
                f"{name}: {first['msg']}", hint=f"settings are {', '.join(cls.model_fields)}"
            ) from None


def unknown_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Give `SIGHTLINE_*` variables that name no setting: most often a misspelling."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    ours = (name for name in environ if name.startswith(PREFIX) and not name.startswith(PREFIX + "TEST_"))
    return tuple(sorted(name for name in ours if name not in known))


def without_password(url: str) -> str:
    """Give an address that is safe to show: a password in it becomes `***`."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{place}"))


def described(settings: Settings) -> list[dict[str, str]]:
    """Give each setting as `name variable value default unit title description`, secrets hidden."""
    rows = []
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        default = "platform's data folder" if field.default_factory else _shown(field.default)
        rows.append(
            {
                "name": name,
                "variable": PREFIX + name.upper(),
                "value": _shown(getattr(settings, name)),
                "default": default,
                "unit": str(extra.get("unit", "")),
                "title": field.title or name,
                "description": field.description or "",
            }
        )
    return rows


def _shown(value: Any) -> str:
    return "" if value is None else without_password(str(value))
