"""A clip with people in it, rendered once for all end-to-end tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import sightline


@pytest.fixture(scope="session")
def people_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated clip of some seconds; its truth and rules lie beside it."""
    folder = tmp_path_factory.mktemp("people")
    done = sightline(
        "simulate",
        "people",
        "--seconds",
        "8",
        "--seed",
        "3",
        "--size",
        "320x180",
        "-o",
        folder,
        home=folder / "home",
    )
    assert done.returncode == 0, done.stderr
    return folder / "clip.mp4"
