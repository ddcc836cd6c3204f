"""Asking for a simulated clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from sightline.core.errors import ConflictError, SettingsError, UnknownPluginError
from sightline.service.simulate import frame_rate_hz, simulate


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (25, Fraction(25)),
        ("25", Fraction(25)),
        (12.5, Fraction(25, 2)),
        ("30000/1001", Fraction(30000, 1001)),
        (29.97, Fraction(30000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        (Fraction(60000, 1001), Fraction(60000, 1001)),
    ],
)
def test_frame_rates_are_kept_exact(given: object, expected: Fraction) -> None:
    assert frame_rate_hz(given) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("given", ["fast", "0", "-25", "1/0", ""])
def test_what_is_no_frame_rate_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="frame rate"):
        frame_rate_hz(given)


def test_a_scene_of_another_name_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownPluginError) as caught:
        simulate("peeple", tmp_path)

    assert "people" in (caught.value.hint or "")


def test_a_negative_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="seed"):
        simulate("people", tmp_path, seed=-1)


@pytest.mark.slow
def test_a_clip_lies_where_it_was_asked_for_and_is_not_overwritten(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    options = {"seconds": 0.2, "size": (90, 160), "fps": 10, "people": 2}

    made = simulate("people", tmp_path / "a", **options, progress=lambda *at: told.append(at))

    assert made.clip == tmp_path / "a" / "clip.mp4"
    assert all(path.is_file() for path in made.paths.values())
    assert told == [(1, 2), (2, 2)]
    assert not list((tmp_path / "a").rglob("*.part"))
    with pytest.raises(ConflictError, match="already"):
        simulate("people", tmp_path / "a", **options)
