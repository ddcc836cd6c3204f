"""The road application on made-up tables: a drive past known potholes, with a camera and a GPX file."""

from __future__ import annotations

import csv
import json
from fractions import Fraction

import numpy as np
import pytest

from sightline.analytics.earth import GeoOrigin
from sightline.analytics.road.geojson import faults_of
from sightline.apps.road.app import RoadApp
from sightline.apps.road.settings import RoadSettings
from sightline.core.errors import ConfigError, MissingSpaceError, SettingsError
from sightline.core.ledger import Ledger
from sightline.core.media import MediaInfo
from sightline.ports import ReportContext, StageContext
from sightline.testing.fakes import FakeModel, fake_tracker, plain_image
from sightline.testing.tables import MemoryTables

SIZE, RATE_HZ, SPEED_MPS = (720, 1280), 10.0, 10.0
CAMERA = {"camera_height_m": 1.3, "camera_pitch_deg": 5.0, "camera_focal_px": 900.0}
POTHOLES_M = {1: (30.0, 0.0), 2: (55.0, 1.5), 3: (80.0, -1.0)}
SIDE_M = 0.6
ORIGIN = GeoOrigin(50.0, 8.0, 60.0)


def box_at(ahead, left):
    """The box of a pothole of `SIDE_M` in the picture."""
    turn = np.linspace(0, 2 * np.pi, 200)
    x, y = ahead + SIDE_M / 2 * np.cos(turn), left + SIDE_M / 2 * np.sin(turn)
    pitch = np.deg2rad(5.0)
    depth = x * np.cos(pitch) + 1.3 * np.sin(pitch)
    u = 640 - 900 * y / depth
    v = 360 + 900 * (1.3 * np.cos(pitch) - x * np.sin(pitch)) / depth
    return u.min(), v.min(), u.max(), v.max()


def drive(seconds=10.0, *, dark=()):
    """Tables of a drive past the potholes."""
    frames = np.arange(int(seconds * RATE_HZ))
    stored = MemoryTables()
    moment = {"frame": frames, "t_s": frames / RATE_HZ}
    stored.add("frames", {**moment, "segment": np.zeros(len(frames), np.int32), "status": ["inferred"] * len(frames), "cause": [None] * len(frames), "detections": np.zeros(len(frames), np.int32)})  # fmt: skip
    bright = np.where(np.isin(frames, list(dark)), 5.0, 110.0)
    stored.add("sight", {**moment, "brightness": bright, "contrast": bright / 3, "sharpness": bright / 9})
    rows = []
    for frame in frames.tolist():
        for number, (at, left) in POTHOLES_M.items():
            ahead = at - SPEED_MPS * frame / RATE_HZ
            if 4 < ahead < 16:
                rows.append((frame, number, *box_at(ahead, left), 0.7, 3, "D40"))
    names = ("frame", "track_id", "x1_px", "y1_px", "x2_px", "y2_px", "score", "class_id", "class_name")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    columns["t_s"] = [frame / RATE_HZ for frame in columns["frame"]]
    stored.add("tracks", {**columns, "quality": ["seen"] * len(rows)})
    return stored


def write_gpx(path, seconds=11):
    points = ORIGIN.degrees(np.array([[0.0, SPEED_MPS * second] for second in range(seconds)]))
    body = "".join(
        f'<trkpt lat="{lat:.9f}" lon="{lon:.9f}"><time>2024-05-01T10:00:{second:02d}Z</time></trkpt>'
        for second, (lon, lat) in enumerate(points.tolist())
    )
    path.write_text(f"<gpx><trk><trkseg>{body}</trkseg></trk></gpx>")
    return str(path)


@pytest.fixture
def make(tmp_path):
    def run(tables, **settings):
        app, written = RoadApp(), MemoryTables()
        figures = tmp_path / f"figures-{len(list(tmp_path.iterdir()))}"
        figures.mkdir()
        count = tables.rows("frames")
        media = MediaInfo("mp4", "h264", SIZE, 0, Fraction(10), False, Fraction(count, 10), count, 1000)
        context = ReportContext(
            media=media,
            read=tables,
            write=written,
            settings={**app.defaults(), **settings},
            provenance={"source": {"name": "drive.mp4"}},
            ledger=Ledger(decoded=count, inferred=count).to_json(),
            background=plain_image(0),
            figures=figures,
        )
        report = app.report(context)
        return report, written, figures, app.page(report, figures)

    return run


