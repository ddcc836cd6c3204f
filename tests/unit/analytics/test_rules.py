from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml

from sightline.analytics.rows import Anchor
from sightline.analytics.rules import RulesFile, parse_rules, rules_from, rules_schema
from sightline.core.errors import RulesError

DOCS = Path(__file__).parents[3] / "docs"
SIZE = (720, 1280)
FULL = """
version: 1
units: relative
classes: [person]
min_score: 0.3
min_track_s: 0.5
lines:
  - name: door
    start: [0.25, 0.5]
    end: [0.75, 0.5]
    anchor: center
    margin_px: 4
    confirm_frames: 3
    max_gap_s: 2
    classes: [person, dog]
zones:
  - name: queue
    polygon: [[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]
    grace_s: 2
    min_stay_s: 1
speeds:
  - {name: running, limit_mps: 3, for_s: 2}
  - {name: fast, limit_px_s: 300, classes: [dog]}
ground:
  pairs:
    - {image: [0.1, 0.5], metres: [0, 20]}
    - {image: [0.9, 0.5], metres: [10, 20]}
    - {image: [1.0, 1.0], metres: [8, 0]}
    - {image: [0.0, 1.0], metres: [2, 0]}
"""
NAMES = {0: "person", 16: "dog"}


def test_everything_a_file_may_say_is_understood():
    bound = parse_rules(FULL).bind(SIZE, NAMES)
    (line,) = bound.lines
    assert (line.name, line.start, line.end) == ("door", (320.0, 360.0), (960.0, 360.0))
    assert (line.anchor, line.margin_px, line.confirm, line.max_gap_s) == (Anchor.CENTER, 4.0, 3, 2.0)
    assert line.class_ids == {0, 16}
    (zone,) = bound.zones
    assert zone.polygon.tolist() == [[0, 0], [640, 0], [640, 360], [0, 360]]
    assert (zone.grace_s, zone.min_stay_s, zone.class_ids) == (2.0, 1.0, None)
    running, fast = bound.speeds
    assert (running.limit, running.in_metres, running.for_s, running.class_ids) == (3.0, True, 2.0, None)
    assert (fast.limit, fast.in_metres, fast.class_ids) == (300.0, False, {16})
    assert bound.homography is not None
    assert bound.homography.project(np.array([[128.0, 360.0]])) == pytest.approx(np.array([[0.0, 20.0]]))
    assert bound.extent_m == (0.0, 0.0, 10.0, 20.0)
    assert bound.trusted_m == (-10.0, -20.0, 20.0, 40.0)


@pytest.mark.parametrize("empty", ["", "# nothing\n", "{}", "version: 1"])
def test_an_empty_file_asks_for_nothing(empty):
    bound = parse_rules(empty).bind(SIZE, NAMES)
    assert (bound.lines, bound.zones, bound.speeds, bound.homography) == ((), (), (), None)


def test_plain_data_goes_there_and_back():
    rules = parse_rules(FULL)
    assert rules_from(json.loads(json.dumps(rules.to_json()))) == rules
    assert rules_from(None) == RulesFile()


def test_a_class_the_model_does_not_know_matches_nothing():
    rules = rules_from({"lines": [{"name": "a", "start": [1, 1], "end": [9, 9], "classes": ["unicorn"]}]})
    assert rules.bind(SIZE, NAMES).lines[0].class_ids == frozenset()
    assert rules.rule_classes() == [["unicorn"]]


def line(**changes):
    return {"lines": [{"name": "a", "start": [0, 0], "end": [10, 10], **changes}]}


def zone(polygon):
    return {"zones": [{"name": "z", "polygon": polygon}]}


def ground(*pairs):
    return {"ground": {"pairs": [{"image": list(image), "metres": list(metres)} for image, metres in pairs]}}


