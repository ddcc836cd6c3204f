"""A finished run's files in the object store, beside its folder: what other machines read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.core.errors import ConflictError
from sightline.service.folder import MANIFEST

if TYPE_CHECKING:
    from sightline.core.runs import Run
    from sightline.service.platform import Platform

PREFIX = "runs/"
_CHUNK_BYTES = 1 << 20


def publish_objects(platform: Platform, run: Run) -> int:
    """Store every result of a run under `runs/<id>/`, the manifest last; give how many were new.

    What is there already has the same bytes, as a run gives the same ones each time: so it may be done again.

    Raises:
        AdapterUnavailableError: The object store does not answer.
    """
    objects = platform.objects
    if objects is None:
        return 0
    there = set(objects.list(f"{PREFIX}{run.id}/"))
    new = 0
    for name, path in _results(Path(run.folder)):
        key = f"{PREFIX}{run.id}/{name}"
        if key in there:
            continue
        try:
            objects.put(key, _chunks(path))
        except ConflictError:  # another worker was quicker
            continue
        new += 1
    return new


def remove_published(platform: Platform, run_id: str) -> None:
    """Remove what a run stored there, the manifest first: what lacks one is not a result."""
    objects = platform.objects
    if objects is None:
        return
    keys = objects.list(f"{PREFIX}{run_id}/")
    for key in sorted(keys, key=lambda key: not key.endswith(f"/{MANIFEST}")):
        objects.delete(key)


def _results(folder: Path) -> Iterator[tuple[str, Path]]:
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }
    for name in sorted(found, key=lambda name: (name == MANIFEST, name)):
        yield name, found[name]


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
