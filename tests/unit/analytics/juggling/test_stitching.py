"""Tracklets of points, and which of them are one ball."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from sightline.analytics.juggling.stitching.chains import chosen, is_same, judged, links
from sightline.analytics.juggling.stitching.tracklets import Tracklet, track
from sightline.service.juggling.stitching import evaluate_stitching, read_detections

FALL = 1.8  # px a frame a frame
LEFT, RIGHT = np.array([700.0, 500.0]), np.array([500.0, 500.0])


def tracklet(number, frames, points):
    frames, points = np.array(frames), np.array(points, np.float64)
    return Tracklet(number, frames, points, frames, points)


def flown(number, frames, start_frame, start, speed):
    t = np.array(frames, np.float64)[:, None] - start_frame
    return tracklet(
        number, frames, np.array(start) + t * np.array(speed) + 0.5 * FALL * t**2 * np.array([0, 1])
    )


def test_points_that_move_evenly_are_one_tracklet_and_far_ones_are_others():
    frames = [np.array([[100 + 10.0 * k, 50.0], [600.0, 300 - 8.0 * k]]) for k in range(12)]
    found = track(frames)
    assert [one.number for one in found] == [1, 2]
    assert [len(one.frames) for one in found] == [12, 12]
    assert found[0].told_frames[0] == 2  # two sightings more make it sure
    across = next(one for one in found if one.points_px[0, 1] == 50)
    assert across.told_px[-1] == pytest.approx((210, 50), abs=3)


@pytest.mark.parametrize(("hidden", "count"), [(5, 1), (8, 2)])
def test_what_is_hidden_for_long_goes_on_as_another(hidden, count):
    seen = [k for k in range(40) if not 15 <= k < 15 + hidden]
    frames = [np.array([[100 + 4.0 * k, 50.0]]) if k in seen else np.zeros((0, 2)) for k in range(40)]
    assert len(track(frames)) == count


def hands(frames):
    return np.tile(np.stack([LEFT, RIGHT]), (frames, 1, 1))


def test_one_parabola_or_one_hand_links_tracklets():
    rising = flown(1, range(10), 0, (520, 480), (4, -30))
    falling = flown(2, range(16, 26), 0, (520, 480), (4, -30))
    thrown = flown(3, range(34, 44), 34, (690, 480), (-4, -30))
    found = links([rising, falling, thrown], hands(60))
    by_pair = dict(zip(found.pairs, found.rows.tolist(), strict=True))
    assert set(by_pair) == {(1, 2), (2, 3)}
    assert by_pair[1, 2][1] < by_pair[2, 3][1]  # the misfit of one parabola
    assert by_pair[2, 3][2] < by_pair[1, 2][2]  # the distance from one hand


def test_each_goes_on_as_one_and_the_likeliest_as_a_whole():
    pairs = [(1, 3), (1, 4), (2, 3), (4, 5)]
    following = chosen(pairs, np.array([2.0, 1.5, 1.9, 0.5]), least=0.0)
    assert following == {1: 4, 2: 3, 4: 5}
    assert is_same(following, 1, 5)
    assert not is_same(following, 1, 3)
    assert chosen(pairs, np.full(4, -1.0), least=0.0) == {}


def test_a_rule_learnt_on_other_folds_tells_one_ball_from_two():
    parts, asked, right = [], [], []
    for k in range(8):
        begin = 60 * k
        one = flown(3 * k + 1, range(begin, begin + 10), begin, (520, 480), (4, -30))
        parts += [one, flown(3 * k + 2, range(begin + 16, begin + 26), begin, (520, 480), (4, -30))]
        parts.append(flown(3 * k + 3, range(begin + 14, begin + 22), begin, (900, 480), (-9, -40)))
        asked += [(3 * k + 1, 3 * k + 2), (3 * k + 1, 3 * k + 3)]
        right += [True, False]
    found = links(parts, hands(500))
    said = judged(found, asked, np.array(right), np.repeat(np.arange(8), 2))
    assert said.tolist() == right


@pytest.mark.data
def test_the_tracklets_that_were_judged_can_be_made_anew(data_dir):
    folder = data_dir / "juggling" / "stitching"
    stored = {}
    with (folder / "tracklets_norfair.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            place = int(row["frame"]), float(row["center_x"]), float(row["center_y"])
            stored.setdefault(int(row["track_id"]), []).append(place)
    made = track(read_detections(folder / "detections.csv"), patience=15)
    assert [one.number for one in made] == sorted(stored)
    for one in made:
        told = np.column_stack([one.told_frames, one.told_px])
        assert told == pytest.approx(np.array(stored[one.number]), abs=0.0006)
    found = evaluate_stitching(
        folder / "labels.csv", detections=folder / "detections.csv", hands=folder / "pose.csv"
    )
    assert found["rebuilt"] == found["pairs"] == 85
    assert found["rules"][0]["f1"] >= 0.95
