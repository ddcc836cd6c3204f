"""Five lines from a file to tracks, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.core.frames import Frame
    from sightline.core.tracks import Tracks
    from sightline.service.results import Results


def read_video(video: str | Path, *, stride: int = 1) -> Iterator[Frame]:
    """Give a video's frames in order, upright, at full size; broken ones are left out.

    Raises:
        MediaError: The video cannot be used.
    """
    from sightline.stages.decode import VideoSource

    source = VideoSource(Path(video), size=None, stride=stride, threads=2)
    source.open()
    try:
        for segment in source.segments():
            for packet in source.read(segment):
                if packet.frame is not None:
                    yield packet.frame
    finally:
        source.close()


def track_video(
    video: str | Path, *, model: str | None = None, stride: int = 1
) -> Iterator[tuple[Frame, Tracks]]:
    """Give each frame of a video with what is tracked in it; nothing is written.

    Args:
        video: The file.
        model: Name or file; None for the default of this machine.
        stride: Look at every n-th frame.

    Raises:
        SightlineError: The video or the model cannot be used.
    """
    from sightline.bootstrap import build_platform
    from sightline.service.preview import track_frames
    from sightline.settings import read_settings

    yield from track_frames(build_platform(read_settings()), read_video(video, stride=stride), model=model)


def analyze(video: str | Path, out: str | Path | None = None, **options: Any) -> Results:
    """Analyse a video into a folder of tables, report and annotated video, and open the results.

    Args:
        video: The file.
        out: Result folder; `sightline-out/<name of the video>` by default.
        **options: Fields of `sightline.service.submit.AnalyzeRequest`, as in `stride=2`, `annotate=False`.

    Raises:
        SightlineError: Something could not be used or written.
    """
    from sightline.bootstrap import build_platform
    from sightline.service.execute import execute
    from sightline.service.results import Results
    from sightline.service.submit import AnalyzeRequest, submit
    from sightline.settings import read_settings

    platform = build_platform(read_settings())
    request = AnalyzeRequest(video=Path(video), out=Path(out) if out else None, **options)
    return Results(Path(execute(platform, submit(platform, request).id).folder))
