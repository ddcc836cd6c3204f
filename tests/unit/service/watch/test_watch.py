"""Each new file of a watched folder becomes a run: once it is whole, and once only."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

import pytest

from factories import make_clip
from sightline.bootstrap import build_platform
from sightline.core.accounts import LOCAL, Role
from sightline.core.errors import (
    AccessDeniedError,
    AddressRefusedError,
    NotFoundError,
    OutputFullError,
    SourceUnavailableError,
)
from sightline.core.receipts import WATCHED
from sightline.core.runs import RunFilter
from sightline.service.accounts import users
from sightline.service.watch import watcher as watching
from sightline.service.watch.places import FolderPlace, open_place
from sightline.service.watch.watcher import Watcher, WatchKeeper
from sightline.settings import WatchedPlace, read_settings
from sightline.testing.accounts import MemoryAccountStore
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryRunStore
from sightline.testing.videos import MemoryReceiptStore

SETTLE_S = 5.0


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def platform(tmp_path, inbox):
    settings = read_settings(
        home=tmp_path / "home", allowed_folders=(inbox,), min_free_bytes=0, reserve_bytes=0
    )
    built = build_platform(settings, store=MemoryRunStore(), accounts=MemoryAccountStore(), clock=FakeClock())
    return replace(built, receipts=MemoryReceiptStore())


@pytest.fixture
def quick_look(monkeypatch):
    """Files are believed to be videos, as looking into one takes a process of its own."""
    monkeypatch.setattr(watching, "file_at", lambda _platform, text: watching_path(text))


def watching_path(text):
    from pathlib import Path

    return Path(text)


def watch(platform, inbox, **more):
    return Watcher(platform, WatchedPlace(place=str(inbox), owner="local", **more))


def names(taken):
    return [one.found.name.rpartition("/")[2] for one in taken]


def test_a_file_is_whole_once_it_has_stopped_growing(platform, inbox):
    place = FolderPlace(platform, inbox)
    path = inbox / "a.mp4"
    path.write_bytes(b"one")
    assert place.look() == []
    platform.clock.advance(SETTLE_S / 2)
    path.write_bytes(b"one and two")
    platform.clock.advance(SETTLE_S / 2)
    assert place.look() == []
    platform.clock.advance(SETTLE_S)
    assert [found.name for found in place.look()] == [str(path)]
    os.utime(path, (1, 1))
    assert place.look() == []


def test_hidden_and_unfinished_files_are_left_alone(platform, inbox):
    for name in (".hidden.mp4", "a.mp4.part", "b.crdownload", ".sync/c.mp4", "empty.mp4", "deep/d.mp4"):
        (inbox / name).parent.mkdir(exist_ok=True)
        (inbox / name).write_bytes(b"" if name == "empty.mp4" else b"x")
    place = FolderPlace(platform, inbox)
    place.look()
    platform.clock.advance(SETTLE_S)
    assert [found.name for found in place.look()] == [str(inbox / "deep" / "d.mp4")]


def test_a_new_video_becomes_one_run_across_restarts(platform, inbox):
    make_clip(inbox / "a.mp4", frames=5)
    (inbox / "notes.txt").write_text("no video")
    wanted = {"tags": ("night",), "settings": {"min_score": 0.4}, "priority": 3}
    first = watch(platform, inbox, **wanted)
    assert list(first.look()) == []
    platform.clock.advance(SETTLE_S)
    taken = list(first.look())
    assert names(taken) == ["a.mp4", "notes.txt"]
    assert taken[1].error.code == "content_refused"
    run = platform.runs.get(taken[0].run.id)
    assert (run.source, run.priority, run.owner) == (str(inbox / "a.mp4"), 3, "local")
    assert run.settings["app"]["min_score"] == 0.4
    assert run.tags[0] == "night"
    assert platform.queue.take(lease_s=1).job_id == run.id
    for again in (first, watch(platform, inbox, **wanted)):  # the second is a process that started anew
        list(again.look())
        platform.clock.advance(SETTLE_S)
        assert list(again.look()) == []
    platform.receipts.forget(before_s=platform.clock.now_s() + 1e9)
    third = watch(platform, inbox, **wanted)
    list(third.look())
    platform.clock.advance(SETTLE_S)
    assert list(third.look()) == []
    assert len(platform.runs.list()) == 1


@pytest.mark.usefixtures("quick_look")
class TestWithoutALookIntoFiles:
    def settled(self, platform, inbox, **more):
        one = watch(platform, inbox, **more)
        list(one.look())
        platform.clock.advance(SETTLE_S)
        return one

    def test_another_file_under_the_same_name_is_another_run(self, platform, inbox):
        make_clip(inbox / "a.mp4", frames=5)
        one = self.settled(platform, inbox)
        first = list(one.look())
        make_clip(inbox / "a.mp4", frames=6)
        list(one.look())
        platform.clock.advance(SETTLE_S)
        second = list(one.look())
        assert names(second) == ["a.mp4"]
        assert first[0].run.id != second[0].run.id

    def test_what_there_was_no_room_for_is_taken_later(self, platform, inbox, monkeypatch):
        make_clip(inbox / "a.mp4", frames=5)
        one = self.settled(platform, inbox)
        start = watching.start_pipeline

        def full(*_args, **_more):
            raise OutputFullError("full")

        monkeypatch.setattr(watching, "start_pipeline", full)
        with pytest.raises(OutputFullError):
            list(one.look())
        monkeypatch.setattr(watching, "start_pipeline", start)
        assert names(one.look()) == ["a.mp4"]

    def test_a_file_that_vanishes_holds_up_no_other(self, platform, inbox, monkeypatch):
        for name in ("a.mp4", "b.mp4"):
            make_clip(inbox / name, frames=5)
        one = self.settled(platform, inbox)

        def gone(_platform, text):
            if text.endswith("a.mp4"):
                raise SourceUnavailableError("gone")
            return watching_path(text)

        monkeypatch.setattr(watching, "file_at", gone)
        assert names(one.look()) == ["b.mp4"]

    def test_a_process_that_dies_between_receipt_and_run_costs_no_file(self, platform, inbox):
        make_clip(inbox / "a.mp4", frames=5)
        one = self.settled(platform, inbox)
        key = self.claimed(platform, one)
        assert list(one.look()) == []  # somebody may be at it
        platform.clock.advance(watching._GIVEN_UP_S)
        assert names(one.look()) == ["a.mp4"]
        assert platform.receipts.claim(key).result_id

    def test_a_process_that_dies_after_the_run_began_doubles_none(self, platform, inbox):
        make_clip(inbox / "a.mp4", frames=5)
        one = self.settled(platform, inbox)
        key = self.claimed(platform, one)
        found = one._place.look()[0]
        lock = platform.locks.take("any", lease_s=9)
        begun = one._begin(found, f"watch:{key.digest[:16]}", lock)
        platform.clock.advance(watching._GIVEN_UP_S)
        taken = list(one.look())
        assert [one.run.id for one in taken] == [begun.id]
        assert len(platform.runs.list(RunFilter(owner="local"))) == 1

    def claimed(self, platform, one):
        """Leave what a process leaves that dies at once; give the receipt."""
        claim, kept = platform.receipts.claim, []

        def remember(receipt):
            kept.append(receipt)
            return receipt  # as if another had it

        platform.receipts.claim = remember
        list(one.look())
        platform.receipts.claim = claim
        assert claim(kept[0]) is None
        assert kept[0].key.startswith(WATCHED)
        return kept[0]

    def test_two_watchers_of_one_place_take_turns(self, platform, inbox):
        make_clip(inbox / "a.mp4", frames=5)
        one, other = self.settled(platform, inbox), self.settled(platform, inbox)
        looking = one.look()
        next(looking)
        assert list(other.look()) == []
        list(looking)
        assert list(other.look()) == []
        assert len(platform.runs.list()) == 1


def test_nothing_is_watched_that_is_not_allowed(platform, inbox, tmp_path):
    (inbox / "way out").symlink_to(tmp_path)
    for address in (str(tmp_path), "relative", str(inbox / "way out"), "s3://bucket/", "s3://"):
        with pytest.raises(AddressRefusedError):
            open_place(platform, address)
    with pytest.raises(SourceUnavailableError):
        open_place(platform, str(inbox / "none"))


def test_a_link_that_leads_out_of_the_folder_is_refused(platform, inbox, tmp_path):
    outside = make_clip(tmp_path / "outside.mp4", frames=5).path
    (inbox / "in.mp4").symlink_to(outside)
    one = watch(platform, inbox)
    list(one.look())
    platform.clock.advance(SETTLE_S)
    taken = list(one.look())
    assert [found.error.code for found in taken] == ["address_refused"]
    assert platform.runs.list() == []


def test_whoever_may_begin_no_runs_has_nothing_watched(platform, inbox):
    for name, role in (("vera", Role.VIEWER), ("ann", Role.ANALYST)):
        users.add_user(platform, LOCAL, name, role)
    with pytest.raises(AccessDeniedError):
        Watcher(platform, WatchedPlace(place=str(inbox), owner="vera"))
    with pytest.raises(NotFoundError):
        Watcher(platform, WatchedPlace(place=str(inbox), owner="nobody"))
    ann = users.named_user(platform, "ann")
    assert Watcher(platform, WatchedPlace(place=str(inbox), owner="ann"))._who.user_id == ann.id
    users.change_user(platform, LOCAL, ann.id, users.UserChange(active=False))
    with pytest.raises(AccessDeniedError, match="shut out"):
        Watcher(platform, WatchedPlace(place=str(inbox), owner="ann"))


@pytest.mark.usefixtures("quick_look")
def test_trouble_with_one_place_costs_the_others_nothing(platform, inbox):
    make_clip(inbox / "a.mp4", frames=5)
    told = []
    places = (
        WatchedPlace(place="/not/allowed", owner="local"),
        WatchedPlace(place=str(inbox), owner="local"),
    )
    keeper = WatchKeeper(platform, places, told.append)
    keeper.tend()
    platform.clock.advance(SETTLE_S)
    keeper.tend()
    assert names(told) == ["a.mp4"]
    shutil.rmtree(inbox)
    keeper.tend()
    keeper.close()


def test_watched_places_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("SIGHTLINE_WATCH", '[{"place": "/in", "app": "road", "settings": {"min_score": 0.5}}]')
    place = read_settings().watch[0]
    assert (place.place, place.app, place.owner, place.settings) == (
        "/in",
        "road",
        "admin",
        {"min_score": 0.5},
    )
