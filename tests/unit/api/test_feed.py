"""Everybody who follows a run gets each of its stored events once, in order."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sightline.adapters.bus.memory import MemoryBus
from sightline.api.feed import EventFeed
from sightline.core.events import EventKind, RunEvent
from sightline.core.runs import Run, RunState
from sightline.testing.memory import MemoryRunStore


class Here:
    """A platform with one run that is under way."""

    def __init__(self):
        self.runs = self.journal = MemoryRunStore()
        self.bus = MemoryBus()
        self.runs.add(Run("r", RunState.QUEUED, "v.mp4", "people", "/out"))
        self.run = self.runs.update(replace(self.runs.get("r"), state=RunState.RUNNING, attempts=1))

    def store(self, *kinds):
        events = [RunEvent("r", kind, "analyze", 1.0) for kind in kinds]
        for event in self.journal.append("r", events, attempt=1):
            self.bus.publish(event)

    def end(self):
        event = RunEvent("r", EventKind.PIPELINE_COMPLETED, "", 2.0)
        ended = replace(self.runs.get("r"), state=RunState.COMPLETED)
        self.runs.update(ended, events=[event])
        self.bus.publish(replace(event, cursor=99))


@pytest.fixture
def here():
    return Here()


async def cursors(feed, after=0, most=None):
    found = []
    async for one in feed.follow("r", after=after):
        if one.event.cursor:
            found.append(one.event.cursor)
        if most and len(found) == most:
            break
    return found


def run_with_feed(here, scene):
    async def play():
        counts = []
        feed = EventFeed(here, asyncio.Event(), counts.append)
        end = feed.start()
        try:
            async with asyncio.timeout(20):
                return await scene(feed), counts
        finally:
            end()

    return asyncio.run(play())


def test_what_was_stored_before_is_replayed_and_the_stream_ends_with_the_run(here):
    here.store(EventKind.STAGE_STARTED, EventKind.STAGE_COMPLETED)
    here.end()
    found, counts = run_with_feed(here, cursors)
    assert found == [1, 2, 3]
    assert counts == [1, 0]


def test_a_client_that_comes_back_gets_only_what_it_has_not_seen(here):
    here.store(EventKind.STAGE_STARTED, EventKind.STAGE_COMPLETED)
    here.end()
    assert run_with_feed(here, lambda feed: cursors(feed, after=2))[0] == [3]


def test_many_who_listen_all_get_what_happens_while_they_do(here):
    here.store(EventKind.STAGE_STARTED)

    async def scene(feed):
        first = [asyncio.create_task(cursors(feed)) for _ in range(20)]
        await cursors(feed, most=1)
        here.store(EventKind.STAGE_COMPLETED)
        here.end()
        return await asyncio.gather(*first)

    assert run_with_feed(here, scene)[0] == [[1, 2, 3]] * 20


def test_a_thousand_who_listen_do_not_keep_others_waiting(here):
    told, most = [0], 0
    begun = asyncio.Event()

    async def counted(feed):
        async for one in feed.follow("r"):
            told[0] += bool(one.event.cursor)
            if told[0] == 200:
                begun.set()

    async def scene(feed):
        nonlocal most
        everybody = [asyncio.create_task(counted(feed)) for _ in range(200)]
        await begun.wait()
        here.store(EventKind.STAGE_COMPLETED)
        while told[0] < 400:
            before = told[0]
            await asyncio.sleep(0)
            most = max(most, told[0] - before)
        here.end()
        await asyncio.gather(*everybody)

    here.store(EventKind.STAGE_STARTED)
    run_with_feed(here, scene)
    assert told[0] == 600
    assert 0 < most <= 10


def test_events_of_another_process_come_without_the_bus(here):
    async def scene(feed):
        task = asyncio.create_task(cursors(feed))
        await asyncio.sleep(0)
        here.journal.append("r", [RunEvent("r", EventKind.STAGE_STARTED, "analyze", 1.0)], attempt=1)
        here.runs.update(replace(here.runs.get("r"), state=RunState.FAILED))
        return await task

    assert run_with_feed(here, scene)[0] == [1]


def test_the_pace_is_told_without_a_cursor(here):
    async def scene(feed):
        async for one in feed.follow("r"):
            if one.event.cursor:
                here.bus.publish(RunEvent("r", EventKind.STAGE_PROGRESS, "analyze", 1.5, {"done": 5}))
            else:
                return one.sse
        return None

    here.store(EventKind.STAGE_STARTED)
    sent = run_with_feed(here, scene)[0]
    assert sent.startswith(b"event: stage_progress\n")
    assert b"id:" not in sent


def test_a_server_that_stops_ends_every_stream(here):
    async def play():
        closing = asyncio.Event()
        feed = EventFeed(here, closing, lambda _: None)
        task = asyncio.create_task(cursors(feed))
        await asyncio.sleep(0)
        closing.set()
        async with asyncio.timeout(20):
            return await task

    assert asyncio.run(play()) == []
