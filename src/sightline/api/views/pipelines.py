"""Pipelines as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from sightline.core.runs import Run, RunState
from sightline.service.pipelines.start import PipelineRequest
from sightline.service.pipelines.status import Status

Tag = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\w.:@/+-]+$")]
PRIORITIES = {"low": -10, "normal": 0, "high": 10}
EXAMPLE: JsonDict = {
    "video_id": "0192f0c4a1b2-1f2e3d4c",
    "app": "football",
    "model_version": "latest",
    "batch_size": 8,
    "gpu_enabled": True,
    "checkpoint_enabled": True,
    "priority": 5,
    "stage_configs": {
        "video_decoding": {"target_fps": 25, "target_resolution": "1280x720", "extract_audio": True},
        "player_detection": {
            "model_name": "sightline-football-n",
            "confidence_threshold": 0.3,
            "nms_threshold": 0.6,
            "batch_size": 8,
        },
        "ball_tracking": {
            "tracking_method": "kalman",
            "min_ball_radius": 1,
            "max_ball_radius": 30,
            "max_missing_frames": 20,
        },
    },
}


def when(t_s: float) -> datetime:
    """Give a wall clock time as JSON has it."""
    return datetime.fromtimestamp(t_s, UTC)


class ProcessVideo(BaseModel):
    """What to do with a video. Name it by exactly one of `video_id`, `video_path` and `video_url`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE}, protected_namespaces=())

    video_id: str | None = Field(None, max_length=64, description="A video that was uploaded.")
    video_path: str | None = Field(
        None, max_length=4096, description="A file of the server, in a folder that it may read."
    )
    video_url: str | None = Field(
        None, max_length=4096, description="`https://...` or `s3://bucket/key` that the server may reach."
    )
    app: str = Field("people", max_length=64, description="The application; GET /api/v1/apps lists them.")
    model_version: str | None = Field(
        None,
        max_length=256,
        description="Name of a model; GET /api/v1/models lists them. `latest` is the application's default.",
    )
    batch_size: int | None = Field(
        None,
        ge=1,
        le=256,
        description="Frames handed from stage to stage at once: speed and memory, never a result.",
    )
    gpu_enabled: bool | None = Field(
        None,
        description="True where no GPU is used: the run computes on the processor, and a warning says so.",
    )
    checkpoint_enabled: bool | None = Field(
        None, description="False keeps no checkpoints: a run that is stopped begins again at its first frame."
    )
    priority: Annotated[int, Field(ge=-100, le=100)] | Literal["low", "normal", "high"] = Field(
        0, description="The higher, the sooner it is begun; `low` is -10, `high` is 10."
    )
    stage_configs: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="Settings by stage. An unknown stage or key is refused; a wish that cannot be met is a warning.",
    )
    settings: dict[str, Any] = Field(
        default_factory=dict, description="The application's own settings, by name."
    )
    tags: list[Tag] = Field(default_factory=list, max_length=32, description="Words to find it by.")

    def to_request(self) -> PipelineRequest:
        """Give it as the service takes it."""
        return PipelineRequest(
            app=self.app,
            model=self.model_version,
            batch=self.batch_size,
            gpu=self.gpu_enabled,
            checkpoints=self.checkpoint_enabled,
            priority=self.priority if isinstance(self.priority, int) else PRIORITIES[self.priority],
            stage_configs=self.stage_configs,
            settings=self.settings,
            tags=tuple(self.tags),
        )


class Failure(BaseModel):
    """What ended a pipeline."""

    code: str = Field(description="Stable name for programs to look at.")
    message: str
    hint: str | None = Field(None, description="What to do about it.")


class Pipeline(BaseModel):
    """A pipeline: one application on one video."""

    id: str
    state: RunState
    app: str
    video: str = Field(description="The video's name.")
    video_id: str | None = Field(description="Where it was uploaded.")
    owner: str = Field(description="Id of the user whose it is.")
    priority: int
    tags: list[str]
    created: datetime
    updated: datetime
    attempts: int = Field(description="How often it was begun.")
    cancel_requested: bool
    error: Failure | None = Field(description="What ended it; null where nothing did.")
    warnings: list[str] = Field(description="What was wished for and could not be met.")

    @classmethod
    def of(cls, run: Run) -> Self:
        """Give a run as JSON has it."""
        return cls(
            id=run.id,
            state=run.state,
            app=run.app,
            video=str(run.settings.get("source", {}).get("name", "")),
            video_id=run.video_id or None,
            owner=run.owner,
            priority=run.priority,
            tags=list(run.tags),
            created=when(run.created_s),
            updated=when(run.updated_s),
            attempts=run.attempts,
            cancel_requested=run.cancel_requested,
            error=Failure(**run.error) if run.error else None,
            warnings=list(run.settings.get("warnings", ())),
        )


class Started(Pipeline):
    """A pipeline that was asked for, and where to go on."""

    reused: bool = Field(description="The same was done before; these are its stored results.")
    effective: dict[str, Any] = Field(
        description="Every setting that shapes the results, as they are in force."
    )
    links: dict[str, str] = Field(description="Addresses of its status, events and results.")


class PipelineStatus(Pipeline):
    """Where a pipeline stands."""

    stage: str = Field(description="What is being done; empty before anything and after everything.")
    percent: float = Field(ge=0, le=100, description="Share of the video's frames that are accounted for.")
    stage_percent: float | None = Field(description="Share of the present stage; null while not known.")
    frames_done: int
    frames_total: int = Field(description="Frames that the video declares; 0 while not known.")
    fps: float | None = Field(description="Frames a second over the last seconds.")
    eta_s: float | None = Field(description="Seconds that the present stage will still take.")
    ledger: dict[str, Any] | None = Field(
        description="What became of every frame: decoded = inferred + skipped + failed. Null until complete."
    )
    rows: dict[str, int] | None = Field(description="Table -> rows. Null until complete.")
    cursor: int = Field(description="Of its newest stored event.")

    @classmethod
    def of_status(cls, status: Status) -> Self:
        """Give a status as JSON has it."""
        standing = status.standing
        return cls(
            **Pipeline.of(status.run).model_dump(),
            stage=standing.stage,
            percent=status.percent,
            stage_percent=status.stage_percent,
            frames_done=standing.frames_done,
            frames_total=standing.frames_total,
            fps=standing.fps,
            eta_s=standing.eta_s,
            ledger=None if status.ledger is None else dict(status.ledger),
            rows=None if status.rows is None else dict(status.rows),
            cursor=standing.cursor,
        )


class PipelinePage(BaseModel):
    """Some pipelines, newest first."""

    items: list[Pipeline]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null at the end.")


class FileView(BaseModel):
    """One file of a pipeline's results."""

    name: str = Field(description="As in `tables/tracks.parquet`.")
    size_bytes: int
    sha256: str
    media_type: str
    href: str


class Files(BaseModel):
    """The files of a pipeline's results."""

    items: list[FileView]


class SignedFileView(BaseModel):
    """A link that opens one file for whoever holds it."""

    name: str
    url: str = Field(description="Opens it, with ranges, without signing in.")
    expires: datetime
    size_bytes: int
    sha256: str
    media_type: str


class Query(BaseModel):
    """A question in SQL."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"sql": "select count(*) as n from tracks"}}
    )

    sql: str = Field(
        min_length=1, max_length=20_000, description="One SELECT; each table is a view of its name."
    )


class Rows(BaseModel):
    """What a question gave."""

    columns: list[str]
    rows: list[list[Any]]
    is_cut: bool = Field(description="There were more rows than are given.")
