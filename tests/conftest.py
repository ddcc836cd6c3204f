"""What every test may use: the data folder, a seeded generator, small clips."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from factories import DATA, Clip, make_clip

_NO_DATA = f"no test data at {DATA}; set SIGHTLINE_TEST_DATA"


@pytest.fixture(autouse=True, scope="session")
def _seen_without_weights() -> Iterator[None]:
    """Where a test names no model, what moves is looked for: that is fast, and it sees the squares of `clip`."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("SIGHTLINE_MODEL", "motion")
        yield


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own runs, models and settings."""
    for name in [name for name in os.environ if name.startswith("SIGHTLINE_")]:
        if not name.startswith("SIGHTLINE_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SIGHTLINE_HOME", str(tmp_path_factory.getbasetemp() / "home"))
    monkeypatch.setenv("SIGHTLINE_MODEL", "motion")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real videos, weights and ground truth; the test skips where it is not there."""
    if not DATA.is_dir():
        pytest.skip(_NO_DATA)
    return DATA


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240229)


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Clip]:
    """Make a small video of moving squares: `clip(frames=20, suffix=".mkv")`; see `factories.make_clip`."""

    def make(name: str = "clip", *, suffix: str = ".mp4", **options: object) -> Clip:
        return make_clip(tmp_path / f"{name}{suffix}", **options)  # type: ignore[arg-type]

    return make


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test marked `data` skips where there is none, whichever way it finds the folder."""
    if DATA.is_dir():
        return
    for item in items:
        if item.get_closest_marker("data"):
            item.add_marker(pytest.mark.skip(reason=_NO_DATA))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [
        report for report in terminalreporter.getreports("skipped") if _NO_DATA in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests skipped for lack of data: {_NO_DATA}", yellow=True)
