"""Filming a scene: files appear whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sightline.core.errors import OutputUnwritableError
from sightline.ports import SceneOptions
from sightline.service.mot_files import read_mot_truth
from sightline.sim.camera import Camera
from sightline.sim.scene import Shot, film, frame_count
from sightline.sim.truth import Seen


class Grey:
    """A scene with nothing but a box that somebody else drew; fails at a chosen frame."""

    name = "grey"
    class_name = "box"

    def __init__(self, frames: int = 3, fails_at: int | None = None) -> None:
        self.options = SceneOptions(seconds=frames / 10, size=(96, 128), frame_rate_hz=Fraction(10))
        self.rest = Camera((96, 128), 120.0, (0.0, 0.0, 3.0), tilt_deg=15.0)
        self._fails_at = fails_at

    def shots(self) -> Iterator[Shot]:
        for index in range(frame_count(self.options)):
            if index == self._fails_at:
                raise KeyboardInterrupt
            box = (10.0 + index, 10.0, 30.0 + index, 50.0)
            image = np.full((96, 128, 3), 40 * index, np.uint8)
            yield Shot(index, index / 10, image, self.rest, [Seen(1, box, box, 1.0, (0.0, 9.0))])

    def events(self) -> dict:
        return {"lines": {}, "crossings": [], "dwells": []}

    def rules(self) -> dict:
        return {"version": 1, "lines": []}

    def facts(self) -> dict:
        return {"things": 1}


@pytest.mark.parametrize(
    ("seconds", "rate_hz", "expected"),
    [
        (2.0, Fraction(25), 50),
        (0.01, Fraction(25), 1),
        (1.0, Fraction(30000, 1001), 29),
        (10.0, Fraction(12), 120),
    ],
)
def test_frames_are_those_that_begin_before_the_end(seconds: float, rate_hz: Fraction, expected: int) -> None:
    assert frame_count(SceneOptions(seconds=seconds, frame_rate_hz=rate_hz)) == expected


def test_all_files_are_there_when_it_is_done(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    paths = film(Grey(), tmp_path, lambda *at: told.append(at))

    assert told == [(1, 3), (2, 3), (3, 3)]
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(paths.values())
    gt = read_mot_truth(paths["gt"])
    assert gt.frames.tolist() == [0, 1, 2]
    np.testing.assert_allclose(gt.boxes_px[:, 0], [10, 11, 12])


def test_a_film_that_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        film(Grey(fails_at=2), tmp_path)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(OutputUnwritableError):
        film(Grey(), tmp_path / "file" / "clip")
