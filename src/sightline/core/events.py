"""Progress of a run, as a stream that anyone may follow and replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """What happened to a run; the last two: what a live source saw, and what became of a camera."""

    STAGE_STARTED = "stage_started"
    STAGE_PROGRESS = "stage_progress"
    STAGE_COMPLETED = "stage_completed"
    STAGE_FAILED = "stage_failed"
    PIPELINE_COMPLETED = "pipeline_completed"
    PIPELINE_FAILED = "pipeline_failed"
    HAZARD_EVENT = "hazard_event"
    CAMERA_EVENT = "camera_event"


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One step in the life of a run.

    Attributes:
        run_id: Whose.
        kind: What happened.
        stage: Which part of the work, as in `infer`, `report`, `annotate`; empty for the whole.
        t_s: Wall clock, seconds since the Unix epoch.
        details: Plain data: `done`, `total`, `fps`, `eta_s`, `error`, `code`, `hint`.
        cursor: Rising number within the run, given by whoever stores it; 0 before that.
    """

    run_id: str
    kind: EventKind
    stage: str
    t_s: float
    details: Mapping[str, Any] = field(default_factory=dict)
    cursor: int = 0
