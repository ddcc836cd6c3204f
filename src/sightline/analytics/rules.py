"""What to measure in a scene, as a user writes it down: lines, zones, speed limits, the ground plane.

The file is YAML; `docs/rules.schema.json` is its JSON schema, made from the models here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from sightline.analytics.counting import Line
from sightline.analytics.geometry import area_px2, crosses_itself, fit_homography
from sightline.analytics.rows import Anchor
from sightline.analytics.speeds import SpeedLimit
from sightline.analytics.zones import Zone
from sightline.core.errors import CalibrationError, RulesError

if TYPE_CHECKING:
    from sightline.core.arrays import Float64
    from sightline.core.space import Homography

WHOLE_PICTURE = "picture"
_MOST_CHARACTERS = 250_000

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")
]
Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-100_000, le=100_000)]
XY = tuple[Coordinate, Coordinate]
Classes = Annotated[list[Name] | None, Field(description="Only objects of these classes; all if left out.")]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LineRule(_Part):
    """A counting line. Walking from start to end, the outside is on your left, the inside on your right."""

    name: Name
    start: XY = Field(description="(x, y) where the line begins.")
    end: XY = Field(description="(x, y) where it ends.")
    anchor: Anchor = Field(default=Anchor.BOTTOM_CENTER, description="Which point of the box has to cross.")
    classes: Classes = None
    margin_px: float = Field(
        default=2.0, ge=0, le=10_000, description="How far from the line a side begins, in pixels."
    )
    margin_heights: float = Field(
        default=0.05, ge=0, le=10, description="The same in heights of the object's box; the larger counts."
    )
    confirm_frames: int = Field(
        default=2, ge=1, le=1000, description="Sightings in a row beyond the margin that make a side sure."
    )
    max_gap_s: Seconds = Field(
        default=5.0,
        description="Unseen for longer, a track's crossing is not counted but told as unresolved.",
    )

    @model_validator(mode="after")
    def _has_a_length(self) -> LineRule:
        if self.start == self.end:
            raise ValueError("start and end are the same point")
        return self


class ZoneRule(_Part):
    """A region: who enters, who leaves, who stays how long, how many are there."""

    name: Name
    polygon: list[XY] = Field(min_length=3, max_length=200, description="Corners in order, three or more.")
    anchor: Anchor = Field(default=Anchor.BOTTOM_CENTER, description="Which point of the box is inside.")
    classes: Classes = None
    grace_s: Seconds = Field(
        default=1.0, description="Who is out or lost for no longer than this has not left."
    )
    min_stay_s: Seconds = Field(default=0.0, description="Shorter stays are left out.")

    @model_validator(mode="after")
    def _encloses_something(self) -> ZoneRule:
        corners = np.array(self.polygon, np.float64)
        if crosses_itself(corners):
            raise ValueError("the border crosses itself; give the corners in order around the zone")
        if area_px2(corners) == 0:
            raise ValueError("the corners lie on one line, so the zone encloses nothing")
        return self


class SpeedRule(_Part):
    """A speed limit; give it in metres or in pixels a second."""

    name: Name
    limit_mps: Positive | None = Field(default=None, description="Metres a second; needs `ground`.")
    limit_px_s: Positive | None = Field(default=None, description="Pixels a second.")
    for_s: Seconds = Field(default=1.0, description="How long a track must stay above the limit.")
    classes: Classes = None

    @model_validator(mode="after")
    def _has_one_limit(self) -> SpeedRule:
        if (self.limit_mps is None) == (self.limit_px_s is None):
            raise ValueError("give either limit_mps or limit_px_s")
        return self


class GroundPair(_Part):
    """A point on the ground, in the picture and in metres."""

    image: XY = Field(description="(x, y) in the picture.")
    metres: XY = Field(description="(x, y) on the ground, from an origin and along axes of your choice.")


class Ground(_Part):
    """The ground plane: four points or more whose places are known."""

    pairs: list[GroundPair] = Field(min_length=4, max_length=1000)
    extent_m: tuple[Coordinate, Coordinate, Coordinate, Coordinate] | None = Field(
        default=None, description="x1 y1 x2 y2 of the heat map in metres; around the points if left out."
    )

    @model_validator(mode="after")
    def _is_fixed(self) -> Ground:
        self.fit(np.ones(2))
        if self.extent_m is not None and not (
            self.extent_m[0] < self.extent_m[2] and self.extent_m[1] < self.extent_m[3]
        ):
            raise ValueError("extent_m must be x1 y1 x2 y2 with x1 < x2 and y1 < y2")
        return self

    def fit(self, scale: Float64) -> tuple[Homography, float]:
        """Fit the map from the picture (after scaling) to metres, and say by how much it misses in metres."""
        image_px = np.array([pair.image for pair in self.pairs]) * scale
        try:
            return fit_homography(image_px, np.array([pair.metres for pair in self.pairs]))
        except CalibrationError as error:
            raise ValueError(f"{error.message}; {error.hint}" if error.hint else error.message) from None

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """`x1 y1 x2 y2` in metres."""
        if self.extent_m is not None:
            return self.extent_m
        points = np.array([pair.metres for pair in self.pairs])
        (x1, y1), (x2, y2) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return x1, y1, x2, y2


class RulesFile(_Part):
    """Everything a rules file may say."""

    version: Literal[1] = Field(default=1, description="Of this format.")
    units: Literal["px", "relative"] = Field(
        default="px",
        description="Whether picture coordinates are pixels or shares (0..1) of width and height.",
    )
    classes: Classes = None
    min_score: float = Field(default=0.0, ge=0, le=1, description="Ignore sightings scored lower.")
    min_track_s: Seconds = Field(default=0.0, description="Ignore tracks that lived shorter.")
    lines: list[LineRule] = Field(default=[], max_length=200)
    zones: list[ZoneRule] = Field(default=[], max_length=200)
    speeds: list[SpeedRule] = Field(default=[], max_length=50)
    ground: Ground | None = Field(default=None, description="Makes metres out of pixels.")

    @model_validator(mode="after")
    def _fits_together(self) -> RulesFile:
        names = [rule.name for rule in self.lines]
        names += [rule.name for rule in self.zones] + [rule.name for rule in self.speeds]
        doubles = sorted({name for name in names if names.count(name) > 1})
        if doubles:
            raise ValueError(f"two rules are called {doubles[0]!r}")
        if WHOLE_PICTURE in names:
            raise ValueError(f"{WHOLE_PICTURE!r} stands for the whole picture; call the rule something else")
        if self.ground is None and any(rule.limit_mps is not None for rule in self.speeds):
            raise ValueError("a limit in metres a second needs `ground`")
        return self

    def to_json(self) -> dict[str, Any]:
        """Give the rules as plain data, defaults filled in; `rules_from` takes it back."""
        return self.model_dump(mode="json")

    def rule_classes(self) -> list[list[str]]:
        """Give the classes that single rules ask for."""
        asked = [rule.classes for rule in self.lines]
        asked += [rule.classes for rule in self.zones] + [rule.classes for rule in self.speeds]
        return [names for names in asked if names is not None]

    def scale(self, size: tuple[int, int]) -> Float64:
        """Give the factors `(x, y)` from the file's units to pixels of a `(height, width)` picture."""
        return np.array([size[1], size[0]], np.float64) if self.units == "relative" else np.ones(2)

    def bind(self, size: tuple[int, int], class_names: Mapping[int, str]) -> BoundRules:
        """Give the rules for one picture size and one model's classes.

        Args:
            size: `(height, width)` in pixels.
            class_names: Class id -> name; names in the rules that are not among them match nothing.

        Raises:
            RulesError: Lines or zones lie wholly outside the picture.
        """
        scale = self.scale(size)

        def ids(names: list[str] | None) -> frozenset[int] | None:
            if names is None:
                return None
            return frozenset(number for number, name in class_names.items() if name in names)

        bound = BoundRules(
            lines=tuple(_line(rule, scale, ids(rule.classes)) for rule in self.lines),
            zones=tuple(_zone(rule, scale, ids(rule.classes)) for rule in self.zones),
            speeds=tuple(_limit(rule, ids(rule.classes)) for rule in self.speeds),
        )
        if self.ground is not None:
            homography, error_m = self.ground.fit(scale)
            bound = replace(bound, homography=homography, ground_error_m=error_m, extent_m=self.ground.extent)
        _check_within(bound, size)
        return bound


