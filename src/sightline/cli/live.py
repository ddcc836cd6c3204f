"""`sightline live`: look at a camera, a file or an address now, on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.console import note
from sightline.cli.lazy import leaf
from sightline.cli.options import App, check_apart, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.core.packets import Packet
    from sightline.media.container import MediaLimits
    from sightline.service.live.cameras.camera import Camera
    from sightline.service.platform import Platform


@leaf(
    "live",
    "sightline live drive.mp4",
    "sightline live rtsp://camera/stream --app road --set camera_height_m=1.3",
    "sightline live http://camera/video.mjpg --picture now.jpg --fps 5",
    "sightline live juggler.mp4 --app juggling --fps 60 --events",
)
def live(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A file, or an rtsp, rtmp or http(s) address.")
    ],
    app: App = "people",
    model: Annotated[
        str | None, typer.Option(help="Detector: a name, or a file.", show_default="the settings'")
    ] = None,
    fps: Annotated[
        float, typer.Option(help="Most pictures a second that are looked at.", min=0.2, max=60)
    ] = 15.0,
    picture: Annotated[
        Path | None,
        typer.Option(help="Keep the newest picture with its boxes in this JPEG.", show_default=False),
    ] = None,
    events: Annotated[bool, typer.Option("--events", help="Print events alone, not every frame.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of the app; may be repeated."),
    ] = None,
) -> None:
    """Look at a camera, a file or an address as it comes in.

    The run's tables and report are made when it ends; stop it with Ctrl-C.
    """
    from sightline.cli.session import open_platform, stoppable
    from sightline.service.folder import whole
    from sightline.service.live.build import build_live
    from sightline.service.live.cameras.camera import Camera
    from sightline.service.live.cameras.request import CameraRequest
    from sightline.service.live.cameras.view import jpeg_of
    from sightline.service.submit import media_limits

    platform = open_platform(stream_model=model)
    _check(source, picture, media_limits(platform))
    streams = build_live(platform)
    request = CameraRequest.of(
        {"address": source, "app": app, "app_settings": pairs(settings), "fps_limit": fps, "clips": False}
    )

    def on_frame(packet: Packet, found: list[dict[str, Any]]) -> None:
        if not events:
            typer.echo(
                json.dumps({"frame": packet.index, "t_s": round(float(packet.pts_s), 3), "detections": found})
            )
        if picture is not None:
            with whole(picture) as path:
                path.write_bytes(jpeg_of(packet, found))

    def on_event(event: Mapping[str, Any]) -> None:
        typer.echo(json.dumps({"event": event}))

    camera = Camera(platform, streams, request, "local", on_frame=on_frame, on_event=on_event)
    try:
        with stoppable() as stop:
            camera.start()
            while not stop.wait(0.2) and camera.is_working:
                pass
        camera.stop()
    finally:
        streams.shut()
    _tell(platform, camera)


def _check(source: str, picture: Path | None, limits: MediaLimits) -> None:
    """Refuse a file that is not there, is no video, or would be written over by its own picture."""
    from sightline.core.errors import SourceUnavailableError
    from sightline.media.container import check_file, open_video
    from sightline.media.live.connection import Address

    path = Path(source.removeprefix("file://"))
    if not Address(source).is_file:
        return
    if path.is_file():
        if picture is not None:
            check_apart(picture, path)
        check_file(path, limits)
        open_video(path, limits).close()
        return
    if path.is_dir():
        raise SourceUnavailableError(
            f"{source} is a folder", hint="`sightline stream-client FOLDER` sends its pictures to a server"
        )
    raise SourceUnavailableError(
        f"there is no file {source}", hint="a file, or an rtsp, rtmp or http(s) address"
    )


def _tell(platform: Platform, camera: Camera) -> None:
    """Say where the results are, or why there are none."""
    for run_id in camera.kept.ids:
        note(f"run {run_id}: {platform.runs.get(run_id).folder}")
    if camera.failure:
        note(f"it could not go on: {camera.failure}")
        raise typer.Exit(1)
