"""A run's stored tables, made up, and everything an application is handed with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.apps.people.app import PeopleApp
from sightline.core.ledger import Ledger
from sightline.core.media import MediaInfo
from sightline.ports import ReportContext
from sightline.testing.tables import MemoryTables, crowd_tables

SIZE = (360, 640)
PROVENANCE = {
    "sightline": "0.1.0",
    "app": "people",
    "source": {"name": "street.mp4", "sha256": "ab" * 32, "frames": 100},
    "model": {"name": "yolox-nano", "sha256": "cd" * 32, "precision": "f32"},
}


@dataclass(frozen=True)
class Made:
    """What the application made."""

    report: Mapping[str, Any]
    tables: MemoryTables
    figures: Path
    page: str


def media_of(tables: MemoryTables, rate_hz: int = 25) -> MediaInfo:
    frames = tables.rows("frames")
    return MediaInfo(
        "mp4", "h264", SIZE, 0, Fraction(rate_hz), False, Fraction(frames, rate_hz), frames, 1000
    )


def ledger_of(tables: MemoryTables) -> dict[str, Any]:
    rows = [
        row
        for batch in tables.batches("frames", ["status", "cause"])
        for row in zip(batch["status"].to_pylist(), batch["cause"].to_pylist(), strict=True)
    ]
    return Ledger.from_rows(rows).to_json()


@pytest.fixture(scope="session")
def background() -> np.ndarray:
    """A picture of nowhere."""
    return np.random.default_rng(1).integers(0, 255, (*SIZE, 3), np.uint8)


@pytest.fixture
def make(tmp_path: Path, background: np.ndarray) -> Callable[..., Made]:
    """Run the application: `make(tables, rules=..., provenance=..., **settings)`."""

    def run(tables: MemoryTables, *, rules=None, provenance=PROVENANCE, picture=True, **settings) -> Made:
        app, written = PeopleApp(), MemoryTables()
        figures = tmp_path / f"figures-{len(list(tmp_path.iterdir()))}"
        figures.mkdir()
        context = ReportContext(
            media=media_of(tables),
            read=tables,
            write=written,
            settings={**app.defaults(), "rules": rules, **settings},
            provenance=provenance,
            ledger=ledger_of(tables),
            background=background if picture else None,
            figures=figures,
        )
        report = app.report(context)
        return Made(report, written, figures, app.page(report, figures))

    return run


@pytest.fixture(scope="session")
def crowd() -> MemoryTables:
    """Ten people for eight seconds."""
    return crowd_tables(people=10, seconds=8.0, size=SIZE, seed=4, miss=0.05)
