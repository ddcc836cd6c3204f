"""A clock that is told the time, and a sender that keeps what it is given."""

import pytest

from sightline.testing.fakes import FakeClock
from sightline.testing.webhooks import FakeSender


@pytest.fixture
def clock():
    return FakeClock(1000.0)


@pytest.fixture
def sender():
    return FakeSender()
