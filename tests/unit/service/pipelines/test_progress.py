"""How far a run has come, by what was stored and what was told in between."""

from __future__ import annotations

from types import SimpleNamespace

from sightline.core.events import EventKind, RunEvent
from sightline.service.pipelines.progress import ProgressBoard


class Journal:
    def __init__(self):
        self.stored = []
        self.reads = 0

    def events(self, _run_id, *, after=0, limit=1000):
        self.reads += 1
        return [event for event in self.stored if event.cursor > after][:limit]


def event(kind, cursor, t_s, stage="analyze", **details):
    return RunEvent("r", kind, stage, t_s, details, cursor)


def board_and_platform(*stored):
    journal = Journal()
    journal.stored = list(stored)
    return ProgressBoard(), SimpleNamespace(journal=journal)


def test_stored_events_tell_the_stage_and_the_frames():
    board, platform = board_and_platform(
        event(EventKind.STAGE_STARTED, 1, 1.0),
        event(EventKind.STAGE_PROGRESS, 2, 2.0, done=30, total=120, fps=15.0, eta_s=6.0),
    )
    standing = board.read(platform, "r")
    assert (standing.stage, standing.done, standing.total, standing.fps, standing.eta_s) == (
        "analyze", 30, 120, 15.0, 6.0,
    )  # fmt: skip
    assert (standing.frames_done, standing.frames_total, standing.cursor) == (30, 120, 2)


def test_a_pace_that_is_told_is_newer_than_what_is_stored():
    board, platform = board_and_platform(event(EventKind.STAGE_STARTED, 1, 1.0))
    board.take(event(EventKind.STAGE_PROGRESS, 0, 1.5, done=7, total=120, fps=14.0))
    assert board.read(platform, "r").done == 7


def test_a_later_stage_does_not_forget_the_frames():
    board, platform = board_and_platform(
        event(EventKind.STAGE_PROGRESS, 1, 1.0, done=120, total=120),
        event(EventKind.STAGE_STARTED, 2, 2.0, stage="report"),
    )
    standing = board.read(platform, "r")
    assert (standing.stage, standing.done, standing.frames_done) == ("report", 0, 120)


def test_asking_again_reads_only_what_is_new():
    board, platform = board_and_platform(event(EventKind.STAGE_STARTED, 1, 1.0))
    board.read(platform, "r")
    platform.journal.stored = [event(EventKind.PIPELINE_COMPLETED, 2, 3.0, stage="")]
    assert board.read(platform, "r").stage == ""
