"""Windows around what happened, best first."""

from __future__ import annotations

import pytest

from sightline.analytics.highlights import Moment, WindowRules, rank_windows
from sightline.core.errors import SettingsError


def moment(t_s: float, kind: str = "shot", worth: float = 10.0, lasts_s: float = 0.0) -> Moment:
    return Moment(t_s, t_s + lasts_s, kind, worth, f"{kind} at {t_s:g}")


def spans(*moments: Moment, stop_s: float = 1000.0, **rules: float) -> list[tuple[str, float, float]]:
    found = rank_windows(moments, start_s=0.0, stop_s=stop_s, rules=WindowRules(**rules))  # type: ignore[arg-type]
    return [(window.best.kind, window.start_s, window.stop_s) for window in found]


def test_the_best_comes_first_with_time_before_and_after() -> None:
    assert spans(moment(100), moment(500, "goal", 90)) == [("goal", 494, 504), ("shot", 94, 104)]


def test_moments_that_follow_one_another_are_one_window_about_the_best() -> None:
    assert spans(moment(100), moment(104, "goal", 90), moment(107, "kick_off", 1)) == [("goal", 94, 111)]


def test_a_window_that_would_be_too_long_is_cut_and_the_better_part_kept() -> None:
    row = [moment(100 + 5 * place, "shot", 10 + place) for place in range(8)]

    found = spans(*row, longest_s=20)

    assert all(stop_s - start_s <= 20 for _, start_s, stop_s in found)
    assert found[0][2] == pytest.approx(139)


def test_no_window_goes_beyond_the_video() -> None:
    assert spans(moment(2), moment(99), stop_s=100) == [("shot", 0, 6), ("shot", 93, 100)]


def test_what_lies_outside_the_video_is_left_out() -> None:
    assert spans(moment(2000)) == []


@pytest.mark.parametrize("most", [0, 1, 3])
def test_no_more_are_given_than_asked_for(most: int) -> None:
    assert len(spans(*(moment(100.0 * place) for place in range(1, 6)), most=most)) == most


def test_others_in_a_window_add_a_little() -> None:
    busy, calm = [moment(100), moment(102)], [moment(300, worth=11)]

    assert [window.start_s for window in rank_windows([*busy, *calm], start_s=0, stop_s=400)] == [94, 294]


def test_the_order_they_are_given_in_is_no_matter() -> None:
    given = [moment(100), moment(104, "goal", 90), moment(300)]

    assert spans(*given) == spans(*reversed(given))


def test_ranks_count_from_one() -> None:
    found = rank_windows([moment(100), moment(300)], start_s=0, stop_s=400)

    assert [window.rank for window in found] == [1, 2]


def test_negative_lengths_are_refused() -> None:
    with pytest.raises(SettingsError, match="negative"):
        WindowRules(before_s=-1)
