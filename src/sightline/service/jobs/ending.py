"""What is told when a run has ended."""

from __future__ import annotations

from sightline.core.errors import RunMemoryError, RunTimeoutError
from sightline.core.events import EventKind, RunEvent
from sightline.core.runs import Run, RunState


def ending(run: Run, now_s: float) -> RunEvent | None:
    """Give the event that tells of a run's end, None where it is to go on."""
    if not run.has_ended:
        return None
    completed = run.state is RunState.COMPLETED
    kind = EventKind.PIPELINE_COMPLETED if completed else EventKind.PIPELINE_FAILED
    return RunEvent(run.id, kind, "", now_s, {"state": run.state.value, **run.error})


def run_timeout(limit_s: float) -> RunTimeoutError:
    """Give the error for a run that took too long."""
    return RunTimeoutError(
        f"the run took longer than {limit_s:g} s",
        hint="raise SIGHTLINE_RUN_TIMEOUT_S, use a smaller model or a larger stride; then resume",
    )


def run_memory(limit_bytes: int) -> RunMemoryError:
    """Give the error of a run whose process grew too large."""
    return RunMemoryError(
        f"the run's process took more than {limit_bytes / 1e6:,.0f} MB of memory",
        hint="choose a smaller model, batch or target_resolution, or raise SIGHTLINE_RUN_MEMORY_BYTES; then resume it",
    )
