"""What is written where, and how."""

from __future__ import annotations

import io
import re
import sys

import pytest

from sightline.cli import console
from sightline.cli.options import pairs, size
from sightline.cli.progress import Lines, shown_progress
from sightline.core.events import EventKind, RunEvent


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (3_660_092, "3.7 MB"), (5e12, "5.0 TB")],
)
def test_sizes_as_people_say_them(size_bytes, words):
    assert console.size_words(size_bytes) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "-:--"), (0, "0:00"), (59.6, "1:00"), (75, "1:15"), (3725, "1:02:05"), (-3, "0:00")],
)
def test_durations_as_people_say_them(seconds, words):
    assert console.duration_words(seconds) == words


def test_a_table_away_from_a_terminal_is_aligned_and_never_cut(capsys):
    console.show_table(("name", "n"), [("x" * 200, 1.23456789), ("two\nlines", None)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1] == "x" * 200 + "  1.23457"
    assert lines[2].startswith("two lines")


def test_a_table_at_a_terminal_has_a_rule(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    console.show_table(("name", "n"), [("[red]a", 1)])
    assert "[red]a" in screen.getvalue()
    assert "───" in screen.getvalue()


def test_a_table_that_a_terminal_is_too_narrow_for_is_shown_row_by_row(monkeypatch):
    columns = [f"column_{number}" for number in range(12)]
    shown = {}
    for width in ("80", "200"):
        screen = Terminal()
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setenv("COLUMNS", width)
        console.show_table(columns, [range(12), range(12, 24)])
        shown[width] = screen.getvalue().splitlines()
    assert shown["80"][:3] == ["── 1 ──", "column_0   0", "column_1   1"]
    assert shown["80"][13:15] == ["── 2 ──", "column_0   12"]
    assert all(name in shown["200"][1] for name in columns)


def test_a_table_without_rows_shows_its_columns(capsys):
    console.show_table(("a", "b"), [])
    assert capsys.readouterr().out == "a  b\n"


def test_csv_quotes_what_must_be_quoted(capsys):
    console.show_csv(("a", "b"), [('x,"y"', None), (1, 2.5)])
    assert capsys.readouterr().out == 'a,b\n"x,""y""",\n1,2.5\n'


def test_json_keeps_letters_outside_ascii(capsys):
    console.show_json({"name": "Straße"})
    assert capsys.readouterr().out == '{\n  "name": "Straße"\n}\n'


def test_notes_and_refusals_go_to_stderr(capsys):
    console.note("psst")
    assert console.refuse("code", "what happened.", None) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "psst\nerror[code]: what happened.\n")


def test_pairs_are_read_as_yaml():
    given = ["a=1", "b=0.5", "c=true", "d=[1, 2]", "e=x=y", "f="]
    assert pairs(given) == {"a": 1, "b": 0.5, "c": True, "d": [1, 2], "e": "x=y", "f": None}
    assert pairs(None) == {}


def test_a_size_is_width_then_height():
    assert size("640x360") == size("640X360") == (360, 640)


# --- progress ---------------------------------------------------------------------------------------------


def event(kind: EventKind, stage: str = "analyze", **details) -> RunEvent:
    return RunEvent("r", kind, stage, 0.0, details)


def test_away_from_a_terminal_each_tenth_is_a_line():
    lines: list[str] = []
    show = Lines(lines.append)
    show(event(EventKind.STAGE_STARTED))
    for done in range(1, 101):
        show(event(EventKind.STAGE_PROGRESS, done=done, total=100, fps=50.0, eta_s=(100 - done) / 50))
    show(event(EventKind.STAGE_STARTED, "report"))
    assert len(lines) == 12
    assert lines[0] == "looking at frames ..."
    assert lines[1] == "looking at frames: 10/100 (10%), 50 fps, 0:02 left"
    assert lines[10].startswith("looking at frames: 100/100 (100%)")
    assert lines[11] == "making the report ..."


def test_progress_without_a_pace_or_total_is_fine():
    lines: list[str] = []
    show = Lines(lines.append)
    show(event(EventKind.STAGE_PROGRESS, segment=1))
    show(event(EventKind.STAGE_PROGRESS, done=5, total=10, fps=0.0, eta_s=None))
    assert lines == ["looking at frames: 5/10 (50%)"]


def test_quiet_is_quiet(capsys):
    with shown_progress(quiet=True) as listener:
        listener(event(EventKind.STAGE_STARTED))
    said = capsys.readouterr()
    assert said.out == said.err == ""


def test_at_a_terminal_there_is_a_bar(monkeypatch):
    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "stderr", screen)
    with shown_progress(quiet=False) as listener:
        listener(event(EventKind.STAGE_STARTED))
        listener(event(EventKind.STAGE_PROGRESS, segment=0))
        listener(event(EventKind.STAGE_PROGRESS, "annotate", done=30, total=60, fps=120.0, eta_s=65))
        listener(event(EventKind.STAGE_COMPLETED))
    assert "looking at frames" in screen.getvalue()
    assert re.search(r"drawing the video .*50%.* 30/60 120 fps  1:05 left", screen.getvalue())
