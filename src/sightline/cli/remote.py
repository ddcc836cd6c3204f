"""`sightline --server URL analyze`: the same command, with the work done elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sightline.cli.console import STOPPED, note, refuse, say, show_json, size_words

if TYPE_CHECKING:
    from sightline.cli.progress import Listener
    from sightline.client.client import SightlineClient
    from sightline.service.submit import AnalyzeRequest

SERVER, TOKEN = "SIGHTLINE_SERVER", "SIGHTLINE_TOKEN"
_TRIES = 8  # about a minute for each request under way: a server is started anew, a network comes back


def server() -> str | None:
    """Give the server that is to do the work; None where this machine is."""
    return os.environ.get(SERVER) or None


def analyze_there(
    address: str, request: AnalyzeRequest, refused: Mapping[str, Any], *, quiet: bool, as_json: bool
) -> None:
    """Send a video, follow what becomes of it, and fetch the results into the folder.

    Args:
        address: Of the server.
        request: What is asked for.
        refused: Options that only this machine could follow, with what was given for each.
        quiet: Say nothing but errors.
        as_json: Print a summary as JSON.

    Raises:
        SightlineError: The server refuses, does not answer, or the pipeline failed.
        typer.Exit: It was stopped.
    """
    from sightline.cli.progress import shown_progress
    from sightline.client.client import SightlineClient
    from sightline.client.http import Patience
    from sightline.core.errors import SettingsError, SourceUnavailableError
    from sightline.service.submit import OUT

    given = [f"--{name.replace('_', '-')}" for name, value in refused.items() if value]
    if given:
        raise SettingsError(
            f"{', '.join(given)} is for this machine alone", hint="leave it out, or leave --server out"
        )
    if not request.video.is_file():
        raise SourceUnavailableError(f"there is no file {request.video}", hint="check the path")
    folder = request.out or Path(OUT) / request.video.stem
    _check_folder(folder, overwrite=request.overwrite)
    with (
        SightlineClient(address, os.environ.get(TOKEN, ""), patience=Patience(tries=_TRIES)) as client,
        shown_progress(quiet=quiet or as_json) as listener,
    ):
        pipeline_id = _carried_out(client, request, listener)
        client.download(pipeline_id, folder, progress=_told(listener, "download"))
    _show(folder, pipeline_id, as_json=as_json, quiet=quiet)


def _check_folder(folder: Path, *, overwrite: bool) -> None:
    from sightline.core.errors import ConflictError
    from sightline.service.folder import RunFolder

    if RunFolder(folder).is_complete and not overwrite:
        raise ConflictError(
            f"{folder} holds results already", hint="add --overwrite, or choose another --out"
        )


def _carried_out(client: SightlineClient, request: AnalyzeRequest, listener: Listener) -> str:
    from sightline.client.http import RemoteError

    video = _sent(client, request.video, listener)
    pipeline_id = str(client.process(**_body(request, video["id"]))["id"])
    try:
        for event in client.follow(pipeline_id):
            listener(event)
    except KeyboardInterrupt:
        client.cancel(pipeline_id)
        raise typer.Exit(
            refuse(
                "cancelled",
                "stopped there too; what was done is kept",
                f"POST {pipeline_id}/resume",
                status=STOPPED,
            )
        ) from None
    status = client.status(pipeline_id)
    if status["state"] != "completed":
        failure = status["error"] or {
            "code": status["state"],
            "message": f"the pipeline is {status['state']}",
        }
        raise RemoteError(409, {**failure, "detail": failure["message"]})
    return pipeline_id


def _sent(client: SightlineClient, path: Path, listener: Listener) -> dict[str, Any]:
    """Send the video; where Ctrl-C stops that, say how much has arrived."""
    from sightline.client.upload import UploadInterrupted

    try:
        return client.upload(path, progress=_told(listener, "upload"))
    except UploadInterrupted as stopped:
        arrived = f"{size_words(stopped.arrived_bytes)} of {size_words(stopped.size_bytes)}"
        goes_on = "goes on from there" if stopped.is_kept else "sends it anew: it could not be noted here"
        raise typer.Exit(
            refuse(
                "cancelled",
                f"stopped; {arrived} of {path} have arrived",
                f"the same command {goes_on}",
                status=STOPPED,
            )
        ) from None


def _body(request: AnalyzeRequest, video_id: str) -> dict[str, Any]:
    """Give the request as the server takes it; what was left open stays open."""
    from sightline.service.rules_file import read_rules

    settings = dict(request.settings)
    if request.rules is not None:
        settings["rules"] = read_rules(request.rules)
    if request.min_score is not None:
        settings["min_score"] = request.min_score
    decoding = {"stride": request.stride, "skip_still": request.skip_still}
    return {
        "video_id": video_id,
        "app": request.app,
        "model_version": request.model,
        "batch_size": request.batch,
        "settings": settings,
        "stage_configs": {
            "video_decoding": decoding,
            "tracking": {"tracker": request.tracker, "camera_motion": request.camera_motion},
            "rendering": {"annotate": request.annotate},
        },
    }


def _told(listener: Listener, stage: str) -> Callable[[int, int], None]:
    """Give what tells the same bar how many bytes went over the network."""
    from sightline.core.events import EventKind, RunEvent

    listener(RunEvent("", EventKind.STAGE_STARTED, stage, time.time()))

    def tell(done: int, total: int) -> None:
        listener(RunEvent("", EventKind.STAGE_PROGRESS, stage, time.time(), {"done": done, "total": total}))

    return tell


def _show(folder: Path, pipeline_id: str, *, as_json: bool, quiet: bool) -> None:
    from sightline.service.results import Results

    results = Results(folder)
    if as_json:
        show_json({"run": pipeline_id, "folder": str(folder), "ledger": results.ledger.to_json()})
    elif not quiet:
        note(f"done as pipeline {pipeline_id}")
        say(f"results  {folder}")
