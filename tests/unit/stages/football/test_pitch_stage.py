"""The camera beside every frame."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from pitches import camera_at, painted
from sightline.analytics.football.match import PitchSize
from sightline.analytics.pitch.markings import markings_of
from sightline.core.detections import Detections
from sightline.core.errors import CalibrationError, SettingsError
from sightline.core.frames import Frame
from sightline.core.packets import Packet
from sightline.core.tables import schema_of
from sightline.stages.football.pitch import PitchSettings, PitchStage, homography_of
from sightline.testing.contracts.stage import StageContract
from sightline.testing.fakes import FakeModel

CAMERA = camera_at(pan=26.0, tilt=77.0, focal=1200.0)
PICTURE = (540, 960)
SPOTS = np.array([[300.0, 300.0], [500.0, 350.0], [700.0, 450.0]])


class TestNone(StageContract):
    def make(self):
        return PitchStage(PitchSettings(mode="none"))


class TestAuto(StageContract):
    def make(self):
        return PitchStage()


class TestFile(StageContract):
    @pytest.fixture(autouse=True)
    def _file(self, tmp_path):
        self.path = tmp_path / "camera.json"
        self.path.write_text(json.dumps(CAMERA.to_soccernet()))

    def make(self):
        return PitchStage(PitchSettings(mode="file", path=self.path))


def packet(index, image):
    pts_s = Fraction(index, 25)
    return Packet(0, index, pts_s, Frame.from_image(image, index=index, pts_s=pts_s))


def found(stage, index, image):
    (done,) = stage.process([packet(index, image)])
    return done.found["pitch"]


def from_file(tmp_path, data, index=0, picture=(540, 960)):
    path = tmp_path / "camera.json"
    path.write_text(json.dumps(data))
    stage = PitchStage(PitchSettings(mode="file", path=path))
    stage.open()
    return found(stage, index, np.zeros((*picture, 3), np.uint8))


def test_what_is_found_are_the_columns_of_the_pitch_table(tmp_path):
    columns = from_file(tmp_path, CAMERA.to_soccernet())
    assert ["frame", "t_s", *columns] == schema_of("pitch").names
    assert {len(column) for column in columns.values()} == {1}


def test_a_files_camera_is_every_frames(tmp_path):
    columns = from_file(tmp_path, CAMERA.to_soccernet() | {"quality": 0.8})
    assert (columns["source"][0], columns["quality"][0], columns["pan_deg"][0]) == ("file", 0.8, 26.0)
    assert homography_of(columns).project(SPOTS) == pytest.approx(CAMERA.to_ground(SPOTS))


def test_a_files_camera_is_scaled_to_the_source(tmp_path):
    columns = from_file(tmp_path, CAMERA.to_soccernet(), picture=(1080, 1920))
    assert homography_of(columns).project((SPOTS + 0.5) * 2 - 0.5) == pytest.approx(CAMERA.to_ground(SPOTS))


def test_frames_that_a_file_does_not_name_have_no_camera(tmp_path):
    cameras = {"0001": CAMERA.to_soccernet()}
    assert from_file(tmp_path, cameras, index=1)["source"][0] == "file"
    nothing = from_file(tmp_path, cameras, index=2)
    assert (nothing["source"][0], nothing["quality"][0]) == ("none", 0.0)
    assert homography_of(nothing) is None


def test_a_files_homography_is_taken_as_it_is(tmp_path):
    matrix = CAMERA.homography().matrix.tolist()
    columns = from_file(tmp_path, {"homography": matrix, "image_size": [540, 960]}, picture=(1080, 1920))
    assert columns["pan_deg"][0] is None
    assert homography_of(columns).project(SPOTS * 2) == pytest.approx(CAMERA.to_ground(SPOTS))


@pytest.mark.parametrize(
    ("text", "said"), [("{", "not JSON"), ("[]", "not a camera file"), (None, "cannot be read")]
)
def test_a_file_that_cannot_be_used_is_refused_before_the_first_frame(tmp_path, text, said):
    path = tmp_path / "camera.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CalibrationError, match=said) as caught:
        PitchStage(PitchSettings(mode="file", path=path)).open()
    assert caught.value.hint


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(SettingsError, match="needs the file"):
        PitchSettings(mode="file")
    with pytest.raises(SettingsError, match="out of range"):
        PitchSettings(every=0)


def test_a_video_without_a_pitch_has_no_camera():
    stage = PitchStage()
    stage.open()
    rng = np.random.default_rng(2)
    for index in range(3):
        crowd = rng.integers(0, 255, (540, 960, 3)).astype(np.uint8)
        assert found(stage, index, crowd)["source"][0] == "none"


def boxed(camera, picture):
    """What a model of the pitch's points finds: a small box around each that the camera has in view."""
    at_px = camera.project(np.array(list(markings_of(PitchSize()).points.values())))
    inside = np.flatnonzero(((at_px >= 0) & (at_px < picture[::-1])).all(1))
    boxes_px = np.concatenate([at_px[inside] - 10, at_px[inside] + 10], axis=1).astype(np.float32)
    return Detections(boxes_px, np.full(len(inside), 0.9, np.float32), inside.astype(np.int32))


