"""The library's trackers behind our port."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from sightline.core import optional
from sightline.core.detections import Detections
from sightline.core.errors import AnalysisError, MissingDependencyError, SettingsError
from sightline.core.frames import Frame
from sightline.vision.track import library
from sightline.vision.track.library import BotSort, OcSort

pytest.importorskip("trackers")
BOTH = pytest.mark.parametrize("make", [OcSort, BotSort])


def walkers(frames, count=6):
    rng = np.random.default_rng(2)
    places, speeds = rng.uniform(0, 280, (count, 2)), rng.normal(0, 1.5, (count, 2))
    made = []
    for _ in range(frames):
        places += speeds
        low = places[rng.random(count) > 0.1]
        scores = -np.sort(-rng.uniform(0.3, 0.98, len(low)))
        boxes = np.concatenate((low, low + np.array((20, 50))), axis=1)
        made.append(
            Detections(boxes.astype(np.float32), scores.astype(np.float32), np.zeros(len(low), np.int32))
        )
    return made


def pictures(count):
    noise = np.random.default_rng(4).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    image = cv2.resize(noise, (160, 120), interpolation=cv2.INTER_CUBIC)
    return [
        Frame(np.roll(image, index, axis=1), index, Fraction(index, 30), (240, 320)) for index in range(count)
    ]


@BOTH
def test_ids_start_at_one_and_rows_are_the_detections_own(make):
    tracker, seen_ids = make(), set()
    for index, seen in enumerate(walkers(20)):
        tracks = tracker.update(seen, t_s=index / 30)
        assert {tuple(box) for box in tracks.boxes_px.tolist()} <= {
            tuple(box) for box in seen.boxes_px.tolist()
        }
        seen_ids |= set(tracks.track_ids.tolist())
    assert min(seen_ids) == 1
    assert len(seen_ids) >= 4


@BOTH
def test_an_empty_frame_has_no_tracks_and_those_before_it_go_on(make):
    tracker, frames = make(), walkers(10)
    assert len(tracker.update(Detections.empty(), t_s=0.0)) == 0
    seen_ids = [tracker.update(seen, t_s=index / 30).track_ids for index, seen in enumerate(frames[:5], 1)]
    assert len(tracker.update(Detections.empty(), t_s=6 / 30)) == 0
    later_ids = [tracker.update(seen, t_s=index / 30).track_ids for index, seen in enumerate(frames[6:], 7)]
    assert set(np.concatenate(later_ids)) & set(np.concatenate(seen_ids))


@pytest.mark.parametrize(
    "make",
    [OcSort, BotSort, lambda: BotSort(camera_motion=True)],
    ids=["ocsort", "botsort", "botsort camera"],
)
def test_a_tracker_restored_at_any_frame_is_the_same(make):
    frames, images = walkers(16), pictures(16)
    whole, states, answers = make(), [], []
    for index, seen in enumerate(frames):
        states.append(whole.snapshot())
        answers.append(whole.update(seen, t_s=index / 30, frame=images[index]))
    for split in range(0, 16, 3):
        resumed = make()
        resumed.restore(states[split])
        for index in range(split, 16):
            assert resumed.snapshot() == states[index]
            tracks = resumed.update(frames[index], t_s=index / 30, frame=images[index])
            assert tracks.track_ids.tolist() == answers[index].track_ids.tolist()
            assert (tracks.boxes_px == answers[index].boxes_px).all()


@BOTH
def test_time_that_does_not_rise_is_refused(make):
    tracker = make()
    tracker.update(walkers(1)[0], t_s=1.0)
    with pytest.raises(AnalysisError, match="follows one at"):
        tracker.update(walkers(1)[0], t_s=1.0)


@BOTH
def test_unknown_settings_are_refused_and_known_ones_reach_the_library(make):
    with pytest.raises(SettingsError, match="nonsense"):
        make(nonsense=1)
    seen = [make(minimum_consecutive_frames=hits).update(walkers(1)[0], t_s=0.0) for hits in (1, 3)]
    assert len(seen[1]) <= len(seen[0])


def test_camera_motion_needs_a_tracker_and_pictures_for_it():
    with pytest.raises(SettingsError, match="cannot take out"):
        OcSort(camera_motion=True)
    with pytest.raises(SettingsError, match="pictures"):
        BotSort(camera_motion=True).update(walkers(1)[0], t_s=0.0)


def test_a_snapshot_of_another_kind_or_damaged_is_refused():
    with pytest.raises(SettingsError, match="another tracker"):
        BotSort().restore(OcSort().snapshot())
    with pytest.raises(SettingsError, match="damaged"):
        BotSort().restore(BotSort().snapshot()[:-20])


def test_a_snapshot_cannot_name_code_to_run():
    with pytest.raises(SettingsError, match="damaged"):
        BotSort().restore(b"cos\nsystem\n(S'true'\ntR.")


def test_a_missing_library_is_told_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setattr(
        library, "require", lambda name, extra: optional.require(f"no_such_{name}", extra=extra)
    )
    with pytest.raises(MissingDependencyError) as caught:
        OcSort()
    assert "sightline[trackers]" in caught.value.hint
