"""One run of a camera: from its begin to its results, like a run on a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sightline
from sightline.core.events import EventKind, RunEvent
from sightline.core.media import Segment
from sightline.core.runs import Checkpoint, Run, RunState
from sightline.core.tables import TABLES
from sightline.engine.run import EngineSettings, Pipeline
from sightline.ports import StageContext
from sightline.service.folder import RunFolder
from sightline.service.jobs.relay import tell
from sightline.service.live.cameras.check import application_for
from sightline.service.live.cameras.observe import ObserveStage
from sightline.service.prepare import Prepared, make_tracker
from sightline.service.publish import publish
from sightline.service.submit import new_run_id
from sightline.settings import without_password
from sightline.stages.record import RecordStage

if TYPE_CHECKING:
    from sightline.core.media import MediaInfo
    from sightline.core.packets import Packet
    from sightline.media.live.source import LiveSource
    from sightline.ports import Application, ModelAdapter, Stage
    from sightline.service.live.cameras.owned_model import OwnedModel
    from sightline.service.live.cameras.request import CameraRequest
    from sightline.service.platform import Platform

_NO_LIMIT_S = 10.0**9
_WORKING_WIDTH_PX = 640


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told what while a run goes on."""

    on_frame: Callable[[Packet, list[dict[str, Any]]], None]
    on_event: Callable[[Mapping[str, Any]], None]


def record(
    platform: Platform,
    request: CameraRequest,
    source: LiveSource,
    model: OwnedModel,
    listeners: Listeners,
    *,
    folder: Path,
    owner: str,
) -> Run:
    """Work on a camera's pictures for the length of one run, and make the results of what was seen.

    Raises:
        SightlineError: It could not go on; what was committed stays, the run is stored as failed.
    """
    application = application_for(request, model.info.class_names)
    media = source.open()
    source.scale_to(_working_size(media.size))
    recording = _Recording(platform, request, application, source, model, listeners, media=media)
    settings = {**application.defaults(), **request.app_settings}
    return recording.carry_out(_begin(platform, request, settings, model.name, folder, owner))


class _Recording:
    def __init__(
        self,
        platform: Platform,
        request: CameraRequest,
        application: Application,
        source: LiveSource,
        model: ModelAdapter,
        listeners: Listeners,
        *,
        media: MediaInfo,
    ) -> None:
        self._platform = platform
        self._request = request
        self._source = source
        self._model = model
        self._media = media
        self._application = application
        self._listeners = listeners
        self._segments = self._frames = 0

    def carry_out(self, run: Run) -> Run:
        folder = RunFolder(Path(run.folder))
        folder.create()
        stages = self._stages(folder)
        pipeline = Pipeline(
            self._source,
            stages,
            commit=lambda checkpoint: self._commit(run, checkpoint),
            settings=EngineSettings(channel_frames=2, stage_timeout_s=_NO_LIMIT_S),
        )
        try:
            pipeline.run(self._source.stretches(limit_s=self._request.run_s))
            self._publish(run, folder, stages)
        except BaseException:
            self._end(run, RunState.FAILED)
            raise
        ended = self._end(run, RunState.COMPLETED)
        if self._segments:
            folder.finish()
        return ended

    def _stages(self, folder: RunFolder) -> list[Any]:
        settings = {**self._application.defaults(), **self._request.app_settings}
        context = StageContext(
            media=self._media,
            models={"detector": self._model},
            tracker=partial(make_tracker, "bytetrack", camera_motion=False),
            settings=settings,
            in_flight=2,
        )
        stages = list(self._application.stages(context))
        begin = getattr(self._application, "analysis", None)
        names = self._model.info.class_names
        observe = ObserveStage(
            begin(self._request.app_settings, names) if begin is not None else None,
            lambda: self._model.info.class_names,
            self._listeners.on_frame,
            self._listeners.on_event,
            looks_at="tracks" if any("tracks" in stage.produces for stage in stages) else "detections",
        )
        tables = _tables(stages)
        return [*stages, observe, RecordStage(folder.write_part, tables=tables, class_names=lambda: names)]

    def _commit(self, run: Run, checkpoint: Checkpoint) -> None:
        self._segments, self._frames = checkpoint.segment + 1, self._frames + checkpoint.frames
        details = {"segment": checkpoint.segment, "rows": dict(checkpoint.parts)}
        event = RunEvent(run.id, EventKind.STAGE_PROGRESS, "camera", self._platform.clock.now_s(), details)
        self._platform.journal.commit(run.id, replace(checkpoint, snapshots={}), events=[event], attempt=1)
        tell(self._platform, event)

    def _publish(self, run: Run, folder: RunFolder, stages: list[Any]) -> None:
        if not self._segments:
            return
        segments = tuple(
            Segment(number, 0, 0, Fraction(0), None, open_end=True) for number in range(self._segments)
        )
        media = replace(self._media, frames=self._frames)
        prepared = Prepared(
            source=self._source,
            media=media,
            segments=segments,
            application=self._application,
            model=self._model,
            stages=stages,
            tables=_tables(stages),
            provenance=_provenance(run, self._model),
        )
        publish(
            self._platform, run, folder, prepared, timings={}, stage=_quietly, check=lambda *_a, **_k: None
        )

    def _end(self, run: Run, state: RunState) -> Run:
        now = self._platform.runs.get(run.id)
        return self._platform.runs.update(replace(now, state=state, updated_s=self._platform.clock.now_s()))


def _tables(stages: Sequence[Stage]) -> list[str]:
    produced = frozenset[str]().union(*(stage.produces for stage in stages))
    return [table for table in TABLES if table in produced]


@contextmanager
def _quietly(_name: str) -> Iterator[None]:
    yield


def _begin(
    platform: Platform,
    request: CameraRequest,
    app_settings: Mapping[str, Any],
    model: str,
    folder: Path,
    owner: str,
) -> Run:
    """Store the run as running: no worker may take it for one of theirs."""
    now_s = platform.clock.now_s()
    run_id = new_run_id(now_s)
    settings = {
        "app": dict(app_settings),
        "source": {"name": request.name, "address": redacted(request.address)},
        "model": model,
        "layout": None,
        "runtime": platform.settings.runtime,
        "precision": platform.machine.precision(platform.settings.precision),
        "stride": 1,
        "skip_still": False,
        "tracker": "bytetrack",
        "camera_motion": False,
        "segment_s": request.segment_s,
        "annotate": False,
    }
    run = Run(
        id=run_id,
        state=RunState.QUEUED,
        source=redacted(request.address),
        app=request.app,
        folder=str(folder / run_id),
        settings=settings,
        created_s=now_s,
        updated_s=now_s,
        owner=owner,
        tags=("camera",),
    )
    platform.runs.add(run)
    return platform.runs.update(replace(platform.runs.get(run_id), state=RunState.RUNNING, attempts=1))


def redacted(address: str) -> str:
    """Give an address that is safe to show: no password, no query, where keys travel."""
    return without_password(address).partition("?")[0] if "://" in address else address


def _working_size(size: tuple[int, int]) -> tuple[int, int]:
    height, width = size
    if width <= _WORKING_WIDTH_PX:
        return size
    return max(2, round(height * _WORKING_WIDTH_PX / width)), _WORKING_WIDTH_PX


def _provenance(run: Run, model: ModelAdapter) -> dict[str, Any]:
    info = model.info
    return {
        "sightline": sightline.__version__,
        "app": run.app,
        "source": dict(run.settings["source"]),
        "model": {"name": Path(info.name).name, "family": info.family, "sha256": info.sha256},
        "settings": {"app": run.settings["app"], "segment_s": run.settings["segment_s"]},
    }
