"""One event for each hazard: hits and misses, lost tracks, passes, snapshots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sightline.analytics.earth import GeoOrigin
from sightline.analytics.road.camera import RoadCamera
from sightline.analytics.road.gps import Place
from sightline.analytics.road.hazards import Phase, Sighting, WatchSettings
from sightline.analytics.road.kinds import HazardKind, kind_of
from sightline.analytics.road.open_hazard import OpenHazard
from sightline.analytics.road.region import RoadRegion
from sightline.analytics.road.watch import HazardWatch
from sightline.core.errors import AnalysisError, SettingsError
from sightline.core.tracks import Quality, Tracks

SIZE = (720, 1280)
CAMERA = RoadCamera(SIZE, focal_px=900.0, height_m=1.3, pitch_deg=5.0)
D40, D20, D00 = HazardKind.D40, HazardKind.D20, HazardKind.D00


def seen(frame, rows=(), *, usable=True, place=None, hz=10.0):
    """Rows are `(track_id, box, score, kind)`."""
    return Sighting(
        frame,
        frame / hz,
        np.array([row[1] for row in rows], float).reshape(-1, 4),
        np.array([row[2] for row in rows], float),
        np.array([row[0] for row in rows], np.int64),
        [row[3] for row in rows],
        usable,
        place,
    )


def box(x, y, w=60, h=30):
    return (x - w / 2, y - h / 2, x + w / 2, y + h / 2)


def coming(track, frame, *, score=0.8, kind=D40, x=640, start=0):
    """A box that comes nearer."""
    return track, box(x, 450 + 8 * (frame - start)), score, kind


def run(watch, frames):
    return [event for frame in frames for event in watch.feed(frame)]


def a_watch(**changes):
    return HazardWatch(RoadRegion.of_camera(CAMERA), WatchSettings(**changes), CAMERA)


def test_one_track_is_one_event_when_it_comes_and_one_when_it_is_over():
    watch = a_watch()
    frames = [seen(f, [coming(1, f)]) for f in range(20)] + [seen(f) for f in range(20, 35)]
    events = run(watch, frames)
    assert [(event.phase, event.frame, event.event_id) for event in events] == [
        (Phase.CONFIRMED, 2, 1),
        (Phase.CLOSED, 2, 1),
    ]
    closed = events[1]
    assert (closed.first_frame, closed.last_frame, closed.hits, closed.judged) == (0, 19, 20, 20)
    assert closed.kind is D40
    assert closed.size.frames > 5


def test_a_hazard_shows_best_as_what_it_is_not_as_the_stray_box_its_track_began_with():
    frames = [seen(0, [(1, box(640, 450, 400, 200), 0.9, D00)])]
    frames += [seen(f, [coming(1, f)]) for f in range(1, 20)]
    (event,) = run(a_watch(), frames)
    assert event.kind is D40
    assert event.best_frame == event.frame
    assert event.box_px == box(640, 450 + 8 * event.frame)


def test_two_hits_of_five_are_not_enough():
    frames = [seen(f, [coming(1, f)] if f % 3 == 0 else []) for f in range(30)]
    assert not run(a_watch(), frames)


def test_doubtful_boxes_start_nothing_but_keep_what_was_confirmed():
    watch = a_watch(lost_s=0.35)
    assert not run(watch, [seen(f, [coming(1, f, score=0.2)]) for f in range(10)])
    sure = [seen(f, [coming(1, f)]) for f in range(10, 14)]
    doubtful = [seen(f, [coming(1, f, score=0.2)]) for f in range(14, 30)]
    events = run(watch, sure + doubtful)
    assert [event.phase for event in events] == [Phase.CONFIRMED]
    assert watch.finish()[0].last_frame == 29


def test_boxes_off_the_road_and_other_classes_are_nothing():
    frames = [
        seen(f, [(1, box(60, 400), 0.9, D40), (2, box(640, 200), 0.9, D40), (3, box(640, 500), 0.9, None)])
        for f in range(10)
    ]
    assert not run(a_watch(), frames)


def test_a_frame_that_cannot_be_judged_is_neither_hit_nor_miss():
    watch = a_watch(lost_s=0.5)
    frames = [seen(f, [coming(1, f)]) for f in range(4)]
    frames += [seen(f, usable=False) for f in range(4, 30)]
    frames += [seen(f, [coming(1, f, start=26)]) for f in range(30, 33)]
    events = run(watch, frames)
    assert [event.phase for event in events] == [Phase.CONFIRMED]
    (closed,) = watch.finish()
    assert closed.hits == closed.judged == 7


def test_boxes_of_two_classes_in_one_place_are_one_hazard():
    frames = [
        seen(f, [coming(1, f, kind=D20, score=0.9), coming(2, f, kind=D00, score=0.5)]) for f in range(12)
    ]
    events = run(a_watch(), frames)
    assert [event.kind for event in events] == [D20]


def test_a_track_that_changes_its_number_goes_on_as_one_hazard():
    frames = [seen(f, [coming(1 if f < 8 else 2, f)]) for f in range(16)]
    watch = a_watch()
    events = run(watch, frames) + watch.finish()
    assert [event.phase for event in events] == [Phase.CONFIRMED, Phase.CLOSED]
    assert events[1].last_frame == 15


def crack(track, frame, *, far_m, left_m=0.0, length_m=4.0, hz=15.0, speed_mps=11.0):
    """A crack along the road; its far end lay `far_m` ahead at frame 0; the picture's lower edge cuts it."""

    def row(ahead_m):
        return 360 + 900 * np.tan(np.arctan(1.3 / max(ahead_m, 0.8)) - np.deg2rad(5.0))

    far = far_m - speed_mps * frame / hz
    middle = 640 - 900 * left_m / far
    half = 900 * 0.15 / far
    return track, (middle - half, row(far), middle + half, min(row(far - length_m), 720.0)), 0.8, D00


