"""Juggling: what is thrown and caught, by which hand, in which pattern; or how a football is kept up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sightline.apps.juggling.settings import JugglingSettings
from sightline.core.errors import ConfigError

if TYPE_CHECKING:
    from sightline.core.media import MediaInfo
    from sightline.ports import Kit, ReportContext, Stage, TableReader
    from sightline.stages.annotate import Overlay


class JugglingApp:
    """Finds balls, follows their flights, then reads the pattern; see `docs/apps/juggling.md`."""

    name = "juggling"

    def defaults(self) -> Mapping[str, Any]:
        """Settings with their default values."""
        return JugglingSettings().model_dump()

    def stages(self, kit: Kit) -> Sequence[Stage]:
        """Build the pipeline that `pipeline.yaml` lists.

        Raises:
            SettingsError: A setting is wrong.
            ConfigError: A model that the pipeline needs was not given.
        """
        settings = JugglingSettings.of(kit.settings)
        wanted = [step for step in _pipeline() if not step.get("optional") or step["model"] in kit.models]
        return [_stage(step, kit, settings) for step in wanted]

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

    def overlays(self, tables: TableReader, report: Mapping[str, Any], media: MediaInfo) -> Sequence[Overlay]:
        """Give what is drawn over the annotated video: arcs, counts and the pattern."""
        from sightline.stages.juggling_overlay import JugglingOverlay

        return (JugglingOverlay(media.size, tables, report),)


@cache
def _pipeline() -> tuple[Mapping[str, Any], ...]:
    text = (files("sightline.apps.juggling") / "pipeline.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text)["stages"])


def _stage(step: Mapping[str, Any], kit: Kit, settings: JugglingSettings) -> Stage:
    from sightline.stages.detect import DetectStage
    from sightline.stages.pose import PoseStage

    role = step["model"]
    if role not in kit.models:
        raise ConfigError(
            f"the juggling application needs a model as its {role}", hint="choose one with --model"
        )
    if step["stage"] == "detect":
        min_score = getattr(settings, step["min_score"]["setting"])
        return DetectStage.for_model(kit.models[role], min_score=min_score, in_flight=kit.in_flight)
    if step["stage"] == "pose":
        return PoseStage(kit.models[role], top_down=False)
    raise ConfigError(f"the juggling pipeline knows no stage {step['stage']!r}")
