"""How our ByteTrack begins, keeps, loses and finds tracks."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from sightline.core.detections import Detections
from sightline.core.errors import AnalysisError, SettingsError
from sightline.core.frames import Frame
from sightline.vision.track.bytetrack import ByteTrack, ByteTrackSettings

RATE_HZ = 30.0


def found(*rows, score=0.9, class_id=0):
    """Rows of `(x, y)`, `(x, y, score)` or `(x, y, score, class)`: people of 20 x 50 pixels, top left."""
    full = [(*row, *(score, class_id)[len(row) - 2 :]) for row in rows]
    boxes = np.array([(x, y, x + 20, y + 50) for x, y, _, _ in full], np.float32).reshape(-1, 4)
    return Detections(
        boxes, np.array([row[2] for row in full], np.float32), np.array([row[3] for row in full], np.int32)
    )


def run(tracker, frames, rate_hz=RATE_HZ):
    return [tracker.update(seen, t_s=index / rate_hz) for index, seen in enumerate(frames)]


def ids(tracks):
    return tracks.track_ids.tolist()


def crowd(frames, count=12, seed=5):
    """Walkers seen with noise, misses, unsure scores and false boxes."""
    rng = np.random.default_rng(seed)
    places, speeds = rng.uniform(0, 300, (count, 2)), rng.normal(0, 2, (count, 2))
    made = []
    for _ in range(frames):
        places += speeds
        kept = np.concatenate((places[rng.random(count) > 0.15], rng.uniform(0, 300, (rng.poisson(1), 2))))
        shaken = kept + rng.normal(0, 1, kept.shape)
        made.append(found(*[(x, y, rng.uniform(0.15, 0.98), rng.integers(2)) for x, y in shaken]))
    return made


# --- beginning --------------------------------------------------------------------------------------------


def test_everyone_on_the_first_frame_is_shown_at_once_and_later_ones_when_seen_twice():
    seen = run(ByteTrack(), [found((0, 0)), found((0, 0), (200, 0)), found((0, 0), (200, 0))])
    assert [ids(tracks) for tracks in seen] == [[1], [1], [1, 2]]


def test_ids_rise_in_order_of_birth_and_are_never_used_twice():
    frames = [found((0, 0))] * 3 + [found((200, 0))] * 3 + [found()] * 40 + [found((0, 0))] * 3
    seen = run(ByteTrack(), frames)
    assert [ids(tracks) for tracks in seen if len(tracks)] == [[1]] * 3 + [[2]] * 2 + [[3]] * 2


def test_a_false_box_seen_once_uses_up_no_id():
    seen = run(
        ByteTrack(), [found((0, 0)), found((0, 0), (200, 0)), found((0, 0)), *[found((0, 0), (99, 99))] * 2]
    )
    assert ids(seen[-1]) == [1, 2]


@pytest.mark.parametrize(("score", "begins"), [(0.7, True), (0.61, True), (0.55, False), (0.2, False)])
def test_only_a_box_above_the_birth_score_begins_a_track(score, begins):
    assert bool(len(run(ByteTrack(), [found((0, 0), score=score)] * 3)[-1])) is begins


@pytest.mark.parametrize("hits", [1, 2, 4])
def test_a_track_is_shown_from_its_confirming_match_on(hits):
    tracker = ByteTrack(confirm_hits=hits)
    seen = run(tracker, [found(), *[found((0, 0))] * 5])
    assert [len(tracks) for tracks in seen] == [0] * hits + [1] * (6 - hits)


# --- keeping ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("score", "kept"), [(0.3, True), (0.12, True), (0.05, False)])
def test_a_doubtful_box_keeps_a_track_alive(score, kept):
    tracker = ByteTrack()
    seen = run(tracker, [found((0, 0)), found((0, 0)), found((0, 0), score=score)])
    assert ids(seen[-1]) == ([1] if kept else [])


def test_a_sure_box_is_preferred_to_a_doubtful_one_that_fits_better():
    seen = run(ByteTrack(), [found((0, 0))] * 3 + [found((0, 0, 0.3), (4, 0, 0.9))])
    assert seen[-1].boxes_px[0, 0] == 4


@pytest.mark.parametrize(("gap_s", "same"), [(0.5, True), (0.96, True), (1.1, False)])
@pytest.mark.parametrize("rate_hz", [10.0, 25.0, 60.0])
def test_a_lost_track_is_found_again_within_a_second_at_any_frame_rate(gap_s, same, rate_hz):
    missing = round(gap_s * rate_hz) - 1
    seen = run(ByteTrack(), [found((0, 0))] * 3 + [found()] * missing + [found((0, 0))] * 2, rate_hz)
    assert ids(seen[-1]) == ([1] if same else [2])


def test_a_long_pause_between_frames_ends_all_tracks():
    tracker = ByteTrack()
    tracker.update(found((0, 0)), t_s=0.0)
    assert ids(tracker.update(found((0, 0)), t_s=2.0)) == []
    assert ids(tracker.update(found((0, 0)), t_s=2.1)) == [2]


@pytest.mark.parametrize("stride", [1, 2, 3, 5])
def test_a_stride_changes_no_identity_of_people_who_walk_past_each_other(stride):
    frames = [found((2.0 * step, 0), (240 - 2.0 * step, 20)) for step in range(0, 120, stride)]
    seen = run(ByteTrack(), frames, RATE_HZ / stride)
    assert [ids(tracks) for tracks in seen] == [[1, 2]] * len(frames)
    assert seen[-1].boxes_px[0, 0] > seen[-1].boxes_px[1, 0]


def test_an_uneven_clock_changes_no_identity(rng):
    times_s = np.cumsum(rng.choice([1, 2, 6], 60) / 60.0)
    tracker = ByteTrack()
    for t_s in times_s:
        tracks = tracker.update(found((90 * t_s, 0), (300 - 90 * t_s, 20)), t_s=t_s)
    assert ids(tracks) == [1, 2]
    assert tracks.boxes_px[0, 0] > tracks.boxes_px[1, 0]


def test_a_walk_behind_something_goes_on_where_it_must_come_out():
    frames = [found((3.0 * step, 0)) if not 20 <= step < 40 else found() for step in range(60)]
    assert ids(run(ByteTrack(), frames)[-1]) == [1]


def test_a_sudden_pan_carries_everyone_along_even_who_is_hidden_meanwhile():
    places = [(60 * column, 80 * row) for column in range(5) for row in range(2)]

    def panned(shift_px, count=10):
        return found(*[(x + shift_px, y) for x, y in places[:count]])

    seen = run(ByteTrack(), [panned(0)] * 5 + [panned(12, 9), panned(24, 9), panned(36)])
    assert ids(seen[-1]) == list(range(1, 11))


# --- choices ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("aware", "expected"), [(True, []), (False, [1])])
def test_a_box_of_another_class_continues_a_track_only_where_classes_do_not_count(aware, expected):
    tracker = ByteTrack(class_aware=aware)
    seen = run(tracker, [found((0, 0), class_id=0)] * 2 + [found((0, 0), class_id=1)])
    assert ids(seen[-1]) == expected


def test_smoothed_boxes_shake_less_than_the_detections(rng):
    frames = [found(*rng.normal((100, 100), 1.0, (1, 2))) for _ in range(60)]
    rough, smooth = (run(ByteTrack(smooth_boxes=smooth), frames) for smooth in (False, True))
    spread = [np.std([tracks.boxes_px[0, :2] for tracks in seen[20:]]) for seen in (rough, smooth)]
    assert (rough[-1].boxes_px == frames[-1].boxes_px).all()
    assert np.std([t.boxes_px[0, 0] for t in smooth[20:]]) < 0.8 * np.std(
        [t.boxes_px[0, 0] for t in rough[20:]]
    )
    assert spread[1] < spread[0]


def test_scores_can_sway_the_choice():
    frames = [found((0, 0))] * 3 + [found((3, 0, 0.95), (0, 0, 0.55))]
    chosen = [run(ByteTrack(score_weight=weight), frames)[-1].boxes_px[0, 0] for weight in (0.0, 1.0)]
    assert chosen == [0, 3]


# --- what goes in and comes out ---------------------------------------------------------------------------


def test_every_row_that_comes_out_is_one_that_went_in():
    tracker = ByteTrack()
    for index, seen in enumerate(crowd(60)):
        tracks = tracker.update(seen, t_s=index / RATE_HZ)
        rows = {
            (*box.tolist(), score, kind)
            for box, score, kind in zip(seen.boxes_px, seen.scores, seen.class_ids, strict=True)
        }
        assert {
            (*box.tolist(), score, kind)
            for box, score, kind in zip(tracks.boxes_px, tracks.scores, tracks.class_ids, strict=True)
        } <= rows
    assert len(tracks) > 3


def test_strange_boxes_break_nothing(rng):
    tracker = ByteTrack(camera_motion=False)
    for index in range(40):
        low = rng.choice([0.0, 5.0, -1e6, 1e6, 100.0], (20, 2))
        boxes = np.concatenate((low, low + rng.choice([0.0, 1e-3, 10.0, 1e6], (20, 2))), axis=1)
        strange = Detections(
            boxes.astype(np.float32), rng.random(20).astype(np.float32), np.zeros(20, np.int32)
        )
        with np.errstate(all="raise", under="ignore"):
            tracks = tracker.update(strange, t_s=index / RATE_HZ)
        assert np.isfinite(tracks.boxes_px).all()


@pytest.mark.parametrize("t_s", [0.1, 0.05, -1.0, float("nan"), float("inf")])
def test_time_that_does_not_rise_is_refused_and_changes_nothing(t_s):
    tracker = ByteTrack()
    run(tracker, [found((0, 0))] * 4)
    before = tracker.snapshot()
    with pytest.raises(AnalysisError, match=r"follows one at 0\.1 s"):
        tracker.update(found((0, 0)), t_s=t_s)
    assert tracker.snapshot() == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"high_scor": 0.5}, "no setting 'high_scor'"),
        ({"high_score": 1.5}, r"high_score is 1\.5, must be within 0\.\.1"),
        ({"least_likeness": 0.0}, "above 0"),
        ({"lost_s": -1.0}, "0 or more"),
        ({"confirm_hits": 0}, "1 or more"),
        ({"nominal_hz": 0.0}, "above 0"),
    ],
)
def test_settings_out_of_range_are_named(settings, message):
    with pytest.raises(SettingsError, match=message):
        ByteTrack(**settings)


def test_settings_come_as_a_value_or_by_name():
    assert ByteTrack(ByteTrackSettings(lost_s=2.0), reach=0.1).settings == ByteTrackSettings(
        lost_s=2.0, reach=0.1
    )


# --- memory -----------------------------------------------------------------------------------------------


def assert_splits_anywhere(make, frames, pictures):
    """A tracker restored at any frame goes on as if nothing had been."""
    whole, states, answers = make(), [], []
    for index, seen in enumerate(frames):
        states.append(whole.snapshot())
        answers.append(whole.update(seen, t_s=index / RATE_HZ, frame=pictures[index]))
    for split, state in enumerate(states):
        resumed = make()
        resumed.restore(state)
        assert resumed.snapshot() == state
        for index in range(split, min(split + 6, len(frames))):
            tracks = resumed.update(frames[index], t_s=index / RATE_HZ, frame=pictures[index])
            assert tracks.boxes_px.tobytes() == answers[index].boxes_px.tobytes()
            assert ids(tracks) == ids(answers[index])
            following = states[index + 1] if index + 1 < len(states) else whole.snapshot()
            assert resumed.snapshot() == following


def test_a_tracker_restored_at_any_frame_is_the_same_to_the_bit():
    assert_splits_anywhere(lambda: ByteTrack(smooth_boxes=True), crowd(50), [None] * 50)


def test_the_same_holds_with_camera_motion(rng):
    scenery = cv2.resize(
        rng.integers(0, 255, (30, 40, 3), dtype=np.uint8), (320, 240), interpolation=cv2.INTER_CUBIC
    )
    pictures = [
        Frame(np.roll(scenery, 2 * index, axis=1), index, Fraction(index, 30), (240, 320))
        for index in range(8)
    ]
    assert_splits_anywhere(lambda: ByteTrack(camera_motion=True), crowd(8), pictures)


def test_equal_histories_give_equal_bytes():
    first, second = ByteTrack(), ByteTrack()
    run(first, crowd(30))
    run(second, crowd(30))
    assert first.snapshot() == second.snapshot()


@pytest.mark.parametrize(
    "damage", [lambda state: b"", lambda state: state[:-1], lambda state: state[:40] + b"?" + state[41:]]
)
def test_a_damaged_snapshot_is_refused(damage):
    tracker = ByteTrack()
    run(tracker, crowd(5))
    with pytest.raises(SettingsError, match="snapshot"):
        ByteTrack().restore(damage(tracker.snapshot()))


def test_a_snapshot_of_other_settings_is_refused():
    with pytest.raises(SettingsError, match="other settings"):
        ByteTrack(lost_s=2.0).restore(ByteTrack().snapshot())


# --- camera -----------------------------------------------------------------------------------------------


def test_a_shaking_camera_costs_no_identity_where_its_motion_is_taken_out(rng):
    scenery = cv2.resize(
        rng.integers(0, 255, (60, 80, 3), dtype=np.uint8), (400, 300), interpolation=cv2.INTER_CUBIC
    )
    offsets = rng.integers(-15, 15, (20, 2))
    frames, pictures = [], []
    for index, (dx, dy) in enumerate(offsets):
        matrix = np.array([[1.0, 0, dx], [0, 1.0, dy]])
        image = cv2.warpAffine(scenery, matrix, (400, 300), borderMode=cv2.BORDER_WRAP)
        pictures.append(Frame(image, index, Fraction(index, 30), (300, 400)))
        frames.append(found((150 + dx, 100 + dy), (230 + dx, 100 + dy)))
    last = []
    for camera_motion in (True, False):
        tracker = ByteTrack(camera_motion=camera_motion)
        for index, seen in enumerate(frames):
            tracks = tracker.update(seen, t_s=index / RATE_HZ, frame=pictures[index])
        last.append(ids(tracks))
    assert last[0] == [1, 2]
    assert last[1] != [1, 2]


def test_camera_motion_without_pictures_is_refused_and_changes_nothing():
    tracker = ByteTrack(camera_motion=True)
    before = tracker.snapshot()
    with pytest.raises(SettingsError, match="pictures"):
        tracker.update(found((0, 0)), t_s=0.0)
    assert tracker.snapshot() == before


def test_flat_boxes_that_jump_by_more_than_their_height_are_followed_when_thickened():

    def ids(**changes):
        tracker = ByteTrack(confirm_hits=1, **changes)
        found = []
        for frame in range(6):
            box = np.array([[100, 100 + 8 * frame, 200, 104 + 8 * frame]], np.float32)
            seen = Detections(box, np.array([0.9], np.float32), np.array([0], np.int32))
            found += tracker.update(seen, t_s=frame / 15).track_ids.tolist()
        return set(found)

    assert len(ids()) > 1
    assert ids(slimmest=0.5) == {1}
