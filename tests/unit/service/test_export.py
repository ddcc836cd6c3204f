"""Results in other programs' formats, read back."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from sightline import plugins
from sightline.analytics.earth import GeoOrigin
from sightline.core.errors import ConfigError, MissingSpaceError, ResultsInvalidError, SettingsError
from sightline.core.tables import TABLES
from sightline.service import tables as tables_module
from sightline.service.export import (
    export_coco,
    export_csv,
    export_geojson,
    export_mot,
    export_supervision,
    supervision_frames,
)
from sightline.service.folder import write_json
from sightline.service.mot_files import read_mot
from sightline.service.pipelines.rows import Selection, TableFormat, rows_as
from sightline.service.results import Results
from sightline.service.tables import ParquetWriter

FRAMES = 6
# Ten pixels a metre; the ground's origin is at the picture's lower left corner, y up.
GROUND = {
    "pairs": [
        {"image": [x, y], "metres": [x / 10, (240 - y) / 10]}
        for x, y in ((0, 240), (320, 240), (320, 0), (0, 0))
    ]
}


def box(frame: int, number: int) -> dict[str, float]:
    """Two things that glide to the right, at places that no short decimal hits."""
    left, top = 10.1 + frame * 7.3 + number, 20.7 + 100 * number
    return {"x1_px": left, "y1_px": top, "x2_px": left + 30.33, "y2_px": top + 60.66}


def track_rows() -> list[dict]:
    return [
        {"frame": frame, "t_s": frame / 5, "track_id": number + 3, **box(frame, number)}
        | {"score": 0.25 + 0.5 * number, "class_id": 2 * number, "class_name": ("person", "car")[number]}
        | {"quality": "seen"}
        for frame in range(FRAMES)
        for number in range(2)
        if frame != 2 and (number == 0 or frame < 4)
    ]


Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a result folder: `make(rules)`."""

    def build(rules: dict | None = None, *, rows: list[dict] | None = None) -> Path:
        folder = tmp_path / "results"
        rows = track_rows() if rows is None else rows
        frames = [
            {
                "frame": frame,
                "t_s": frame / 5,
                "segment": 0,
                "status": "inferred",
                "cause": None,
                "detections": 0,
            }
            for frame in range(FRAMES)
        ]
        with ParquetWriter(folder / "tables") as writer:
            writer.write("frames", pa.RecordBatch.from_pylist(frames, schema=TABLES["frames"]))
            writer.write("tracks", pa.RecordBatch.from_pylist(rows, schema=TABLES["tracks"]))
            writer.write("detections", pa.RecordBatch.from_pylist(rows, schema=TABLES["detections"]))
        manifest = {
            "media": {
                "container": "mp4", "codec": "h264", "height_px": 240, "width_px": 320, "rotation_deg": 0,
                "frame_rate_hz": "5", "variable_frame_rate": False, "duration_s": 1.2, "frames": FRAMES,
                "audio_codec": None,
            },
            "provenance": {"source": {"name": "street.mp4"}, "settings": {"app": {"rules": rules}}},
            "files": {},
        }  # fmt: skip
        write_json(folder / "manifest.json", manifest)
        return folder

    return build


def boxes(rows: list[dict]) -> np.ndarray:
    return np.array(
        [[row[name] for name in ("x1_px", "y1_px", "x2_px", "y2_px")] for row in rows], np.float32
    )


