"""What every `Scene` promises."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sightline.core.errors import SettingsError
from sightline.ports import SceneOptions

SHORT = SceneOptions(seconds=0.4, seed=3, size=(120, 160), frame_rate_hz=Fraction(10))


class SceneContract:
    """Subclass it and make a scene of options in `make`."""

    def make(self, options: SceneOptions) -> Any:
        """Give an implementation."""
        raise NotImplementedError

    def rendered(self, folder: Path, options: SceneOptions = SHORT) -> dict[str, bytes]:
        """Render and give the bytes of each file by its role."""
        paths = self.make(options).render(folder)
        return {role: path.read_bytes() for role, path in sorted(paths.items())}

    def test_clip_and_truth_are_written_into_the_folder(self, tmp_path: Path) -> None:
        paths = self.make(SHORT).render(tmp_path / "clip")
        assert {"clip", "gt"} <= set(paths)
        assert all(path.is_relative_to(tmp_path / "clip") and path.is_file() for path in paths.values())

    def test_the_same_options_give_the_same_bytes(self, tmp_path: Path) -> None:
        assert self.rendered(tmp_path / "a") == self.rendered(tmp_path / "b")

    def test_another_seed_gives_another_clip(self, tmp_path: Path) -> None:
        other = self.rendered(tmp_path / "b", replace(SHORT, seed=4))
        assert self.rendered(tmp_path / "a")["clip"] != other["clip"]

    def test_progress_ends_with_all_frames(self, tmp_path: Path) -> None:
        told: list[tuple[int, int]] = []
        self.make(SHORT).render(tmp_path, lambda done, total: told.append((done, total)))
        assert told[-1] == (4, 4)
        assert [done for done, _ in told] == sorted(done for done, _ in told)

    def test_an_unknown_setting_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError):
            self.make(replace(SHORT, settings={"no_such_setting": 1})).render(tmp_path)
