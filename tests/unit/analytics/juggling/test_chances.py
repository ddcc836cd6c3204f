"""How sure a pattern may be: by how it fits, and by how the others do."""

import pytest

from sightline.analytics.juggling.siteswap.rank import RankSettings, chances

SETTINGS = RankSettings()


def test_patterns_with_the_same_flights_share_what_is_likely():
    one, other = chances([60.0, 60.0], 20, SETTINGS).tolist()
    assert one == other
    assert 0.48 < one < 0.5


def test_a_pattern_that_fits_far_better_than_all_others_is_sure():
    assert chances([60.0, 20.0, 5.0], 20, SETTINGS)[0] > 0.99


def test_a_pattern_that_fits_badly_is_unsure_however_far_the_others_are():
    assert chances([-20.0, -60.0], 20, SETTINGS)[0] < 0.3


@pytest.mark.parametrize("scores", [[10.0], [10.0, 9.0, 2.0], [-5.0, -5.5]])
def test_chances_fall_and_leave_room_for_what_was_not_tried(scores):
    sure = chances(scores, 10, SETTINGS).tolist()
    assert sure == sorted(sure, reverse=True)
    assert sum(sure) < 1
