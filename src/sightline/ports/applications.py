"""Applications, the tables they read and write, simulated scenes and exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.core.media import MediaInfo
    from sightline.ports.pipeline import Stage
    from sightline.ports.vision import ModelAdapter, Tracker


@dataclass(frozen=True, slots=True)
class StageContext:
    """What an application builds its stages from.

    Attributes:
        media: The opened source's facts.
        models: Role (`detector`, `pose`) -> model, not yet open.
        tracker: Makes a fresh tracker; `tuned` may hold settings that suit the application, by a tracker's name.
        settings: The application's settings, as plain data.
        in_flight: How many answers of one model may be pending at once.
    """

    media: MediaInfo
    models: Mapping[str, ModelAdapter]
    tracker: Callable[..., Tracker]
    settings: Mapping[str, Any] = field(default_factory=dict)
    in_flight: int = 4


class TableReader(Protocol):
    """A finished run's tables, as batches in order of frame; never all in memory at once."""

    def batches(self, table: str, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """`pyarrow.RecordBatch`es of a table; none where the run has no such table."""
        ...

    def rows(self, table: str) -> int:
        """How many rows it has."""
        ...


class TableWriter(Protocol):
    """Takes an application's own tables."""

    def write(self, table: str, batch: Any) -> None:
        """Append a `pyarrow.RecordBatch` of the table's schema."""
        ...


@dataclass(frozen=True, slots=True)
class ReportContext:
    """What an application makes its report from.

    Attributes:
        media: Facts about the source.
        read: The run's tables.
        write: Takes the application's own tables.
        settings: The application's settings, rules among them, as plain data.
        provenance: Versions, model, settings: stored beside every number.
        ledger: `core.ledger.Ledger` as plain data.
        background: A picture of the scene `(h, w, 3)` BGR for figures, None where no frame decoded.
        figures: Folder for pictures.
    """

    media: MediaInfo
    read: TableReader
    write: TableWriter
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]
    ledger: Mapping[str, Any]
    background: UInt8 | None
    figures: Path


class Application(Protocol):
    """What the platform is for: says which stages to run and what the tables mean; runs nothing itself."""

    name: str

    def defaults(self) -> Mapping[str, Any]:
        """Settings with their default values; what a user gives is checked against them."""
        ...

    def stages(self, context: StageContext) -> Sequence[Stage]:
        """The pipeline between decode and record, from `pipeline.yaml`."""
        ...

    def report(self, context: ReportContext) -> Mapping[str, Any]:
        """Make the application's tables, figures and `report.json` from stored tables; no inference."""
        ...

    def page(self, report: Mapping[str, Any], figures: Path) -> str:
        """`report.html`: one self-contained page."""
        ...


@dataclass(frozen=True, slots=True)
class SceneOptions:
    """How a scene is to be filmed.

    Attributes:
        seconds: Length of the clip.
        seed: Chooses everything that is left to chance.
        size: `(height, width)` in pixels, both even.
        frame_rate_hz: Frames a second.
        shake_px: Standard deviation of the camera's shake in pixels; 0 for a camera that stands still.
        noise: Standard deviation of the sensor's noise in grey levels.
        actors: How many people (players, balls, ...) take part; None for what suits the scene.
        settings: What only this scene knows, by name.
    """

    seconds: float = 20.0
    seed: int = 7
    size: tuple[int, int] = (360, 640)
    frame_rate_hz: Fraction = Fraction(25)
    shake_px: float = 0.0
    noise: float = 2.0
    actors: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


class Scene(Protocol):
    """A small world that is rendered with exact ground truth; made from `SceneOptions` alone.

    Attributes:
        name: What it is called.
        settings: Those that only this scene has, with their defaults; each is an option of `sightline simulate`.
    """

    name: str
    settings: Mapping[str, Any]

    def render(self, out: Path, progress: Callable[[int, int], None] | None = None) -> Mapping[str, Path]:
        """Write the clip and its truth into a folder; the same options give the same bytes.

        Args:
            out: The folder; made where it is not there.
            progress: Told frames done and frames in all.

        Returns:
            What was written, by role: `clip`, `gt`, `tracks`, `events`, `rules`, `camera`, `scene`, ...
        """
        ...


class Export(Protocol):
    """Writes a finished run's tables in another format; one option given as a keyword each."""

    def __call__(self, folder: Path, out: Path, **options: Any) -> Path:
        """Write `out` from the result folder, whole or not at all, and give what was written."""
        ...
