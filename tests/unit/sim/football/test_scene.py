"""A filmed match and its truth agree, file by file."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pyarrow.parquet as pq
import pytest

from sightline.core.errors import SettingsError, SourceUnavailableError
from sightline.core.tables import schema_of
from sightline.ports import SceneOptions
from sightline.service.football.simulated import match_of
from sightline.sim.football.scene import FootballScene

OPTIONS = SceneOptions(
    seconds=3.0, seed=3, size=(180, 320), frame_rate_hz=Fraction(10), settings={"pictures": "none"}
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("match")
    FootballScene(OPTIONS).render(out)
    return out


@pytest.fixture(scope="module")
def scene():
    return FootballScene(OPTIONS)


def test_the_truth_reads_back_as_the_match_that_was_played(folder, scene):
    match = match_of(folder)
    assert len(match) == 30
    assert match.frame_rate_hz == 10
    assert match.players == scene.played.players
    np.testing.assert_allclose(match.positions_m, scene.staging.positions_m)
    np.testing.assert_allclose(match.ball_m, scene.staging.ball_m)
    assert match.periods[0].home_attacks == scene.played.home_attacks


@pytest.mark.parametrize("table", ["tracks", "players", "ball", "events"])
def test_tables_have_the_schema_that_analyses_write(folder, table):
    found = pq.read_table(folder / "truth" / f"{table}.parquet")
    assert found.schema.equals(schema_of(table))


def test_the_foot_of_a_box_lies_on_the_place_that_the_truth_tells(folder):
    tracks = pq.read_table(folder / "truth" / "tracks.parquet").to_pylist()
    objects = {
        (row["frame"], row["track_id"]): row
        for row in pq.read_table(folder / "truth" / "objects.parquet").to_pylist()
    }
    cameras = pq.read_table(folder / "truth" / "cameras.parquet").to_pylist()
    off = []
    for row in tracks:
        told = objects[row["frame"], row["track_id"]]
        if row["class_name"] == "ball" or told["visibility"] < 0.95:
            continue
        matrix = np.array([cameras[row["frame"]][f"h{i}{j}"] for i in range(3) for j in range(3)]).reshape(
            3, 3
        )
        x, y, w = matrix @ ((row["x1_px"] + row["x2_px"]) / 2, row["y2_px"], 1.0)
        off.append(np.hypot(x / w - told["x_m"], y / w - told["y_m"]))
    assert len(off) > 50
    assert np.median(off) < 0.5


def test_cameras_are_written_in_soccernets_form_too(folder):
    cameras = json.loads((folder / "truth" / "cameras.json").read_text())
    assert len(cameras) == 30
    assert {"pan_degrees", "position_meters", "rotation_matrix"} <= set(cameras["00000"])


def test_mot_lines_are_of_people_and_in_the_picture(folder):
    rows = np.loadtxt(folder / "truth" / "gt.txt", delimiter=",")
    assert set(rows[:, 0]) == set(range(1, 31))
    assert rows[:, 1].max() <= 25
    assert (rows[:, 2] >= 0).all()
    assert (rows[:, 2] + rows[:, 4] <= 320.01).all()


def test_no_clip_is_written_where_no_pictures_are_asked_for(folder):
    assert not (folder / "clip.mp4").exists()


def test_a_match_from_elsewhere_is_shown_as_it_was(folder):
    match = match_of(folder)
    shown = FootballScene(replace(OPTIONS, seed=9, settings={"pictures": "none"}), match=match)
    np.testing.assert_allclose(shown.staging.positions_m, match.positions_m)
    told = replace(OPTIONS, seed=9, settings={"pictures": "none", "trajectories": str(folder)})
    np.testing.assert_allclose(FootballScene(told).staging.positions_m, match.positions_m)


def test_a_player_who_was_not_seen_is_not_shown(folder):
    match = match_of(folder)
    places = match.positions_m.copy()
    places[:, 5] = np.nan
    scene = FootballScene(OPTIONS, match=replace(match, positions_m=places))
    assert all(one.track_id != 6 for shot in scene.shots() for one in shot.seen)


@pytest.mark.parametrize(
    "settings",
    [{"camera": "drone"}, {"weather": "snow"}, {"home_formation": "2-3-5"}, {"pictures": "some"}, {"lens": "dirty"}, {"trajectories": "/no/such/folder"}, {"cameras": "/no/such/file"}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises((SettingsError, SourceUnavailableError)):
        FootballScene(replace(OPTIONS, settings=settings))


def test_a_camera_of_a_file_is_the_one_that_films(tmp_path, scene):
    path = tmp_path / "cameras.json"
    path.write_text(json.dumps([scene.cameras[0].to_soccernet()]))
    filmed = FootballScene(replace(OPTIONS, seed=8, settings={"pictures": "none", "cameras": str(path)}))
    np.testing.assert_allclose(filmed.cameras[0].position_m, scene.cameras[0].position_m)


def test_events_within_the_clip_are_numbered_by_its_frames(scene):
    for row in scene.event_rows():
        assert 0 <= row["frame"] < 30
        assert row["frame"] / 10 >= row["t_s"] - 1e-9
