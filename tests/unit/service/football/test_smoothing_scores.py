"""The score of smoothed cameras on clips whose true camera is known."""

from __future__ import annotations

import json
from fractions import Fraction

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.camera import PitchCamera
from sightline.analytics.pitch.jaccard import visible_polylines
from sightline.analytics.pitch.markings import markings_of
from sightline.cli.football.app import app
from sightline.core.errors import CalibrationError, SourceUnavailableError
from sightline.media.encode import VideoWriter
from sightline.service.football.evaluate.smoothing import evaluate_smoothing

HEIGHT, WIDTH = 540, 960


def view(frame):
    """The camera of a frame: it pans slowly over the left box."""
    middle = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    return PitchCamera(-25.0 + 0.1 * frame, 77.0, 0.2, 1150.0, np.array([1.0, -62.0, 16.0]), middle)


@pytest.fixture
def scene(tmp_path):
    (tmp_path / "truth").mkdir()
    cameras = [view(frame) for frame in range(7)]
    with VideoWriter(tmp_path / "clip.mp4", size=(HEIGHT, WIDTH), frame_rate_hz=Fraction(25)) as writer:
        for camera in cameras:
            picture = np.full((HEIGHT, WIDTH, 3), (70, 130, 60), np.uint8)
            for line in visible_polylines(camera, markings_of(PitchSize()), size=(HEIGHT, WIDTH)).values():
                corners = [np.round(line * 8).astype(np.int32)]
                cv2.polylines(picture, corners, False, (235, 240, 238), 3, cv2.LINE_AA, 3)
            writer.write(picture)
    facts = {f"{frame:05d}": camera.to_soccernet() for frame, camera in enumerate(cameras)}
    (tmp_path / "truth" / "cameras.json").write_text(json.dumps({"image_size": [HEIGHT, WIDTH], **facts}))
    return tmp_path


@pytest.mark.slow
def test_found_and_smoothed_cameras_are_held_against_the_truth(scene):
    done = CliRunner().invoke(app, ["evaluate", "smoothing", "--scene", str(scene), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["frames"] == 7
    for kind in ("table", "steadied"):
        assert found[kind]["error_m"]["points"] > 30
        assert found[kind]["error_m"]["median"] < 0.5
    assert found["steadied"]["jitter_m"]["median"] <= found["table"]["jitter_m"]["median"]


def test_what_is_no_scene_is_refused(scene, tmp_path):
    with pytest.raises(SourceUnavailableError):
        evaluate_smoothing([tmp_path / "none"])
    cameras = scene / "truth" / "cameras.json"
    facts = json.loads(cameras.read_text())
    cameras.write_text(json.dumps({name: value for name, value in facts.items() if name != "00003"}))
    with pytest.raises(CalibrationError, match="7 frames and 6 true cameras"):
        evaluate_smoothing([scene])
