"""The files that a finished run left: which there are, and one of them."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.core.errors import ConflictError, NotFoundError
from sightline.service.folder import MANIFEST, RunFolder, sha256_of
from sightline.service.results import Results

if TYPE_CHECKING:
    from sightline.core.runs import Run

_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".mp4": "video/mp4",
    ".xml": "application/xml",
}


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a run's results.

    Attributes:
        name: Its path within the result folder, as in `tables/tracks.parquet`.
        path: Where it lies.
        size_bytes: Of the file.
        sha256: Of its bytes, hexadecimal.
        media_type: What browsers call its kind.
    """

    name: str
    path: Path
    size_bytes: int
    sha256: str
    media_type: str


def results_of(run: Run) -> Results:
    """Give a run's results.

    Raises:
        ConflictError: It has not finished.
    """
    folder = RunFolder(Path(run.folder))
    if not folder.is_complete:
        raise ConflictError(
            f"run {run.id} is {run.state}: it has no results yet",
            hint="follow its events until it is completed",
        )
    return Results(folder.root)


def list_artifacts(run: Run) -> Sequence[Artifact]:
    """Give every file of a finished run, the manifest last.

    Raises:
        ConflictError: It has not finished.
    """
    results = results_of(run)
    files = results.manifest["files"]
    found = [
        _artifact(results.folder, name, facts["sha256"])
        for name, facts in sorted(files.items())
        if (results.folder / name).is_file()
    ]
    return [*found, _artifact(results.folder, MANIFEST, sha256_of(results.folder / MANIFEST))]


def find_artifact(run: Run, name: str) -> Artifact:
    """Give one file, by the name that the manifest has for it: no other file of the folder can be had.

    Raises:
        ConflictError: The run has not finished.
        NotFoundError: It has no such file.
    """
    results = results_of(run)
    facts = results.manifest["files"].get(name)
    if name == MANIFEST:
        return _artifact(results.folder, name, sha256_of(results.folder / name))
    if facts is None or not (results.folder / name).is_file():
        raise NotFoundError(f"run {run.id} has no file {name[:200]!r}", hint="list its artifacts")
    return _artifact(results.folder, name, facts["sha256"])


def _artifact(folder: Path, name: str, sha256: str) -> Artifact:
    path = folder / name
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Artifact(name, path, path.stat().st_size, sha256, guessed)
