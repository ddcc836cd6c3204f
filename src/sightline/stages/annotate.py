"""Draws `annotated.mp4` from the stored tables, in a pass of its own.

So tables never depend on whether a video is drawn, and a video can be drawn again with other rules.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sightline.media.draw import Painter, color_of
from sightline.media.encode import VideoWriter
from sightline.stages.decode import VideoSource

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.core.media import MediaInfo, Segment
    from sightline.media.container import MediaLimits
    from sightline.ports import TableReader

_TRAIL_S = 1.5
_FALLBACK_HZ = Fraction(25)
_COLUMNS = ("frame", "track_id", "class_name", "x1_px", "y1_px", "x2_px", "y2_px")
_RULE_COLOR = (60, 200, 255)


@dataclass(frozen=True, slots=True)
class Row:
    """One tracked box of one frame."""

    track_id: int
    box_px: tuple[float, ...]
    label: str


def annotate_video(
    video: Path,
    scene: Scene,
    out: Path,
    *,
    media: MediaInfo,
    segments: Sequence[Segment],
    threads: int,
    tell: Callable[[int, int], None],
    limits: MediaLimits | None = None,
) -> None:
    """Draw every frame of a video with its tracks, lines and zones; sound is kept.

    Args:
        video: The source.
        scene: What is to be drawn.
        out: The MP4; appears only when whole.
        media: Facts about the source.
        segments: All segments of it.
        threads: Cores to use.
        tell: Told frames done and in all; may raise to stop.
        limits: What the source may ask of this machine.

    Raises:
        MediaError: The video cannot be read any more.
        OutputError: The result cannot be written.
    """
    source = VideoSource(video, size=None, threads=min(2, threads), limits=limits)
    source.open()
    total = sum(segment.frames for segment in segments)
    rate = media.frame_rate_hz or _FALLBACK_HZ
    audio = video if media.audio_codec else None
    try:
        with VideoWriter(
            out,
            size=media.size,
            frame_rate_hz=rate,
            threads=threads,
            audio_from=audio,
            variable=media.variable_frame_rate,
            pixel_aspect=media.pixel_aspect,
        ) as writer:
            for segment in segments:
                for packet in source.read(segment):
                    if packet.frame is not None:
                        image = packet.frame.image
                        writer.write(scene.draw(image, packet.index, packet.frame.t_s), packet.pts_s)
                    tell(packet.index + 1, total)
    finally:
        source.close()


class Overlay(Protocol):
    """What an application draws in place of plain boxes; see `Application.overlays` in docs/extend.md."""

    def draw(self, picture: UInt8, frame: int, t_s: float) -> None:
        """Draw on one frame's picture, which may be written to; frames come in rising order."""
        ...


