"""What every `Scene` promises."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sightline.core.errors import SettingsError
from sightline.ports import SceneOptions

SHORT = SceneOptions(seconds=0.4, seed=3, size=(120, 160), frame_rate_hz=Fraction(10))


@dataclass(slots=True)
class Rendering:
    """What came of one rendering: its folder, its files by role, and the progress that was told."""

    folder: Path
    paths: dict[str, Path] = field(default_factory=dict)
    told: list[tuple[int, int]] = field(default_factory=list)

    def contents(self) -> dict[str, bytes]:
        """Give the bytes of each file by its role."""
        return {role: path.read_bytes() for role, path in sorted(self.paths.items())}


class SceneContract:
    """Subclass it and make a scene of options in `make`."""

    def make(self, options: SceneOptions) -> Any:
        """Give an implementation."""
        raise NotImplementedError

    def rendered(self, folder: Path, options: SceneOptions = SHORT) -> Rendering:
        """Render into a folder."""
        made = Rendering(folder)
        made.paths.update(
            self.make(options).render(folder, lambda done, total: made.told.append((done, total)))
        )
        return made

    @pytest.fixture(scope="class")
    @classmethod
    def first(cls, tmp_path_factory: pytest.TempPathFactory) -> Rendering:
        """Render once for all tests that only look."""
        return cls().rendered(tmp_path_factory.mktemp("first"))

    def test_clip_and_truth_are_written_into_the_folder(self, first: Rendering) -> None:
        assert {"clip", "gt"} <= set(first.paths)
        assert all(path.is_relative_to(first.folder) and path.is_file() for path in first.paths.values())

    def test_the_same_options_give_the_same_bytes(self, first: Rendering, tmp_path: Path) -> None:
        assert self.rendered(tmp_path).contents() == first.contents()

    def test_another_seed_gives_another_clip(self, first: Rendering, tmp_path: Path) -> None:
        other = self.rendered(tmp_path, replace(SHORT, seed=4))
        assert other.contents()["clip"] != first.contents()["clip"]

    def test_progress_ends_with_all_frames(self, first: Rendering) -> None:
        assert first.told[-1] == (4, 4)
        assert [done for done, _ in first.told] == sorted(done for done, _ in first.told)

    def test_an_unknown_setting_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError):
            self.make(replace(SHORT, settings={"no_such_setting": 1})).render(tmp_path)
