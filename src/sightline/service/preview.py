"""Tracks frames on the fly, with nothing stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sightline.ports import ModelOptions
from sightline.service.prepare import check_task, cores, make_tracker
from sightline.vision.catalog import build_model

if TYPE_CHECKING:
    from sightline.core.frames import Frame
    from sightline.core.tracks import Tracks
    from sightline.service.platform import Platform


def track_frames(
    platform: Platform, frames: Iterable[Frame], *, model: str | None = None, tracker: str = "bytetrack"
) -> Iterator[tuple[Frame, Tracks]]:
    """Give each frame with what is tracked in it.

    Raises:
        ModelError: The model cannot be used, or failed on a frame.
    """
    settings = platform.settings
    options = ModelOptions(
        runtime=settings.runtime,
        precision=platform.machine.precision(settings.precision),
        threads=cores(platform),
    )
    detector = build_model(model or settings.model, options, platform.zoo)
    check_task(detector)
    follower = make_tracker(tracker, camera_motion=False)
    detector.open()
    try:
        for frame in frames:
            detections = detector.submit(frame).result()
            yield frame, follower.update(detections, t_s=frame.t_s, frame=frame)
    finally:
        detector.close()
