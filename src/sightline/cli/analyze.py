"""`sightline analyze`: a video in, a folder of verified data out."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.console import STOPPED, note, refuse, say, show_json
from sightline.cli.lazy import leaf
from sightline.cli.options import App

if TYPE_CHECKING:
    from sightline.core.runs import Run
    from sightline.service.platform import Platform
    from sightline.service.submit import AnalyzeRequest


def _flag(name: str, words: str) -> Any:
    return typer.Option(name, help=words)


def _choice(words: str, default: str | bool = False, **more: Any) -> Any:
    """Declare an option whose default is decided elsewhere; `default` says what it is."""
    return typer.Option(help=words, show_default=default, **more)


_SCHEMES = frozenset({"ftp", "http", "https", "rtmp", "rtmps", "rtsp", "rtsps", "s3"})
_Video = Annotated[Path, typer.Argument(metavar="VIDEO", help="The video file.", show_default=False)]
_Model = Annotated[
    str | None,
    _choice(
        "Detector: a name from `sightline models list`, or a file; other apps than people have their own.",
        "sightline-people-n",
    ),
]
_Layout = Annotated[str | None, _choice("The model's family, where its file does not tell.")]
_Rules = Annotated[Path | None, _choice("YAML file of lines, zones and thresholds.")]
_Score = Annotated[float | None, _choice("Lowest score of a detection to keep.", "the app's", min=0, max=1)]
_Stride = Annotated[int, typer.Option(min=1, help="Look at every n-th frame.")]
_SkipStill = Annotated[bool, _flag("--skip-still", "Leave out frames in which nothing moves.")]
_Tracker = Annotated[str, typer.Option(help="bytetrack, ocsort or botsort.")]
_Camera = Annotated[bool, _flag("--camera-motion", "Make up for a moving camera while tracking.")]
_Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting of the app; may be repeated."),
]
_Annotate = Annotated[bool, typer.Option(help="Also draw annotated.mp4.")]
_Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="Result folder.", show_default="sightline-out/<name of the video>"),
]
_Resume = Annotated[bool, _flag("--resume", "Go on with the folder's unfinished run, with its own options.")]
_Overwrite = Annotated[bool, _flag("--overwrite", "Replace results in the folder.")]
_Precision = Annotated[str | None, _choice("auto, f32, bf16 or int8.", "auto")]
_Runtime = Annotated[str | None, _choice("openvino or onnx.", "openvino")]
_Threads = Annotated[int | None, _choice("Cores to use; 0 means all.", "0", min=0)]
_Batch = Annotated[int | None, _choice("Frames that wait between two stages.", "4", min=1)]
_Segment = Annotated[
    float | None,
    typer.Option("--segment-s", help="Seconds of video between checkpoints.", show_default="10"),
]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
_Json = Annotated[bool, _flag("--json", "Print a summary as JSON.")]


@leaf(
    "analyze",
    "sightline analyze street.mp4",
    "sightline analyze street.mp4 --rules lines.yaml --model yolox_nano.onnx",
    "sightline analyze street.mp4 --stride 2 --no-annotate --out results/street",
    "sightline analyze match.mp4 --app football --home-kit red --away-kit white",
    "sightline analyze match.mp4 --app football --calibration click",
    "sightline analyze street.mp4 --resume",
    "sightline --server https://sightline.example.org analyze street.mp4",
    more_options=True,
)
def app(
    context: typer.Context,
    video: _Video,
    *,
    app_name: App = "people",
    model: _Model = None,
    layout: _Layout = None,
    rules: _Rules = None,
    min_score: _Score = None,
    stride: _Stride = 1,
    skip_still: _SkipStill = False,
    tracker: _Tracker = "bytetrack",
    camera_motion: _Camera = False,
    setting: _Set = None,
    annotate: _Annotate = True,
    out: _Out = None,
    resume: _Resume = False,
    overwrite: _Overwrite = False,
    precision: _Precision = None,
    runtime: _Runtime = None,
    threads: _Threads = None,
    batch: _Batch = None,
    segment_s: _Segment = None,
    quiet: _Quiet = False,
    as_json: _Json = False,
) -> None:
    """Turn a video into tables, a report and an annotated video.

    A setting of the app can be given as an option of its own: --home-kit red is --set home_kit=red.

    Every frame is accounted for. Stop it whenever you like: with --resume it goes on where it was and gives the
    same results, byte for byte.
    """
    from sightline import plugins
    from sightline.cli.options import own_options, pairs
    from sightline.cli.remote import analyze_there, server
    from sightline.cli.session import open_platform
    from sightline.service.submit import AnalyzeRequest

    _check_names(video, out, rules)
    _check_here(video)
    own = own_options(context, plugins.load("apps", app_name)().defaults())
    request = AnalyzeRequest(
        video=video,
        app=app_name,
        out=out,
        model=model,
        layout=layout,
        stride=stride,
        skip_still=skip_still,
        annotate=annotate,
        rules=rules,
        min_score=min_score,
        tracker=tracker,
        camera_motion=camera_motion,
        settings=own | pairs(setting),
        overwrite=overwrite,
    )
    machine = {"precision": precision, "runtime": runtime, "threads": threads, "segment_s": segment_s}
    if (address := server()) is not None:
        here_alone = machine | {"layout": layout, "resume": resume}
        analyze_there(address, replace(request, batch=batch), here_alone, quiet=quiet, as_json=as_json)
        return
    platform = open_platform(batch=batch, **machine)
    carry_out(platform, _run_for(platform, request, resume=resume), quiet=quiet, as_json=as_json)


def _check_names(*paths: Path | None) -> None:
    """Refuse names that are not text: they could be stored in no table, report or database."""
    from sightline.core.errors import SettingsError

    for path in paths:
        shown = str(path).encode("utf-8", "backslashreplace").decode()
        if path is not None and shown != str(path):
            raise SettingsError(f"the name {shown} is not UTF-8", hint="rename the file or folder")


def _check_here(video: Path) -> None:
    """Refuse an address, of which a path has left one slash."""
    from sightline.core.errors import SourceUnavailableError

    scheme, _, rest = str(video).partition(":/")
    if rest and scheme in _SCHEMES and not video.exists():
        raise SourceUnavailableError(
            f"{scheme}://{rest} is an address, not a file",
            hint="download it first; `sightline live` looks at an address as it comes in",
        )


def _run_for(platform: Platform, request: AnalyzeRequest, *, resume: bool) -> Run:
    """Give a new run, or the folder's unfinished one where that is asked for and there is one."""
    from sightline.cli.click.ask import answered
    from sightline.core.errors import ConflictError
    from sightline.core.runs import RunState
    from sightline.service.folder import RunFolder
    from sightline.service.inspect import find_by_folder
    from sightline.service.resume import resume as resume_run
    from sightline.service.submit import OUT, submit

    folder = request.out or Path(OUT) / request.video.stem
    run = find_by_folder(platform, folder) if resume else None
    if run is None:
        return submit(platform, answered(request))
    if Path(run.source) != request.video.absolute():
        raise ConflictError(
            f"{folder} holds a run of another video, {run.source}", hint="choose another --out"
        )
    if run.state is RunState.COMPLETED:
        return run if RunFolder(folder).is_complete else submit(platform, answered(request))
    return resume_run(platform, run.id)


