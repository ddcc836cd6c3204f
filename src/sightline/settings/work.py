"""How a machine carries runs out, and how long it keeps them."""

from __future__ import annotations

from typing import Literal

from sightline.settings.declare import SettingsGroup, setting


class WorkSettings(SettingsGroup):
    """How runs are carried out, and how long they are kept."""

    model: str = setting(
        "sightline-people-n",
        "Default model",
        "Model used where neither a run nor its application names one, as with `people`: a name or a file.",
    )
    runtime: str = setting("openvino", "Runtime", "Plugin that runs model graphs.")
    precision: Literal["auto", "f32", "bf16", "int8"] = setting(
        "auto",
        "Precision",
        "What models compute in; `auto` is bf16 where that is faster (AMX, or AVX512-BF16 on AMD), else f32. "
        "Each run records what was chosen; set f32 for results that agree between machines.",
    )
    threads: int = setting(
        0, "Threads", "Cores a run may keep busy; 0 means all.", unit="cores", ge=0, le=1024
    )
    batch: int = setting(
        4,
        "Batch",
        "Frames handed from stage to stage at once; changes speed and memory, never a result.",
        unit="frames",
        ge=1,
        le=256,
    )
    in_flight: int = setting(
        6,
        "In flight",
        "Inferences under way at once in one model; twice the cores at least. Half of them are read at a time.",
        unit="requests",
        ge=1,
        le=64,
    )

    segment_s: float = setting(
        10.0,
        "Segment length",
        "About how much video one checkpoint covers; what a crash can cost.",
        unit="s",
        ge=0.5,
        le=600,
    )
    max_attempts: int = setting(
        3,
        "Attempts",
        "How often a run is tried before it fails, where the cause may pass.",
        unit="attempts",
        ge=1,
        le=20,
    )
    retry_base_s: float = setting(
        0.5,
        "Retry wait",
        "Wait before the second attempt; it doubles with each further one, with jitter.",
        unit="s",
        ge=0,
        le=60,
    )
    stage_timeout_s: float = setting(
        300.0,
        "Stage timeout",
        "Longest that one stage may work on one batch before its run fails.",
        unit="s",
        gt=0,
        le=86_400,
    )
    run_timeout_s: float = setting(
        0.0, "Run timeout", "Longest that one attempt at a run may take; 0 for no limit.", unit="s", ge=0
    )
    run_memory_bytes: int = setting(
        0,
        "Run memory",
        "Most memory that the process of one run may hold; the run fails above it. On Linux, and not under Celery; "
        "0 for no limit.",
        unit="bytes",
        ge=0,
    )
    run_niceness: int = setting(
        3,
        "Run niceness",
        "By how much the runs of `sightline serve` give way to others when the processor is short, so that the server "
        "answers at once; 0 for not at all. Those of `sightline worker` and of Celery never do.",
        unit="nice",
        ge=0,
        le=19,
    )
    workers: int = setting(
        1, "Workers", "Runs that `sightline serve` carries out at once; 0 leaves them to others.", unit="runs", ge=0, le=256
    )  # fmt: skip
    share_from: int = setting(
        6,
        "Shared runs",
        "A queued run with at least so many segments left is shared among workers that have time; 0 for never.",
        unit="segments",
        ge=0,
        le=100_000,
    )
    lease_s: float = setting(
        30.0,
        "Lease",
        "A worker that has not been heard of for so long has lost its run to others.",
        unit="s",
        ge=1,
        le=3600,
    )
    min_free_bytes: int = setting(
        200_000_000,
        "Free disk",
        "A run does not start, and stops resumably, with less room than this where results go.",
        unit="bytes",
        ge=0,
    )
    reserve_bytes: int = setting(
        1_000_000_000,
        "Reserved disk",
        "New work over the network is refused with less than this above `min_free_bytes`, so that old work ends.",
        unit="bytes",
        ge=0,
    )
    keep_days: float = setting(
        0.0, "Keep", "Ended runs of users are deleted after so long; 0 means never.", unit="days", ge=0
    )
    keep_bytes: int = setting(
        0,
        "Keep at most",
        "A user's oldest ended runs are deleted above so much; 0 means never.",
        unit="bytes",
        ge=0,
    )
    backups_kept: int = setting(
        0,
        "Backups",
        "A server copies a SQLite database once a day and keeps so many copies; 0 for none.",
        unit="copies",
        ge=0,
        le=1000,
    )
    seed: int = setting(0, "Seed", "Seeds the jitter of retries; results never depend on it.", ge=0)
