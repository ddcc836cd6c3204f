"""Addresses of real servers, each given empty. Tests skip where one is missing; in CI they fail."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from e2e.conftest import people_clip  # noqa: F401 - a fixture
from servers.processes import VARIABLES

_REQUIRED = os.environ.get("SIGHTLINE_TEST_SERVERS") == "required"


def address(name: str) -> str:
    """Give a server's address from the environment."""
    found = os.environ.get(VARIABLES[name], "")
    if not found:
        reason = f"no {name} server: {VARIABLES[name]} is not set; `make test-servers` starts it"
        pytest.fail(reason) if _REQUIRED else pytest.skip(reason)
    return found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever uses one of the fixtures below needs a server."""
    for item in items:
        if {"postgres_url", "redis_url", "amqp_url", "s3_url", "turn"} & set(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker(pytest.mark.server)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A new database of its own."""
    import psycopg

    server = address("postgres").replace("+psycopg", "")
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    yield address("postgres").rpartition("/")[0] + f"/{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture
def redis_url() -> Iterator[str]:
    """Database 0, emptied."""
    import redis

    with redis.Redis.from_url(address("redis")) as client:
        client.flushdb()
        yield address("redis")
        client.flushdb()


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A folder for servers of a test's own; pytest's folders are closed to the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="sightline-own-") as folder:
        yield Path(folder)


@pytest.fixture
def amqp_url() -> str:
    """The default virtual host; what is declared there should be named by the test."""
    return address("amqp")


@pytest.fixture
def s3_url(monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Endpoint and name of a new bucket; made-up keys in the environment, where S3 clients look for them."""
    endpoint, bucket = address("s3"), f"test-{uuid4().hex[:12]}"
    httpx.put(f"{endpoint}/{bucket}").raise_for_status()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return endpoint, bucket


@pytest.fixture(scope="session")
def turn() -> tuple[str, str]:
    """Address and shared secret of a TURN server that is reached over TCP."""
    secret, _, place = address("turn").removeprefix("turn://").rpartition("@")
    return f"turn:{place}?transport=tcp", secret
