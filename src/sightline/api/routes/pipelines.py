"""Pipelines: start one, look at it, stop it, let it go on, forget it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from sightline.api.feed import EventFeed
from sightline.api.platform import PREFIX, PipelineId, PlatformHere
from sightline.api.statuses import StatusCache
from sightline.api.views.pipelines import Pipeline, PipelinePage, PipelineStatus, ProcessVideo, Started
from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal, Resource, Role
from sightline.core.errors import (
    AddressRefusedError,
    ConfigError,
    ConflictError,
    ContentRefusedError,
    IllegalTransitionError,
    KeyReusedError,
    MediaTooLargeError,
    NotFoundError,
    OutputFullError,
    QuotaExceededError,
    RunNotFoundError,
    RunTimeoutError,
    SettingsError,
    SourceUnavailableError,
    UnsupportedFormatError,
    WaitedTooLongError,
)
from sightline.core.runs import Run, RunFilter, RunState
from sightline.service import cancel as cancelling
from sightline.service import delete as deleting
from sightline.service.accounts.quotas import check_run_quota
from sightline.service.accounts.shares import shared_ids
from sightline.service.jobs.enqueue import Enqueued, resume_job
from sightline.service.pipelines.find import find_run
from sightline.service.pipelines.idempotency import once
from sightline.service.pipelines.start import start_pipeline
from sightline.service.platform import Platform
from sightline.service.videos.find import find_video, ready_file
from sightline.service.videos.sources import fetch_video, file_at

router = APIRouter(prefix=PREFIX, tags=["pipelines"])
Reader = Annotated[Principal, Depends(may("runs.read"))]
Creator = Annotated[Principal, Depends(may("runs.create"))]
Changer = Annotated[Principal, Depends(may("runs.change"))]
Remover = Annotated[Principal, Depends(may("runs.delete"))]
_LONGEST_WAIT_S = 300
_NO_SETTING = frozenset({"source", "warnings"})


@router.post(
    "/process-video",
    operation_id="process_video",
    summary="Start a pipeline on a video",
    status_code=202,
    response_model=Started,
    responses=listed(
        ConfigError,
        ConflictError,
        AddressRefusedError,
        ContentRefusedError,
        KeyReusedError,
        NotFoundError,
        QuotaExceededError,
        RunTimeoutError,
        SourceUnavailableError,
        UnsupportedFormatError,
        MediaTooLargeError,
        OutputFullError,
        WaitedTooLongError,
    )
    | {200: {"description": "It is complete: it was waited for, or done before.", "model": Started}},
)
async def process_video(
    request: Request,
    response: Response,
    platform: PlatformHere,
    who: Creator,
    body: ProcessVideo,
    wait: Annotated[
        float | None, Query(gt=0, le=_LONGEST_WAIT_S, description="Seconds to wait for its end.")
    ] = None,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1, max_length=200, description="Sent again under the same key, it is not begun again."
        ),
    ] = None,
) -> Started:
    """Queue it and answer at once, or wait for its end: 408 where that takes longer, and it goes on."""
    found = await run_in_threadpool(_start, platform, who, body, idempotency_key)
    run = found.run
    if wait is not None and not run.has_ended:
        run = await _waited(request, platform, run, wait)
    if run.has_ended:
        response.status_code = 200
    response.headers["Location"] = f"{PREFIX}/pipeline/{run.id}/status"
    answer = _started(run, reused=found.from_store)
    return answer.model_copy(update={"warnings": list(found.warnings)})


def _start(platform: Platform, who: Principal, body: ProcessVideo, key: str | None) -> Enqueued:
    """Give the run, and whether it is an earlier one."""
    if key is None:
        return _begun(platform, who, body)
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    run_id, earlier = once(platform, who, key, digest, lambda: _begun(platform, who, body).run.id)
    run = find_run(platform, who, run_id)
    return Enqueued(run, from_store=earlier, warnings=tuple(run.settings.get("warnings", ())))


def _begun(platform: Platform, who: Principal, body: ProcessVideo) -> Enqueued:
    named = [name for name in ("video_id", "video_path", "video_url") if getattr(body, name) is not None]
    if len(named) != 1:
        raise SettingsError(
            f"name the video once, not by {' and '.join(named)}" if named else "no video is named",
            hint="give one of video_id, video_path and video_url",
        )
    request = body.to_request()
    if body.video_path is not None:
        return start_pipeline(platform, who, file_at(platform, body.video_path), request)
    if body.video_url is not None:
        video = fetch_video(platform, who, body.video_url)
    else:
        video = find_video(platform, who, body.video_id or "")
    return start_pipeline(platform, who, ready_file(platform, video), request, video_id=video.id)


async def _waited(request: Request, platform: Platform, run: Run, wait_s: float) -> Run:
    """Give the run as it ended.

    Raises:
        WaitedTooLongError: It has not ended yet.
    """
    feed: EventFeed = request.app.state.feed
    try:
        async with asyncio.timeout(wait_s):
            async for _ in feed.follow(run.id):
                pass
    except TimeoutError:
        raise WaitedTooLongError(
            f"pipeline {run.id} has not ended after {wait_s:g} s; it goes on",
            hint=f"GET {PREFIX}/pipeline/{run.id}/status says how far it is",
            more={"pipeline_id": run.id},
        ) from None
    return await run_in_threadpool(platform.runs.get, run.id)


def _started(run: Run, *, reused: bool) -> Started:
    base = f"{PREFIX}/pipeline/{run.id}"
    names = ("status", "events", "artifacts", "query", "cancel", "retry", "resume")
    effective = {name: value for name, value in run.settings.items() if name not in _NO_SETTING}
    return Started(
        **Pipeline.of(run).model_dump(),
        reused=reused,
        effective=effective,
        links={name: f"{base}/{name}" for name in names} | {"self": base},
    )


@router.get(
    "/pipelines",
    operation_id="list_pipelines",
    summary="List pipelines, newest first",
    responses=listed(),
)
def list_pipelines(
    platform: PlatformHere,
    who: Reader,
    state: Annotated[RunState | None, Query(description="Only these.")] = None,
    app: Annotated[str, Query(max_length=64, description="Only this application's.")] = "",
    tag: Annotated[str, Query(max_length=64, description="Only those with this tag.")] = "",
    video_id: Annotated[str, Query(max_length=64, description="Only those of this video.")] = "",
    limit: Annotated[int, Query(ge=1, le=200, description="Most to give.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=64, description="`next_cursor` of the page before.")
    ] = None,
) -> PipelinePage:
    """Give one page of those that whoever asks may see."""
    shared = shared_ids(platform, who, Resource.RUN)
    wanted = RunFilter(state=state, app=app, tag=tag, video_id=video_id, owner=_own(who), shared_ids=shared)
    runs = platform.runs.list(wanted, limit=limit + 1, before=cursor)
    more = len(runs) > limit
    return PipelinePage(
        items=[Pipeline.of(run) for run in runs[:limit]], next_cursor=runs[limit - 1].id if more else None
    )


def _own(who: Principal) -> str:
    """Give whose runs somebody sees: everybody's, or their own."""
    return "" if who.role is Role.ADMIN else who.user_id


