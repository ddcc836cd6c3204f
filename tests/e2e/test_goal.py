"""A goal, from the match to the highlight: as tracking data on the command line, and through a broadcast camera."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from commandline import sightline

from sightline.analytics.football.kits.colors import lab_from_rgb
from sightline.apps.football.app import FootballApp
from sightline.core.ledger import Ledger
from sightline.core.media import MediaInfo
from sightline.media.index import index_video
from sightline.ports import ReportContext, SceneOptions
from sightline.service.football.exports.source import MatchData
from sightline.service.football.exports.tracab import write_tracab
from sightline.service.football.simulated import match_of
from sightline.sim.football.scene import FootballScene
from sightline.testing.tables import MemoryTables

pytestmark = pytest.mark.slow

SIZE, RATE_HZ = (720, 1280), Fraction(25)


def played(seed: int, seconds: float) -> FootballScene:
    options = SceneOptions(
        seconds, seed=seed, size=SIZE, frame_rate_hz=RATE_HZ, settings={"pictures": "none"}
    )
    return FootballScene(options)


def goal_of(scene: FootballScene) -> Any:
    (goal,) = [event for event in scene.played.events if event.kind == "goal"]
    return goal


def check(report: Mapping[str, Any], events: list[dict[str, Any]], goal: Any) -> None:
    """One goal is told, counted and the best highlight; a kick-off confirmed it."""
    team, at_s = goal.team, goal.t_s
    other = {"home": "away", "away": "home"}[team]
    assert (report["score"][team], report["score"][other]) == (1, 0)
    assert report["score"]["quality"]["confirmed"] == 1
    (goal,) = [event for event in events if event["kind"] == "goal"]
    assert (goal["team"], goal["outcome"]) == (team, "confirmed")
    assert goal["t_s"] == pytest.approx(at_s, abs=0.5)
    best = report["clips"][0]
    assert best["kind"] == "goal"
    assert best["start_s"] < at_s < best["stop_s"]


def test_a_goal_in_tracking_data_is_told_counted_and_shown(tmp_path: Path) -> None:
    scene = played(311, 31.0)
    scene.render(tmp_path / "played")
    write_tracab(MatchData(match_of(tmp_path / "played")), tmp_path / "files")
    files = ("--tracking", tmp_path / "files" / "tracking.dat", "--meta", tmp_path / "files" / "metadata.xml")
    out = tmp_path / "report"

    done = sightline(
        "football", "report", "--provider", "tracab", *files, "--out", out, home=tmp_path / "home"
    )

    assert done.returncode == 0, done.stderr
    report = json.loads((out / "report.json").read_text())
    check(report, pq.read_table(out / "tables" / "events.parquet").to_pylist(), goal_of(scene))
    assert len(index_video(out / "highlights" / report["clips"][0]["file"])) > 0
    assert "1\N{EN DASH}0" in (out / "report.html").read_text(encoding="utf-8")


def seen(scene: FootballScene) -> MemoryTables:
    """The tables of a run whose detector, tracker and camera make no mistakes."""
    rng, tables = np.random.default_rng(1), MemoryTables()
    people: list[dict[str, Any]] = []
    looks: list[dict[str, Any]] = []
    balls: list[dict[str, Any]] = []
    cameras: list[dict[str, Any]] = []
    for shot in scene.shots():
        at = {"frame": shot.index, "t_s": shot.t_s}
        matrix = shot.camera.image_to_ground().matrix.ravel().tolist()
        cells = {f"m{row}{column}": matrix[3 * row + column - 4] for row in (1, 2, 3) for column in (1, 2, 3)}
        cameras.append({**at, **cells, "source": "file", "quality": 1.0})
        for one in shot.seen:
            box = dict(zip(("x1_px", "y1_px", "x2_px", "y2_px"), map(float, one.box_px), strict=True))
            row = {**at, **box, "score": 0.9, "class_name": one.kind}
            if one.visibility < 0.3 or one.kind == "staff":
                continue
            if one.kind == "ball":
                balls.append(row)
                continue
            people.append({**row, "track_id": one.track_id, "quality": "seen"})
            if shot.index % 5 == 0:
                shirt = np.array(scene.staging.people[one.track_id - 1].kit.shirt[::-1])
                lab = lab_from_rgb(shirt) + rng.normal(0, 2, 3)
                colour = dict(zip("lab", lab.tolist(), strict=True))
                looks.append({**at, "track_id": one.track_id, **colour, "share": 1.0})
    frames = [
        {"frame": one["frame"], "t_s": one["t_s"], "segment": 0, "status": "inferred"} for one in cameras
    ]
    for table, rows in (
        ("frames", frames), ("tracks", people), ("detections", balls), ("kits", looks), ("pitch", cameras),
    ):  # fmt: skip
        tables.add(table, {name: [row[name] for row in rows] for name in rows[0]})
    return tables


def test_a_goal_seen_by_a_broadcast_camera_is_told_counted_and_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = played(236, 27.0)
    monkeypatch.setattr("sightline.apps.football.pictures.figures.draw_figures", lambda *_: [])
    app, written, count = FootballApp(), MemoryTables(), scene.frames
    report = app.report(
        ReportContext(
            media=MediaInfo("mp4", "h264", SIZE, 0, RATE_HZ, False, count / RATE_HZ, count, 1),
            read=seen(scene),
            write=written,
            settings={**app.defaults(), **scene.rules()},
            provenance={"sightline": "0", "source": {"name": "clip.mp4"}, "model": None, "settings": {}},
            ledger=Ledger(decoded=count, inferred=count).to_json(),
            background=None,
            figures=tmp_path,
        )
    )

    check(report, written.table("events").to_pylist(), goal_of(scene))