@pytest.mark.parametrize(
    ("left_m", "hazards"), [(0.0, 1), (1.6, 2)], ids=["where it has come to", "beside it"]
)
def test_a_crack_that_is_lost_while_it_goes_by_goes_on_where_its_own_movement_has_brought_it(left_m, hazards):
    frames = [seen(f, [crack(1, f, far_m=16.0)], hz=15.0) for f in range(11)]
    frames += [seen(f, hz=15.0) for f in range(11, 16)]
    frames += [seen(f, [crack(2, f, far_m=16.0, left_m=left_m)], hz=15.0) for f in range(16, 19)]
    watch = a_watch()
    events = run(watch, frames) + watch.finish()
    assert len({event.hazard_id for event in events}) == hazards


def open_hazard(ends):
    return OpenHazard([1], 0, ends[0][0], 9.0, last_t_s=ends[-1][0], ends=[list(row) for row in ends])


@pytest.mark.parametrize(
    ("t_s", "far_m", "left_m", "is_it"),
    [
        (0.8, 2.0, 0.0, True),
        (0.8, 3.9, 0.3, True),  # within 1 m and a quarter of the 5 m it has come
        (0.8, 5.0, 0.0, False),
        (0.8, 2.0, 1.0, False),
        (0.3, 7.0, 0.0, False),  # this one was still seen then
    ],
)
def test_where_a_hazard_has_come_to_follows_from_its_own_speed(t_s, far_m, left_m, is_it):
    lost = open_hazard([(0.0, 10.0, 0.0), (0.1, 9.0, 0.0), (0.2, 8.0, 0.0), (0.3, 7.0, 0.0)])
    assert lost.goes_on_in(open_hazard([(t_s, far_m, left_m)])) is is_it
    assert not open_hazard([(0.0, 10.0, 0.0)]).goes_on_in(open_hazard([(0.5, 5.0, 0.0)]))  # no speed is known


def test_two_potholes_side_by_side_are_two():
    frames = [seen(f, [coming(1, f, x=560), coming(2, f, x=700)]) for f in range(10)]
    assert len({event.hazard_id for event in run(a_watch(), frames)}) == 2


def drive(origin, passes, *, gap_frames=300, noise_m=0.0):
    """Passes over one pothole that lies 30 m ahead of the start, 10 m/s; one frame every metre."""
    rng = np.random.default_rng(1)
    frames, frame = [], 0
    for number in range(passes):
        shift = rng.normal(0, noise_m, 2)
        for step in range(40):
            ahead = 30.0 - step
            lon, lat = origin.degrees(np.array([[shift[0], step + shift[1]]]))[0]
            place = Place(lat, lon, origin.bearing_deg % 360, Quality.INTERPOLATED)
            rows = []
            if 4 < ahead < 15:
                pitch = np.deg2rad(CAMERA.pitch_deg)
                row = 360 + 900 * np.tan(np.arctan(1.3 / ahead) - pitch)
                wide = 900 * 0.6 / ahead
                rows = [(10 * number + 1, box(640, row, wide, wide * 1.3 / ahead), 0.8, D40)]
            frames.append(seen(frame, rows, place=place))
            frame += 1
        frame += gap_frames
    return frames


def test_later_passes_know_the_hazard_again():
    watch = a_watch()
    events = run(watch, drive(GeoOrigin(50.0, 8.0, 60.0), 3, noise_m=2.0)) + watch.finish()
    confirmed = [event for event in events if event.phase is Phase.CONFIRMED]
    assert [(event.hazard_id, event.visit) for event in confirmed] == [(1, 1), (1, 2), (1, 3)]


def test_the_other_direction_is_another_hazard():
    there, back = GeoOrigin(50.0, 8.0, 0.0), GeoOrigin(50.0, 8.0, 180.0)
    lon, lat = there.degrees(np.array([[0.0, 60.0]]))[0]
    back = GeoOrigin(lat, lon, 180.0)
    again = [
        Sighting(
            each.frame + 1000,
            each.t_s + 100,
            each.boxes_px,
            each.scores,
            each.track_ids + 5,
            each.kinds,
            True,
            each.place,
        )
        for each in drive(back, 1)
    ]
    watch = a_watch()
    events = run(watch, drive(there, 1) + again)
    assert {event.hazard_id for event in events} == {1, 2}


