"""docs/models.md has what the code has."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline import plugins
from sightline.vision.zoo import Zoo

PAGE = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("family", plugins.names("models"))
def test_a_family_has_its_row(family):
    assert f"\n| `{family}` |" in PAGE


@pytest.mark.parametrize("entry", Zoo(Path("none")).entries(), ids=lambda entry: entry.name)
def test_weights_have_their_row_with_licence_and_checksum(entry):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{entry.name}` |"))
    assert f"| `{entry.layout}` | {entry.licence} |" in row
    for file in entry.files:
        assert (file.sha256 or "unknown") in row
        assert file.url or "ships" in row or "add the file" in row
