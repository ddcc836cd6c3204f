"""`sightline runs`: what was asked for, what became of it, and what to do about it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.console import say, show_json, show_table
from sightline.cli.lazy import examples, group
from sightline.cli.options import AsJson

if TYPE_CHECKING:
    from sightline.core.runs import Run

app = group("List, resume, cancel and delete runs.")
_Id = Annotated[str, typer.Argument(metavar="RUN", help="Its id, or the beginning or end of it.")]


@app.command("list", epilog=examples("sightline runs list", "sightline runs list --state failed --json"))
def list_runs(
    state: Annotated[
        str | None,
        typer.Option(help="Only these: queued, running, completed, failed, cancelled or interrupted."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most runs to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    from sightline.cli.session import open_platform
    from sightline.core.runs import RunFilter
    from sightline.service.inspect import list_runs as found

    runs = found(open_platform(), RunFilter(state=_state(state)), limit=limit)
    if as_json:
        show_json([_plain(run) for run in runs])
    elif not runs:
        say("there are no runs yet; start one with `sightline analyze VIDEO`")
    else:
        show_table(
            ("run", "state", "started", "app", "video", "folder"),
            [
                (run.id, run.state.value, _when(run.created_s), run.app, Path(run.source).name, run.folder)
                for run in runs
            ],
        )


@app.command(
    "show", epilog=examples("sightline runs show c8e63413", "sightline runs show c8e63413 --events --json")
)
def show(
    run_id: _Id,
    events: Annotated[bool, typer.Option("--events", help="Also what happened, in order.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one run: state, settings, checkpoints."""
    from sightline.cli.session import open_platform
    from sightline.service.inspect import get_run

    platform = open_platform()
    run = get_run(platform, run_id)
    checkpoints = platform.journal.checkpoints(run.id)
    happened = [asdict(event) for event in platform.journal.events(run.id)] if events else []
    if as_json:
        show_json(
            {
                **_plain(run),
                "checkpoints": [
                    {"segment": one.segment, "frames": one.frames, "rows": dict(one.parts)}
                    for one in checkpoints
                ],
                **({"events": happened} if events else {}),
            }
        )
        return
    say(f"run       {run.id}: {run.state.value}, {run.attempts} attempt{'s' * (run.attempts != 1)}")
    say(f"video     {run.source}")
    say(f"results   {run.folder}")
    say(f"started   {_when(run.created_s)}, last change {_when(run.updated_s)}")
    say(f"done      {len(checkpoints)} segments, {sum(one.frames for one in checkpoints)} frames")
    for name, value in run.settings.items():
        if value is not None:
            say(f"  {name}: {_words(value)}")
    if run.error:
        say(f"error     [{run.error.get('code')}] {run.error.get('message')}; {run.error.get('hint')}")
    for event in happened:
        say(
            f"{event['cursor']:>5} {_when(event['t_s'])} {event['kind']} {event['stage']} {_words(event['details'])}".rstrip()
        )


@app.command("resume", epilog=examples("sightline runs resume c8e63413"))
def resume(
    run_id: _Id,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that failed, was cancelled or was interrupted."""
    from sightline.cli.analyze import carry_out
    from sightline.cli.session import open_platform
    from sightline.service.resume import resume as resume_run

    platform = open_platform()
    carry_out(platform, resume_run(platform, run_id), quiet=quiet, as_json=as_json)


@app.command("cancel", epilog=examples("sightline runs cancel c8e63413"))
def cancel(run_id: _Id) -> None:
    """Ask a run to stop; what it has done stays and can be resumed."""
    from sightline.cli.session import open_platform
    from sightline.core.runs import RunState
    from sightline.service.cancel import cancel as cancel_run

    run = cancel_run(open_platform(), run_id)
    say(f"{run.id} is cancelled" if run.state is RunState.CANCELLED else f"{run.id} was asked to stop")


@app.command(
    "delete", epilog=examples("sightline runs delete c8e63413", "sightline runs delete c8e63413 --files")
)
def delete(
    run_id: _Id,
    files: Annotated[bool, typer.Option("--files", help="Remove its results as well.")] = False,
) -> None:
    """Forget a run; its results stay unless --files is given."""
    from sightline.cli.session import open_platform
    from sightline.service.delete import delete_run

    run = delete_run(open_platform(), run_id, files=files)
    say(f"{run.id} is forgotten" + (f", its results in {run.folder} are removed" if files else ""))


def _state(name: str | None) -> Any:
    from sightline.core.runs import RunState

    if name is None:
        return None
    try:
        return RunState(name)
    except ValueError:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(RunState)}", param_hint="--state") from None


def _when(wall_s: float) -> str:
    return datetime.fromtimestamp(wall_s, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _plain(run: Run) -> dict[str, Any]:
    return {**asdict(run), "state": run.state.value}


def _words(value: Any) -> str:
    """Give a text as it is, and anything else as JSON, where it is not empty."""
    if isinstance(value, str):
        return value
    return "" if value in ({}, []) else json.dumps(value, ensure_ascii=False)
