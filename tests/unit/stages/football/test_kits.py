"""The kit stage looks at shirts, every n-th frame, and at people only."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from sightline.core.frames import Frame
from sightline.core.packets import Packet
from sightline.core.tracks import Tracks
from sightline.stages.football.kits import KitStage

GRASS = (60, 140, 50)  # BGR
RED = (30, 30, 210)


def pitch_with_a_player(index: int = 0) -> Packet:
    image = np.full((200, 300, 3), GRASS, np.uint8)
    image[60:100, 110:130] = RED
    boxes = np.array([[105, 50, 135, 130], [200, 50, 206, 56]], np.float32)
    tracks = Tracks(boxes, np.array([0.9, 0.9]), np.array([0, 1]), np.array([4, 5]))
    frame = Frame(image, index, Fraction(index, 25), (200, 300))
    return Packet(0, index, Fraction(index, 25), frame).with_found("tracks", tracks)


def test_the_shirts_colour_is_told_without_the_grass_around_it() -> None:
    (packet,) = KitStage(every=1, classes=lambda: {0}).process([pitch_with_a_player()])

    kits = packet.found["kits"]
    assert kits["track_id"] == [4]
    assert kits["a"][0] > 50
    assert 0.3 < kits["share"][0] <= 1


@pytest.mark.parametrize(("index", "looked"), [(0, True), (1, False), (2, False), (3, True)])
def test_only_every_nth_frame_is_looked_at(index: int, looked: bool) -> None:
    (packet,) = KitStage(every=3, classes=lambda: None).process([pitch_with_a_player(index)])

    assert ("kits" in packet.found) == looked


def test_a_picture_that_was_scaled_while_decoding_is_no_matter() -> None:
    whole = pitch_with_a_player()
    half = Frame(np.ascontiguousarray(whole.frame.image[::2, ::2]), 0, Fraction(0), (200, 300))
    packet = Packet(0, 0, Fraction(0), half).with_found("tracks", whole.found["tracks"])

    (looked,) = KitStage(every=1, classes=lambda: {0}).process([packet])

    assert looked.found["kits"]["a"][0] > 50
