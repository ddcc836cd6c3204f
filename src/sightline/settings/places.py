"""Where a machine keeps things, and by which plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sightline.core.home import home_folder
from sightline.settings.declare import SettingsGroup, setting


class PlaceSettings(SettingsGroup):
    """Where things are kept, and by which plugins."""

    home: Path = setting(
        home_folder,
        "Home folder",
        "Where the database, models and logs lie; the platform's data folder by default.",
    )
    database_url: str = setting(
        "", "Database", "SQLAlchemy address of the run database; empty means a SQLite file under `home`."
    )
    models_dir: Path | None = setting(
        None, "Models folder", "Where pulled and added models lie; empty means `models` under `home`."
    )
    results_dir: Path | None = setting(
        None,
        "Results folder",
        "Where the results of runs that came over the network lie; empty means `results` under `home`.",
    )
    videos_dir: Path | None = setting(
        None, "Videos folder", "Where uploaded videos lie; empty means `videos` under `home`."
    )
    upload_expires_s: float = setting(
        86_400.0,
        "Upload time",
        "An unfinished upload is given up after this long without a byte.",
        unit="s",
        ge=60,
        le=31_536_000,
    )
    runs: str = setting("sql", "Run store", "Plugin that keeps runs and checkpoints.")
    queue: str = setting("sql", "Job queue", "Plugin that hands queued runs to workers: memory or sql.")
    bus: str = setting("memory", "Event bus", "Plugin that carries progress to listeners: memory or redis.")
    server_address: str = setting(
        "",
        "Server address",
        "Where people reach this server, as in `http://10.0.0.5:8000`: others name it where it has what they have not, "
        "such as a camera's pictures; empty means its host and process.",
    )
    locks: str = setting(
        "memory", "Locks", "Plugin that lets one server at a time do what is done for all: memory or redis."
    )
    objects: str = setting(
        "",
        "Object store",
        "Plugin that finished runs are published to besides their folder: filesystem or s3; empty for none.",
    )
    objects_url: str = setting(
        "",
        "Objects",
        "Where the object store is: a folder, or `s3://bucket/prefix`; empty means `objects` under `home`.",
    )
    s3_endpoint: str = setting(
        "", "S3 server", "Address of an S3 server that is not Amazon's; keys come from the `AWS_*` variables."
    )
    s3_region: str = setting("us-east-1", "S3 region", "Region of the S3 server.")
    redis_url: str = setting(
        "",
        "Redis",
        "Address of the Redis server, as in `redis://127.0.0.1:6379/0`, for what is set to redis.",
    )

    broker_url: str = setting(
        "",
        "Broker",
        "Celery's broker where `queue` is celery: `redis://host:6379/1` or `amqp://user:password@host:5672//`.",
    )
    resource: Literal["cpu", "gpu"] = setting(
        "cpu",
        "Resource",
        "Celery queue on which runs are announced: that of the workers with what models need.",
    )
    limits: str = setting("memory", "Rate limiter", "Plugin that counts how often somebody asks.")

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
