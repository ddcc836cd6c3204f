"""The law of the ledger: decoded = inferred + skipped + failed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.core.ledger import FrameStatus, Ledger

steady = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
ROWS = st.lists(
    st.tuples(
        st.sampled_from([status.value for status in FrameStatus]),
        st.none() | st.sampled_from(["stride", "motion", "decode", "detect: inference_failed"]),
    )
)


@steady
@given(rows=ROWS)
def test_every_frame_is_counted_once(rows):
    ledger = Ledger.from_rows(rows)
    assert ledger.decoded == len(rows)
    assert ledger.decoded == ledger.inferred + sum(ledger.skipped.values()) + sum(ledger.failed.values())
    assert 0 <= ledger.coverage <= 1


@steady
@given(first=ROWS, second=ROWS)
def test_counting_in_pieces_is_counting_at_once(first, second):
    assert Ledger.from_rows(first).plus(Ledger.from_rows(second)) == Ledger.from_rows(first + second)


@pytest.mark.parametrize(
    "counts",
    [
        {"decoded": 3, "inferred": 2},
        {"decoded": 3, "inferred": 3, "skipped": {"stride": 1}},
        {"decoded": 0, "inferred": 0, "failed": {"decode": 1}},
    ],
)
def test_a_ledger_that_does_not_balance_cannot_be_made(counts):
    with pytest.raises(ValueError, match="does not balance"):
        Ledger(**counts)


def test_the_rows_of_the_frames_table_are_counted_by_cause():
    ledger = Ledger.from_rows(
        [
            ("inferred", None),
            ("skipped", "stride"),
            ("skipped", "stride"),
            ("failed", "decode"),
            ("failed", None),
        ]
    )
    assert ledger.to_json() == {
        "decoded": 5,
        "inferred": 1,
        "skipped": {"stride": 2},
        "failed": {"decode": 1, "unknown": 1},
        "coverage": 0.2,
    }


def test_an_empty_source_has_no_coverage():
    assert Ledger().coverage == 0.0
