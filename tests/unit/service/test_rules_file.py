"""Reading a rules file from disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline.core.errors import RulesError
from sightline.service.rules_file import read_rules


def test_a_file_is_read_with_its_defaults_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("lines:\n  - {name: door, start: [0, 5], end: [9, 5]}\n", encoding="utf-8")

    rules = read_rules(path)

    assert rules["lines"][0]["name"] == "door"
    assert rules["units"] == "px"
    assert rules["zones"] == []


def test_a_file_that_is_not_there_is_a_rules_error(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="cannot read"):
        read_rules(tmp_path / "none.yaml")


@pytest.mark.parametrize(("content", "said"), [(b"\xff\xfe\x00\x81", "not text"), (b"#" * 1_000_001, "over")])
def test_a_file_that_cannot_be_rules_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "picture.yaml"
    path.write_bytes(content)

    with pytest.raises(RulesError, match=said):
        read_rules(path)