@dataclass(frozen=True, slots=True)
class BoundRules:
    """Rules in pixels of one picture and ids of one model.

    Attributes:
        lines: Counting lines.
        zones: Zones.
        speeds: Speed limits.
        homography: Image to ground; None where the rules give none.
        ground_error_m: By how much it misses its own points; says nothing where there are only four.
        extent_m: `x1 y1 x2 y2` of the ground in metres.
    """

    lines: tuple[Line, ...] = ()
    zones: tuple[Zone, ...] = ()
    speeds: tuple[SpeedLimit, ...] = ()
    homography: Homography | None = None
    ground_error_m: float | None = None
    extent_m: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    @property
    def trusted_m(self) -> tuple[float, float, float, float]:
        """The ground on which the homography is trusted: its extent and as much again on every side."""
        x1, y1, x2, y2 = self.extent_m
        return x1 - (x2 - x1), y1 - (y2 - y1), x2 + (x2 - x1), y2 + (y2 - y1)


def _line(rule: LineRule, scale: Float64, class_ids: frozenset[int] | None) -> Line:
    (x1, y1), (x2, y2) = (np.array([rule.start, rule.end]) * scale).tolist()
    return Line(
        rule.name,
        (x1, y1),
        (x2, y2),
        anchor=rule.anchor,
        margin_px=rule.margin_px,
        margin_heights=rule.margin_heights,
        confirm=rule.confirm_frames,
        max_gap_s=rule.max_gap_s,
        class_ids=class_ids,
    )