def test_a_drive_past_three_potholes_gives_three_hazards_with_size_and_place(make, tmp_path):
    report, written, figures, page = make(drive(), gpx=write_gpx(tmp_path / "drive.gpx"), **CAMERA)
    assert report["hazards"]["value"] == 3
    assert report["hazards"]["by_kind"] == {"D40": 3}
    for row in report["list"]:
        assert row["extent"] == pytest.approx(SIDE_M, rel=0.02)
        assert row["severity"] == "high"
        metres = ORIGIN.metres(np.array([[row["longitude_deg"], row["latitude_deg"]]]))[0]
        ahead, left = POTHOLES_M[row["track_id"]]
        np.testing.assert_allclose(metres, (-left, ahead), atol=0.15)
    assert [row["quality"] for row in report["list"]] == ["interpolated", "seen", "interpolated"]
    assert written.table("hazards").num_rows == written.table("events").num_rows == 3
    assert "<svg" in (figures / "map.svg").read_text()
    timeline = (figures / "timeline.svg").read_text()
    assert ">pothole</text>" in timeline
    assert "D40" not in timeline
    assert '<div class="timeline"><img' in page  # scrolls on a phone, where it would be too small to read
    assert "3. Pothole" in page


def test_geojson_and_csv_lie_beside_the_figures(make, tmp_path):
    _, _, figures, _ = make(drive(), gpx=write_gpx(tmp_path / "drive.gpx"), **CAMERA)
    document = json.loads((figures / "hazards.geojson").read_text())
    assert faults_of(document) == []
    longitude, latitude = document["features"][0]["geometry"]["coordinates"]
    assert (round(longitude), round(latitude)) == (8, 50)
    rows = list(csv.DictReader((figures / "hazards.csv").read_text().splitlines()))
    assert [row["hazard_id"] for row in rows] == ["1", "2", "3"]


def test_without_camera_and_gps_nothing_is_guessed(make):
    report, _, figures, _ = make(drive())
    assert report["hazards"]["value"] == 3
    assert report["hazards"]["by_severity"] == {"unknown": 3}
    assert all(row["extent"] is None and row["latitude_deg"] is None for row in report["list"])
    assert not (figures / "map.svg").exists()
    document = json.loads((figures / "hazards.geojson").read_text())
    assert faults_of(document) == []
    assert document["features"][0]["geometry"] is None
    assert any("Sizes" in note for note in report["notes"])


def test_a_camera_half_known_is_refused(make):
    with pytest.raises(MissingSpaceError, match="pitch"):
        make(drive(), camera_height_m=1.3, camera_focal_px=900.0)


def test_the_horizon_gives_the_pitch(make):
    settings = RoadSettings.of({"camera_height_m": 1.3, "camera_focal_px": 900.0, "horizon": 0.4})
    assert settings.camera(SIZE).horizon_px == pytest.approx(0.4 * 720)


def test_dark_frames_abstain_and_are_told(make):
    report, _, _, _ = make(drive(dark=range(40)))
    assert report["sight"] == {"judged": 60, "looked_at": 100, "abstained": {"dark": 40}}
    assert report["hazards"]["value"] == 2
    assert report["hazards"]["coverage"] == 0.6
    assert make(drive(dark=range(40)), gate=False)[0]["hazards"]["value"] == 3


def test_what_lies_off_the_drawn_region_is_left_out(make):
    report, _, _, _ = make(drive(), roi="0,0.9,0.2,0.9,0.2,1,0,1")
    assert report["hazards"]["value"] == 0
    assert report["hazards"]["quality"]["boxes_off_road"] > 0


def test_classes_can_be_named_where_the_file_names_none(make):
    tables = drive()
    report, _, _, _ = make(tables, classes="car,car,car,pothole")
    assert report["hazards"]["by_kind"] == {"D40": 3}
    assert make(tables, classes="D40,car,car,car")[0]["hazards"]["value"] == 0


@pytest.mark.parametrize("names", [("person",), ("moving object",)])
def test_a_model_that_finds_no_hazards_is_refused_with_a_hint(names):
    app = RoadApp()
    media = MediaInfo("mp4", "h264", SIZE, 0, Fraction(10), False, Fraction(1), 10, 1000)
    context = StageContext(
        media, {"detector": FakeModel(class_names=names)}, fake_tracker, dict(app.defaults())
    )
    with pytest.raises(ConfigError, match="finds no road hazards") as refused:
        app.stages(context)
    assert "--model" in refused.value.hint


def test_a_gpx_file_that_is_none_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "drive.gpx").write_text("nothing")
    app = RoadApp()
    media = MediaInfo("mp4", "h264", SIZE, 0, Fraction(10), False, Fraction(1), 10, 1000)
    settings = {**app.defaults(), "gpx": str(tmp_path / "drive.gpx")}
    context = StageContext(media, {"detector": FakeModel(class_names=("D40",))}, fake_tracker, settings)
    with pytest.raises(SettingsError):
        app.stages(context)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "not a FeatureCollection"),
        ({"type": "FeatureCollection", "features": {}}, "not an array"),
        ({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}}]}, "no geometry"),
        ({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": None, "properties": 3}]}, "properties"),
        ({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": None, "geometry": {"type": "Point", "coordinates": [50, 200]}}]}, "no place on Earth"),
        ({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": None, "geometry": {"type": "LineString", "coordinates": [8, 50]}}]}, "two or three numbers"),
        ({"type": "FeatureCollection", "features": [], "crs": {}}, "crs"),
    ],
)  # fmt: skip
def test_what_is_no_geojson_is_named(document, fault):
    assert any(fault in each for each in faults_of(document))
