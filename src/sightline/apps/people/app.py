"""People: who is there, where they walk and stay, how many cross a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.apps.people.settings import PeopleSettings
from sightline.stages.pipeline import detect_stage, model_for, read_pipeline, unknown_stage

if TYPE_CHECKING:
    from sightline.ports import ReportContext, Stage, StageContext


class PeopleApp:
    """Detects and tracks, then counts; see `docs/apps/people.md`."""

    name = "people"
    settings_type = PeopleSettings

    def defaults(self) -> Mapping[str, Any]:
        """Settings with their default values."""
        return PeopleSettings().model_dump()

    def stages(self, context: StageContext) -> Sequence[Stage]:
        """Build the pipeline that `pipeline.yaml` lists.

        Raises:
            SettingsError: A setting is wrong.
            ConfigError: A model that the pipeline needs was not given.
        """
        settings = PeopleSettings.of(context.settings)
        return [_stage(step, context, settings) for step in read_pipeline(__package__)]

    def report(self, context: ReportContext) -> Mapping[str, Any]:
        """Make tables, figures and `report.json` from the stored tables.

        Raises:
            SettingsError: A setting is wrong.
            RulesError: The rules do not follow their schema, or do not fit the picture.
        """
        from sightline.apps.people.figures import draw_figures
        from sightline.apps.people.measure import measure
        from sightline.apps.people.report import make_report
        from sightline.apps.people.write import write_tables

        settings = PeopleSettings.of(context.settings)
        found = measure(context, settings)
        write_tables(found, context.write)
        return make_report(found, context, settings, draw_figures(found, context))

    def page(self, report: Mapping[str, Any], figures: Path) -> str:
        """Give `report.html`: one self-contained page."""
        from sightline.apps.people.page import make_page

        return make_page(report, figures)


def _stage(step: Mapping[str, Any], context: StageContext, settings: PeopleSettings) -> Stage:
    from sightline.stages.track import TrackStage

    if step["stage"] == "track":
        return TrackStage(context.tracker)
    if step["stage"] != "detect":
        raise unknown_stage(step, "people")
    model = model_for(step, context, "people")
    return detect_stage(step, context, model, settings)
