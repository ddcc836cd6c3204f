"""Football: who plays where, who has the ball, what happened, how far everybody ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.apps.football.settings import FootballSettings
from sightline.core.errors import SettingsError
from sightline.stages.pipeline import detect_stage, model_for, read_pipeline, unknown_stage

if TYPE_CHECKING:
    from sightline.core.media import MediaInfo
    from sightline.ports import ModelAdapter, ReportContext, Stage, StageContext, TableReader
    from sightline.stages.annotate import Overlay
    from sightline.stages.football.pitch import PitchSettings
    from sightline.stages.football.top_view import TopView


class FootballApp:
    """Finds players and ball, puts them on the pitch, then reads the match; see `docs/apps/football.md`."""

    name = "football"
    settings_type = FootballSettings
    file_settings = frozenset({"calibration"})
    clicked_settings = frozenset({"calibration"})

    def defaults(self) -> Mapping[str, Any]:
        """Settings with their default values."""
        return FootballSettings().model_dump()

    def stages(self, context: StageContext) -> Sequence[Stage]:
        """Build the pipeline that `pipeline.yaml` lists.

        Raises:
            SettingsError: A setting is wrong.
            ConfigError: A model that the pipeline needs was not given.
        """
        settings = FootballSettings.of(context.settings)
        return [_stage(step, context, settings) for step in read_pipeline(__package__)]

    def report(self, context: ReportContext) -> Mapping[str, Any]:
        """Make tables, figures and `report.json` from the stored tables.

        Raises:
            SettingsError: A setting is wrong.
        """
        from sightline.apps.football.measure import measure
        from sightline.apps.football.moments import clips_of, highlights
        from sightline.apps.football.pictures.figures import draw_figures
        from sightline.apps.football.pictures.painters import Painters, painters_for
        from sightline.apps.football.report import make_report
        from sightline.apps.football.teams import looks
        from sightline.apps.football.write import write_tables

        settings = FootballSettings.of(context.settings)
        with Painters(context.figures, painters_for(context.read.rows("frames"))) as painters:
            found = measure(context, settings)
            teams = looks(found, settings)
            windows = highlights(found, settings, teams)
            first_s = float(found.match.t_s[0]) if len(found.match) else 0.0
            key_s = windows[0].best.t_s if windows else None
            figures = draw_figures(found, painters, teams, key_s)
            write_tables(found, context.write)
            report = make_report(found, context, teams, figures, clips_of(windows, first_s))
            painters.finish(found.match.pitch)
        return report

    def page(self, report: Mapping[str, Any], figures: Path) -> str:
        """Give `report.html`: one self-contained page."""
        from sightline.apps.football.page import make_page

        return make_page(report, figures)

    def overlays(self, read: TableReader, report: Mapping[str, Any], media: MediaInfo) -> Sequence[Overlay]:
        """Give what is drawn over the video: rings in the kits' colours, the ball, the pitch from above."""
        from sightline.analytics.football.match import PitchSize
        from sightline.apps.football.teams import REFEREE
        from sightline.stages.football.overlay import MatchOverlay

        colors = {name: team["kit"] or team["color"] for name, team in report["teams"].items()}
        pitch = PitchSize(*report["source"]["pitch_m"])
        return [MatchOverlay(media.size, read, {**colors, "referee": REFEREE}, pitch)]

    def drawing(self, read: TableReader, report: Mapping[str, Any]) -> TopView | None:
        """Give what draws the highlights from above; None for a video, which shows them itself."""
        from fractions import Fraction

        from sightline.analytics.football.match import PitchSize
        from sightline.apps.football.moments import match_clock
        from sightline.apps.football.teams import REFEREE
        from sightline.stages.football.top_view import TopView

        source = report["source"]
        periods = [(one["number"], one["start_s"]) for one in source["periods"]]
        if source["kind"] != "tracking":
            return None
        return TopView(
            read,
            report["clips"],
            colors={name: team["color"] for name, team in report["teams"].items()} | {"referee": REFEREE},
            pitch=PitchSize(*source["pitch_m"]),
            rate_hz=Fraction(source["frame_rate_hz"]).limit_denominator(1001),
            clock=lambda t_s: match_clock(t_s - source["start_s"], periods),
        )


def _stage(step: Mapping[str, Any], context: StageContext, settings: FootballSettings) -> Stage:
    from sightline.stages.football.kits import KitStage
    from sightline.stages.football.pitch import PitchStage
    from sightline.stages.track import TrackStage

    if step["stage"] == "track":
        return TrackStage(context.tracker)
    if step["stage"] == "pitch":
        return PitchStage(_camera(settings), context.models.get(step["model"]))
    model = model_for(step, context, "football")
    if step["stage"] == "detect":
        return detect_stage(step, context, model, settings)
    if step["stage"] == "kits":
        every = getattr(settings, step["every"]["setting"])
        return KitStage(every=every, classes=lambda: _people(model, settings))
    raise unknown_stage(step, "football")


def _camera(settings: FootballSettings) -> PitchSettings:
    """How the camera is found.

    Raises:
        SettingsError: Points are to be clicked, but no file of them is given.
    """
    from sightline.analytics.football.match import PitchSize
    from sightline.stages.football.pitch import PitchSettings

    pitch = PitchSize(settings.pitch_length_m, settings.pitch_width_m)
    said = settings.calibration
    if said == "click":
        raise SettingsError(
            "there is no screen to click on here",
            hint="`sightline football click VIDEO -o points.json` asks for the points; give the file as --calibration",
        )
    if said in {"auto", "none"}:
        return PitchSettings(
            mode="auto" if said == "auto" else "none", pitch=pitch, every=settings.pitch_every
        )
    return PitchSettings(mode="file", path=Path(said), pitch=pitch)


def _people(model: ModelAdapter, settings: FootballSettings) -> frozenset[int] | None:
    """Class ids of people; None where the model knows none by name, so that everything is looked at."""
    wanted = {name.lower() for name in settings.person_classes}
    names = enumerate(model.info.class_names)
    return frozenset(number for number, name in names if name.lower() in wanted) or None
