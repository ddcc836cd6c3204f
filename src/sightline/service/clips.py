"""Cuts the clips that a report lists, a reel of them all, and the small pictures that its page shows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from sightline.core.errors import MediaError
from sightline.media.clips.cut import ClipCutter, Span
from sightline.media.thumbnails import thumbnail

if TYPE_CHECKING:
    from sightline.service.folder import RunFolder

REEL = "reel.mp4"
_PICTURE_HEIGHT_PX = 270
_PREVIEW_WIDTH_PX = 480
_JPEG_QUALITY = 80


def cut_clips(video: Path, clips: Sequence[Mapping[str, Any]], out: RunFolder, figures: Path) -> None:
    """Cut clips into the run's `highlights`, and their pictures and previews into its figures.

    A clip is plain data: `file` (its name), `start_s`, `stop_s`, `picture_s` (its best moment), all in the video's
    own seconds. What cannot be decoded is left out.

    Args:
        video: The source.
        clips: Best first.
        out: The run's folder.
        figures: Where `<name>.jpg` and `<name>.mp4` for the page go.

    Raises:
        OutputError: They cannot be written.
    """
    fresh = out.work / "highlights"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(out.clips, ignore_errors=True)
    if not clips:
        return
    fresh.mkdir(parents=True)
    cutter = ClipCutter(video)
    done: list[Span] = []
    for clip in clips:
        span = Span(*(Fraction(clip[name]).limit_denominator(1_000_000) for name in ("start_s", "stop_s")))
        name = Path(str(clip["file"])).name
        try:
            cutter.cut(fresh / name, span)
            cutter.preview(figures / name, span, width=_PREVIEW_WIDTH_PX)
            picture = thumbnail(video, float(clip["picture_s"]), _PICTURE_HEIGHT_PX)
        except MediaError:
            continue
        packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
        (figures / name).with_suffix(".jpg").write_bytes(packed.tobytes())
        done.append(span)
    if done:
        cutter.join(fresh / REEL, sorted(done, key=lambda span: span.start_s))
    fresh.replace(out.clips)