def carry_out(platform: Platform, run: Run, *, quiet: bool, as_json: bool) -> None:
    """Execute a queued run, show how it goes, and say what came of it.

    Raises:
        SightlineError: What ended it.
        typer.Exit: It was stopped; what to do then has been said.
    """
    from sightline.cli.progress import shown_progress
    from sightline.cli.session import stoppable
    from sightline.core.errors import RunCancelled
    from sightline.core.runs import RunState
    from sightline.service.execute import execute

    if run.state is RunState.QUEUED:
        try:
            with stoppable() as cancel, shown_progress(quiet=quiet or as_json) as listener:
                run = execute(platform, run.id, listener=listener, cancel=cancel)
        except RunCancelled:
            raise typer.Exit(
                refuse(
                    "cancelled",
                    "stopped; what was done is kept",
                    f"go on: {_resume_line(run)}",
                    status=STOPPED,
                )
            ) from None
    elif not quiet:
        note("this run is complete already; --overwrite starts again")
    if as_json:
        show_json(summary(run))
    elif not quiet:
        _show(run)


def _resume_line(run: Run) -> str:
    return f"sightline runs resume {shlex.quote(run.id)}"


def summary(run: Run) -> dict[str, Any]:
    """Give a finished run as plain data: where it lies, what was found, how fast."""
    from sightline.service.results import Results

    results = Results(Path(run.folder))
    return {
        "run": run.id,
        "state": run.state.value,
        "folder": run.folder,
        "ledger": results.ledger.to_json(),
        "rows": {name: results.tables.rows(name) for name in results.tables.names()},
        "model": results.manifest["provenance"]["model"],
        "performance": results.manifest["performance"],
    }


def _show(run: Run) -> None:
    facts = summary(run)
    ledger, rows, model = facts["ledger"], facts["rows"], facts["model"]
    fates = [f"{ledger['inferred']} looked at"]
    fates += [f"{count} skipped ({cause})" for cause, count in ledger["skipped"].items()]
    fates += [f"{count} failed ({cause})" for cause, count in ledger["failed"].items()]
    say(f"frames   {ledger['decoded']}: {', '.join(fates)}")
    found = [f"{rows[name]} {name}" for name in ("detections", "objects", "poses", "events") if name in rows]
    fps = facts["performance"].get("analyze", {}).get("fps")
    pace = f" at {fps:.0f} fps" if fps else ""
    say(f"found    {', '.join(found) or 'nothing'}, by {model['name']}{pace}")
    folder = Path(run.folder)
    say(f"results  {folder}")
    for name in ("report.html", "annotated.mp4"):
        if (folder / name).is_file():
            say(f"         {folder / name}")