@pytest.mark.parametrize(("score", "source"), [(0.9, "keypoints"), (0.2, "none")])
def test_where_no_lines_are_found_the_model_of_the_points_is_asked(score, source):
    seen = boxed(CAMERA, PICTURE)
    sure = Detections(seen.boxes_px, np.full(len(seen), score, np.float32), seen.class_ids)
    model = FakeModel(lambda _: sure, class_names=tuple(markings_of(PitchSize()).points))
    stage = PitchStage(model=model)
    stage.open()
    crowd = np.random.default_rng(2).integers(0, 255, (*PICTURE, 3)).astype(np.uint8)
    pitch = found(stage, 0, crowd)
    assert pitch["source"][0] == source
    assert model.seen == [0]
    if source == "keypoints":
        assert pitch["pan_deg"][0] == pytest.approx(CAMERA.pan_deg, abs=0.1)
    list(stage.close())
    assert not model.is_open


def test_where_lines_are_found_the_model_is_not_asked(clip):
    model = FakeModel(lambda _: boxed(CAMERA, PICTURE), class_names=tuple(markings_of(PitchSize()).points))
    stage = PitchStage(model=model)
    stage.open()
    assert found(stage, 0, clip[0])["source"][0] == "lines"
    assert model.seen == []


def panned(frames):
    return [painted(replace(CAMERA, pan_deg=26.0 + 0.1 * index), PICTURE, noise=2) for index in range(frames)]


@pytest.fixture(scope="module")
def clip():
    return panned(12)


@pytest.mark.slow
def test_a_panning_camera_is_found_followed_and_carried(clip):
    stage = PitchStage(PitchSettings(every=4))
    stage.open()
    columns = [found(stage, index, image) for index, image in enumerate(clip)]
    assert [one["source"][0] for one in columns[:5]] == ["lines", *["propagated"] * 3, "lines"]
    for index, one in enumerate(columns):
        true = replace(CAMERA, pan_deg=26.0 + 0.1 * index)
        off = np.linalg.norm(homography_of(one).project(SPOTS) - true.to_ground(SPOTS), axis=1)
        assert np.median(off) < 0.6
        assert one["quality"][0] > 0.5


@pytest.mark.slow
def test_a_cut_to_something_else_drops_the_camera(clip):
    stage = PitchStage()
    stage.open()
    assert found(stage, 0, clip[0])["source"][0] == "lines"
    crowd = np.random.default_rng(2).integers(0, 255, (540, 960, 3)).astype(np.uint8)
    assert found(stage, 1, crowd)["source"][0] == "none"
    assert found(stage, 2, crowd)["source"][0] == "none"


@pytest.mark.slow
def test_a_restored_stage_goes_on_as_if_nothing_had_been(clip):
    stage, again = PitchStage(PitchSettings(every=3)), PitchStage(PitchSettings(every=3))
    stage.open()
    for index in range(4):
        found(stage, index, clip[index])
    again.open()
    again.restore(stage.snapshot())
    assert again.snapshot() == stage.snapshot()
    for index in range(4, 8):
        assert dict(found(stage, index, clip[index])) == dict(found(again, index, clip[index]))
    assert again.snapshot() == stage.snapshot()


def test_a_damaged_memory_is_refused():
    with pytest.raises(SettingsError, match="damaged"):
        PitchStage().restore(b"nothing of ours")
