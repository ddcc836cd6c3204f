"""Renders a scene whose exact truth is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline import plugins
from sightline.core.errors import ConflictError, SettingsError
from sightline.ports import SceneOptions

if TYPE_CHECKING:
    from sightline.ports import Scene


@dataclass(frozen=True, slots=True)
class SimulatedClip:
    """What `simulate` wrote.

    Attributes:
        folder: Where it all lies.
        clip: The video.
        paths: Every file by role: `clip`, `gt` (MOT format), `tracks`, `objects` and `cameras` (Parquet),
            `events`, `rules`, `camera`, `scene`.
    """

    folder: Path
    clip: Path
    paths: Mapping[str, Path] = field(default_factory=dict)


def simulate(  # noqa: PLR0913
    scene_name: str,
    out: Path,
    *,
    seconds: float = 20.0,
    seed: int = 7,
    size: tuple[int, int] = (360, 640),
    fps: Fraction | float | str = 25,
    shake_px: float = 0.0,
    noise: float = 2.0,
    people: int | None = None,
    settings: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> SimulatedClip:
    """Render a scene into a folder; the same arguments give the same bytes.

    Args:
        scene_name: Plugin's name, as in `people`.
        out: Folder for clip and truth.
        seconds: Length.
        seed: Chooses everything that is left to chance, >= 0.
        size: `(height, width)` in pixels, both even.
        fps: Frames a second; a fraction as `30000/1001` is kept exact.
        shake_px: Standard deviation of the camera's shake in pixels.
        noise: Standard deviation of the sensor's noise in grey levels.
        people: How many take part; None for what suits the length.
        settings: What only this scene knows, by name.
        overwrite: Replace a clip that the folder holds.
        progress: Told frames done and frames in all.

    Raises:
        UnknownPluginError: There is no such scene.
        SettingsError: A number is out of range.
        ConflictError: The folder holds a clip already.
        OutputError: The folder cannot be written to.
    """
    kind = plugins.load("scenes", scene_name)
    if seed < 0:
        raise SettingsError(f"the seed is {seed}, must be >= 0", hint="any whole number, as in --seed 7")
    scene: Scene = kind(
        SceneOptions(
            seconds=seconds,
            seed=seed,
            size=size,
            frame_rate_hz=frame_rate_hz(fps),
            shake_px=shake_px,
            noise=noise,
            actors=people,
            settings=dict(settings or {}),
        )
    )
    if (out / "clip.mp4").exists() and not overwrite:
        raise ConflictError(f"{out} holds a clip already", hint="add --overwrite, or choose another folder")
    paths = scene.render(out, progress)
    return SimulatedClip(out, paths["clip"], paths)


def frame_rate_hz(fps: Fraction | float | str) -> Fraction:
    """Give a frame rate as a fraction: `25`, `29.97` and `30000/1001` alike.

    Decimal numbers close to a rate over 1.001 become that rate, as broadcasters mean it.

    Raises:
        SettingsError: It is not a positive number.
    """
    try:
        rate = Fraction(str(fps))
    except (ValueError, ZeroDivisionError) as error:
        raise SettingsError(f"{fps!r} is not a frame rate", hint="as in 25, 29.97 or 30000/1001") from error
    if rate <= 0:
        raise SettingsError(f"a frame rate of {fps} is impossible", hint="as in 25, 29.97 or 30000/1001")
    broadcast = Fraction(round(rate * Fraction(1001, 1000)) * 1000, 1001)
    return broadcast if rate.denominator > 1 and abs(rate - broadcast) < Fraction(1, 200) else rate