SQUARE = [((0, 0), (0, 0)), ((10, 0), (1, 0)), ((10, 10), (1, 1)), ((0, 10), (0, 1))]
WRONG = [
    ("not a mapping", [1, 2], "rules must be a mapping"),
    ("an unknown key", {"linez": []}, r"linez: there is no such key"),
    ("an unknown key deep down", line(colour="red"), r"lines\[0\]\.colour: there is no such key"),
    ("a point of three numbers", line(start=[1, 2, 3]), r"lines\[0\]\.start"),
    ("a point of words", line(start=["a", 2]), r"lines\[0\]\.start\[0\]"),
    ("a point at infinity", line(start=[float("inf"), 2]), r"lines\[0\]\.start\[0\]"),
    ("no number at all", line(start=[float("nan"), 2]), r"lines\[0\]\.start\[0\]"),
    ("a line without length", line(end=[0, 0]), r"lines\[0\]: start and end are the same point"),
    ("a missing end", {"lines": [{"name": "a", "start": [0, 0]}]}, r"lines\[0\]\.end"),
    ("an unknown anchor", line(anchor="feet"), r"lines\[0\]\.anchor"),
    ("a name with a control character", line(name="a\x00b"), r"lines\[0\]\.name"),
    ("an empty name", line(name="  "), r"lines\[0\]\.name"),
    ("two corners", zone([[0, 0], [1, 1]]), r"zones\[0\]\.polygon"),
    ("corners on a line", zone([[0, 0], [1, 1], [2, 2]]), r"zones\[0\]: the corners lie on one line"),
    ("a bow", zone([[0, 0], [9, 9], [9, 0], [0, 9]]), r"zones\[0\]: the border crosses itself"),
    (
        "two rules of one name",
        {**line(), "zones": [{"name": "a", "polygon": [[0, 0], [9, 0], [9, 9]]}]},
        "two rules",
    ),
    ("the name of the whole picture", line(name="picture"), "stands for the whole picture"),
    ("a score above one", {"min_score": 2}, "min_score"),
    (
        "a limit without a number",
        {"speeds": [{"name": "s"}]},
        r"speeds\[0\]: give either limit_mps or limit_px_s",
    ),
    ("metres without ground", {"speeds": [{"name": "s", "limit_mps": 2}]}, "needs `ground`"),
    ("three ground points", ground(*SQUARE[:3]), r"ground\.pairs"),
    (
        "ground points on a line",
        ground(*[((i, i), (i, 0)) for i in range(4)]),
        "ground: the points do not fix",
    ),
    ("a later version", {"version": 2}, "version"),
    ("other units", {"units": "inches"}, "units"),
]


@pytest.mark.parametrize(("case", "data", "said"), WRONG)
def test_a_wrong_file_is_told_where_and_how(case, data, said):
    with pytest.raises(RulesError, match=said) as caught:
        rules_from(data)
    assert caught.value.hint, case
    assert "\n" not in str(caught.value)


def test_a_misspelt_key_gets_a_suggestion():
    with pytest.raises(RulesError) as caught:
        rules_from({"linez": []})
    assert caught.value.hint == "did you mean lines?"


NOT_YAML = [
    ("an open bracket", "lines: [", "not YAML"),
    ("a tab", "lines:\n\t- x", "not YAML"),
    ("an alias bomb", "a: &a [1, 1]\nb: [*a, *a]", "aliases are not allowed"),
    ("a python object", "lines: !!python/object/apply:os.system [ls]", "not YAML"),
    ("a binary", "\x00\x01", "not YAML"),
    ("brackets without end", "[" * 2_000, "not YAML"),
    ("a date out of range", "version: 2001-99-99", "not YAML"),
]


@pytest.mark.parametrize(("case", "text", "said"), NOT_YAML)
def test_text_that_is_no_yaml_is_one_clear_line(case, text, said):
    with pytest.raises(RulesError, match=said) as caught:
        parse_rules(text)
    assert "\n" not in str(caught.value), case
    assert len(str(caught.value)) < 300


def test_a_very_long_file_is_refused_unread():
    with pytest.raises(RulesError, match="too long"):
        parse_rules("#" * 250_001)


def test_a_rule_wholly_outside_the_picture_is_refused():
    rules = rules_from(line(start=[2000, 100], end=[2100, 200]))
    with pytest.raises(RulesError, match=r"'a' lies outside the picture of 1280 x 720") as caught:
        rules.bind(SIZE, NAMES)
    assert "units" in str(caught.value.hint)
    assert rules.bind((2000, 3000), NAMES).lines[0].start == (2000.0, 100.0)


def test_the_schema_in_the_docs_is_the_models_own():
    stored = json.loads((DOCS / "rules.schema.json").read_text(encoding="utf-8"))
    assert stored == rules_schema(), "run `make docs`"


def test_the_schema_takes_what_the_model_takes():
    jsonschema.Draft202012Validator.check_schema(rules_schema())
    validator = jsonschema.Draft202012Validator(rules_schema())
    validator.validate(yaml.safe_load(FULL))
    assert not validator.is_valid({"lines": [{"name": "a", "start": [0, 0]}]})
    assert not validator.is_valid({"linez": []})


def test_the_example_in_the_docs_is_a_rules_file():
    text = (DOCS / "rules.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    rules = parse_rules(example)
    assert rules.lines
    assert rules.zones
    assert rules.ground is not None
