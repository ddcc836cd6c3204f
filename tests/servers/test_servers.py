"""The servers that tests run on: they start, answer, and keep what they stored over a restart."""

from __future__ import annotations

import socket

import psycopg
import pytest
import redis

from servers.conftest import address
from servers.processes import KINDS, Postgres, Redis, Server

pytestmark = pytest.mark.server


@pytest.mark.parametrize("name", KINDS)
def test_a_server_listens_on_loopback(name):
    url = address(name)
    host, _, port = url.partition("//")[2].rpartition("@")[2].partition("/")[0].partition(":")
    assert host == "127.0.0.1"
    with socket.create_connection((host, int(port)), timeout=5):
        pass


@pytest.fixture(params=[Postgres, Redis], ids=lambda kind: kind.name)
def own(request, server_folder):
    address(request.param.name)
    with request.param(server_folder / request.param.name) as server:
        yield server


def store(server: Server, value: str) -> None:
    if isinstance(server, Redis):
        with redis.Redis.from_url(server.url) as client:
            client.set("kept", value)
        return
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (value text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def stored(server: Server) -> str:
    if isinstance(server, Redis):
        with redis.Redis.from_url(server.url, decode_responses=True) as client:
            return client.get("kept")
    with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
        return connection.execute("SELECT value FROM kept").fetchone()[0]


def test_a_server_keeps_what_it_stored_over_a_crash(own):
    store(own, "here")
    own.kill()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", own.port), timeout=5)
    own.start()
    assert stored(own) == "here"
