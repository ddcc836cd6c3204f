"""Removes what crashes left behind: results without a run, videos without a row, half-written files, published files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.core.errors import NotFoundError, RunNotFoundError
from sightline.service.object_results import PREFIX, remove_published

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_OLD_S = 86_400.0
"""What is younger may belong to somebody who is still at it."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed.

    Attributes:
        folders: Results without a run.
        files: Files that were never finished.
        published: Runs of the object store that no longer exist.
        videos: Folders of videos that nobody knows.
    """

    folders: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.folders or self.files or self.published or self.videos)


def remove_leftovers(platform: Platform, *, rehearse: bool = False) -> Removed:
    """Remove what is more than a day old and belongs to nobody; only in folders that are the service's own.

    Args:
        platform: The adapters.
        rehearse: Say what would go, and touch nothing.
    """
    settings = platform.settings
    folders = [path for path in _old(platform, settings.results.glob("*-*")) if path.is_dir()]
    orphans = [path for path in folders if not _exists(platform, path.name)]
    given = [path for path in _old(platform, settings.videos.glob("*-*")) if path.is_dir()]
    videos = [path for path in given if not _is_known(platform, path.name)]
    files = list(_old(platform, _unfinished(settings.home)))
    published = [name for name in _published(platform) if not _exists(platform, name)]
    if not rehearse:
        for path in (*orphans, *videos):
            shutil.rmtree(path, ignore_errors=True)
        for path in files:
            path.unlink(missing_ok=True)
        for name in published:
            remove_published(platform, name)
    return Removed(
        tuple(path.name for path in orphans),
        tuple(path.relative_to(settings.home).as_posix() for path in files),
        tuple(published),
        tuple(path.name for path in videos),
    )


def _is_known(platform: Platform, video_id: str) -> bool:
    try:
        platform.videos.get(video_id)
    except NotFoundError:
        return False
    return True


def _exists(platform: Platform, run_id: str) -> bool:
    try:
        platform.runs.get(run_id)
    except RunNotFoundError:
        return False
    return True


def _old(platform: Platform, paths: Iterator[Path]) -> Iterator[Path]:
    now_s = platform.clock.now_s()
    for path in paths:
        try:
            if now_s - path.stat().st_mtime > _OLD_S:
                yield path
        except OSError:  # gone meanwhile
            continue


def _unfinished(home: Path) -> Iterator[Path]:
    """Files under names that are given up when they are whole: see `service.folder.whole` and the object store."""
    for path in home.rglob(".*.part"):
        if path.is_file():
            yield path
    for path in home.rglob(".incoming/*"):
        if path.is_file():
            yield path


def _published(platform: Platform) -> list[str]:
    """Give the runs in the object store that are more than a day old by their id, which begins with the time."""
    if platform.objects is None:
        return []
    names = {key.removeprefix(PREFIX).partition("/")[0] for key in platform.objects.list(PREFIX)}
    newest = f"{int((platform.clock.now_s() - _OLD_S) * 1000):012x}"
    return sorted(name for name in names if name < newest)
