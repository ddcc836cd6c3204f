"""Which picture belongs to which part, as committed text files.

One line per picture: its path from the data root, its domain (the set it comes from) and its place (the thing that
no two parts may share: a stretch of road, a photograph with all its variants, a clip), separated by tabs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Part = Literal["train", "val", "test"]

PARTS: tuple[Part, ...] = ("train", "val", "test")

FOLDER = Path(__file__).resolve().parents[1] / "splits"
"""Where the split files are kept."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One picture of a part.

    Attributes:
        path: From the data root, with `/`; `video.mp4#17` is frame 17 of a video, counted from 0.
        domain: The set it comes from.
        place: What it shows, named so that the same place always has the same name.
    """

    path: str
    domain: str
    place: str


def read_split(model: str, part: Part, folder: Path = FOLDER) -> list[Entry]:
    """Read one split file, in its order.

    Raises:
        ValueError: A line does not have three fields.
    """
    path = folder / model / f"{part}.txt"
    entries = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3:
            raise ValueError(f"{path.name}:{number}: expected path, domain and place, got {line!r}")
        entries.append(Entry(*fields))
    return entries


def write_split(model: str, part: Part, entries: Iterable[Entry], folder: Path = FOLDER) -> Path:
    """Write one split file, sorted, so that the same split gives the same bytes."""
    path = folder / model / f"{part}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{each.path}\t{each.domain}\t{each.place}\n" for each in sorted(set(entries))]
    path.write_text("".join(lines), encoding="utf-8")
    return path
