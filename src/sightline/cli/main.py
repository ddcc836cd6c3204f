"""`sightline`: finds the command, and turns whatever ends it into one line and an exit status.

Exit status: 0 done, 1 it could not be done, 2 the command was written wrongly, 130 stopped by the user.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, ClassVar

import typer

from sightline.cli.console import STOPPED, refuse
from sightline.cli.lazy import Entry, LazyGroup, examples
from sightline.core.errors import NO_ROOM, RunCancelled, SightlineError

_WORK, _RESULTS, _SETUP = "Analyse", "Work with results", "This machine"


class Commands(LazyGroup):
    """All commands of `sightline`."""

    entries: ClassVar[Mapping[str, Entry]] = {
        "analyze": Entry("sightline.cli.analyze:app", "Turn a video into tables, a report and an annotated video.", _WORK),
        "demo": Entry("sightline.cli.scenes:demo", "Render a clip with known truth, analyse it and compare.", _WORK),
        "simulate": Entry("sightline.cli.scenes:simulate", "Render videos whose exact truth is known.", _WORK),
        "track": Entry("sightline.cli.tracking:track", "Give detections of a MOT file identities.", _WORK),
        "football": Entry("sightline.cli.football.app:app", "Calibrate cameras, report on tracking data, score.", _WORK),
        "juggling": Entry("sightline.cli.juggling.app:app", "Decode juggling: throws, catches, siteswap.", _WORK),
        "road": Entry("sightline.cli.road:app", "Score road hazards: counts, sizes, places.", _WORK),
        "serve": Entry("sightline.cli.serve:serve", "Run the HTTP API, with workers in the same process.", _WORK),
        "live": Entry("sightline.cli.live:live", "Look at a camera, a file or an address as it comes in.", _WORK),
        "stream-client": Entry("sightline.cli.stream_client:stream_client", "Send pictures to a server and time its answers.", _WORK),
        "watch": Entry("sightline.cli.watch:watch", "Analyse each new video of a folder or bucket, once.", _WORK),
        "worker": Entry("sightline.cli.worker:app", "Carry out queued runs until it is stopped.", _WORK),
        "admin": Entry("sightline.cli.admin:app", "Users, keys and the audit of a server.", _SETUP),
        "runs": Entry("sightline.cli.runs:app", "List, resume, cancel and delete runs.", _WORK),
        "sql": Entry("sightline.cli.results:sql", "Ask a run's tables in SQL.", _RESULTS),
        "replay": Entry("sightline.cli.results:replay", "Apply new lines, zones and thresholds to stored tables.", _RESULTS),
        "export": Entry("sightline.cli.results:export", "Write results in another program's format.", _RESULTS),
        "evaluate": Entry("sightline.cli.tracking:evaluate", "Score tracks or detections against the truth.", _RESULTS),
        "models": Entry("sightline.cli.models:app", "List, fetch, add, check and measure models.", _SETUP),
        "doctor": Entry("sightline.cli.machine:doctor", "Say what this machine can do, in plain words.", _SETUP),
        "settings": Entry("sightline.cli.machine:settings", "Show every setting, its value and its meaning.", _SETUP),
        "version": Entry("sightline.cli.machine:version", "Show the version.", _SETUP),
    }  # fmt: skip


app = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,
    no_args_is_help=False,
    invoke_without_command=True,
    epilog=examples(
        "sightline demo",
        "sightline analyze street.mp4",
        'sightline sql sightline-out/street "select count(distinct track_id) from tracks"',
        "sightline COMMAND --help",
    ),
)


@app.callback()
def _root(
    context: typer.Context,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the whole trace of a failure, and every log message.")
    ] = False,
    server: Annotated[
        str | None,
        typer.Option(
            "--server", metavar="URL", help="Have `analyze` done by that server; its key is SIGHTLINE_TOKEN."
        ),
    ] = None,
    show_version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Turn video into data: detections, tracks and events of every frame, as tables."""
    del debug  # taken off before the commands are parsed, so that it may stand anywhere
    if server:
        os.environ["SIGHTLINE_SERVER"] = server
    if show_version:
        from sightline import __version__

        typer.echo(f"sightline {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(argv: Sequence[str]) -> int:
    """Carry out a command line and give its exit status; what nobody foresaw is raised.

    Args:
        argv: Arguments without the program's name.
    """
    command = typer.main.get_command(app)
    try:
        status = command.main(list(argv), prog_name="sightline", standalone_mode=False)
    except SightlineError as error:
        return refuse(error.code, error.message, error.hint)
    except typer.TyperException as error:
        return refuse("usage", error.format_message(), _usage_hint(error), status=error.exit_code)
    except (RunCancelled, KeyboardInterrupt, typer.Abort):
        return refuse("cancelled", "stopped", None, status=STOPPED)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        words = error.strerror or str(error)
        return refuse("output_full", f"what was to be written is cut short: {words}", "free some space")
    return status if isinstance(status, int) else 0


def one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Report an error that nobody foresaw: one line, and the whole trace in the log file."""
    from sightline.cli.logs import log_crash

    place = log_crash(kind, error, trace)
    said = " ".join(str(error).split())
    refuse(
        "internal", f"{kind.__name__}: {said}" if said else kind.__name__, f"{place}; --debug shows the trace"
    )


def main() -> None:
    """Run as a program; what a shell closed (`>&-`) is written nowhere."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it is the process's own
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    argv = sys.argv[1:]
    if "--debug" in argv:
        argv.remove("--debug")
        os.environ["SIGHTLINE_LOG_LEVEL"] = "debug"
    else:
        sys.excepthook = one_line
    sys.exit(run(argv))


def _usage_hint(error: Any) -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context else 'sightline'} --help"


if __name__ == "__main__":
    main()
