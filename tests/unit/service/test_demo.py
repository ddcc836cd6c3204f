"""The demo: what it compares, and that it runs from clip to summary."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from sightline.bootstrap import build_platform
from sightline.core.tables import TABLES
from sightline.service.demo import LineCheck, demo, line_checks
from sightline.service.folder import write_json
from sightline.service.results import Results
from sightline.service.tables import ParquetWriter


def crossing(direction: str, t_s: float, rule: str = "gate") -> dict:
    return {"rule": rule, "direction": direction, "t_s": t_s}


def results(folder: Path, counted: list[dict]) -> Results:
    rows = [
        {"frame": 0, "t_s": item["t_s"], "kind": f"line_{item['direction']}", "rule": item["rule"]}
        for item in counted
    ] + [{"frame": 0, "t_s": 1.0, "kind": "zone_enter", "rule": "kiosk"}]
    with ParquetWriter(folder / "tables") as writer:
        writer.write("events", pa.RecordBatch.from_pylist(rows, schema=TABLES["events"]))
    write_json(folder / "manifest.json", {"files": {}})
    return Results(folder)


@pytest.mark.parametrize(
    ("case", "counted", "truth", "expected"),
    [
        ("the same", [crossing("in", 2.0)], [crossing("in", 2.3)], [("gate", "in", 1, 1, 1)]),
        ("too late", [crossing("in", 9.0)], [crossing("in", 2.0)], [("gate", "in", 1, 1, 0)]),
        ("missed", [], [crossing("out", 2.0)], [("gate", "out", 0, 1, 0)]),
        ("made up", [crossing("out", 2.0)], [], [("gate", "out", 1, 0, 0)]),
        (
            "one true crossing is found once only",
            [crossing("in", 2.0), crossing("in", 2.1)],
            [crossing("in", 2.0), crossing("out", 2.0)],
            [("gate", "in", 2, 1, 1), ("gate", "out", 0, 1, 0)],
        ),
    ],
)
def test_line_counts_are_compared_with_the_truth(
    case: str, counted: list, truth: list, expected: list, tmp_path: Path
) -> None:
    found = line_checks(results(tmp_path, counted), {"crossings": truth})

    assert found == tuple(LineCheck(*row) for row in expected)


@pytest.mark.slow
def test_the_demo_runs_from_clip_to_summary(tmp_path: Path) -> None:
    events, rendered = [], []

    shown = demo(
        build_platform(),
        tmp_path,
        seconds=4,
        annotate=False,
        listener=events.append,
        rendered=lambda *at: rendered.append(at),
    )

    assert rendered[-1] == (100, 100)
    assert events
    assert shown.frames == 100
    assert shown.coverage == 1.0
    assert shown.scores.truth_ids == shown.people >= 3
    assert shown.model == "sightline-people-n"
    assert shown.scores.hota > 0.4
    assert json.loads(json.dumps(shown.as_dict()))["results"] == str(tmp_path / "results")
    text = "\n".join(shown.lines())
    for told in ("found", "seen", "HOTA", "results", "report.html"):
        assert told in text
    assert Results(shown.results).changed_files() == []
