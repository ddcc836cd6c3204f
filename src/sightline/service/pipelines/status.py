"""Says where a run stands, in one value that every client can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.runs import RunState
from sightline.service.folder import RunFolder
from sightline.service.results import Results

if TYPE_CHECKING:
    from sightline.core.runs import Run
    from sightline.service.pipelines.progress import ProgressBoard, Standing
    from sightline.service.platform import Platform


@dataclass(frozen=True, slots=True)
class Status:
    """A run and how far it has come.

    Attributes:
        run: What was asked for.
        standing: The stage and its pace.
        percent: Share of the video's frames that are accounted for, 0..100; 100 once the run is complete.
        stage_percent: Share of the present stage, 0..100; None while not known.
        ledger: What became of every frame, as plain data; None before the run is complete.
        rows: Table -> rows; None before the run is complete.
    """

    run: Run
    standing: Standing
    percent: float
    stage_percent: float | None
    ledger: Mapping[str, Any] | None
    rows: Mapping[str, int] | None


def status_of(platform: Platform, run: Run, board: ProgressBoard) -> Status:
    """Give where a run stands."""
    standing = board.read(platform, run.id)
    results = _results(run)
    share = standing.done / standing.total if standing.total and standing.stage else None
    return Status(
        run=run,
        standing=standing,
        percent=100.0 if run.state is RunState.COMPLETED else _percent(standing),
        stage_percent=None if share is None else round(100 * share, 1),
        ledger=None if results is None else results.ledger.to_json(),
        rows=None
        if results is None
        else {name: results.tables.rows(name) for name in results.tables.names()},
    )


def _percent(standing: Standing) -> float:
    if not standing.frames_total:
        return 0.0
    return round(min(100.0, 100 * standing.frames_done / standing.frames_total), 1)


def _results(run: Run) -> Results | None:
    folder = RunFolder(Path(run.folder))
    if run.state is not RunState.COMPLETED or not folder.is_complete:
        return None
    return Results(folder.root)
