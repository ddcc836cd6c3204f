"""Adapters on a real Redis server: the ports' contracts, and what happens while it is away."""

from __future__ import annotations

import queue
import time
from pathlib import Path
from typing import Any

import pytest

from servers.conftest import address
from servers.processes import Redis, free_port
from sightline.adapters.bus.redis import RedisBus
from sightline.adapters.limits.redis import RedisLimiter
from sightline.adapters.locks.redis import RedisLocks
from sightline.adapters.redis_server import RedisServer
from sightline.core.breaker import Breaker, BreakerPolicy
from sightline.core.errors import AdapterUnavailableError, SettingsError
from sightline.core.limits import Rate
from sightline.core.time import SystemClock
from sightline.testing.contracts import EventBusContract, LocksContract, RateLimiterContract
from sightline.testing.contracts.bus import numbered
from sightline.testing.fakes import FakeClock

_LONG_S = 30.0


def connect(url: str, clock: Any = None) -> RedisServer:
    policy = BreakerPolicy(failures=1, rest_s=0.05, longest_rest_s=0.1)
    return RedisServer(url, Breaker("redis", clock or SystemClock(), policy))


@pytest.mark.server
class TestRedisBus(EventBusContract):
    @pytest.fixture(autouse=True)
    def _server(self, redis_url):
        self.server = connect(redis_url)
        yield
        self.server.close()

    def make(self, folder: Path) -> Any:
        return RedisBus(self.server, SystemClock())


@pytest.mark.server
class TestRedisLocks(LocksContract):
    @pytest.fixture(autouse=True)
    def _server(self, redis_url):
        self.server = connect(redis_url)
        yield
        self.server.close()

    def make(self, folder: Path, clock: Any) -> Any:
        return RedisLocks(self.server, clock)

    def run_out(self, clock: Any, lock: Any) -> None:
        key = f"sightline:lock:{lock.name}"
        self.server.call(lambda client: client.pexpire(key, 1))
        deadline_s = time.monotonic() + _LONG_S
        while self.server.call(lambda client: client.exists(key)):
            assert time.monotonic() < deadline_s


@pytest.mark.server
class TestRedisLimiter(RateLimiterContract):
    @pytest.fixture(autouse=True)
    def _server(self, redis_url):
        self.server, self.clock = connect(redis_url), FakeClock()
        yield
        self.server.close()

    def make(self) -> Any:
        return RedisLimiter(self.server, self.clock)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)


def test_two_servers_share_a_limit(redis_url):
    clock, rate = FakeClock(), Rate(burst=3, per_s=0.01)
    servers = [connect(redis_url) for _ in range(2)]
    limiters = [RedisLimiter(server, clock) for server in servers]
    assert [limiters[number % 2].take("a", rate) == 0 for number in range(4)] == [True, True, True, False]
    for server in servers:
        server.close()


def test_without_its_server_each_process_counts_alone():
    server = connect(f"redis://127.0.0.1:{free_port()}/0")
    limiter, rate = RedisLimiter(server, FakeClock()), Rate(burst=1, per_s=0.01)
    assert limiter.take("a", rate) == 0
    assert limiter.take("a", rate) > 0


def test_what_one_process_publishes_another_hears(redis_url):
    here, there = connect(redis_url), connect(redis_url)
    heard: queue.Queue[Any] = queue.Queue()
    end = RedisBus(there, SystemClock()).subscribe(heard.put, run_id="r1")
    RedisBus(here, SystemClock()).publish(numbered(1))
    assert heard.get(timeout=_LONG_S) == numbered(1)
    end()
    here.close()
    there.close()


@pytest.fixture
def own(server_folder):
    address("redis")
    with Redis(server_folder / "redis") as server:
        yield server


def publish_when_back(bus: RedisBus, number: int) -> None:
    deadline_s = time.monotonic() + _LONG_S
    while True:
        try:
            bus.publish(numbered(number))
        except AdapterUnavailableError:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        else:
            return


@pytest.mark.server
def test_a_listener_hears_everything_over_a_crash_of_the_server(own):
    server = connect(own.url)
    bus, heard = RedisBus(server, SystemClock()), queue.Queue()
    end = bus.subscribe(heard.put)
    for number in range(5):
        bus.publish(numbered(number))
    own.kill()
    with pytest.raises(AdapterUnavailableError, match="does not answer"):
        bus.publish(numbered(5))
    own.start()
    publish_when_back(bus, 5)
    assert [heard.get(timeout=_LONG_S) for _ in range(6)] == [numbered(number) for number in range(6)]
    end()
    server.close()


@pytest.mark.server
def test_a_listener_may_come_before_the_server_does(server_folder):
    address("redis")
    own = Redis(server_folder / "redis")
    server = connect(own.url)
    bus, heard = RedisBus(server, SystemClock()), queue.Queue()
    end = bus.subscribe(heard.put)
    with own:
        publish_when_back(bus, 1)
        assert heard.get(timeout=_LONG_S) == numbered(1)
        end()
        server.close()


def test_an_address_that_is_none_is_refused():
    with pytest.raises(SettingsError, match="cannot be used"):
        connect("nonsense")
