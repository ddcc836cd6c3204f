"""Adapters are chosen by the settings, in one place."""

from __future__ import annotations

import pytest

from sightline.adapters.bus.memory import MemoryBus
from sightline.adapters.sql.runs import SqlRunStore
from sightline.bootstrap import build_platform
from sightline.core.errors import SettingsError, UnknownPluginError
from sightline.core.machine import Machine
from sightline.core.time import SystemClock
from sightline.settings import read_settings
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryRunStore


def test_the_embedded_adapters_are_the_default(tmp_path):
    platform = build_platform(read_settings(home=tmp_path))
    assert isinstance(platform.runs, SqlRunStore)
    assert platform.journal is platform.runs
    assert isinstance(platform.bus, MemoryBus)
    assert isinstance(platform.clock, SystemClock)
    assert platform.machine.cores >= 1
    assert (tmp_path / "sightline.db").is_file()


def test_tests_bring_their_own(tmp_path):
    store, clock, machine = MemoryRunStore(), FakeClock(), Machine(cores=3)
    platform = build_platform(read_settings(home=tmp_path), clock=clock, machine=machine, store=store)
    assert (platform.runs, platform.clock, platform.machine) == (store, clock, machine)
    assert list(tmp_path.iterdir()) == []


def test_the_same_seed_spreads_retries_the_same_way(tmp_path):
    def draws(seed):
        return build_platform(read_settings(home=tmp_path, seed=seed), store=MemoryRunStore()).rng.random()

    assert draws(4) == draws(4) != draws(5)


def test_an_adapter_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnknownPluginError, match="'pigeon'"):
        build_platform(read_settings(home=tmp_path, bus="pigeon"))
    with pytest.raises(SettingsError, match="no server is named"):
        build_platform(read_settings(home=tmp_path, bus="redis"))
    with pytest.raises(SettingsError, match="address"):
        build_platform(read_settings(home=tmp_path, database_url="nonsense"))


def test_models_lie_where_the_settings_say(tmp_path):
    platform = build_platform(read_settings(home=tmp_path, models_dir=tmp_path / "m"), store=MemoryRunStore())
    fetched = [entry.name for entry in platform.zoo.entries() if not entry.shipped]
    assert not any(platform.zoo.installed(name) for name in fetched)


def test_outside_services_are_chosen_by_settings_alone(tmp_path):
    chosen = read_settings(
        home=tmp_path,
        bus="redis",
        locks="redis",
        redis_url="redis://127.0.0.1:1/0",
        objects="s3",
        objects_url="s3://bucket/prefix",
        s3_endpoint="http://127.0.0.1:1",
    )
    platform = build_platform(chosen, store=MemoryRunStore())
    assert [type(one).__name__ for one in (platform.bus, platform.locks, platform.objects)] == [
        "RedisBus",
        "RedisLocks",
        "S3Store",
    ]
    assert list(platform.breakers) == ["redis", "s3"]
