"""Forgets runs that are older, or more, than the settings let anybody keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from sightline.core.errors import ConflictError, RunNotFoundError
from sightline.core.runs import LOCAL_OWNER
from sightline.service.delete import delete_run
from sightline.service.folder import folder_bytes
from sightline.service.object_results import remove_published

if TYPE_CHECKING:
    from sightline.core.runs import Run
    from sightline.service.platform import Platform

_log = structlog.get_logger()
_PAGE = 500
_DAY_S = 86_400.0
_MESSAGES_KEPT_S = 30 * _DAY_S
_RECEIPTS_KEPT_S = 7 * _DAY_S


@dataclass(frozen=True, slots=True)
class Retired:
    """What was forgotten.

    Attributes:
        by_age: Runs that were too old.
        by_size: Runs that were too much for their owner.
        messages: Webhook messages that ended long ago.
        receipts: Idempotency keys that nobody will come back with.
    """

    by_age: tuple[str, ...] = ()
    by_size: tuple[str, ...] = ()
    messages: int = 0
    receipts: int = 0

    def __bool__(self) -> bool:
        return bool(self.by_age or self.by_size or self.messages or self.receipts)


def apply_retention(platform: Platform, *, rehearse: bool = False) -> Retired:
    """Delete ended runs with their files: too old ones, then each owner's oldest above the size that one may keep.

    Runs of the command line are its user's business, and never touched; nor is one that waits or works.

    Args:
        platform: The adapters.
        rehearse: Say what would go, and touch nothing.
    """
    settings, now_s = platform.settings, platform.clock.now_s()
    ended = [run for run in _all_runs(platform) if run.has_ended and run.owner != LOCAL_OWNER]
    old: list[Run] = []
    if settings.keep_days:
        old = [run for run in ended if now_s - run.updated_s > settings.keep_days * _DAY_S]
    gone = {run.id for run in old}
    large = _above(settings.keep_bytes, [run for run in ended if run.id not in gone])
    messages = receipts = 0
    if not rehearse:
        old, large = _deleted(platform, old), _deleted(platform, large)
        messages = platform.deliveries.forget(before_s=now_s - _MESSAGES_KEPT_S)
        receipts = platform.receipts.forget(before_s=now_s - _RECEIPTS_KEPT_S)
    return Retired(tuple(run.id for run in old), tuple(run.id for run in large), messages, receipts)


def _all_runs(platform: Platform) -> Iterator[Run]:
    """Newest first."""
    before: str | None = None
    while page := platform.runs.list(limit=_PAGE, before=before):
        yield from page
        before = page[-1].id


def _above(keep_bytes: int, runs: list[Run]) -> list[Run]:
    """Give the oldest runs of each owner that do not fit any more; `runs` are newest first."""
    if not keep_bytes:
        return []
    kept_bytes: dict[str, int] = defaultdict(int)
    found = []
    for run in runs:
        kept_bytes[run.owner] += folder_bytes(Path(run.folder))
        if kept_bytes[run.owner] > keep_bytes:
            found.append(run)
    return found


def _deleted(platform: Platform, runs: list[Run]) -> list[Run]:
    done = []
    for run in runs:
        try:
            delete_run(platform, run.id, files=True)
        except (ConflictError, RunNotFoundError) as error:  # somebody resumed it, or was quicker
            _log.info("not_retired", run=run.id, error=str(error))
            continue
        remove_published(platform, run.id)
        done.append(run)
    return done
