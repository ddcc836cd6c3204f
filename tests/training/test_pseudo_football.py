"""Roles follow the kits, only on the pitch; where no ball was seen, balls are not labelled."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sightline.core.detections import Detections
from training.data.labelled import IGNORED
from training.data.pseudo_football import (
    BALL,
    BLUE,
    GOALKEEPER,
    PLAYER,
    REFEREE,
    VIDEOS,
    YELLOW,
    Footage,
    label,
)
from training.data.splits import PARTS, read_split
from training.data.stored import stored_rows

GRASS, TRACK = (60, 140, 60), (120, 120, 120)
FOOTAGE = Footage(10, 1, {YELLOW: REFEREE, BLUE: GOALKEEPER})
BOX = (100, 60, 120, 120)


def scene(shirt, ground=GRASS):
    image = np.full((200, 300, 3), ground, np.uint8)
    cv2.rectangle(image, BOX[:2], (BOX[2], 105), shirt, cv2.FILLED)
    cv2.line(image, (110, 105), (110, 120), shirt, 3)
    return image


def found(*rows):
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(np.int32))


def labelled(image, own=((*BOX, 0.9, PLAYER),), judged=((*BOX, 0.9, 0),), footage=FOOTAGE, *, ball=False):
    return label(image, [found(*judged)], found(*own), footage, ball=ball)


@pytest.mark.parametrize(
    ("shirt", "ground", "kind"),
    [
        ((30, 220, 230), GRASS, REFEREE),
        ((200, 90, 20), GRASS, GOALKEEPER),
        ((240, 240, 240), GRASS, PLAYER),
        ((240, 240, 240), TRACK, IGNORED),
    ],
    ids=["yellow", "blue", "white", "beside the pitch"],
)
def test_who_two_agree_on_has_the_role_of_the_kit(shirt, ground, kind):
    assert labelled(scene(shirt, ground)) == [[*BOX, kind]]


def test_who_one_alone_sees_is_ignored():
    assert [row[4] for row in labelled(scene((240, 240, 240)), judged=())] == [IGNORED]


def test_only_known_kits_count_where_others_may_be_coaches():
    only = Footage(10, 1, {YELLOW: PLAYER}, only=True)
    assert labelled(scene((240, 240, 240)), footage=only)[0][4] == IGNORED
    assert labelled(scene((30, 220, 230)), footage=only)[0][4] == PLAYER


def test_a_ball_is_the_best_answer_and_only_where_it_was_seen_to_be_one():
    own = ((*BOX, 0.9, PLAYER), (10, 10, 20, 20, 0.4, BALL), (50, 50, 60, 60, 0.7, BALL))
    image = scene((240, 240, 240))
    assert labelled(image, own, ball=True)[1:] == [[50, 50, 60, 60, BALL]]
    assert len(labelled(image, own)) == 1


def test_frames_of_videos_are_for_training_alone_and_those_without_a_known_ball_do_not_label_any():
    stored = stored_rows("football")
    parts = {part: {entry.path: entry.domain for entry in read_split("football", part)} for part in PARTS}
    assert not set(stored) & (set(parts["val"]) | set(parts["test"]))
    seen = {name for name, rows in stored.items() if any(row[4] == BALL for row in rows)}
    assert seen == {f"{video}#{frame}" for video, footage in VIDEOS.items() for frame in footage.balls}
    for name in stored:
        assert parts["train"][name] == ("video_unclear" if name in seen else "video_unclear_no_ball")
