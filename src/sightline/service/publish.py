"""Makes a run's results of its committed parts: tables, report, annotated video, manifest."""

from __future__ import annotations

import platform as host
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from sightline.core.errors import MediaError
from sightline.core.ledger import Ledger
from sightline.media.sound import extract_sound
from sightline.media.thumbnails import thumbnail
from sightline.ports import ReportContext
from sightline.service.clips import Footage, cut_clips, cut_pictures, draw_clips
from sightline.service.folder import AUDIO, BACKGROUND, MANIFEST, RunFolder, whole, write_json
from sightline.service.submit import media_limits
from sightline.service.tables import ParquetTables, ParquetWriter
from sightline.stages.annotate import Scene, annotate_video

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.core.runs import Run
    from sightline.media.container import MediaLimits
    from sightline.ports import Application
    from sightline.service.clips import Drawing
    from sightline.service.platform import Platform
    from sightline.service.prepare import Prepared
    from sightline.stages.annotate import Overlay

_BACKGROUND_HEIGHT_PX = 720
_PACKAGES = ("numpy", "av", "opencv-python-headless", "openvino", "onnxruntime", "pyarrow", "scipy")
Step = Callable[[str], AbstractContextManager[None]]
Check = Callable[..., None]


def publish(
    platform: Platform,
    run: Run,
    folder: RunFolder,
    prepared: Prepared,
    *,
    timings: Mapping[str, Any],
    stage: Step,
    check: Check,
) -> None:
    """Make all results; each appears under its name only when whole, the manifest last.

    The parts stay: made once more of the same parts, the results are the same.

    Args:
        platform: The adapters.
        run: Whose results.
        folder: Where they go.
        prepared: What the run worked with.
        timings: What each step took; kept in the manifest, never in the report.
        stage: Wraps each step with its events.
        check: Called with a step's name and progress; raises when the run is to stop.

    Raises:
        SightlineError: A result could not be made or written.
    """
    limits = media_limits(platform)
    with stage("tables"):
        folder.join_parts(len(prepared.segments))
    check("tables")
    with stage("report"):
        background = scene_picture(Path(run.source), prepared, limits)
        _keep_background(folder, background)
        report = write_report(
            prepared.application,
            tables=folder.tables,
            out=folder,
            media=prepared.media,
            settings=run.settings["app"],
            provenance=prepared.provenance,
            background=background,
            video=Footage(Path(run.source), limits=limits) if Path(run.source).is_file() else None,
        )
    check("report")
    if run.settings["annotate"]:
        with stage("annotate"):
            annotate_video(
                Path(run.source),
                Scene(
                    prepared.media.size,
                    ParquetTables(folder.tables),
                    run.settings["app"].get("rules"),
                    with_classes=len(prepared.model.info.class_names) > 1,
                    overlays=_overlays(prepared, ParquetTables(folder.tables), report),
                ),
                folder.root / "annotated.mp4",
                media=prepared.media,
                segments=prepared.segments,
                threads=platform.settings.threads or platform.machine.cores,
                tell=lambda done, total: check("annotate", {"done": done, "total": total}),
                limits=limits,
            )
    if run.settings.get("audio"):
        with stage("audio"):
            extract_sound(Path(run.source), folder.root / AUDIO)
    _write_manifest(platform, run, folder, prepared, timings)


def _overlays(prepared: Prepared, tables: ParquetTables, report: Mapping[str, Any]) -> Sequence[Overlay]:
    """Give what the application draws in place of plain boxes, if it does."""
    make = getattr(prepared.application, "overlays", None)
    return make(tables, report, prepared.media) if make is not None else ()


def _drawing(application: Application, tables: ParquetTables, report: Mapping[str, Any]) -> Drawing | None:
    """Give what draws the clips of a report that is of no video, if the application can."""
    make = getattr(application, "drawing", None)
    drawn: Drawing | None = make(tables, report) if make is not None and report.get("clips") else None
    return drawn


def read_ledger(tables: ParquetTables) -> Ledger:
    """Count what became of every frame."""
    total = Ledger()
    for batch in tables.batches("frames", ["status", "cause"]):
        counted = list(zip(batch["status"].to_pylist(), batch["cause"].to_pylist(), strict=True))
        total = total.plus(Ledger.from_rows(counted))
    return total


