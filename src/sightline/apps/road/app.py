"""Road: cracks and potholes before a car, one event each, where they are and how large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.apps.road.settings import RoadSettings
from sightline.core.errors import ConfigError
from sightline.stages.pipeline import detect_stage, model_for, read_pipeline, unknown_stage

if TYPE_CHECKING:
    from sightline.apps.road.live import RoadAnalysis
    from sightline.core.media import MediaInfo
    from sightline.ports import ModelAdapter, ReportContext, Stage, StageContext, TableReader
    from sightline.stages.annotate import Overlay

_HINT = (
    "give a detector of cracks and potholes with --model (a name of `sightline models list`, or an .onnx file); "
    "where its file names no classes, say what they are: --classes D00,D10,D20,D40"
)


class RoadApp:
    """Detects and tracks, then watches for hazards; see `docs/apps/road.md`."""

    name = "road"
    settings_type = RoadSettings
    file_settings = frozenset({"gpx"})

    def defaults(self) -> Mapping[str, Any]:
        """Settings with their default values."""
        return RoadSettings().model_dump(mode="json")

    def stages(self, context: StageContext) -> Sequence[Stage]:
        """Build the pipeline that `pipeline.yaml` lists.

        Raises:
            SettingsError: A setting is wrong.
            MissingSpaceError: The camera is only half known.
            ConfigError: The model finds no hazards.
        """
        from sightline.apps.road.measure import gps_track

        settings = RoadSettings.of(context.settings)
        settings.watch(context.media.size)
        gps_track(settings, 0.0)
        return [_stage(step, context, settings) for step in read_pipeline(__package__)]

    def report(self, context: ReportContext) -> Mapping[str, Any]:
        """Make tables, figures, GeoJSON, CSV and `report.json` from the stored tables.

        Raises:
            SettingsError: A setting is wrong.
            MissingSpaceError: The camera is only half known.
        """
        from sightline.apps.road.figures import draw_figures
        from sightline.apps.road.measure import measure
        from sightline.apps.road.report import make_report
        from sightline.apps.road.write import write_exports, write_tables

        settings = RoadSettings.of(context.settings)
        found = measure(context, settings)
        write_tables(found, context.write)
        write_exports(found, context.figures)
        return make_report(found, context, settings, draw_figures(found, context))

    def page(self, report: Mapping[str, Any], figures: Path) -> str:
        """Give `report.html`: one self-contained page."""
        from sightline.apps.road.page import make_page

        return make_page(report, figures)

    def analysis(self, settings: Mapping[str, Any], class_names: Sequence[str]) -> RoadAnalysis:
        """Give what watches a stream while it runs.

        Raises:
            SettingsError: A setting is wrong.
            MissingSpaceError: The camera is only half known.
            ConfigError: The model finds no hazards.
        """
        from sightline.apps.road.live import RoadAnalysis

        own = RoadSettings.of(settings)
        if not any(own.kinds(class_names)):
            raise ConfigError("the model of live streams finds no road hazards", hint=_HINT)
        return RoadAnalysis(own, class_names)

    def overlays(self, tables: TableReader, report: Mapping[str, Any], media: MediaInfo) -> Sequence[Overlay]:
        """Give what is drawn over the annotated video: the region, hazards in it, and how many there were."""
        from sightline.stages.road.overlay import RoadOverlay

        return (RoadOverlay(media.size, tables, report),)


def _stage(step: Mapping[str, Any], context: StageContext, settings: RoadSettings) -> Stage:
    from sightline.stages.road.sight import SightStage
    from sightline.stages.track import TrackStage

    if step["stage"] == "sight":
        return SightStage()
    if step["stage"] == "track":
        return TrackStage(partial(context.tracker, tuned=step["tuned"]))
    if step["stage"] == "detect":
        model = model_for(step, context, "road")
        _check_classes(model, settings)
        return detect_stage(step, context, model, settings)
    raise unknown_stage(step, "road")


def _check_classes(model: ModelAdapter, settings: RoadSettings) -> None:
    """Refuse a model none of whose classes is a hazard; one that names its classes only later passes.

    Raises:
        ConfigError: It finds something else.
    """
    names = model.info.class_names
    if not any(settings.kinds(names)) and (names or settings.classes is not None):
        said = ", ".join((settings.classes or names)[:4])
        raise ConfigError(f"{model.info.name} finds no road hazards but {said}", hint=_HINT)