def test_the_place_is_the_hazards_own():
    origin = GeoOrigin(50.0, 8.0, 60.0)
    watch = a_watch()
    closed = [event for event in run(watch, drive(origin, 1)) + watch.finish() if event.phase is Phase.CLOSED]
    place = closed[0].place
    metres = origin.metres(np.array([[place.longitude_deg, place.latitude_deg]]))[0]
    np.testing.assert_allclose(metres, (0.0, 30.0), atol=0.4)
    assert place.of == "road"


def test_without_a_camera_there_is_no_size_and_the_place_is_the_cars():
    watch = HazardWatch(RoadRegion.of_camera(CAMERA))
    events = run(watch, drive(GeoOrigin(50.0, 8.0, 60.0), 2))
    assert [(event.hazard_id, event.visit) for event in events if event.phase is Phase.CONFIRMED] == [
        (1, 1),
        (1, 2),
    ]
    assert all(event.size is None and event.severity is None for event in events)
    assert events[0].place.of == "vehicle"


def test_stored_and_restored_anywhere_it_gives_the_same_events():
    frames = drive(GeoOrigin(50.0, 8.0, 60.0), 2, gap_frames=160)
    straight = a_watch()
    whole = run(straight, frames) + straight.finish()
    watch, stepwise = a_watch(), []
    for frame in frames:
        state = watch.snapshot()
        watch = a_watch()
        watch.restore(state)
        assert watch.snapshot() == state
        stepwise += watch.feed(frame)
    stepwise += watch.finish()
    assert stepwise == whole
    assert len(whole) == 4


def test_time_must_rise():
    watch = a_watch()
    watch.feed(seen(3))
    with pytest.raises(AnalysisError):
        watch.feed(seen(3))


@pytest.mark.parametrize("changes", [{"hits": 6, "of": 5}, {"hits": 0}, {"keep_score": 0.9}])
def test_settings_that_cannot_be_are_refused(changes):
    with pytest.raises(SettingsError):
        WatchSettings(**changes)


def test_a_trackers_answer_is_taken_as_it_is():
    tracks = Tracks(np.array([[0, 0, 5, 5], [1, 1, 2, 2]]), [0.5, 0.25], [3, 9], [4, 7])
    frame = Sighting.of(
        tracks, [kind_of(name) for name in ("D00", "D10", "D20", "pothole")], frame=1, t_s=0.1
    )
    assert frame.kinds == [D40, None]
    assert frame.track_ids.tolist() == [4, 7]


def test_an_event_is_plain_data():
    (event,) = run(a_watch(), [seen(f, [coming(1, f)]) for f in range(3)])
    plain = event.to_json()
    assert plain["kind"] == "D40"
    assert plain["name"] == "pothole"
    assert plain["phase"] == "confirmed"
    assert plain["severity"] in {"low", "medium", "high"}


def test_tracks_that_take_turns_on_one_hazard_are_one():
    frames = []
    for step, each in enumerate(drive(GeoOrigin(50.0, 8.0, 60.0), 1)):
        ids = each.track_ids + (step % 2)
        frames.append(
            Sighting(each.frame, each.t_s, each.boxes_px, each.scores, ids, each.kinds, True, each.place)
        )
    watch = a_watch()
    events = run(watch, frames) + watch.finish()
    assert len({event.hazard_id for event in events}) == 1


def test_a_class_that_wavers_between_passes_is_the_same_hazard_still():
    first, second = drive(GeoOrigin(50.0, 8.0, 60.0), 2)[:40], drive(GeoOrigin(50.0, 8.0, 60.0), 2)[40:]
    wavering = [
        Sighting(
            each.frame,
            each.t_s,
            each.boxes_px,
            each.scores,
            each.track_ids,
            [D20] * len(each.kinds),
            True,
            each.place,
        )
        for each in second
    ]
    watch = a_watch()
    assert {event.hazard_id for event in run(watch, first + wavering) + watch.finish()} == {1}


def test_a_hazard_that_was_told_as_another_kind_is_known_again_when_it_is_over():
    origin = GeoOrigin(50.0, 8.0, 60.0)
    lon, lat = origin.degrees(np.array([[4.0, 0.0]]))[0]
    second = drive(GeoOrigin(lat, lon, 60.0), 2)[40:]
    wrong = [number for number, each in enumerate(second) if each.kinds][:3]
    second = [replace(each, kinds=[D00]) if number in wrong else each for number, each in enumerate(second)]
    watch = a_watch()
    events = run(watch, drive(origin, 2)[:40] + second) + watch.finish()
    assert [(event.phase, event.kind, event.hazard_id, event.visit) for event in events] == [
        (Phase.CONFIRMED, D40, 1, 1),
        (Phase.CLOSED, D40, 1, 1),
        (Phase.CONFIRMED, D00, 2, 1),
        (Phase.CLOSED, D40, 1, 2),
    ]


def test_a_cut_box_is_not_measured():
    cut = seen(0, [(1, (600.0, 690.0, 700.0, 719.0), 0.9, D40)])
    watch = a_watch(hits=1, of=1)
    (event,) = watch.feed(cut)
    assert event.size is None
