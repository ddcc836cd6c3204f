from __future__ import annotations

import html
import json
import math
import re
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sightline import plugins
from sightline.apps.people.app import PeopleApp
from sightline.apps.people.pictures import Scene
from sightline.apps.people.settings import PeopleSettings
from sightline.core.errors import ConfigError, RulesError, SettingsError
from sightline.core.media import MediaInfo
from sightline.core.tables import schema_of
from sightline.ports import StageContext
from sightline.testing.tables import MemoryTables, crowd_tables

DOCS = Path(__file__).parents[3] / "docs"
SIZE = (360, 640)
MEDIA = MediaInfo("mp4", "h264", SIZE, 0, Fraction(25), False, Fraction(8), 200, 1000)
RULES = {
    "lines": [{"name": "door", "start": [0, 180], "end": [640, 180]}],
    "zones": [{"name": "queue", "polygon": [[160, 60], [480, 60], [480, 300], [160, 300]]}],
    "speeds": [{"name": "hurry", "limit_px_s": 40}],
}
GROUND = {
    "pairs": [
        {"image": [0, 100], "metres": [0, 20]},
        {"image": [640, 100], "metres": [20, 20]},
        {"image": [640, 360], "metres": [14, 0]},
        {"image": [0, 360], "metres": [6, 0]},
        {"image": [320, 200], "metres": [10, 8]},
    ]
}


def one_walker(*places, rate_hz=10, class_name="person", quality="seen") -> MemoryTables:
    """One person, feet at the given points, frame after frame; None where unseen."""
    tables, count = MemoryTables(), len(places)
    tables.add(
        "frames",
        {
            "frame": range(count),
            "t_s": [frame / rate_hz for frame in range(count)],
            "status": ["inferred"] * count,
            "segment": [0] * count,
            "detections": [1] * count,
        },
    )
    seen = [(frame, place) for frame, place in enumerate(places) if place is not None]
    x, y = np.array([place for _, place in seen], float).T
    tables.add(
        "tracks",
        {
            "frame": [frame for frame, _ in seen],
            "t_s": [frame / rate_hz for frame, _ in seen],
            "track_id": [1] * len(seen),
            "x1_px": (x - 10).astype(np.float32),
            "y1_px": (y - 60).astype(np.float32),
            "x2_px": (x + 10).astype(np.float32),
            "y2_px": y.astype(np.float32),
            "score": np.ones(len(seen), np.float32),
            "class_id": [0] * len(seen),
            "class_name": [class_name] * len(seen),
            "quality": [quality] * len(seen),
        },
    )
    return tables


def down(begin=100, end=260, count=17):
    return [(320.0, y) for y in np.linspace(begin, end, count).tolist()]


def test_it_is_installed_under_its_name():
    assert plugins.load("apps", "people")().name == "people"


def test_without_rules_nothing_is_invented(make, crowd):
    made = make(crowd)
    assert made.report["lines"] == made.report["zones"] == []
    assert made.tables.rows("events") == made.tables.rows("dwells") == 0
    kinds = [figure["kind"] for figure in made.report["figures"]]
    assert kinds == ["present", "heatmap", "ways", "flow"]
    assert {row["rule"] for row in made.tables.table("occupancy").to_pylist()} == {"picture"}
    assert "Lines and zones" not in made.page


def test_one_walk_through_line_and_zone_by_hand(make):
    made = make(one_walker(*down()), rules=RULES)
    (line,) = made.report["lines"]
    assert (line["in"]["value"], line["out"]["value"], line["unresolved"]) == (1, 0, 0)
    assert line["by_class"] == {"person": {"in": 1, "out": 0}}
    events = made.tables.table("events").to_pylist()
    assert [event["kind"] for event in events] == ["line_in", "speed_over"] or [
        event["kind"] for event in events
    ] == ["speed_over", "line_in"]
    crossing = next(event for event in events if event["kind"] == "line_in")
    assert crossing["t_s"] == pytest.approx(0.8)
    assert (crossing["frame"], crossing["rule"], crossing["class_name"]) == (8, "door", "person")
    assert (crossing["x_px"], crossing["y_px"], crossing["value"]) == pytest.approx((320, 180, 0.5))
    (dwell,) = made.tables.table("dwells").to_pylist()
    assert dwell["complete"] is False  # it began and ended inside
    assert dwell["dwell_s"] == pytest.approx(1.6)
    (person,) = made.tables.table("objects").to_pylist()
    assert person["distance_px"] == pytest.approx(160.0, rel=1e-3)
    assert person["mean_speed_px_s"] == pytest.approx(100.0, rel=1e-3)
    assert person["distance_m"] is None
    assert (person["seen_frames"], person["coverage"]) == (17, 1.0)
    assert person["seen_s"] == pytest.approx(1.64)  # the last frame lasts as long as the clip's rate says