def _zone(rule: ZoneRule, scale: Float64, class_ids: frozenset[int] | None) -> Zone:
    polygon = np.array(rule.polygon, np.float64) * scale
    return Zone(
        rule.name,
        polygon,
        anchor=rule.anchor,
        grace_s=rule.grace_s,
        min_stay_s=rule.min_stay_s,
        class_ids=class_ids,
    )


def _limit(rule: SpeedRule, class_ids: frozenset[int] | None) -> SpeedLimit:
    limit = rule.limit_mps if rule.limit_mps is not None else rule.limit_px_s
    return SpeedLimit(
        rule.name,
        float(limit or 0.0),
        in_metres=rule.limit_mps is not None,
        for_s=rule.for_s,
        class_ids=class_ids,
    )


def _check_within(rules: BoundRules, size: tuple[int, int]) -> None:
    places = [(line.name, np.array([line.start, line.end])) for line in rules.lines]
    places += [(zone.name, zone.polygon) for zone in rules.zones]
    far = np.array([size[1], size[0]], np.float64)
    for name, points in places:
        if (points.max(axis=0) < 0).any() or (points.min(axis=0) > far).any():
            raise RulesError(
                f"{name!r} lies outside the picture of {size[1]} x {size[0]} pixels",
                hint="check its coordinates and `units` (px or relative)",
            )


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # yaml comes without types
    """Plain data only, and no aliases: a few lines of them unfold into gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.YAMLError(f"aliases are not allowed (line {mark.line + 1})")
        return super().compose_node(parent, index)


def parse_rules(text: str) -> RulesFile:
    """Read a rules file's text.

    Raises:
        RulesError: It is not YAML, or does not follow the schema; the text says where and how.
    """
    if len(text) > _MOST_CHARACTERS:
        raise RulesError(
            f"the rules file is too long: {len(text)} characters, at most {_MOST_CHARACTERS}",
            hint="give lines and zones fewer corners",
        )
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise RulesError(
            f"the rules are not YAML: {_yaml_problem(error)}", hint="see docs/rules.md"
        ) from None
    except (RecursionError, ValueError) as error:
        raise RulesError(f"the rules are not YAML: {error}", hint="see docs/rules.md") from None
    return rules_from(data)


def _yaml_problem(error: yaml.YAMLError) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
    return f"{problem or ' '.join(str(error).split())}{where}"


def rules_from(data: Any) -> RulesFile:
    """Check rules given as plain data; None is an empty rules file.

    Raises:
        RulesError: They do not follow the schema; the text names the place, as in `lines[0].start`.
    """
    if data is None:
        return RulesFile()
    if not isinstance(data, Mapping):
        raise RulesError(
            f"rules must be a mapping, got {type(data).__name__}", hint="begin with `lines:` or `zones:`"
        )
    try:
        return RulesFile.model_validate(dict(data))
    except ValidationError as error:
        _refuse(error)


def _refuse(error: ValidationError) -> NoReturn:
    first, *more = error.errors(include_url=False)
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"]]
    place = "".join(steps).lstrip(".") or "rules"
    said = first["msg"].removeprefix("Value error, ")
    hint = "see docs/rules.md"
    if first["type"] == "extra_forbidden":
        said = "there is no such key here"
        near = get_close_matches(str(first["loc"][-1]), _all_keys(), n=3)
        hint = f"did you mean {', '.join(near)}?" if near else hint
    others = f" (and {len(more)} more)" if more else ""
    raise RulesError(f"{place}: {said}{others}", hint=hint) from None


def _all_keys() -> list[str]:
    models = (RulesFile, LineRule, ZoneRule, SpeedRule, Ground, GroundPair)
    return sorted({key for model in models for key in model.model_fields})


def rules_schema() -> dict[str, Any]:
    """Give the JSON schema of a rules file, as stored in `docs/rules.schema.json`."""
    schema = RulesFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Sightline rules file",
    }
