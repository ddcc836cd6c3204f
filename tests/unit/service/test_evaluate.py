"""Scoring files of tracks, and detectors on labelled pictures."""

import cv2
import numpy as np
import pytest

from sightline.core.detections import Detections
from sightline.core.errors import (
    SettingsError,
    SightlineError,
    SourceUnavailableError,
    UnsupportedFormatError,
)
from sightline.core.models import Task
from sightline.service.evaluate import evaluate_detection_model, evaluate_mot_files, read_labels
from sightline.testing.fakes import FakeModel
from sightline.vision import catalog

LABELS = "0 0.25 0.5 0.5 1.0\n5 0.5 0.5 0.1 0.1\n"


@pytest.fixture
def labelled(tmp_path):
    """Three pictures of 40 x 20 pixels, a person on the left of the first two, nobody on the third."""
    (tmp_path / "labels").mkdir()
    (tmp_path / "images").mkdir()
    for name in ("a", "b", "c"):
        cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), np.zeros((20, 40, 3), np.uint8))
    for name in ("a", "b"):
        (tmp_path / "labels" / f"{name}.txt").write_text(LABELS)
    return tmp_path / "images", tmp_path / "labels"


@pytest.fixture
def use(monkeypatch):
    def make(*args, **kwargs):
        model = FakeModel(*args, **kwargs)
        monkeypatch.setattr(catalog, "build_model", lambda name, options, zoo: model)
        return model

    return make


def person(x1=0.0, x2=20.0, score=0.9):
    return Detections(
        np.array([[x1, 0, x2, 20]], np.float32), np.array([score], np.float32), np.zeros(1, np.int32)
    )


# --- tracks -----------------------------------------------------------------------------------------------


def test_files_of_truth_and_tracks_are_scored(tmp_path):
    (tmp_path / "gt.txt").write_text("1,1,0,0,10,10,1,1,1\n2,1,0,0,10,10,1,1,1\n1,2,50,0,9,9,0,1,1\n")
    (tmp_path / "out.txt").write_text("1,7,0,0,10,10,1\n2,8,0,0,10,10,1\n")
    scores = evaluate_mot_files(tmp_path / "gt.txt", tmp_path / "out.txt")
    assert (scores.truth_boxes, scores.id_switches, scores.mota) == (2, 1, 0.5)


@pytest.mark.parametrize("iou", [0.0, -0.5, 1.1, float("nan")])
def test_an_overlap_that_makes_no_sense_is_refused(tmp_path, iou):
    with pytest.raises(SettingsError, match="iou is"):
        evaluate_mot_files(tmp_path / "gt.txt", tmp_path / "out.txt", iou=iou)


# --- detectors --------------------------------------------------------------------------------------------


def test_a_detector_that_finds_everyone_scores_one_and_is_closed_again(labelled, use):
    model = use({0: person(), 1: person()})
    scores = evaluate_detection_model("fake", *labelled, zoo=None)
    assert (scores.images, scores.ap50, scores.ap50_95) == (3, 1.0, 1.0)
    assert [found.class_name for found in scores.classes] == ["person"]
    assert not model.is_open


def test_boxes_a_little_off_lose_the_strict_overlaps_alone(labelled, use):
    use({0: person(x2=16), 1: person(x2=16)})
    scores = evaluate_detection_model("fake", *labelled, zoo=None)
    assert scores.ap50 == 1.0
    assert scores.ap50_95 == pytest.approx(0.7)


def test_the_number_of_pictures_can_be_limited(labelled, use):
    model = use({0: person()})
    assert evaluate_detection_model("fake", *labelled, zoo=None, limit=1).images == 1
    assert model.seen == [0]


def test_what_does_not_detect_is_refused_and_closed(labelled, use):
    model = use(task=Task.POSE)
    with pytest.raises(SettingsError, match="does not detect"):
        evaluate_detection_model("fake", *labelled, zoo=None)
    assert not model.is_open


def test_a_folder_without_pictures_and_a_damaged_picture_are_named(labelled, use, tmp_path):
    use()
    with pytest.raises(SourceUnavailableError, match="no pictures"):
        evaluate_detection_model("fake", labelled[1], labelled[1], zoo=None)
    with pytest.raises(SourceUnavailableError, match="cannot read"):
        evaluate_detection_model("fake", tmp_path / "none", labelled[1], zoo=None)
    with pytest.raises(SourceUnavailableError, match="no folder of labels"):
        evaluate_detection_model("fake", labelled[0], tmp_path / "none", zoo=None)
    for content in (b"", b"no picture"):
        (labelled[0] / "a.png").write_bytes(content)
        with pytest.raises(UnsupportedFormatError, match=r"a\.png is not a picture"):
            evaluate_detection_model("fake", *labelled, zoo=None)


def test_labels_become_boxes_in_pixels(labelled):
    labels = read_labels(labelled[1] / "a.txt", (20, 40))
    assert labels.boxes_px.tolist() == [[0, 0, 20, 20], [18, 9, 22, 11]]
    assert labels.class_ids.tolist() == [0, 5]
    assert len(read_labels(labelled[1] / "c.txt", (20, 40))) == 0


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("0 0.5 0.5 0.1", "4 columns"),
        ("person 0.5 0.5 0.1 0.1", "could not convert"),
        ("0.5 0.5 0.5 0.1 0.1", r"class 0\.5"),
        ("0 1.5 0.5 0.1 0.1", "a number outside"),
        ("0 nan 0.5 0.1 0.1", "a number outside"),
    ],
)
def test_a_line_that_is_no_label_is_named_with_its_number(tmp_path, line, what):
    (tmp_path / "a.txt").write_text(f"0 0.5 0.5 0.1 0.1\n\n{line}\n")
    with pytest.raises(UnsupportedFormatError, match=f"line 3: {what}") as caught:
        read_labels(tmp_path / "a.txt", (20, 40))
    assert "YOLO" in caught.value.hint


def test_labels_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(SightlineError, match="not a text file"):
        read_labels(tmp_path / "a.txt", (20, 40))
