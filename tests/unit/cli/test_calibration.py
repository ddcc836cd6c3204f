"""`sightline football calibrate` and what scores cameras, from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pitches import SIZE, camera_at, drawn_through
from sightline.analytics.pitch.markings import markings_of
from sightline.cli.main import run


@pytest.fixture
def lines(tmp_path):
    pictures = {
        str(number): {
            name: [{"x": x / 959, "y": y / 539} for x, y in np.clip(points, 0, [959, 539])]
            for name, points in drawn_through(camera_at(pan=20.0 + 4 * number), 0.5, number).items()
        }
        for number in range(2)
    }
    path = tmp_path / "lines.json"
    path.write_text(json.dumps(pictures))
    return path


def test_lines_become_cameras_that_score_well(lines, tmp_path, capsys):
    out = tmp_path / "cameras.json"
    assert run(["football", "calibrate", "--lines", str(lines), "-o", str(out)]) == 0
    assert "2 of 2 pictures have a camera" in capsys.readouterr().out
    scored = ["football", "evaluate", "calibration", "--lines", str(lines), "--cameras", str(out)]
    assert run([*scored, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["halves"]["all"]["peer"] == found["halves"]["all"]["ours"]
    assert run(scored) == 0
    assert "JaC@5" in capsys.readouterr().out


def test_clicks_become_a_camera(tmp_path, capsys):
    names = [f"right {area} area {end}" for area in ("penalty", "goal") for end in ("top", "bottom")]
    camera = camera_at(pan=28.0, focal=1300.0)
    points = [
        {"at": camera.project(np.array([markings_of(SIZE).point(name)]))[0].tolist(), "point": name}
        for name in names
    ]
    path = tmp_path / "points.json"
    path.write_text(json.dumps({"image_size": [540, 960], "points": points}))
    assert (
        run(["football", "calibrate", "--points", str(path), "-o", str(tmp_path / "c.json"), "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["cameras"] == 1


@pytest.mark.parametrize("given", [[], ["--lines", "a.json", "--points", "b.json"]])
def test_one_source_must_be_named(given, capsys):
    assert run(["football", "calibrate", *given]) == 2
    assert "give one of --points, --lines and --keypoints" in capsys.readouterr().err


def test_a_missing_file_is_one_line_with_a_hint(capsys):
    assert run(["football", "calibrate", "--lines", "none.json"]) == 1
    assert "error[source_unavailable]" in capsys.readouterr().err


def test_a_pitch_nobody_plays_on_is_refused(lines, capsys):
    assert run(["football", "calibrate", "--lines", str(lines), "--length", "20"]) == 1
    assert "is not one football is played on" in capsys.readouterr().err