class Scene:
    """What is to be drawn, frame by frame in order.

    Args:
        size: `(height, width)` of the source in pixels.
        tables: The run's `tracks` and `events`.
        rules: Lines and zones as plain data; None without.
        with_classes: Whether labels name the class beside the track's number.
        overlays: Drawn one after the other in place of boxes and trails.
    """

    def __init__(
        self,
        size: tuple[int, int],
        tables: TableReader,
        rules: Mapping[str, Any] | None,
        *,
        with_classes: bool = True,
        overlays: Sequence[Overlay] = (),
    ) -> None:
        self._overlays = tuple(overlays)
        self._painter = Painter(size)
        self._frames = Lookahead(_tracks_by_frame(tables, with_classes=with_classes))
        self._events = Lookahead(_events_by_frame(tables))
        self._rules = rule_shapes(rules or {}, size)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._trails: dict[int, deque[tuple[float, float, float]]] = {}

    def draw(self, image: UInt8, frame: int, t_s: float) -> UInt8:
        """Draw one frame; frames come in rising order."""
        for rule, kind in self._events.up_to(frame):
            self._counts[rule, kind] += 1
        rows = self._frames.at(frame)
        picture = np.ascontiguousarray(image)
        if not picture.flags.writeable:
            picture = picture.copy()
        for shape in self._rules:
            self._draw_rule(picture, shape)
        for overlay in self._overlays:
            overlay.draw(picture, frame, t_s)
        if self._overlays:
            return picture
        for row in rows:
            trail = self._trails.setdefault(row.track_id, deque())
            trail.append((t_s, (row.box_px[0] + row.box_px[2]) / 2, row.box_px[3]))
        self._forget(t_s)
        for row in rows:
            color = color_of(row.track_id)
            self._painter.trail(picture, [(x, y) for _, x, y in self._trails[row.track_id]], color)
            self._painter.box(picture, row.box_px, row.label, color)
        return picture

    def _draw_rule(self, picture: UInt8, shape: RuleShape) -> None:
        if shape.is_line:
            label = f"{shape.name}: in {self._counts[shape.name, 'line_in']} out {self._counts[shape.name, 'line_out']}"
            self._painter.line(picture, shape.points_px[0], shape.points_px[1], label, _RULE_COLOR)
        else:
            inside = self._counts[shape.name, "zone_enter"] - self._counts[shape.name, "zone_exit"]
            self._painter.zone(picture, shape.points_px, f"{shape.name}: {max(0, inside)}", _RULE_COLOR)

    def _forget(self, t_s: float) -> None:
        for track_id in list(self._trails):
            trail = self._trails[track_id]
            while trail and t_s - trail[0][0] > _TRAIL_S:
                trail.popleft()
            if not trail:
                del self._trails[track_id]


@dataclass(frozen=True, slots=True)
class RuleShape:
    """A line or zone to draw."""

    name: str
    points_px: tuple[tuple[float, float], ...]
    is_line: bool


def rule_shapes(rules: Mapping[str, Any], size: tuple[int, int]) -> tuple[RuleShape, ...]:
    """Give the lines and zones of a rules file in pixels of a picture of that `(height, width)`."""
    scale = (size[1], size[0]) if rules.get("units") == "relative" else (1, 1)

    def points(given: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
        return tuple((float(x) * scale[0], float(y) * scale[1]) for x, y in given)

    lines = [
        RuleShape(line["name"], points([line["start"], line["end"]]), True) for line in rules.get("lines", ())
    ]
    zones = [RuleShape(zone["name"], points(zone["polygon"]), False) for zone in rules.get("zones", ())]
    return (*zones, *lines)


@dataclass(slots=True)
class Lookahead:
    """Values by frame, from a stream in order of frame."""

    stream: Iterator[tuple[int, Any]]
    _next: tuple[int, Any] | None = field(default=None, init=False)

    def at(self, frame: int) -> list[Any]:
        """Give the values of exactly that frame."""
        return [value for number, value in self._taken(frame) if number == frame]

    def up_to(self, frame: int) -> list[Any]:
        """Give the values of that frame and those before it not given yet."""
        return [value for _, value in self._taken(frame)]

    def _taken(self, frame: int) -> Iterator[tuple[int, Any]]:
        while True:
            if self._next is None:
                self._next = next(self.stream, None)
            if self._next is None or self._next[0] > frame:
                return
            value, self._next = self._next, None
            yield value


def _tracks_by_frame(tables: TableReader, *, with_classes: bool) -> Iterator[tuple[int, Row]]:
    for batch in tables.batches("tracks", _COLUMNS):
        columns = [batch[name].to_pylist() for name in _COLUMNS]
        for frame, track_id, class_name, *box_px in zip(*columns, strict=True):
            label = f"{track_id} {class_name}" if with_classes else str(track_id)
            yield frame, Row(track_id, tuple(box_px), label)


def _events_by_frame(tables: TableReader) -> Iterator[tuple[int, tuple[str, str]]]:
    for batch in tables.batches("events", ("frame", "rule", "kind")):
        rows = zip(*(batch[name].to_pylist() for name in ("frame", "rule", "kind")), strict=True)
        for frame, rule, kind in rows:
            yield frame, (rule, kind)
