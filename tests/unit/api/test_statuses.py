"""Few who ask for a status get what is true now; many share what was true a moment ago."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest

from sightline.api import statuses
from sightline.api.statuses import StatusCache
from sightline.core.accounts import LOCAL, Principal, Role
from sightline.core.errors import RunNotFoundError
from sightline.core.runs import Run, RunState
from sightline.service.pipelines.progress import ProgressBoard
from sightline.testing.accounts import MemoryAccountStore
from sightline.testing.memory import MemoryRunStore


@pytest.fixture
def runs(monkeypatch):
    store = MemoryRunStore()
    store.add(Run("r", RunState.QUEUED, "v.mp4", "people", "/out", owner="ada"))
    store.reads = 0
    get = store.get

    def counted(run_id):
        store.reads += 1
        return get(run_id)

    monkeypatch.setattr(store, "get", counted)
    return store


@pytest.fixture
def cache(runs):
    platform = SimpleNamespace(runs=runs, journal=runs, accounts=MemoryAccountStore())
    return StatusCache(platform, ProgressBoard())


def asked(cache, count, who=LOCAL):
    async def ask():
        return [json.loads(await cache.answer(who, "r"))["state"] for _ in range(count)]

    return asyncio.run(ask())


def test_few_who_ask_are_each_told_what_is_true_now(cache, runs):
    asked(cache, 10)
    assert runs.reads == 10


def test_many_share_an_answer(cache, runs):
    assert asked(cache, 200) == ["queued"] * 200
    assert runs.reads < 40


def test_many_who_ask_at_once_wait_for_one_reading(cache, runs, monkeypatch):
    monkeypatch.setattr(statuses, "_SHARED_FOR_S", 0.0)

    async def ask():
        return await asyncio.gather(*(cache.answer(LOCAL, "r") for _ in range(200)))

    assert len(set(asyncio.run(ask()))) == 1
    assert runs.reads < 40


def test_a_change_is_seen_at_once_by_whoever_made_it(cache, runs):
    asked(cache, 100)
    before = runs.reads
    cache.forget()
    asked(cache, 1)
    assert runs.reads == before + 1


def test_what_is_shared_is_shared_with_those_who_may_see_it(cache):
    asked(cache, 100)
    with pytest.raises(RunNotFoundError):
        asked(cache, 1, Principal("ben", "ben", Role.ANALYST))


def test_a_run_that_is_not_there_is_missed_by_many_as_by_few(cache):
    async def ask():
        return [type(await _error(cache)) for _ in range(50)]

    async def _error(cache):
        try:
            await cache.answer(LOCAL, "nobody")
        except RunNotFoundError as error:
            return error

    assert asyncio.run(ask()) == [RunNotFoundError] * 50


def test_what_many_ask_for_is_at_hand_for_those_who_may_see_it(cache, runs):
    asked(cache, 100)
    read = runs.reads
    assert json.loads(cache.at_hand("r", lambda: LOCAL))["state"] == "queued"
    assert cache.at_hand("r", lambda: Principal("ben", "ben", Role.ANALYST)) is None
    assert cache.at_hand("r", lambda: None) is None
    assert cache.at_hand("nobody", lambda: LOCAL) is None
    assert runs.reads == read


def test_what_few_ask_for_or_what_was_changed_is_not_at_hand(cache):
    asked(cache, 10)
    assert cache.at_hand("r", lambda: LOCAL) is None
    asked(cache, 100)
    cache.forget()
    assert cache.at_hand("r", lambda: LOCAL) is None


def test_what_was_read_too_long_ago_is_not_at_hand(cache, monkeypatch):
    asked(cache, 100)
    monkeypatch.setattr(statuses, "_SHARED_FOR_S", 0.0)
    assert cache.at_hand("r", lambda: LOCAL) is None