def test_crossings_while_unseen_are_counted_and_told_apart(make):
    places = down()
    places[7:10] = [None] * 3
    made = make(one_walker(*places), rules=RULES)
    (line,) = made.report["lines"]
    assert line["in"]["value"] == 1
    assert line["in"]["quality"]["interpolated"] == 1
    assert "1 of them crossed while unseen" in made.page


def test_tables_have_their_schemas_and_rows_in_order(make, crowd):
    made = make(crowd, rules={**RULES, "ground": GROUND})
    for name in ("events", "dwells", "occupancy", "objects"):
        table = made.tables.table(name)
        assert table.schema.equals(schema_of(name))
        assert table.num_rows > 0, name
        frames = table["frame"].to_pylist()
        assert frames == sorted(frames), name
    assert all(row["distance_m"] is not None for row in made.tables.table("objects").to_pylist())
    assert {row["rule"] for row in made.tables.table("occupancy").to_pylist()} == {"picture", "queue"}


def test_events_and_report_tell_the_same_counts(make, crowd):
    made = make(crowd, rules=RULES)
    kinds = [event["kind"] for event in made.tables.table("events").to_pylist()]
    line, zone = made.report["lines"][0], made.report["zones"][0]
    assert kinds.count("line_in") == line["in"]["value"] > 0
    assert kinds.count("line_out") == line["out"]["value"]
    assert kinds.count("zone_enter") == zone["entered"]["value"]
    assert kinds.count("zone_exit") == zone["left"]["value"]
    assert made.tables.rows("dwells") == zone["stays"]["value"] > 0
    assert kinds.count("speed_over") == made.report["speeds"]["limits"][0]["times"]["value"] > 0


def test_speeds_are_in_metres_where_the_ground_is_known(make, crowd):
    made = make(crowd, rules={"ground": GROUND})
    speeds = made.report["speeds"]
    assert speeds["unit"] == "m/s"
    assert speeds["ground_points"] == 5
    assert speeds["ground_error_m"] > 0
    assert "km/h" in made.page
    assert made.report["heatmap"]["ground"]["cell_m"] == 0.5


