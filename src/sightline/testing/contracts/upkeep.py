"""What every `Upkeep` promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


class UpkeepContract:
    """Subclass it; give in `make` an implementation over a database with something in it."""

    def make(self, folder: Path) -> Any:
        """Give an implementation; `folder` is empty and its own."""
        raise NotImplementedError

    def held(self, copy: Path) -> object:
        """Give what a copy holds, or the original for None."""
        raise NotImplementedError

    @pytest.fixture
    def upkeep(self, tmp_path: Path) -> Any:
        return self.make(tmp_path / "own")

    def test_a_sound_database_has_nothing_wrong(self, upkeep: Any) -> None:
        assert list(upkeep.check()) == []

    def test_a_copy_holds_what_the_original_does(self, upkeep: Any, tmp_path: Path) -> None:
        target = tmp_path / "some" / "where" / "copy.db"
        assert upkeep.back_up(target) == target
        assert self.held(target)
        assert [path.name for path in target.parent.iterdir()] == ["copy.db"]

    def test_a_newer_copy_takes_the_place_of_an_older_one(self, upkeep: Any, tmp_path: Path) -> None:
        for _ in range(2):
            upkeep.back_up(tmp_path / "copy.db")
        assert self.held(tmp_path / "copy.db")
