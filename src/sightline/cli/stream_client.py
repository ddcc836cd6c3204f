"""`sightline stream-client`: sends pictures to a server and says how long answers took."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.console import note, say, show_json
from sightline.cli.lazy import leaf
from sightline.cli.options import pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.client.stream import Tally


@leaf(
    "stream-client",
    "sightline stream-client drive.mp4 --api-key KEY",
    "sightline stream-client 0 --set fps_limit=10 --set quality_mode=auto",
    "sightline stream-client frames/ --url wss://host/stream/detection --base64 --results",
)
def stream_client(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A video, a folder of pictures, or a camera's number.")
    ],
    url: Annotated[
        str, typer.Option(help="The server's WebSocket.")
    ] = "ws://127.0.0.1:8000/stream/detection",
    api_key: Annotated[
        str, typer.Option(help="An API key.", envvar="SIGHTLINE_API_KEY", show_envvar=True)
    ] = "",
    token: Annotated[str, typer.Option(help="An access token.")] = "",
    fps: Annotated[
        float, typer.Option(help="Frames a second of a folder of pictures.", min=0.1, max=120)
    ] = 15.0,
    base64: Annotated[
        bool, typer.Option("--base64", help="Send JSON with base64, not binary frames.")
    ] = False,
    every_frame: Annotated[
        bool, typer.Option("--every-frame", help="Wait for each answer, so that no frame is left out.")
    ] = False,
    lossless: Annotated[bool, typer.Option("--lossless", help="Send a video's frames as PNG.")] = False,
    frames: Annotated[int | None, typer.Option(help="Stop after so many.", min=1, show_default=False)] = None,
    results: Annotated[
        bool, typer.Option("--results", help="Print each message of the server's as JSON.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of the stream; may be repeated."),
    ] = None,
) -> None:
    """Send pictures to a server and time its answers."""
    from itertools import chain, islice

    from sightline.cli.session import open_settings, stoppable
    from sightline.client.stream import StreamClient, play
    from sightline.media.live.pace import is_camera, pictures_of

    open_settings()
    headers = {"X-API-Key": api_key} if api_key else {"Authorization": f"Bearer {token}"} if token else {}

    def show(kind: str, data: Any) -> None:
        if results:
            typer.echo(json.dumps({"type": kind, "data": data}))

    pictures = pictures_of(source, fps=fps, suffix=".png" if lossless else ".jpg")
    first = list(islice(pictures, 1))  # a source that is not there is told before anybody is called
    client = StreamClient(url, pairs(settings), headers=headers, binary=not base64, listener=show)
    client.open()
    try:
        with stoppable() as stop:
            sent, filed = islice(chain(first, pictures), frames), not is_camera(source)
            play(client, sent, every_frame=every_frame, first_answered=filed, stop=stop.is_set)
            client.settle(5.0)
    finally:
        client.close()
    found = summary(client.tally)
    if as_json:
        show_json(found)
        return
    _print(found, note if results else say)


def _print(found: dict[str, Any], tell: Callable[[str], None]) -> None:
    tell(f"{found['sent']} frames sent, {found['answered']} answered, left out: {found['dropped'] or 'none'}")
    for code, count in found["errors"].items():
        tell(f"{count} errors {code}")
    if found["unknown"]:
        tell(f"of {found['unknown']} frames nothing is known: the connection ended before")
    for name, row in found["latency_ms"].items():
        tell(f"{name:22} p50 {row['p50']:8.1f} ms   p95 {row['p95']:8.1f} ms   p99 {row['p99']:8.1f} ms")


def summary(tally: Tally) -> dict[str, Any]:
    """Give counts and percentiles."""
    import numpy as np

    spreads = {"capture_to_result": [1000 * seconds for seconds in tally.latencies_s], **tally.legs_ms}
    return {
        "sent": tally.sent,
        "answered": tally.answered,
        "refused": tally.refused,
        "unknown": max(tally.open, 0),
        "dropped": dict(tally.dropped),
        "events": len(tally.events),
        "errors": dict(tally.errors),
        "latency_ms": {
            name: {f"p{percent}": round(float(np.percentile(values, percent)), 2) for percent in (50, 95, 99)}
            for name, values in spreads.items()
            if values
        },
    }
