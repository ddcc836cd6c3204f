"""SQL from the network is answered in a process of its own that can take only so much."""

from __future__ import annotations

from pathlib import Path

import pytest

from finished_run import FRAMES, finished_run
from sightline.core.errors import QueryError
from sightline.service.pipelines.query import QueryLimits, bounded_query
from sightline.service.results import Results

pytestmark = pytest.mark.slow  # each starts a process
LIMITS = QueryLimits(seconds=60, memory_bytes=200_000_000, rows=10, answer_bytes=100_000)


@pytest.fixture
def results(tmp_path):
    return Results(Path(finished_run(tmp_path / "run").folder))


def test_a_question_is_answered_and_cut_at_the_limit(results):
    counted = bounded_query(results, "select count(*) as n, max(t_s) from tracks", LIMITS)
    assert (counted.columns, counted.rows) == (["n", "max(t_s)"], [[FRAMES, 1.9]])
    cut = bounded_query(results, "select frame from frames order by frame", LIMITS)
    assert (len(cut.rows), cut.is_cut) == (10, True)


@pytest.mark.parametrize(
    "statement",
    [
        "select repeat('x', 2000000000)",
        "select repeat('x', 1000000)",
        "select * from read_text('/etc/hostname')",
        "copy frames to '/tmp/stolen.csv'",
    ],
)
def test_what_takes_too_much_or_reaches_out_is_refused(results, statement):
    with pytest.raises(QueryError):
        bounded_query(results, statement, LIMITS)


def test_what_takes_too_long_is_ended(results):
    short = QueryLimits(seconds=1)
    with pytest.raises(QueryError, match="longer than 1 s"):
        bounded_query(results, "select count(*) from range(1000000000000)", short)
