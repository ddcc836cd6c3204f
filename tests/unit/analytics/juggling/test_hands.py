"""Whose hand threw: by the wrists, and by the side of the picture where they were not seen."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.juggling.hands import own_hands
from sightline.analytics.juggling.keepie_uppie import Body
from sightline.analytics.juggling.paths import Catch, Flight, Hand, Juggle, Throw

LEFT, RIGHT = Hand.LEFT, Hand.RIGHT
PLACES = {LEFT: (300.0, 400.0), RIGHT: (500.0, 400.0)}
COUNT, EVERY_S, UP_S = 10, 0.3, 0.6


def cascade():
    """Ten throws from side to side of the picture."""
    throws, catches, flights = [], [], []
    for number in range(COUNT):
        side = (LEFT, RIGHT)[number % 2]
        left_s, came_s = number * EVERY_S, number * EVERY_S + UP_S
        begin, end = PLACES[side], PLACES[side.other]
        flights.append(
            Flight(0, left_s, came_s, begin, end, (left_s + came_s) / 2, (400.0, 200.0), gravity_px_s2=4000.0)
        )
        throws.append(
            Throw(number, 0, left_s, side, begin, came_s, side.other, 200.0, 3, "caught", confidence=1.0)
        )
        catches.append(Catch(number, 0, came_s, side.other, end, 0.3, confidence=1.0))
    return Juggle(
        "3", (), 3, tuple(throws), tuple(catches), (), (), tuple(flights), COUNT, 3.3, 0.5, 4000.0, 0.0, 1.0
    )


def body(left_px, right_px, seen=1.0):
    """Wrists that stay where they are, in the first share of the frames."""
    clock_s = np.arange(0, 4, 1 / 60)
    joints = {}
    for name, place in (("left_wrist", left_px), ("right_wrist", right_px)):
        joints[name] = np.tile(np.array(place, float), (len(clock_s), 1))
        joints[name][int(seen * len(clock_s)) :] = np.nan
    return Body(clock_s, joints)


def hands(juggle):
    return [throw.hand for throw in juggle.throws]


def test_who_faces_the_camera_has_the_left_hand_on_the_right():
    sides, own = cascade(), own_hands(cascade(), body(left_px=(500, 410), right_px=(300, 410)))
    assert hands(own) == [side.other for side in hands(sides)]
    assert [throw.catch_hand for throw in own.throws] == hands(sides)
    assert [catch.hand for catch in own.catches] == [
        side.other for side in (one.hand for one in sides.catches)
    ]


def test_who_turns_the_back_has_it_on_the_left():
    own = own_hands(cascade(), body(left_px=(300, 410), right_px=(500, 410)))
    assert hands(own) == hands(cascade())


def test_hands_change_sides_where_arms_cross():
    wrists = body(left_px=(500, 410), right_px=(300, 410))
    later = wrists.clock_s > 1.4
    for name, place in (("left_wrist", (300, 410)), ("right_wrist", (500, 410))):
        wrists.joints_px[name][later] = place
    own = hands(own_hands(cascade(), wrists))
    assert own[:5] == [RIGHT, LEFT, RIGHT, LEFT, RIGHT]
    assert own[5:] == [RIGHT, LEFT, RIGHT, LEFT, RIGHT]


def test_where_wrists_were_not_seen_a_side_has_its_usual_hand():
    own = own_hands(cascade(), body(left_px=(500, 410), right_px=(300, 410), seen=0.6))
    assert hands(own) == [side.other for side in hands(cascade())]


@pytest.mark.parametrize(
    "wrists",
    [
        body((500, 410), (300, 410), seen=0.1),
        body((400, 410), (402, 410)),
        Body(np.arange(0, 4, 1 / 60), {}),
    ],
    ids=["hardly seen", "both as near", "no wrists"],
)
def test_too_little_told_names_no_hand(wrists):
    assert own_hands(cascade(), wrists) is None


def test_nothing_thrown_names_no_hand():
    nothing = Juggle(None, (), 0, (), (), (), (), (), 0, None, None, None, None, 0.0)
    assert own_hands(nothing, body((500, 410), (300, 410))) is None
