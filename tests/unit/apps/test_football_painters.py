"""Figures are the same whoever draws them, and nobody goes on painting for nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sightline.analytics.football.match import PitchSize
from sightline.apps.football.pictures import painters
from sightline.apps.football.pictures.painters import Painters, painters_for
from sightline.apps.football.pictures.pitches import Board, Dot

PITCH = PitchSize()
TEAMS = [([Dot(-20.0, 3.0, "4"), Dot(5.0, -8.0, "9")], "#d5202f")]


def drawn(folder: Path, count: int) -> dict[str, bytes]:
    folder.mkdir()
    with Painters(folder, count) as painting:
        painting.ask(Board.shapes, "average.svg", TEAMS)
        painting.ask(Board.network, "network.svg", TEAMS[0][0], [(0, 1, 0.5)], "#d5202f", "below")
        painting.ask(Board.shapes, "again.svg", TEAMS)
        painting.begin(PITCH)
        painting.finish(PITCH)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_two_painters_draw_what_one_process_draws(tmp_path: Path) -> None:
    here, there = drawn(tmp_path / "here", 0), drawn(tmp_path / "there", 2)
    assert sorted(here) == ["again.svg", "average.svg", "network.svg"]
    assert here == there


@pytest.mark.slow
def test_what_a_painter_cannot_draw_fails_where_it_was_asked_for(tmp_path: Path) -> None:
    with Painters(tmp_path, 1) as painting:
        painting.ask(Board.shapes, "average.svg", [([Dot(0.0, 0.0, "1")], "no colour")])
        painting.begin(PITCH)
        with pytest.raises(ValueError, match="must be a color"):
            painting.finish(PITCH)


@pytest.mark.slow
def test_a_painter_that_is_gone_leaves_its_work_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painters, "_COMMAND", ("false",))
    assert sorted(drawn(tmp_path / "figures", 2)) == ["again.svg", "average.svg", "network.svg"]


def test_painters_who_got_nothing_to_do_are_sent_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painters, "_COMMAND", ("sleep", "60"))
    with Painters(tmp_path, 2) as painting:
        waiting = list(painting._idle)
        assert [one.poll() for one in waiting] == [None, None]
    assert all(one.returncode is not None for one in waiting)


@pytest.mark.parametrize(("rows", "cores", "count"), [(1_500, 8, 0), (135_000, 2, 2), (135_000, 1, 0)])
def test_only_long_matches_have_painters_where_cores_are_free(
    rows: int, cores: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert painters_for(rows) == count


def test_work_is_shared_out_evenly() -> None:
    tasks = [("heats", ()), ("heats", ()), *[("passes", ())] * 2, *[("shapes", ())] * 3]
    shares = painters._dealt(tasks, 2)
    assert sorted(len(share) for share in shares) == [3, 4]
    assert [sum(name == "heats" for name, _ in share) for share in shares] == [1, 1]
