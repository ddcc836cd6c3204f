"""Cuts the clips that a report lists, a reel of them all, and the pictures that its page shows."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np

from sightline.core.errors import MediaError
from sightline.media.clips.cut import ClipCutter, Span
from sightline.media.clips.join import join_files
from sightline.media.encode import VideoWriter
from sightline.media.thumbnails import stills, thumbnail
from sightline.service.folder import whole, writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.core.arrays import UInt8
    from sightline.media.container import MediaLimits
    from sightline.service.folder import RunFolder

REEL = "reel.mp4"
WINDOWS = "highlights.xml"
_PICTURE_HEIGHT_PX = 270
_PREVIEW_WIDTH_PX = 480
_JPEG_QUALITY = 80
_STILL_QUALITY, _WIDEST_STILL_PX = 85, 640
_OUTLINE_BGR = (255, 255, 255)
_DRAWN_CRF = 28


@dataclass(frozen=True, slots=True)
class Footage:
    """A video that clips are cut from.

    Attributes:
        path: The file.
        place: Gives a clip in the video's own seconds, None where the video does not show it; left out, clips
            speak of its own seconds already.
        limits: What the video may ask of this machine; None for the usual.
    """

    path: Path
    place: Callable[[Mapping[str, Any]], Mapping[str, Any] | None] | None = None
    limits: MediaLimits | None = None

    def placed(self, clips: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Give the clips that it shows, in its own seconds."""
        if self.place is None:
            return list(clips)
        return [placed for clip in clips if (placed := self.place(clip)) is not None]


class Drawing(Protocol):
    """Draws moments of which there is no video; see `Application.drawing` in docs/extend.md.

    Attributes:
        size: `(height, width)` of the pictures.
        frame_rate_hz: Pictures a second.
    """

    @property
    def size(self) -> tuple[int, int]: ...  # noqa: D102 - an attribute

    @property
    def frame_rate_hz(self) -> Fraction: ...  # noqa: D102 - an attribute

    def pictures(self, clip: Mapping[str, Any]) -> Iterator[tuple[float, UInt8]]:
        """Give a clip's pictures, each with its time in the source's seconds."""
        ...


def cut_clips(
    video: Path,
    clips: Sequence[Mapping[str, Any]],
    out: RunFolder,
    figures: Path,
    *,
    limits: MediaLimits | None = None,
) -> None:
    """Cut clips into the run's `highlights`, and their pictures and previews into its figures.

    A clip is plain data: `file` (its name), `start_s`, `stop_s`, `picture_s` (its best moment), all in the video's
    own seconds. What cannot be decoded is left out.

    Args:
        video: The source.
        clips: Best first.
        out: The run's folder.
        figures: Where `<name>.jpg` and `<name>.mp4` for the page go.
        limits: What the video may ask of this machine.

    Raises:
        OutputError: They cannot be written.
    """
    fresh = _emptied(out)
    if not clips:
        return
    fresh.mkdir(parents=True)
    cutter = ClipCutter(video, limits=limits)
    done: list[Span] = []
    listed: list[Mapping[str, Any]] = []
    for clip in clips:
        span = Span(*(Fraction(clip[name]).limit_denominator(1_000_000) for name in ("start_s", "stop_s")))
        name = Path(str(clip["file"])).name
        try:
            cutter.cut(fresh / name, span)
            cutter.preview(figures / name, span, width=_PREVIEW_WIDTH_PX)
            picture = thumbnail(video, float(clip["picture_s"]), _PICTURE_HEIGHT_PX, limits=limits)
        except MediaError:
            continue
        _write_picture(picture, figures / name)
        done.append(span)
        listed.append(clip)
    if done:
        cutter.join(fresh / REEL, sorted(done, key=lambda span: span.start_s))
    write_windows(listed, fresh / WINDOWS)
    fresh.replace(out.clips)


def _emptied(out: RunFolder) -> Path:
    """Remove the clips of an earlier try, and give where new ones are made; the folder is not there yet."""
    fresh = out.work / "highlights"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(out.clips, ignore_errors=True)
    return fresh


def _write_picture(picture: UInt8, clip: Path) -> None:
    """Write a clip's best moment beside its preview, under the same name."""
    packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    clip.with_suffix(".jpg").write_bytes(packed.tobytes())