def numbers_of(value, path=""):
    """Every metric in a report, by its path."""
    if isinstance(value, dict):
        if {"value", "unit", "coverage", "quality"} <= set(value):
            yield path, value
        for key, inner in value.items():
            yield from numbers_of(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from numbers_of(inner, f"{path}[{place}]")


def test_every_metric_carries_coverage_and_quality(make, crowd):
    report = make(crowd, rules={**RULES, "ground": GROUND}).report
    metrics = dict(numbers_of(report))
    assert len(metrics) > 15
    for path, metric in metrics.items():
        assert metric["quality"]["note"], path
        assert metric["value"] is None or math.isfinite(metric["value"]), path
        assert 0 <= metric["coverage"] <= 1, path


def test_coverage_falls_where_nobody_looked(make):
    tables = one_walker(*down(count=40))
    looked = tables.table("frames").to_pydict()
    blind = MemoryTables()
    looked["status"] = ["failed" if 10 <= frame < 30 else "inferred" for frame in looked["frame"]]
    looked["cause"] = ["decode" if status == "failed" else None for status in looked["status"]]
    blind.add("frames", looked)
    rows = [row for row in tables.table("tracks").to_pylist() if not 10 <= row["frame"] < 30]
    blind.add("tracks", {name: [row[name] for row in rows] for name in rows[0]})
    made = make(blind)
    assert made.report["coverage"]["frames"] == 0.5
    assert made.report["coverage"]["time"] == pytest.approx((1.0 + 0.4 + 0.94) / 3.94, abs=1e-3)
    assert "20 frames failed (decode)." in made.report["notes"]
    assert "unseen" in (made.figures / "present.svg").read_text()


def test_two_runs_give_the_same_bytes_whatever_the_batches(make, crowd):
    rules = {**RULES, "ground": GROUND}
    tables = crowd_tables(people=10, seconds=8.0, size=SIZE, seed=4, miss=0.05)
    tables.rows_a_batch = 37
    first, again = make(crowd, rules=rules), make(tables, rules=rules)
    assert json.dumps(again.report) == json.dumps(first.report)
    assert again.page == first.page
    for name in ("events", "dwells", "occupancy", "objects"):
        assert again.tables.table(name).equals(first.tables.table(name)), name
    names = sorted(path.name for path in first.figures.iterdir())
    assert names == sorted(path.name for path in again.figures.iterdir())
    for name in names:
        assert (again.figures / name).read_bytes() == (first.figures / name).read_bytes(), name


def test_the_page_is_the_same_from_the_stored_report(make, crowd):
    made = make(crowd, rules=RULES)
    stored = json.loads(json.dumps(made.report))
    assert PeopleApp().page(stored, made.figures) == made.page


def test_the_report_is_plain_json_without_nan(make, crowd):
    made = make(crowd, rules={**RULES, "ground": GROUND})
    json.dumps(made.report, allow_nan=False)


HOSTILE = "<script>alert('x')</script>\"&amp; </svg> {{ 7 * 7 }}"


def test_hostile_names_are_text_everywhere(make):
    rules = {
        "lines": [{**RULES["lines"][0], "name": HOSTILE}],
        "zones": [{**RULES["zones"][0], "name": f"z {HOSTILE}"}],
        "speeds": [{**RULES["speeds"][0], "name": f"s {HOSTILE}"}],
    }
    named = {"source": {"name": f"{HOSTILE}\x07.mp4"}, "model": {"name": HOSTILE}}
    made = make(one_walker(*down(), class_name=f"person\x00{HOSTILE}"), rules=rules, provenance=named)
    assert "<script" not in made.page
    assert "\x07" not in made.page
    assert "49" not in re.findall(r"alert.{0,80}", made.page)
    assert "&lt;script&gt;" in made.page
    for path in made.figures.iterdir():
        drawing = ET.fromstring(path.read_text(encoding="utf-8"))
        assert not [element for element in drawing.iter() if element.tag.endswith("script")], path.name


def test_the_page_needs_nothing_from_outside(make, crowd):
    page = make(crowd, rules=RULES).page
    assert "<script" not in page
    assert "default-src 'none'" in page
    for address in re.findall(r'(?:src|href)="([^"]*)"', page):
        assert address.startswith("data:image/svg+xml;base64,")
    assert "http://" not in page.replace("http-equiv", "")
    assert "@import" not in page


def test_figures_are_drawings_that_need_nothing_from_outside(make, crowd):
    made = make(crowd, rules=RULES)
    listed = [figure["file"] for figure in made.report["figures"]]
    assert sorted(listed) == sorted(path.name for path in made.figures.iterdir())
    for path in made.figures.iterdir():
        drawing = ET.fromstring(path.read_text(encoding="utf-8"))
        for element in drawing.iter():
            assert all(
                value.startswith("data:image/jpeg;base64,")
                for name, value in element.attrib.items()
                if name.endswith("href")
            )
    for figure in made.report["figures"]:
        assert figure["title"] in made.page
        assert html.escape(figure["caption"]) in made.page.replace("&#39;", "&#x27;")


@pytest.mark.parametrize(
    ("pixel_aspect", "height", "place"), [(1.0, 960, "M640,480"), (2.0, 480, "M640,240")]
)
def test_pictures_have_square_pixels(pixel_aspect, height, place):
    scene = Scene((480, 640), None, pixel_aspect)
    assert scene.height == height
    assert scene.path(np.array([[320.0, 240.0]])) == place


def test_a_page_without_its_figures_is_still_a_page(make, crowd, tmp_path):
    made = make(crowd, rules=RULES)
    page = PeopleApp().page(made.report, tmp_path / "nowhere")
    assert "<img" not in page
    assert "door" in page


@pytest.mark.parametrize("people", [0, 1])
def test_hardly_anything_to_tell_is_told_all_the_same(make, people):
    made = make(crowd_tables(people=people, seconds=0.2, size=SIZE, seed=1), rules=RULES, picture=False)
    assert made.report["summary"]["seen"]["value"] == 0
    assert made.report["lines"][0]["in"]["value"] == 0
    assert "</html>" in made.page


NOBODY = [
    ("nothing at all", [], [], "The model found nothing in any frame."),
    (
        "only doubtful boxes",
        [0.2, 0.41],
        [],
        "The model found 2 boxes, the surest with a score of 0.41, and was sure",
    ),
    ("another class", [0.9], ["car"], "There are tracks, but none of what is asked for"),
]


@pytest.mark.parametrize(("case", "scores", "tracked", "told"), NOBODY, ids=[case for case, *_ in NOBODY])
def test_where_nobody_is_reported_the_page_says_why_and_draws_no_empty_picture(
    make, case, scores, tracked, told
):
    tables = MemoryTables()
    tables.add("frames", {"frame": range(5), "t_s": [f / 10 for f in range(5)], "status": ["inferred"] * 5})
    box = {"x1_px": [10.0], "y1_px": [10.0], "x2_px": [30.0], "y2_px": [70.0], "frame": [1], "t_s": [0.1]}
    for score in scores:
        tables.add("detections", {**box, "score": [score], "class_id": [0], "class_name": ["person"]})
    for name in tracked:
        tables.add(
            "tracks",
            {
                **box,
                "score": [0.9],
                "class_id": [2],
                "class_name": [name],
                "track_id": [1],
                "quality": ["seen"],
            },
        )
    made = make(tables, classes=["person"])
    assert made.report["summary"]["seen"]["value"] == 0
    assert [note for note in made.report["notes"] if note.startswith(told)]
    assert [figure["kind"] for figure in made.report["figures"]] == ["present"]
    assert "<h2>Where</h2>" not in made.page


def test_a_clip_without_frames_has_a_report(make):
    tables = MemoryTables()
    made = make(tables, rules=RULES)
    assert made.report["source"]["duration_s"] == 0
    assert made.report["coverage"]["time"] == 0
    assert made.tables.table("occupancy").num_rows == 0
    assert "The clip has no frames that could be timed." in made.report["notes"]


CLASSES = [
    ("people among other things", ["person", "car"], (None, None), (1, ["person"])),
    ("no people at all", ["blob", "car"], (None, None), (2, None)),
    ("asked for", ["person", "car"], (["car"], None), (1, ["car"])),
    ("the rules ask for others", ["person", "car"], (["car"], ["person"]), (1, ["person"])),
    ("asked for, never found", ["person", "car"], (["dog"], None), (0, ["dog"])),
]


@pytest.mark.parametrize(("case", "names", "given", "expected"), CLASSES)
def test_which_classes_are_reported_on(make, case, names, given, expected):
    (asked, ruled), (seen, classes) = given, expected
    tables = one_walker(*down())
    rows = tables.table("tracks").to_pydict()
    rows["track_id"], rows["class_id"], rows["class_name"] = [2] * 17, [1] * 17, [names[1]] * 17
    both = MemoryTables()
    both.add("frames", tables.table("frames").to_pydict())
    first = {**tables.table("tracks").to_pydict(), "class_name": [names[0]] * 17}
    merged = {
        name: [value for pair in zip(first[name], rows[name], strict=True) for value in pair]
        for name in first
    }
    both.add("tracks", merged)
    report = make(both, rules={"classes": ruled} if ruled else None, classes=asked).report
    assert report["summary"]["seen"]["value"] == seen, case
    assert report["summary"]["classes"] == classes
    if seen == 0:
        assert "Asked for, but never found: dog." in report["notes"]


@pytest.mark.parametrize(("classes", "expected"), [(["person"], 1), (["dog"], 0), (None, 1)])
def test_single_rules_may_ask_for_classes_of_their_own(make, classes, expected):
    rules = {
        "lines": [{**RULES["lines"][0], "classes": classes}],
        "zones": [{**RULES["zones"][0], "classes": classes}],
        "speeds": [{**RULES["speeds"][0], "classes": classes}],
    }
    report = make(one_walker(*down()), rules=rules).report
    assert report["lines"][0]["in"]["value"] == expected
    assert report["zones"][0]["stays"]["value"] == expected
    assert report["speeds"]["limits"][0]["times"]["value"] == expected
    assert ("Asked for, but never found: dog." in report["notes"]) == (classes == ["dog"])


def test_four_ground_points_are_told_to_prove_nothing(make, crowd):
    report = make(crowd, rules={"ground": {"pairs": GROUND["pairs"][:4]}}).report
    assert any("rests on four points" in note for note in report["notes"])
    assert report["speeds"]["ground_error_m"] == pytest.approx(0, abs=1e-6)


def test_short_tracks_are_not_counted_among_the_seen(make):
    report = make(one_walker(*down(count=6))).report
    assert report["summary"]["seen"]["value"] == 0
    assert report["summary"]["seen"]["quality"]["tracks_in_all"] == 1
    assert make(one_walker(*down(count=6)), min_seen_s=0.2).report["summary"]["seen"]["value"] == 1


def test_rules_may_leave_out_short_tracks_and_unsure_sightings(make, crowd):
    assert make(crowd, rules={"min_track_s": 100}).tables.rows("objects") == 0
    assert make(crowd, rules={"min_score": 1.0}).tables.rows("objects") == 0


def test_times_are_told_from_the_clips_first_frame(make):
    late = MemoryTables()
    for name in ("frames", "tracks"):
        columns = one_walker(*down()).table(name).to_pydict()
        columns["t_s"] = [t_s + 3600.5 for t_s in columns["t_s"]]
        late.add(name, columns)
    made = make(late, rules=RULES)
    assert made.report["source"]["start_s"] == 3600.5
    assert made.report["summary"]["most_present"]["at_s"] == 0
    assert made.report["objects"][0]["from_s"] == 0
    assert made.tables.table("events").to_pylist()[0]["t_s"] > 3600


# --- settings and stages ----------------------------------------------------------------------------------


def test_the_defaults_are_settings_and_every_one_is_documented():
    defaults = PeopleApp().defaults()
    assert PeopleSettings.of(defaults).model_dump() == defaults
    page = (DOCS / "apps" / "people.md").read_text(encoding="utf-8")
    for name in defaults:
        assert f"| `{name}` |" in page, name


@pytest.mark.parametrize(
    "wrong", [{"min_score": 2}, {"min_score": "high"}, {"iou": 0}, {"nonsense": 1}, {"classes": "person"}]
)
def test_wrong_settings_are_refused_with_a_hint(make, crowd, wrong):
    with pytest.raises(SettingsError) as caught:
        make(crowd, **wrong)
    assert "min_seen_s" in str(caught.value.hint)


def test_wrong_rules_are_refused(make, crowd):
    with pytest.raises(RulesError):
        make(crowd, rules={"lines": [{"name": "x"}]})


class Nobody:
    """A tracker and model that only have to be there."""

    def open(self): ...


def test_the_pipeline_detects_then_tracks():
    context = StageContext(
        media=MEDIA, models={"detector": Nobody()}, tracker=Nobody, settings={"min_score": 0.3}
    )
    detect, track = PeopleApp().stages(context)
    assert (detect.name, track.name) == ("detect", "track")
    assert detect._min_score == 0.3
    assert track.consumes <= {"frame"} | detect.produces


def test_a_pipeline_without_a_detector_is_refused():
    with pytest.raises(ConfigError, match="detector"):
        PeopleApp().stages(StageContext(media=MEDIA, models={}, tracker=Nobody))
