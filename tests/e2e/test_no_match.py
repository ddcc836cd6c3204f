"""Pictures without a pitch, through the whole chain with the weights that ship: nothing is made up of them."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
import pytest
from commandline import sightline
from numpy.typing import NDArray

from factories import draw_squares, square_boxes_px
from sightline.ports import SceneOptions
from sightline.sim.football.scene import FootballScene

pytestmark = pytest.mark.slow

SIZE, RATE_HZ = (540, 960), 25
MATCH, CARD = 30, 30  # frames


def write(path: Path, pictures: list[NDArray[np.uint8]]) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=RATE_HZ)
        video.height, video.width = SIZE
        video.options = {"preset": "ultrafast"}
        for picture in pictures:
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(video.encode(None))
    return path


def half_time() -> list[NDArray[np.uint8]]:
    return [draw_squares(boxes, SIZE) for boxes in square_boxes_px(CARD, SIZE, 3)]


def match() -> list[NDArray[np.uint8]]:
    scene = FootballScene(SceneOptions(MATCH / RATE_HZ, seed=7, size=SIZE, frame_rate_hz=Fraction(RATE_HZ)))
    return [shot.image for shot in scene.shots() if shot.image is not None]


def analyzed(clip: Path, folder: Path) -> Path:
    done = sightline(
        "analyze", clip, "--app", "football", "--model", "sightline-football-n", "--out", folder / "out",
        home=folder / "home", limit_s=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "out"


def test_a_half_time_picture_has_no_metrics(tmp_path: Path) -> None:
    out = analyzed(write(tmp_path / "card.mp4", half_time()), tmp_path)

    report = json.loads((out / "report.json").read_text())
    assert report["coverage"]["pitch"] == 0.0
    assert any("no camera was found" in reason for reason in report["coverage"]["reasons"])
    assert {metric["value"] for team in report["teams"].values() for metric in team["numbers"].values()} <= {
        None
    }
    assert report["players"] == report["clips"] == report["timeline"] == []


def test_a_cut_to_a_half_time_picture_is_known_by_its_coverage(tmp_path: Path) -> None:
    played = match()
    out = analyzed(write(tmp_path / "cut.mp4", [*played, *half_time(), *played]), tmp_path)

    report = json.loads((out / "report.json").read_text())
    players = pq.read_table(out / "tables" / "players.parquet", columns=["frame", "x_m"])
    known = np.isfinite(players["x_m"].to_numpy(zero_copy_only=False).astype(np.float64))
    placed = set(players["frame"].to_numpy()[known].tolist())
    card = set(range(MATCH, MATCH + CARD))
    assert not placed & card
    assert len(placed - card) > MATCH
    assert 0.3 < report["coverage"]["pitch"] < 0.7
