"""Hazards of a stream while it runs: the same watch as for files, fed frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sightline.analytics.road.gps import Fix, GpsTrack
from sightline.analytics.road.hazards import Sighting
from sightline.analytics.road.quality import Sight
from sightline.core.errors import SettingsError
from sightline.stages.pipeline import read_pipeline
from sightline.vision.sight import sight_of

if TYPE_CHECKING:
    from sightline.analytics.road.watch import HazardWatch
    from sightline.apps.road.settings import RoadSettings
    from sightline.core.frames import Frame
    from sightline.core.tracks import Tracks

_MOST_FIXES = 10_000


class RoadAnalysis:
    """Watches one stream; see `service.live.stream.analysis.Analysis`.

    Args:
        settings: The application's.
        class_names: The model's.
    """

    def __init__(self, settings: RoadSettings, class_names: Sequence[str]) -> None:
        settings.watch((480, 640))  # a wrong setting is told before the first frame
        self._settings = settings
        self._kinds = settings.kinds(class_names)
        self._gate = settings.sight_gate()
        self._gps = GpsTrack()
        self._watch: HazardWatch | None = None
        self._size: tuple[int, int] | None = None
        self.min_score = settings.min_score
        self.iou = settings.iou
        self.max_detections = settings.max_detections
        self.tracking: Mapping[str, Any] = next(
            step["tuned"]["bytetrack"] for step in read_pipeline(__package__) if step["stage"] == "track"
        )

    def update(self, frame: Frame, tracks: Tracks, extras: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Give what this frame confirms or closes; a picture of another size begins another watch."""
        ended: list[Mapping[str, Any]] = []
        if self._watch is None or frame.source_size != self._size:
            ended.extend(self.finish())
            self._watch, self._size = self._settings.watch(frame.source_size), frame.source_size
        self._locate(frame.t_s, extras)
        seen = Sighting.of(
            tracks,
            self._kinds,
            frame=frame.index,
            t_s=frame.t_s,
            usable=self._usable(frame),
            place=self._gps.at(frame.t_s),
        )
        return [*ended, *(event.to_json() for event in self._watch.feed(seen))]

    def finish(self) -> Sequence[Mapping[str, Any]]:
        """Give what is still open, as closed."""
        return [] if self._watch is None else [event.to_json() for event in self._watch.finish()]

    def _usable(self, frame: Frame) -> bool:
        return self._gate is None or self._gate.fault(Sight(*sight_of(frame.image))) is None

    def _locate(self, t_s: float, extras: Mapping[str, Any]) -> None:
        """Take a frame's own fix, `{"gps": {"lat": .., "lon": .., "heading_deg": ..}}`; one that is none is left out."""
        gps = extras.get("gps")
        if not isinstance(gps, Mapping):
            return
        heading = gps.get("heading_deg", extras.get("heading_deg"))
        try:
            fix = Fix(t_s, float(gps["lat"]), float(gps["lon"]), None if heading is None else float(heading))
        except (KeyError, TypeError, ValueError, OverflowError, SettingsError):
            return
        if len(self._gps) >= _MOST_FIXES:  # a stream may go on for ever; what is long past places nothing
            self._gps = GpsTrack()
        self._gps.add(fix)
