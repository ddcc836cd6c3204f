"""What several tests of weights share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from unit.vision.flaky_server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()