def write_report(
    application: Application,
    *,
    tables: Path,
    out: RunFolder,
    media: Any,
    settings: Mapping[str, Any],
    provenance: Mapping[str, Any],
    background: UInt8 | None,
    video: Footage | None = None,
) -> Mapping[str, Any]:
    """Have the application make its report, page, figures and tables from stored tables.

    Where the report lists `clips` or `pictures` and the video is at hand, they are cut before the page is made. Where
    there is none and the application can draw its clips, they are drawn.

    Args:
        application: Whose report it is.
        tables: Folder of the stored tables.
        out: The run's folder.
        media: Facts about the source.
        settings: The application's.
        provenance: What decided the result.
        background: A picture of the scene.
        video: What clips are cut from.

    Raises:
        SightlineError: It could not be made or written.
    """
    fresh = out.work / "figures"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with ParquetWriter(out.tables) as writer:
        report = application.report(
            ReportContext(
                media=media,
                read=ParquetTables(tables, out.tables),
                write=writer,
                settings=settings,
                provenance=provenance,
                ledger=read_ledger(ParquetTables(tables)).to_json(),
                background=background,
                figures=fresh,
            )
        )
    if video is not None and "clips" in report:
        cut_clips(video.path, video.placed(report["clips"]), out, fresh, limits=video.limits)
    elif (drawing := _drawing(application, ParquetTables(tables, out.tables), report)) is not None:
        draw_clips(drawing, report["clips"], out, fresh)
    if video is not None and "pictures" in report:
        cut_pictures(
            video.path, report["pictures"], fresh, pixel_aspect=media.pixel_aspect, limits=video.limits
        )
    page = application.page(report, fresh)
    shutil.rmtree(out.figures, ignore_errors=True)
    fresh.replace(out.figures)
    write_json(out.root / "report.json", report)
    with whole(out.root / "report.html") as path:
        path.write_text(page, encoding="utf-8")
    return report


def scene_picture(video: Path, prepared: Prepared, limits: MediaLimits) -> UInt8 | None:
    """Give a picture from the middle of the video, None where none decodes."""
    first = prepared.segments[0].start_pts_s if prepared.segments else Fraction(0)
    height = min(_BACKGROUND_HEIGHT_PX, prepared.media.size[0])
    for share in (Fraction(1, 2), Fraction(0)):
        try:
            t_s = float(first + prepared.media.duration_s * share)
            return thumbnail(video, t_s, height, limits=limits)
        except MediaError:
            continue
    return None


def _keep_background(folder: RunFolder, background: UInt8 | None) -> None:
    """Keep the picture beside the report, so that a replay needs no video."""
    if background is not None:
        with whole(folder.root / BACKGROUND) as path:
            path.write_bytes(cv2.imencode(".png", background)[1].tobytes())


def _write_manifest(
    platform: Platform, run: Run, folder: RunFolder, prepared: Prepared, timings: Mapping[str, Any]
) -> None:
    media = prepared.media
    write_json(
        folder.root / MANIFEST,
        {
            "format": 1,
            "run": {
                "id": run.id,
                "app": run.app,
                "created_s": run.created_s,
                "attempts": run.attempts,
                "warnings": list(run.settings.get("warnings", ())),
            },
            "provenance": prepared.provenance,
            "media": {
                "container": media.container,
                "codec": media.codec,
                "height_px": media.size[0],
                "width_px": media.size[1],
                "rotation_deg": media.rotation_deg,
                "pixel_aspect": str(media.pixel_aspect),
                "frame_rate_hz": str(media.frame_rate_hz) if media.frame_rate_hz else None,
                "variable_frame_rate": media.variable_frame_rate,
                "duration_s": float(media.duration_s),
                "frames": media.frames,
                "audio_codec": media.audio_codec,
            },
            "ledger": read_ledger(ParquetTables(folder.tables)).to_json(),
            "machine": {"cpu": platform.machine.cpu, "cores": platform.machine.cores},
            "versions": {"python": host.python_version(), **versions()},
            "performance": dict(timings),
            "files": folder.described(),
        },
    )


def versions() -> dict[str, str]:
    """Give the versions of the packages that results depend on."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
