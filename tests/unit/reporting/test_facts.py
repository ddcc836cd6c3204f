"""Numbers of a report."""

from __future__ import annotations

import math

import pytest

from sightline.reporting.facts import metric, number


@pytest.mark.parametrize(
    ("value", "said"), [(None, None), (math.nan, None), (math.inf, None), (1.23456, 1.235), (2, 2.0)]
)
def test_only_finite_numbers_are_told_and_rounded(value, said):
    assert number(value) == said


def test_a_metric_says_how_much_was_seen_and_what_it_leaves_out():
    assert metric(3, "throws", 0.987654, "Flights.", seen=2) == {
        "value": 3,
        "unit": "throws",
        "coverage": 0.9877,
        "quality": {"seen": 2, "note": "Flights."},
    }