def draw_clips(drawing: Drawing, clips: Sequence[Mapping[str, Any]], out: RunFolder, figures: Path) -> None:
    """Draw clips into the run's `highlights`, as `cut_clips` cuts them out of a video.

    Args:
        drawing: What draws them.
        clips: Best first.
        out: The run's folder.
        figures: Where `<name>.jpg` and `<name>.mp4` for the page go.

    Raises:
        OutputError: They cannot be written.
    """
    fresh = _emptied(out)
    if not clips:
        return
    fresh.mkdir(parents=True)
    for clip in clips:
        name = Path(str(clip["file"])).name
        best: tuple[float, UInt8] | None = None
        with VideoWriter(
            fresh / name,
            size=drawing.size,
            frame_rate_hz=drawing.frame_rate_hz,
            crf=_DRAWN_CRF,
            preset="superfast",
        ) as writer:
            for t_s, picture in drawing.pictures(clip):
                writer.write(picture)
                if best is None or t_s <= float(clip["picture_s"]):
                    best = t_s, picture
        shutil.copyfile(fresh / name, figures / name)
        if best is not None:
            _write_picture(best[1], figures / name)
    in_time = sorted(clips, key=lambda clip: float(clip["start_s"]))
    join_files([fresh / Path(str(clip["file"])).name for clip in in_time], fresh / REEL)
    write_windows(clips, fresh / WINDOWS)
    fresh.replace(out.clips)


def write_windows(clips: Sequence[Mapping[str, Any]], out: Path) -> None:
    """Write clips as SportsCode's XML, a row of its timeline per kind; times are the video's own seconds.

    Raises:
        OutputError: The file cannot be written.
    """
    root = ET.Element("file")
    instances = ET.SubElement(root, "ALL_INSTANCES")
    for number, clip in enumerate(clips, start=1):
        instance = ET.SubElement(instances, "instance")
        ET.SubElement(instance, "ID").text = str(number)
        ET.SubElement(instance, "start").text = f"{clip['start_s']:.3f}"
        ET.SubElement(instance, "end").text = f"{clip['stop_s']:.3f}"
        ET.SubElement(instance, "code").text = str(clip["kind"])
        for group in ("title", "team", "file"):
            if clip.get(group) is not None:
                label = ET.SubElement(instance, "label")
                ET.SubElement(label, "group").text = group
                ET.SubElement(label, "text").text = str(clip[group])
    ET.indent(root)
    with whole(out) as path:
        path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def cut_pictures(
    video: Path,
    pictures: Sequence[Mapping[str, Any]],
    figures: Path,
    *,
    pixel_aspect: Fraction = Fraction(1),
    limits: MediaLimits | None = None,
) -> None:
    """Cut pictures into a run's figures.

    A picture is plain data: `file` (its name), `t_s` in the video's own seconds, `crop_px` (`x1 y1 x2 y2` of what is
    shown) and `box_px`, which is outlined in it. What cannot be decoded is left out.

    Args:
        video: The source.
        pictures: What to cut.
        figures: Where the files go.
        pixel_aspect: Width over height of the video's pixels; those of the pictures are square.
        limits: What the video may ask of this machine.

    Raises:
        OutputError: They cannot be written.
    """
    wanted: dict[float, list[Mapping[str, Any]]] = {}
    for picture in pictures:
        wanted.setdefault(float(picture["t_s"]), []).append(picture)
    try:
        for t_s, image in stills(video, sorted(wanted), limits=limits):
            for picture in wanted[t_s]:
                part = _cut(image, picture, float(pixel_aspect))
                packed = cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, _STILL_QUALITY])[1]
                with writing(figures):
                    (figures / Path(str(picture["file"])).name).write_bytes(packed.tobytes())
    except MediaError:
        return


def _cut(image: UInt8, picture: Mapping[str, Any], pixel_aspect: float) -> UInt8:
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (round(edge) for edge in picture["crop_px"])
    left, top = min(max(x1, 0), width - 1), min(max(y1, 0), height - 1)
    part = image[top : max(y2, top + 1), left : max(x2, left + 1)].copy()
    scale = min(1.0, _WIDEST_STILL_PX / (part.shape[1] * pixel_aspect))
    scales = (scale * pixel_aspect, scale)
    if scales != (1, 1):
        part = cv2.resize(part, None, fx=scales[0], fy=scales[1], interpolation=cv2.INTER_AREA)
    corners = (np.reshape(picture["box_px"], (2, 2)) - (left, top)) * scales
    first, last = corners.round().astype(int).tolist()
    cv2.rectangle(part, first, last, _OUTLINE_BGR, 1, cv2.LINE_AA)
    return part
