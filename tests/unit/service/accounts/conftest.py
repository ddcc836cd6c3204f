"""A platform whose accounts live in memory, and whose time passes only when told to."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline.bootstrap import build_platform
from sightline.settings import read_settings
from sightline.testing.accounts import MemoryAccountStore
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryRunStore


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def platform(tmp_path: Path, clock: FakeClock):
    settings = read_settings(home=tmp_path, password_memory_kib=19_456)
    return build_platform(settings, clock=clock, store=MemoryRunStore(), accounts=MemoryAccountStore())
