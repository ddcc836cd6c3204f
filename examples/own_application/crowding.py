"""An application of one's own, in a package of its own: for how much of the time was the picture crowded?

`pip install -e examples/own_application`, then `sightline analyze street.mp4 --app crowding --crowd 4`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from sightline.ports import ReportContext, Stage, StageContext
from sightline.settings import AppSettings
from sightline.stages.detect import DetectStage
from sightline.stages.track import TrackStage


class CrowdingSettings(AppSettings):
    """Each is an option of `sightline analyze`, is checked before anything is done, and is described by the API."""

    min_score: float = Field(default=0.4, ge=0, le=1, description="Lowest score of a detection to keep.")
    crowd: int = Field(default=5, ge=1, description="So many at once are a crowd.")


class CrowdingApp:
    """Detects and tracks, and counts the frames in which many are there."""

    name = "crowding"
    settings_type = CrowdingSettings

    def defaults(self) -> Mapping[str, Any]:
        """Settings with their default values."""
        return CrowdingSettings().model_dump()

    def stages(self, context: StageContext) -> Sequence[Stage]:
        """Say what happens between decoding a frame and recording what was found in it."""
        settings = CrowdingSettings.of(context.settings)
        detector = context.models["detector"]
        detect = DetectStage.for_model(detector, min_score=settings.min_score, in_flight=context.in_flight)
        return [detect, TrackStage(context.tracker)]

    def report(self, context: ReportContext) -> Mapping[str, Any]:
        """Make `report.json` from the stored tables; the video is not looked at again."""
        settings = CrowdingSettings.of(context.settings)
        there: Counter[int] = Counter()
        for batch in context.read.batches("tracks", ["frame"]):
            there.update(batch.column("frame").to_pylist())
        looked_at = context.ledger["inferred"]
        crowded = sum(count >= settings.crowd for count in there.values())
        return {
            "crowd": settings.crowd,
            "crowded_share": crowded / looked_at if looked_at else None,
            "most_at_once": max(there.values(), default=0),
            "provenance": dict(context.provenance),
        }

    def page(self, report: Mapping[str, Any], figures: Path) -> str:
        """Make `report.html`: one page that loads nothing."""
        share = report["crowded_share"]
        told = (
            "Nothing was looked at."
            if share is None
            else f"{share:.0%} of the time {report['crowd']} or more were there."
        )
        return f"<!doctype html><title>Crowding</title><h1>Crowding</h1><p>{told} At most: {report['most_at_once']}.</p>"
