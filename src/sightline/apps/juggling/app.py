"""Juggling: what is thrown and caught, by which hand, in which pattern; or how a football is kept up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.apps.juggling.settings import JugglingSettings
from sightline.stages.pipeline import detect_stage, model_for, read_pipeline, unknown_stage

if TYPE_CHECKING:
    from sightline.apps.juggling.live import JugglingAnalysis
    from sightline.core.media import MediaInfo
    from sightline.ports import ReportContext, Stage, StageContext, TableReader
    from sightline.stages.annotate import Overlay


class JugglingApp:
    """Finds balls, follows their flights, then reads the pattern; see `docs/apps/juggling.md`."""

    name = "juggling"
    settings_type = JugglingSettings

    def defaults(self) -> Mapping[str, Any]:
        """Settings with their default values."""
        return JugglingSettings().model_dump()

    def stages(self, context: StageContext) -> Sequence[Stage]:
        """Build the pipeline that `pipeline.yaml` lists.

        Raises:
            SettingsError: A setting is wrong.
            ConfigError: A model that the pipeline needs was not given.
        """
        settings = JugglingSettings.of(context.settings)
        wanted = [
            step
            for step in read_pipeline(__package__)
            if not step.get("optional") or step["model"] in context.models
        ]
        return [_stage(step, context, settings) for step in wanted]

    def report(self, context: ReportContext) -> Mapping[str, Any]:
        """Make tables, figures and `report.json` from the stored tables.

        Raises:
            SettingsError: A setting is wrong.
        """
        from sightline.apps.juggling.figures import draw_figures
        from sightline.apps.juggling.measure import measure
        from sightline.apps.juggling.report import make_report
        from sightline.apps.juggling.write import write_tables

        found = measure(context, JugglingSettings.of(context.settings))
        write_tables(found, context.write)
        return make_report(found, context, draw_figures(found, context))

    def page(self, report: Mapping[str, Any], figures: Path) -> str:
        """Give `report.html`: one self-contained page."""
        from sightline.apps.juggling.page import make_page

        return make_page(report, figures)

    def analysis(self, settings: Mapping[str, Any], class_names: Sequence[str]) -> JugglingAnalysis:
        """Give what watches a stream while it runs.

        Raises:
            SettingsError: A setting is wrong.
        """
        from sightline.apps.juggling.live import JugglingAnalysis

        return JugglingAnalysis(JugglingSettings.of(settings), class_names)

    def overlays(self, tables: TableReader, report: Mapping[str, Any], media: MediaInfo) -> Sequence[Overlay]:
        """Give what is drawn over the annotated video: arcs, counts and the pattern."""
        from sightline.stages.juggling.overlay import JugglingOverlay

        return (JugglingOverlay(media.size, tables, report),)


def _stage(step: Mapping[str, Any], context: StageContext, settings: JugglingSettings) -> Stage:
    from sightline.stages.pose import PoseStage

    model = model_for(step, context, "juggling")
    if step["stage"] == "detect":
        return detect_stage(step, context, model, settings)
    if step["stage"] == "pose":
        return PoseStage(model, top_down=False)
    raise unknown_stage(step, "juggling")