@pytest.fixture(params=[1, 3, 100])
def batch_rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the rows come in batches, the file is the same."""
    monkeypatch.setattr(tables_module, "_BATCH_ROWS", request.param)


def test_every_format_is_a_plugin() -> None:
    assert set(plugins.names("exports")) >= {"mot", "coco", "csv", "geojson", "supervision"}
    assert plugins.load("exports", "geojson") is export_geojson


@pytest.mark.usefixtures("batch_rows")
def test_mot_read_back_gives_the_same_tracks(make: Make, tmp_path: Path) -> None:
    assert export_mot(make(), tmp_path / "out.txt") == tmp_path / "out.txt"

    table, rows = read_mot(tmp_path / "out.txt"), track_rows()
    assert table.frames.tolist() == [row["frame"] for row in rows]
    assert table.track_ids.tolist() == [row["track_id"] for row in rows]
    np.testing.assert_allclose(table.boxes_px, boxes(rows), atol=1.1e-3)
    np.testing.assert_allclose(table.scores, [row["score"] for row in rows])
    assert (tmp_path / "out.txt").read_text().startswith("1,3,10.100,20.700,30.330,60.660,0.25,-1,-1,-1\n")


def test_mot_detections_have_no_identity(make: Make, tmp_path: Path) -> None:
    export_mot(make(), tmp_path / "det.txt", table="detections")

    assert set(read_mot(tmp_path / "det.txt").track_ids.tolist()) == {-1}


@pytest.mark.usefixtures("batch_rows")
def test_coco_holds_every_frame_and_every_box(make: Make, tmp_path: Path) -> None:
    export_coco(make(), tmp_path / "coco.json")

    found, rows = json.loads((tmp_path / "coco.json").read_text()), track_rows()
    assert [image["id"] for image in found["images"]] == list(range(FRAMES))
    assert found["images"][3] | {"file_name": "000003.jpg", "width": 320, "height": 240} == found["images"][3]
    assert found["categories"] == [{"id": 0, "name": "person"}, {"id": 2, "name": "car"}]
    assert [item["id"] for item in found["annotations"]] == list(range(1, len(rows) + 1))
    assert [item["track_id"] for item in found["annotations"]] == [row["track_id"] for row in rows]
    corners = np.array([item["bbox"] for item in found["annotations"]])
    corners[:, 2:] += corners[:, :2]
    np.testing.assert_array_equal(corners.astype(np.float32), boxes(rows))
    assert found["videos"] == [{"id": 1, "name": "street.mp4", "width": 320, "height": 240, "fps": 5.0}]


def test_coco_detections_have_no_track(make: Make, tmp_path: Path) -> None:
    export_coco(make(), tmp_path / "coco.json", table="detections")

    assert all(
        "track_id" not in item for item in json.loads((tmp_path / "coco.json").read_text())["annotations"]
    )


def test_a_run_that_found_nothing_exports_as_nothing(make: Make, tmp_path: Path) -> None:
    folder = make(rows=[])
    for write, name in ((export_mot, "a.txt"), (export_coco, "a.json"), (export_supervision, "a.jsonl")):
        write(folder, tmp_path / name)

    assert (tmp_path / "a.txt").read_text() == ""
    assert json.loads((tmp_path / "a.json").read_text())["annotations"] == []
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == FRAMES


@pytest.mark.usefixtures("batch_rows")
def test_csv_into_a_file_takes_one_table(make: Make, tmp_path: Path) -> None:
    export_csv(make(), tmp_path / "tracks.csv")

    with (tmp_path / "tracks.csv").open() as file:
        found = list(csv.DictReader(file))
    assert list(found[0]) == TABLES["tracks"].names
    assert [int(row["track_id"]) for row in found] == [row["track_id"] for row in track_rows()]
    read = [{name: np.float32(row[name]) for name in row if name.endswith("_px")} for row in found]
    np.testing.assert_array_equal(boxes(read), boxes(track_rows()))


@pytest.mark.parametrize(
    ("case", "options", "expected"),
    [
        ("every table", {}, {"detections.csv", "frames.csv", "tracks.csv"}),
        ("the chosen one", {"table": "frames"}, {"frames.csv"}),
    ],
)
def test_csv_into_a_folder_takes_a_file_a_table(
    case: str, options: dict, expected: set, make: Make, tmp_path: Path
) -> None:
    export_csv(make(), tmp_path / "csv", **options)

    assert {path.name for path in (tmp_path / "csv").iterdir()} == expected


@pytest.mark.usefixtures("batch_rows")
def test_a_list_in_a_table_is_json_text_in_csv(make: Make, tmp_path: Path) -> None:
    folder = make()
    rows = [{"player_id": "h1", "zone": [163.6, 45.4]}, {"player_id": "h2", "zone": None}]
    with ParquetWriter(folder / "tables") as writer:
        writer.write("physical", pa.RecordBatch.from_pylist(rows, schema=TABLES["physical"]))
    export_csv(folder, tmp_path / "physical.csv", table="physical")
    told = b"".join(rows_as(Results(folder), "physical", Selection(), TableFormat.CSV))

    assert (tmp_path / "physical.csv").read_bytes() == told
    first, second = csv.DictReader(told.decode().splitlines())
    assert list(first) == TABLES["physical"].names
    assert json.loads(first["zone"]) == [163.6, 45.4]
    assert second["zone"] == ""


@pytest.mark.usefixtures("batch_rows")
def test_supervision_lines_become_detections(make: Make, tmp_path: Path) -> None:
    pytest.importorskip("supervision")
    export_supervision(make(), tmp_path / "found.jsonl")

    found = dict(supervision_frames(tmp_path / "found.jsonl"))
    rows = track_rows()
    assert list(found) == list(range(FRAMES))
    assert [len(found[frame]) for frame in range(FRAMES)] == [2, 2, 0, 2, 1, 1]
    for frame, detections in found.items():
        here = [row for row in rows if row["frame"] == frame]
        np.testing.assert_array_equal(detections.xyxy, boxes(here).reshape(-1, 4))
        assert detections.tracker_id.tolist() == [row["track_id"] for row in here]
        assert detections.data["class_name"].tolist() == [row["class_name"] for row in here]


def test_geojson_places_tracks_on_earth(make: Make, tmp_path: Path) -> None:
    folder = make({"ground": GROUND})

    export_geojson(folder, tmp_path / "paths.geojson", latitude=60.0, longitude=18.0)

    found = json.loads((tmp_path / "paths.geojson").read_text())
    first, second = found["features"]
    assert found["type"] == "FeatureCollection"
    assert (first["id"], first["properties"]["class_name"]) == (3, "person")
    assert [len(item["geometry"]["coordinates"]) for item in (first, second)] == [5, 3]
    (west, south), (east, north) = first["geometry"]["coordinates"][0], first["geometry"]["coordinates"][-1]
    assert east > west
    assert north == pytest.approx(south, abs=1e-8)
    # 36.5 px are 3.65 m to the east; a degree of longitude at 60 degrees north is 55,800 m.
    assert (east - west) * 55_800 == pytest.approx(3.65, rel=1e-3)
    assert first["properties"]["times_s"] == [0.0, 0.2, 0.6, 0.8, 1.0]


def test_geojson_can_be_thinned_and_keeps_both_ends(make: Make, tmp_path: Path) -> None:
    export_geojson(
        make({"ground": GROUND}), tmp_path / "paths.geojson", latitude=60.0, longitude=18.0, every_s=0.5
    )

    first = json.loads((tmp_path / "paths.geojson").read_text())["features"][0]
    assert first["properties"]["times_s"] == [0.0, 0.6, 1.0]


@pytest.mark.parametrize(
    ("case", "rules", "hint"),
    [
        ("no rules at all", None, "ground"),
        ("rules without a ground", {"lines": []}, "ground"),
        ("a ground without an origin", {"ground": GROUND}, "latitude"),
    ],
)
def test_pixels_have_no_place_on_earth(
    case: str, rules: dict | None, hint: str, make: Make, tmp_path: Path
) -> None:
    with pytest.raises(MissingSpaceError) as caught:
        export_geojson(make(rules), tmp_path / "paths.geojson")

    assert hint in (caught.value.hint or "")
    assert list(tmp_path.glob("*.geojson*")) == []


@pytest.mark.parametrize(
    ("case", "bearing_deg", "point_m", "expected_m"),
    [
        ("y is north", 0.0, (0.0, 100.0), (0.0, 100.0)),
        ("x is east then", 0.0, (100.0, 0.0), (100.0, 0.0)),
        ("y is east", 90.0, (0.0, 100.0), (100.0, 0.0)),
        ("x is south then", 90.0, (100.0, 0.0), (0.0, -100.0)),
        ("y is south-west", 225.0, (0.0, 100.0), (-70.7107, -70.7107)),
    ],
)
def test_the_bearing_turns_the_ground(
    case: str, bearing_deg: float, point_m: tuple, expected_m: tuple
) -> None:
    ((longitude, latitude),) = GeoOrigin(0.0, 10.0, bearing_deg).degrees(np.array([point_m]))

    # At the equator a degree of longitude is 111,319.49 m and one of latitude 110,574.28 m (WGS 84).
    np.testing.assert_allclose(((longitude - 10) * 111_319.49, latitude * 110_574.28), expected_m, atol=1e-3)


@pytest.mark.parametrize(("latitude", "longitude"), [(91.0, 0.0), (90.0, 0.0), (0.0, 181.0), (np.nan, 0.0)])
def test_a_place_that_is_not_on_earth_is_refused(latitude: float, longitude: float) -> None:
    with pytest.raises(SettingsError, match="no place on Earth"):
        GeoOrigin(latitude, longitude)


@pytest.mark.parametrize("write", [export_mot, export_coco, export_supervision])
def test_tables_without_boxes_are_refused(write: Callable[..., Path], make: Make, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'frames'") as caught:
        write(make(), tmp_path / "out", table="frames")

    assert "tracks, detections" in (caught.value.hint or "")


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no finished run"):
        export_mot(tmp_path, tmp_path / "out.txt")


def test_an_export_that_fails_leaves_what_was_there(make: Make, tmp_path: Path) -> None:
    folder, out = make(), tmp_path / "out.txt"
    out.write_text("mine")
    table = folder / "tables" / "tracks.parquet"
    table.write_bytes(table.read_bytes()[:-40])

    with pytest.raises(ConfigError):
        export_mot(folder, out)

    assert out.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.txt"]


def test_a_box_without_its_score_is_refused(make: Make, tmp_path: Path) -> None:
    folder = make(rows=[{**row, "score": None} for row in track_rows()])
    for write in (export_mot, export_coco, export_supervision):
        with pytest.raises(ResultsInvalidError, match=r"tracks.parquet lacks values in its column score"):
            write(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
