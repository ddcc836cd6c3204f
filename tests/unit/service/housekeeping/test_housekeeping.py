"""Old runs go, leftovers go, backups stay few, and a full disk refuses new work first."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.bootstrap import build_platform
from sightline.core.errors import AdapterUnavailableError, OutputFullError, OutputUnwritableError
from sightline.core.receipts import Receipt
from sightline.core.runs import Run, RunState
from sightline.core.videos import Video
from sightline.service.folder import free_bytes
from sightline.service.housekeeping import chores
from sightline.service.housekeeping.backup import back_up, back_up_in_turn
from sightline.service.housekeeping.chores import CHORES, Housekeeper, do_chore
from sightline.service.housekeeping.leftovers import remove_leftovers
from sightline.service.housekeeping.pressure import check_room
from sightline.service.housekeeping.retention import apply_retention
from sightline.service.object_results import publish_objects
from sightline.settings import read_settings
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryObjects, MemoryRunStore, MemoryUpkeep
from sightline.testing.videos import MemoryReceiptStore, MemoryVideoStore
from sightline.testing.webhooks import FakeSender, MemoryWebhooks

DAY_S = 86_400.0
NOW_S = 2_000_000_000.0


@pytest.fixture
def make(tmp_path):
    def make(**given):
        built = build_platform(
            read_settings(home=tmp_path / "home", **given), clock=FakeClock(NOW_S), store=MemoryRunStore()
        )
        store = MemoryWebhooks()
        return replace(
            built,
            objects=MemoryObjects(),
            webhooks=store,
            deliveries=store,
            sender=FakeSender(),
            videos=MemoryVideoStore(),
            receipts=MemoryReceiptStore(),
            upkeep=MemoryUpkeep(),
        )

    return make


def add_run(platform, name, *, age_days=0.0, owner="ada", state=RunState.COMPLETED, size_bytes=1000):
    """Store a run that ended so long ago, with a result of so many bytes; ids begin with the time."""
    ended_s = NOW_S - age_days * DAY_S
    run_id = f"{int(ended_s * 1000):012x}-{name}"
    folder = platform.settings.results / run_id
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "tracks.parquet").write_bytes(bytes(size_bytes))
    (folder / "manifest.json").write_text("{}")
    run = Run(
        run_id, state, "/v.mp4", "people", str(folder), created_s=ended_s, updated_s=ended_s, owner=owner
    )
    platform.runs.add(run)
    return run


def names(platform):
    return sorted(run.id.partition("-")[2] for run in platform.runs.list())


def make_old(path: Path, age_days: float = 2.0) -> Path:
    when_s = NOW_S - age_days * DAY_S
    os.utime(path, (when_s, when_s))
    return path


def test_runs_that_ended_too_long_ago_are_deleted_with_their_files(make):
    platform = make(keep_days=7)
    old, _ = add_run(platform, "old", age_days=8), add_run(platform, "new", age_days=6)
    add_run(platform, "busy", age_days=9, state=RunState.RUNNING)
    add_run(platform, "waits", age_days=9, state=RunState.QUEUED)
    add_run(platform, "local", age_days=99, owner="local")
    publish_objects(platform, old)
    assert apply_retention(platform, rehearse=True).by_age == (old.id,)
    assert len(names(platform)) == 5
    done = apply_retention(platform)
    assert (done.by_age, done.by_size, bool(done)) == ((old.id,), (), True)
    assert names(platform) == ["busy", "local", "new", "waits"]
    assert platform.objects.list("") == []
    assert not apply_retention(platform)


def test_a_user_keeps_the_newest_runs_that_fit(make):
    platform = make(keep_bytes=2500)
    for number in range(4):
        add_run(platform, f"ada{number}", age_days=number, size_bytes=1000)
        add_run(platform, f"bob{number}", age_days=number, owner="bob", size_bytes=100)
    apply_retention(platform)
    assert names(platform) == ["ada0", "ada1", "bob0", "bob1", "bob2", "bob3"]


def test_nothing_is_deleted_unless_it_is_asked_for(make):
    platform = make()
    add_run(platform, "old", age_days=5000, size_bytes=100_000)
    assert not apply_retention(platform)
    assert names(platform) == ["old"]


def test_leftovers_of_crashes_are_removed_once_they_are_old(make):
    platform = make()
    kept = add_run(platform, "kept", age_days=3)
    results, home = platform.settings.results, platform.settings.home
    orphan, fresh = results / "0123456789ab-dead", results / "0123456789ab-live"
    part, incoming = home / "models" / ".m.onnx.part", home / "objects" / ".incoming" / "tmp1"
    for path in (orphan, fresh, part.parent, incoming.parent):
        path.mkdir(parents=True)
    for path in (part, incoming, home / "models" / ".new.part"):
        path.write_bytes(b"half")
    for path in (orphan, part, incoming, Path(kept.folder)):
        make_old(path)
    for path in (fresh, home / "models" / ".new.part"):
        make_old(path, 0.5)
    rehearsed = remove_leftovers(platform, rehearse=True)
    assert orphan.exists()
    assert remove_leftovers(platform) == rehearsed
    assert rehearsed.folders == (orphan.name,)
    assert sorted(rehearsed.files) == ["models/.m.onnx.part", "objects/.incoming/tmp1"]
    assert not orphan.exists()
    assert Path(kept.folder).exists()
    assert fresh.exists()
    assert not remove_leftovers(platform)


def test_folders_of_videos_that_nobody_knows_are_removed(make):
    platform = make()
    platform.videos.add(Video("0001-known", "ada", "clip.mp4"))
    for name in ("0001-known", "0001-lost", "0001-fresh"):
        (platform.settings.videos / name).mkdir(parents=True)
        make_old(platform.settings.videos / name, 0.1 if name == "0001-fresh" else 2)
    assert remove_leftovers(platform).videos == ("0001-lost",)
    assert sorted(path.name for path in platform.settings.videos.iterdir()) == ["0001-fresh", "0001-known"]


def test_uploads_that_nobody_goes_on_with_are_given_up(make):
    platform = make()
    for name, expires_s in (("0001-old", NOW_S - 1), ("0001-new", NOW_S + 1), ("0001-done", None)):
        platform.videos.add(Video(name, "ada", "clip.mp4", expires_s=expires_s))
        (platform.settings.videos / name).mkdir(parents=True)
    assert do_chore(platform, "uploads")
    assert sorted(video.id for video in platform.videos.list()) == ["0001-done", "0001-new"]
    assert not (platform.settings.videos / "0001-old").exists()


def test_idempotency_keys_are_forgotten_after_a_week(make):
    platform = make()
    for key, age_days in (("old", 8), ("new", 6)):
        platform.receipts.claim(Receipt("ada", key, "00", "r1", created_s=NOW_S - age_days * DAY_S))
    assert apply_retention(platform).receipts == 1
    assert platform.receipts.claim(Receipt("ada", "old", "00")) is None
    assert platform.receipts.claim(Receipt("ada", "new", "00")) is not None


def test_what_was_published_of_runs_that_are_gone_is_removed(make):
    platform = make()
    old, new, kept = (
        add_run(platform, name, age_days=days) for name, days in (("old", 3), ("new", 0.1), ("kept", 3))
    )
    for run in (old, new, kept):
        publish_objects(platform, run)
    for run in (old, new):
        platform.runs.delete(run.id)
    assert remove_leftovers(platform).published == (old.id,)
    assert {key.split("/")[1] for key in platform.objects.list("runs/")} == {new.id, kept.id}


def test_results_are_published_whole_and_twice_does_no_harm(make):
    platform = make()
    run = add_run(platform, "r", size_bytes=3_000_000)
    (Path(run.folder) / ".sightline").mkdir()
    (Path(run.folder) / ".sightline" / "part").write_bytes(b"work")
    assert publish_objects(platform, run) == 2
    assert publish_objects(platform, run) == 0
    key = f"runs/{run.id}/tables/tracks.parquet"
    assert platform.objects.list("") == [f"runs/{run.id}/manifest.json", key]
    assert b"".join(platform.objects.get(key)) == bytes(3_000_000)


def test_the_newest_backups_are_kept(make):
    platform = make(backups_kept=2)
    for _ in range(4):
        made = back_up_in_turn(platform)
        platform.clock.advance(DAY_S)
    kept = sorted((platform.settings.home / "backups").iterdir())
    assert len(kept) == 2
    assert kept[-1] == made
    assert back_up_in_turn(make()) is None


def test_a_backup_does_not_take_the_place_of_the_database_that_is_in_use(tmp_path):
    platform = build_platform(read_settings(home=tmp_path))
    (tmp_path / "link.db").symlink_to(tmp_path / "sightline.db")
    for itself in (tmp_path / "sightline.db", tmp_path / "link.db"):
        with pytest.raises(OutputUnwritableError, match="the database itself"):
            back_up(platform, to=itself)
    platform.runs.close()


def test_a_backup_is_a_database_that_can_be_opened(tmp_path):
    platform = build_platform(read_settings(home=tmp_path / "home"))
    platform.runs.add(Run("r1", RunState.QUEUED, "/v.mp4", "people", "/out"))
    copy = back_up(platform, to=tmp_path / "copy.db")
    plain = sqlite3.connect(copy)
    assert plain.execute("SELECT id FROM runs").fetchall() == [("r1",)]
    plain.close()
    restored = build_platform(read_settings(home=tmp_path / "other", database_url=f"sqlite:///{copy}"))
    assert restored.runs.get("r1").app == "people"
    for one in (platform, restored):
        one.runs.close()


def test_new_work_is_refused_before_old_work_has_to_stop(make, tmp_path):
    free = free_bytes(tmp_path)
    check_room(make(min_free_bytes=0, reserve_bytes=0))
    tight = make(min_free_bytes=0, reserve_bytes=free + 10**12)
    with pytest.raises(OutputFullError, match="wanted for new work"):
        check_room(tight)
    with pytest.raises(OutputFullError):
        check_room(make(min_free_bytes=0, reserve_bytes=0), wanted_bytes=free + 10**12)


def test_chores_are_done_when_they_are_due(make):
    platform = make()
    housekeeper = Housekeeper(platform)
    assert housekeeper.tend() == [one.name for one in CHORES]
    assert housekeeper.tend() == []
    platform.clock.advance(1.5)
    assert housekeeper.tend() == ["relay", "webhooks"]
    platform.clock.advance(3600)
    assert set(housekeeper.tend()) == {"relay", "webhooks", "uploads", "retention", "leftovers"}


def test_one_process_at_a_time_does_a_chore(make):
    platform = make()
    held = platform.locks.take("chore:retention", lease_s=60)
    assert not do_chore(platform, "retention")
    platform.locks.release(held)
    assert do_chore(platform, "retention")


def test_a_chore_that_fails_is_done_again_and_stops_no_other(make, monkeypatch):
    def fail(platform):
        raise AdapterUnavailableError("the object store does not answer")

    broken = replace(CHORES[2], work=fail)
    monkeypatch.setattr(chores, "_BY_NAME", {**chores._BY_NAME, "retention": broken})
    platform = make()
    assert not do_chore(platform, "retention")
    assert platform.locks.take("chore:retention", lease_s=1) is not None
    assert Housekeeper(platform).tend() == [one.name for one in CHORES]


def test_a_housekeeper_works_in_a_thread_until_it_is_closed(make):
    housekeeper = Housekeeper(make())
    housekeeper.start()
    housekeeper.close()
    housekeeper.close()
    assert not housekeeper._thread.is_alive()
