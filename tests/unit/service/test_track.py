"""Tracking stored detections from file to file."""

import numpy as np
import pytest

from sightline.analytics.evaluation.mot import MotTable
from sightline.core.errors import SettingsError, SightlineError, UnknownPluginError, UnsupportedFormatError
from sightline.service.mot_files import read_mot, write_mot
from sightline.service.track import track_file, track_table
from sightline.vision.track.bytetrack import ByteTrack


def walk(frames, start=0):
    """Two people who walk past each other; the file's order is not that of time."""
    rows = [(frame, x) for frame in range(frames) for x in (4.0 * frame, 200 - 4.0 * frame)][::-1]
    boxes = [(x, 10, x + 20, 60) for _, x in rows]
    return MotTable.of(
        [start + frame for frame, _ in rows], np.full(len(rows), -1), boxes, np.full(len(rows), 0.9)
    )


@pytest.fixture
def detections(tmp_path):
    write_mot(tmp_path / "det.txt", walk(20))
    return tmp_path / "det.txt"


def test_a_file_of_detections_becomes_a_file_of_tracks(detections, tmp_path):
    tracks = track_file(detections, fps=30.0, out=tmp_path / "out.txt")
    written = read_mot(tmp_path / "out.txt")
    assert len(tracks) == len(written) == 40
    assert set(written.track_ids.tolist()) == {1, 2}
    assert written.frames.max() == 19


def test_frames_without_detections_pass_time():
    frames = np.repeat([0, 1, 60, 61], 2)
    boxes = np.tile([(10, 10, 30, 60), (100, 10, 120, 60)], (4, 1))
    standing = MotTable.of(frames, np.full(8, -1), boxes, np.full(8, 0.9))
    assert set(track_table(standing, ByteTrack(), fps=30.0).track_ids.tolist()) == {1, 2, 3, 4}
    assert set(track_table(standing, ByteTrack(lost_s=5.0), fps=30.0).track_ids.tolist()) == {1, 2}


def test_settings_and_tracker_are_chosen_by_name(detections, tmp_path):
    tracks = track_file(detections, fps=30.0, out=tmp_path / "out.txt", settings={"birth_score": 0.95})
    assert len(tracks) == len(read_mot(tmp_path / "out.txt")) == 0
    pytest.importorskip("trackers")
    assert len(track_file(detections, fps=30.0, out=tmp_path / "out.txt", tracker="ocsort")) > 20


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"fps": 0.0}, SettingsError),
        ({"fps": float("nan")}, SettingsError),
        ({"tracker": "bytetrak"}, UnknownPluginError),
        ({"settings": {"speed": 3}}, SettingsError),
    ],
)
def test_a_wrong_request_leaves_no_file(detections, tmp_path, options, error):
    with pytest.raises(error):
        track_file(detections, **{"fps": 30.0, "out": tmp_path / "out.txt", **options})
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,-1,0,0,5,5,13.2", "frame 1 has the score 13.2"),
        ("900000,-1,0,0,5,5,1", "frames in a row are missing"),
    ],
)
def test_detections_that_cannot_be_tracked_are_refused_with_a_reason(tmp_path, line, message):
    (tmp_path / "det.txt").write_text(line)
    with pytest.raises(UnsupportedFormatError, match=message):
        track_file(tmp_path / "det.txt", fps=30.0, out=tmp_path / "out.txt")


def test_an_empty_file_gives_an_empty_file(tmp_path):
    (tmp_path / "det.txt").write_text("")
    assert len(track_file(tmp_path / "det.txt", fps=30.0, out=tmp_path / "out.txt")) == 0
    assert (tmp_path / "out.txt").read_text() == ""


def test_every_refusal_is_an_error_with_a_hint(tmp_path):
    with pytest.raises(SightlineError) as caught:
        track_file(tmp_path / "none.txt", fps=30.0, out=tmp_path / "out.txt")
    assert caught.value.hint
