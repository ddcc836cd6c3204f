"""What every `RunStore` and `RunJournal` promises."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sightline.core.errors import ConflictError, IllegalTransitionError, RunNotFoundError
from sightline.core.events import EventKind, RunEvent
from sightline.core.runs import Attempt, Checkpoint, Run, RunFilter, RunState


def queued(run_id: str = "r1", **changes: Any) -> Run:
    """Give a run that waits."""
    run = Run(
        id=run_id,
        state=RunState.QUEUED,
        source="/videos/a b.mp4",
        app="people",
        folder="/out",
        settings={"stride": 2, "rules": {"lines": [{"name": "Tür", "points": [[0.5, 1.0]]}]}},
        created_s=1_700_000_000.25,
        updated_s=1_700_000_000.25,
    )
    return replace(run, **changes)


def event(kind: EventKind = EventKind.STAGE_PROGRESS, run_id: str = "r1", **details: Any) -> RunEvent:
    """Give an event that nobody has stored yet."""
    return RunEvent(run_id=run_id, kind=kind, stage="infer", t_s=1.5, details=details)


class RunStoreContract:
    """Subclass it and give a fresh, empty store in `make`."""

    def make(self, folder: Path) -> Any:
        """Give an implementation; `folder` is empty and its own."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Any:
        return self.make(tmp_path)

    def test_a_run_comes_back_as_it_was_stored(self, store: Any) -> None:
        store.add(queued())
        assert store.get("r1") == queued()

    def test_an_id_is_taken_once(self, store: Any) -> None:
        store.add(queued())
        with pytest.raises(ConflictError, match="r1"):
            store.add(queued(app="other"))
        assert store.get("r1").app == "people"

    @pytest.mark.parametrize("call", ["get", "delete"])
    def test_an_unknown_run_is_not_found(self, store: Any, call: str) -> None:
        with pytest.raises(RunNotFoundError, match="nobody"):
            getattr(store, call)("nobody")

    def test_changing_an_unknown_run_is_not_found(self, store: Any) -> None:
        with pytest.raises(RunNotFoundError):
            store.update(queued("nobody"))

    def test_runs_are_listed_newest_first_page_by_page(self, store: Any) -> None:
        for number in (3, 1, 2, 5, 4):
            store.add(queued(f"r{number}"))
        first = store.list(limit=2)
        second = store.list(limit=2, before=first[-1].id)
        assert [run.id for run in (*first, *second)] == ["r5", "r4", "r3", "r2"]
        assert [run.id for run in store.list(limit=2, before="r2")] == ["r1"]

    def test_runs_are_listed_by_state(self, store: Any) -> None:
        store.add(queued("r1"))
        store.add(queued("r2"))
        store.update(replace(queued("r2"), state=RunState.RUNNING))
        assert [run.id for run in store.list(RunFilter(state=RunState.RUNNING))] == ["r2"]
        assert [run.id for run in store.list(RunFilter(state=RunState.QUEUED))] == ["r1"]

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            (RunFilter(owner="ada"), "r3 r1"),
            (RunFilter(owner="ada", shared_ids=frozenset({"r2", "none"})), "r3 r2 r1"),
            (RunFilter(app="football"), "r4 r2"),
            (RunFilter(tag="cup"), "r4 r3"),
            (RunFilter(tag="cup", owner="ada", app="people"), "r3"),
            (RunFilter(folder="/elsewhere"), "r4"),
            (RunFilter(fingerprint="f" * 64), "r1"),
            (RunFilter(video_id="v9"), "r2"),
            (RunFilter(id_part="r"), "r4 r3 r2 r1"),
            (RunFilter(id_part="4"), "r4"),
            (RunFilter(id_part="%"), ""),
            (RunFilter(owner="nobody"), ""),
        ],
    )
    def test_runs_are_listed_by_what_they_are(self, store: Any, wanted: RunFilter, found: str) -> None:
        store.add(queued("r1", owner="ada", fingerprint="f" * 64))
        store.add(queued("r2", owner="bob", app="football", video_id="v9"))
        store.add(queued("r3", owner="ada", tags=("away", "cup")))
        store.add(queued("r4", owner="bob", app="football", tags=("cup",), folder="/elsewhere"))
        assert [run.id for run in store.list(wanted)] == found.split()
        assert [run.id for run in store.list(wanted, before="r4")] == [
            one for one in found.split() if one < "r4"
        ]

    def test_tags_change_with_the_run(self, store: Any) -> None:
        store.add(queued(tags=("old", "stays")))
        store.update(queued(tags=("new", "stays"), priority=3))
        assert store.get("r1").tags == ("new", "stays")
        assert store.get("r1").priority == 3
        assert store.list(RunFilter(tag="old")) == []
        assert [run.id for run in store.list(RunFilter(tag="new"))] == ["r1"]

    def test_a_change_raises_the_version_and_is_kept(self, store: Any) -> None:
        store.add(queued())
        changed = store.update(
            replace(queued(), state=RunState.RUNNING, attempts=1, updated_s=2.0, cancel_requested=True)
        )
        assert changed.version == queued().version + 1
        assert store.get("r1") == changed
        failed = store.update(replace(changed, state=RunState.FAILED, error={"code": "x", "hint": None}))
        assert store.get("r1").error == {"code": "x", "hint": None}
        assert failed.version == changed.version + 1

    def test_the_slower_of_two_writers_loses(self, store: Any) -> None:
        store.add(queued())
        mine = theirs = store.get("r1")
        store.update(replace(theirs, state=RunState.RUNNING))
        with pytest.raises(ConflictError):
            store.update(replace(mine, state=RunState.CANCELLED))
        assert store.get("r1").state is RunState.RUNNING

    def test_an_illegal_step_changes_nothing(self, store: Any) -> None:
        store.add(queued())
        with pytest.raises(IllegalTransitionError):
            store.update(replace(queued(), state=RunState.COMPLETED))
        assert store.get("r1") == queued()

    def test_of_many_writers_at_once_exactly_one_wins(self, store: Any) -> None:
        store.add(queued())
        start = threading.Barrier(6)
        outcomes: list[str] = []

        def write() -> None:
            run = store.get("r1")
            start.wait(timeout=10)
            try:
                store.update(replace(run, state=RunState.RUNNING))
                outcomes.append("won")
            except ConflictError:
                outcomes.append("lost")

        threads = [threading.Thread(target=write) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
        assert sorted(outcomes) == ["lost"] * 5 + ["won"]

    def test_a_running_run_is_not_deleted(self, store: Any) -> None:
        store.add(queued())
        store.update(replace(queued(), state=RunState.RUNNING))
        with pytest.raises(ConflictError, match="running"):
            store.delete("r1")
        assert store.get("r1").state is RunState.RUNNING

    def test_a_deleted_run_is_gone_and_its_id_is_free(self, store: Any) -> None:
        store.add(queued())
        store.delete("r1")
        with pytest.raises(RunNotFoundError):
            store.get("r1")
        store.add(queued())
        assert store.get("r1") == queued()


class RunJournalContract:
    """Subclass it and give one object that is both `RunStore` and `RunJournal` in `make`."""

    def make(self, folder: Path) -> Any:
        """Give an implementation; `folder` is empty and its own."""
        raise NotImplementedError

    @pytest.fixture
    def journal(self, tmp_path: Path) -> Any:
        journal = self.make(tmp_path)
        journal.add(queued())
        return journal

    def test_checkpoints_come_back_in_order(self, journal: Any) -> None:
        for segment in (0, 1, 2):
            journal.commit(
                "r1", Checkpoint(segment, frames=10 + segment, parts={"frames": 10 + segment}), attempt=0
            )
        kept = journal.checkpoints("r1")
        assert [(one.segment, one.frames, one.parts) for one in kept] == [
            (0, 10, {"frames": 10}),
            (1, 11, {"frames": 11}),
            (2, 12, {"frames": 12}),
        ]

    def test_the_last_checkpoint_holds_its_snapshots_exactly(self, journal: Any) -> None:
        states = {"track": bytes(range(256)), "motion": b"", "count": b"\x00" * 1000}
        journal.commit("r1", Checkpoint(0, frames=5, snapshots={"track": b"old"}), attempt=0)
        journal.commit("r1", Checkpoint(1, frames=5, snapshots=states), attempt=0)
        assert dict(journal.checkpoints("r1")[-1].snapshots) == states

    def test_older_checkpoints_do_not_pile_up_snapshots(self, journal: Any) -> None:
        for segment in range(3):
            journal.commit("r1", Checkpoint(segment, frames=5, snapshots={"track": b"state"}), attempt=0)
        assert [dict(one.snapshots) for one in journal.checkpoints("r1")[:-1]] == [{}, {}]

    def test_the_same_segment_twice_is_one(self, journal: Any) -> None:
        journal.commit(
            "r1", Checkpoint(0, frames=5, snapshots={"track": b"a"}), events=[event(done=5)], attempt=0
        )
        journal.commit(
            "r1", Checkpoint(0, frames=5, snapshots={"track": b"b"}), events=[event(done=5)], attempt=0
        )
        (kept,) = journal.checkpoints("r1")
        assert dict(kept.snapshots) == {"track": b"a"}
        assert len(journal.events("r1")) == 1

    def test_committing_to_an_unknown_run_is_refused(self, journal: Any) -> None:
        with pytest.raises(RunNotFoundError):
            journal.commit("nobody", Checkpoint(0, frames=1), attempt=0)

    def test_a_late_worker_commits_nothing(self, journal: Any) -> None:
        journal.update(queued(attempts=2))
        for late in (1, 3):
            with pytest.raises(ConflictError, match="taken over"):
                journal.commit("r1", Checkpoint(0, frames=1), attempt=late, events=[event()])
            with pytest.raises(ConflictError, match="taken over"):
                journal.append("r1", [event()], attempt=late)
        assert (journal.checkpoints("r1"), journal.events("r1")) == ([], [])
        journal.commit("r1", Checkpoint(0, frames=1), attempt=2)
        assert len(journal.checkpoints("r1")) == 1

    def test_attempts_are_kept_with_what_came_of_them(self, journal: Any) -> None:
        first = Attempt(1, "host:1", started_s=1.5)
        running = journal.update(queued(state=RunState.RUNNING, attempts=1), attempt=first)
        assert journal.attempts("r1") == [first]
        ended = replace(first, ended_s=2.5, outcome="failed", error={"code": "x", "hint": None})
        journal.update(replace(running, state=RunState.FAILED), attempt=ended)
        second = Attempt(2, "host:2", started_s=3.0)
        failed = journal.get("r1")
        again = journal.update(replace(failed, state=RunState.QUEUED))
        journal.update(replace(again, state=RunState.RUNNING, attempts=2), attempt=second)
        assert journal.attempts("r1") == [ended, second]

    def test_appended_events_come_back_numbered(self, journal: Any) -> None:
        (first,) = journal.append("r1", [event(done=1)], attempt=0)
        second, third = journal.append("r1", [event(done=2), event(done=3)], attempt=0)
        assert [first.cursor, second.cursor, third.cursor] == [1, 2, 3]
        assert journal.events("r1") == [first, second, third]
        assert not journal.append("r1", [], attempt=0)

    def test_events_are_numbered_from_one_without_gaps(self, journal: Any) -> None:
        journal.update(queued(), events=[event(EventKind.STAGE_STARTED)])
        journal.commit(
            "r1", Checkpoint(0, frames=1), events=[event(done=1), event(done=2, note="größer")], attempt=0
        )
        stored = journal.events("r1")
        assert [one.cursor for one in stored] == [1, 2, 3]
        assert [one.kind for one in stored] == [
            EventKind.STAGE_STARTED,
            EventKind.STAGE_PROGRESS,
            EventKind.STAGE_PROGRESS,
        ]
        assert stored[2].details == {"done": 2, "note": "größer"}
        assert (stored[2].run_id, stored[2].stage, stored[2].t_s) == ("r1", "infer", 1.5)

    def test_events_can_be_read_on_from_any_cursor(self, journal: Any) -> None:
        journal.update(queued(), events=[event(done=number) for number in range(5)])
        assert [one.cursor for one in journal.events("r1", after=2, limit=2)] == [3, 4]
        assert journal.events("r1", after=5) == []

    def test_a_refused_change_leaves_no_event(self, journal: Any) -> None:
        with pytest.raises(IllegalTransitionError):
            journal.update(replace(queued(), state=RunState.COMPLETED), events=[event()])
        with pytest.raises(ConflictError):
            journal.update(replace(queued(), version=7), events=[event()])
        assert journal.events("r1") == []

    def test_each_run_has_events_and_checkpoints_of_its_own(self, journal: Any) -> None:
        journal.add(queued("r2"))
        journal.commit("r1", Checkpoint(0, frames=1), events=[event()], attempt=0)
        journal.commit("r2", Checkpoint(0, frames=2), events=[event(run_id="r2")], attempt=0)
        assert [one.frames for one in journal.checkpoints("r2")] == [2]
        assert [(one.run_id, one.cursor) for one in journal.events("r2")] == [("r2", 1)]

    def test_deleting_a_run_deletes_what_belongs_to_it(self, journal: Any) -> None:
        journal.commit("r1", Checkpoint(0, frames=1, snapshots={"track": b"a"}), events=[event()], attempt=0)
        journal.delete("r1")
        journal.add(queued())
        assert journal.checkpoints("r1") == []
        assert journal.events("r1") == []


class OutboxContract:
    """Subclass it and give one object that is `RunStore`, `RunJournal` and `Outbox` in `make`."""

    def make(self, folder: Path) -> Any:
        """Give an implementation; `folder` is empty and its own."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Any:
        store = self.make(tmp_path)
        store.add(queued("r1"))
        store.add(queued("r2"))
        return store

    def test_whatever_is_stored_waits_for_the_bus_in_order(self, store: Any) -> None:
        store.update(queued("r2"), events=[event(run_id="r2", n=1)])
        store.append("r1", [event(n=2)], attempt=0)
        store.commit("r1", Checkpoint(0, frames=1), attempt=0, events=[event(n=3)])
        waiting = [one for _, one in store.pending()]
        assert [(one.run_id, one.cursor, one.details["n"]) for one in waiting] == [
            ("r2", 1, 1),
            ("r1", 1, 2),
            ("r1", 2, 3),
        ]
        assert waiting[1:] == list(store.events("r1"))

    def test_what_was_sent_waits_no_longer(self, store: Any) -> None:
        store.append("r1", [event(n=number) for number in range(4)], attempt=0)
        numbers = [number for number, _ in store.pending()]
        assert numbers == sorted(set(numbers))
        store.sent(numbers[:2])
        store.sent(numbers[:2])
        store.sent([])
        assert [one.details["n"] for _, one in store.pending()] == [2, 3]
        assert len(store.events("r1")) == 4

    def test_a_part_of_what_waits_can_be_had(self, store: Any) -> None:
        for name in ("r1", "r2", "r1"):
            store.append(name, [event(run_id=name)], attempt=0)
        assert [(one.run_id, one.cursor) for _, one in store.pending(run_id="r1")] == [("r1", 1), ("r1", 2)]
        assert [(one.run_id, one.cursor) for _, one in store.pending(limit=2)] == [("r1", 1), ("r2", 1)]

    def test_a_refused_change_sends_nothing(self, store: Any) -> None:
        with pytest.raises(ConflictError):
            store.update(queued("r1", version=7), events=[event()])
        assert store.pending() == []

    def test_a_deleted_runs_events_wait_no_longer(self, store: Any) -> None:
        store.append("r1", [event()], attempt=0)
        store.append("r2", [event(run_id="r2")], attempt=0)
        store.delete("r1")
        assert [one.run_id for _, one in store.pending()] == ["r2"]
