"""Takes a request to analyse a video, checks what can be checked, and stores it as a run."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline import plugins
from sightline.core.errors import ConflictError, SettingsError
from sightline.core.runs import LOCAL_OWNER, Run, RunState
from sightline.media.index import index_video
from sightline.media.probe import MediaLimits
from sightline.service.folder import RunFolder, sha256_of
from sightline.service.inspect import runs_in
from sightline.service.rules_file import read_rules

if TYPE_CHECKING:
    from sightline.ports import Application
    from sightline.service.platform import Platform

OUT = "sightline-out"


@dataclass(frozen=True, slots=True)
class AnalyzeRequest:
    """What a user asks for.

    Attributes:
        video: The file.
        app: What to make of it, as in `people`.
        out: Result folder; None for `sightline-out/<name of the video>`.
        model: Name or file; None for the application's default, or else the platform's.
        layout: Model family, where it cannot be read off the file.
        stride: Look at every n-th frame, >= 1.
        skip_still: Leave out frames in which nothing moves.
        annotate: Also draw `annotated.mp4`.
        rules: YAML file of lines, zones and thresholds.
        min_score: Lowest score of a detection to keep, 0..1; None for the application's default.
        tracker: Plugin's name.
        camera_motion: Let the tracker make up for a moving camera.
        settings: The application's own settings, by name.
        overwrite: Replace results that the folder holds.
        batch: Frames handed from stage to stage at once; None for the machine's setting.
        owner: Id of the user whose run it will be.
        priority: The higher, the sooner it is begun.
        tags: Words to find it by, sorted.
        video_id: Id of an uploaded video, empty where the source is none.
        within: Size `(height, width)` in pixels that pictures are decoded within; None for no limit.
        audio: Also write the video's sound as `audio.m4a`.
        checkpoints: Keep what lets the run go on where it stopped.
        warnings: What was wished for and cannot be met, in sentences.
    """

    video: Path
    app: str = "people"
    out: Path | None = None
    model: str | None = None
    layout: str | None = None
    stride: int = 1
    skip_still: bool = False
    annotate: bool = True
    rules: Path | None = None
    min_score: float | None = None
    tracker: str = "bytetrack"
    camera_motion: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    overwrite: bool = False
    batch: int | None = None
    owner: str = LOCAL_OWNER
    priority: int = 0
    tags: tuple[str, ...] = ()
    video_id: str = ""
    within: tuple[int, int] | None = None
    audio: bool = False
    checkpoints: bool = True
    warnings: tuple[str, ...] = ()


def submit(platform: Platform, request: AnalyzeRequest) -> Run:
    """Store a request as a queued run; the video, the settings and the folder have been looked at.

    Raises:
        MediaError: The video cannot be used.
        ConfigError: A name or setting is wrong.
        ConflictError: The folder holds results already.
        OutputError: The folder cannot be written to.
    """
    return store_request(platform, request, check_request(platform, request))


def check_request(platform: Platform, request: AnalyzeRequest) -> dict[str, Any]:
    """Look at the video and the settings, and give all that decides the result, as plain data.

    Raises:
        MediaError: The video cannot be used.
        ConfigError: A name or setting is wrong.
    """
    _check_numbers(request)
    info = index_video(request.video, media_limits(platform)).info
    application: Application = plugins.load("apps", request.app)()
    plugins.load("trackers", request.tracker)
    own = application_settings(application, request)
    return {
        "app": own,
        "source": {"name": request.video.name, "sha256": sha256_of(request.video), "frames": info.frames},
        "model": request.model or own.get("model") or platform.settings.model,
        "layout": request.layout,
        "runtime": platform.settings.runtime,
        "precision": platform.machine.precision(platform.settings.precision),
        "stride": request.stride,
        "skip_still": request.skip_still,
        "tracker": request.tracker,
        "camera_motion": request.camera_motion,
        "segment_s": platform.settings.segment_s,
        "annotate": request.annotate,
        "batch": request.batch,
        **_wishes(request),
    }


def store_request(
    platform: Platform,
    request: AnalyzeRequest,
    settings: Mapping[str, Any],
    *,
    run_id: str | None = None,
    fingerprint: str = "",
) -> Run:
    """Claim the folder and store a checked request as a queued run.

    Raises:
        ConflictError: The folder holds results already.
        OutputError: The folder cannot be written to.
    """
    folder = RunFolder((request.out or Path(OUT) / request.video.stem).absolute())
    if folder.is_result(request.video):
        raise ConflictError(
            f"{request.video} is itself a result in {folder.root}, which is to be overwritten",
            hint="choose another --out",
        )
    _claim(platform, folder, overwrite=request.overwrite)
    now_s = platform.clock.now_s()
    run = Run(
        id=run_id or new_run_id(now_s),
        state=RunState.QUEUED,
        source=str(request.video.absolute()),
        app=request.app,
        folder=str(folder.root),
        settings=settings,
        created_s=now_s,
        updated_s=now_s,
        owner=request.owner,
        priority=request.priority,
        tags=request.tags,
        video_id=request.video_id,
        fingerprint=fingerprint,
    )
    platform.runs.add(run)
    return run


def media_limits(platform: Platform) -> MediaLimits:
    """Give the limits that a video must keep to on this machine."""
    settings = platform.settings
    return MediaLimits(
        max_pixels=settings.max_pixels,
        max_duration_s=settings.max_duration_s,
        max_bytes=settings.max_file_bytes,
    )


def application_settings(application: Application, request: AnalyzeRequest) -> dict[str, Any]:
    """Give the application's settings: its defaults, and what the request says otherwise.

    Raises:
        SettingsError: The application has no such setting, or it is out of range.
        RulesError: The rules file is wrong.
    """
    settings = dict(application.defaults())
    given = dict(request.settings)
    if request.min_score is not None:
        given["min_score"] = request.min_score
    if request.rules is not None:
        given["rules"] = read_rules(request.rules)
    for name in getattr(application, "file_settings", ()):
        if isinstance(given.get(name), str) and Path(given[name]).is_file():
            given[name] = str(Path(given[name]).absolute())  # a run may be resumed from another folder
    check_names(application, given)
    kind = getattr(application, "settings_type", None)
    if kind is not None:
        kind.of(settings | given)
    return settings | given


def check_names(application: Application, given: Iterable[str]) -> None:
    """Refuse settings that an application does not have.

    Raises:
        SettingsError: It has no such setting.
    """
    known = application.defaults()
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise SettingsError(
            f"the {application.name} application has no setting {', '.join(unknown)}",
            hint=f"it has {', '.join(sorted(known))}",
        )


def new_run_id(now_s: float) -> str:
    """Give an id that sorts by age: milliseconds since the epoch, then chance."""
    return f"{int(now_s * 1000):012x}-{secrets.token_hex(4)}"


def _wishes(request: AnalyzeRequest) -> dict[str, Any]:
    """Give what few runs have, and only where they have it."""
    found: dict[str, Any] = {}
    if request.within is not None:
        found["within"] = list(request.within)
    if request.audio:
        found["audio"] = True
    if not request.checkpoints:
        found["checkpoints"] = False
    if request.warnings:
        found["warnings"] = list(request.warnings)
    return found


def _check_numbers(request: AnalyzeRequest) -> None:
    if request.stride < 1:
        raise SettingsError(f"stride must be >= 1, got {request.stride}", hint="1 looks at every frame")
    if request.min_score is not None and not 0 <= request.min_score <= 1:
        raise SettingsError(f"min_score must lie in 0..1, got {request.min_score}", hint="try 0.3")


def _claim(platform: Platform, folder: RunFolder, *, overwrite: bool) -> None:
    """Make the folder this request's own; what earlier runs left in it goes, and they with it."""
    if not overwrite:
        folder.check_free()
    with folder.locked():
        for run in runs_in(platform, folder.root):
            _forget(platform, run)
        folder.clear()


def _forget(platform: Platform, run: Run) -> None:
    """Drop a run whose folder is taken over: resumed later, it would take another run's parts for its own."""
    if run.state is RunState.RUNNING:
        run = platform.runs.update(replace(run, state=RunState.INTERRUPTED))
    platform.runs.delete(run.id)