@router.get(
    "/pipeline/{pipeline_id}",
    operation_id="get_pipeline",
    summary="Show a pipeline as it was asked for",
    responses=listed(RunNotFoundError),
)
def get_pipeline(platform: PlatformHere, who: Reader, pipeline_id: PipelineId) -> Started:
    """Give it with the settings in force."""
    return _started(find_run(platform, who, pipeline_id), reused=False)


@router.get(
    "/pipeline/{pipeline_id}/status",
    operation_id="get_status",
    summary="Show how far a pipeline has come",
    response_model=PipelineStatus,
    responses=listed(RunNotFoundError),
)
async def get_status(request: Request, who: Reader, pipeline_id: PipelineId) -> Response:
    """Give its state, stage, per cent, pace, ledger and what went wrong."""
    statuses: StatusCache = request.app.state.statuses
    return Response(await statuses.answer(who, pipeline_id), media_type="application/json")


@router.post(
    "/pipeline/{pipeline_id}/cancel",
    operation_id="cancel_pipeline",
    summary="Stop a pipeline",
    status_code=202,
    responses=listed(RunNotFoundError, IllegalTransitionError, ConflictError),
)
def cancel_pipeline(platform: PlatformHere, who: Changer, pipeline_id: PipelineId) -> Pipeline:
    """Ask it to stop: at once where it waits, within two seconds where it works. What it did is kept."""
    run = find_run(platform, who, pipeline_id, "runs.change")
    return Pipeline.of(cancelling.cancel(platform, run.id))


@router.post(
    "/pipeline/{pipeline_id}/resume",
    operation_id="resume_pipeline",
    summary="Let a stopped pipeline go on",
    status_code=202,
    responses=listed(RunNotFoundError, IllegalTransitionError, ConflictError, SourceUnavailableError),
)
@router.post(
    "/pipeline/{pipeline_id}/retry",
    operation_id="retry_pipeline",
    summary="Try a failed pipeline again, from the stage that failed",
    status_code=202,
    responses=listed(RunNotFoundError, IllegalTransitionError, ConflictError, SourceUnavailableError),
)
def resume_pipeline(platform: PlatformHere, who: Changer, pipeline_id: PipelineId) -> Pipeline:
    """Queue it again; what it has committed is not done twice, and the results are the same bytes."""
    run = find_run(platform, who, pipeline_id, "runs.change")
    check_run_quota(platform, who)
    return Pipeline.of(resume_job(platform, run.id))


@router.delete(
    "/pipeline/{pipeline_id}",
    operation_id="delete_pipeline",
    summary="Forget a pipeline and remove its results",
    status_code=204,
    responses=listed(RunNotFoundError, ConflictError),
)
def delete_pipeline(platform: PlatformHere, who: Remover, pipeline_id: PipelineId) -> None:
    """Remove what it wrote; the video stays."""
    run = find_run(platform, who, pipeline_id, "runs.delete")
    deleting.delete_run(platform, run.id, files=True)
