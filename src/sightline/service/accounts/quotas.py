"""How much each user may have and do, and how much of it is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.core.accounts import Principal, Quota, User
from sightline.core.errors import NotFoundError, QuotaExceededError
from sightline.core.runs import Run, RunFilter, RunState
from sightline.core.videos import Video, VideoFilter, VideoState
from sightline.service.folder import folder_bytes

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_DAY_S = 86_400.0
_PAGE = 500
_UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)


@dataclass(frozen=True, slots=True)
class Usage:
    """What somebody has used of their quota.

    Attributes:
        runs_today: Runs begun in the last 24 hours.
        runs_under_way: Queued and running ones.
        first_ends_s: When the oldest of the last 24 hours' runs will count no more, wall clock; 0 for none.
    """

    runs_today: int
    runs_under_way: int
    first_ends_s: float


def quota_of(platform: Platform, user_id: str) -> Quota:
    """Give somebody's limits: their own, and the settings' for what those leave open."""
    settings = platform.settings
    try:
        own = platform.accounts.get(User, user_id).quota
    except NotFoundError:  # the command line, or a user who is gone
        return Quota()
    return Quota(
        storage_bytes=_first(own.storage_bytes, settings.quota_storage_bytes),
        runs_per_day=_first(own.runs_per_day, settings.quota_runs_per_day),
        concurrent_runs=_first(own.concurrent_runs, settings.quota_concurrent_runs),
    )


def usage_of(platform: Platform, user_id: str) -> Usage:
    """Count somebody's runs."""
    since_s = platform.clock.now_s() - _DAY_S
    begun = [run.created_s for run in _since(platform, user_id, since_s)]
    under_way = sum(
        len(platform.runs.list(RunFilter(owner=user_id, state=state), limit=_PAGE)) for state in _UNDER_WAY
    )
    return Usage(len(begun), under_way, min(begun) + _DAY_S if begun else 0.0)


def check_run_quota(platform: Platform, who: Principal) -> None:
    """Refuse another run to somebody who has had their share.

    Raises:
        QuotaExceededError: Of a day's runs, of runs at once, or of storage.
    """
    check_storage_quota(platform, who.user_id, more_bytes=0)
    quota = quota_of(platform, who.user_id)
    if quota.runs_per_day is None and quota.concurrent_runs is None:
        return
    used = usage_of(platform, who.user_id)
    if quota.concurrent_runs is not None and used.runs_under_way >= quota.concurrent_runs:
        raise QuotaExceededError(
            f"{used.runs_under_way} runs are under way, the limit is {quota.concurrent_runs}",
            hint="wait for one to end, or cancel one",
            retry_after_s=30.0,
        )
    if quota.runs_per_day is not None and used.runs_today >= quota.runs_per_day:
        raise QuotaExceededError(
            f"{used.runs_today} runs were begun in 24 hours, the limit is {quota.runs_per_day}",
            hint="come back later, or ask an admin for more",
            retry_after_s=max(1.0, used.first_ends_s - platform.clock.now_s()),
        )


def check_storage_quota(platform: Platform, user_id: str, *, more_bytes: int, but: str = "") -> None:
    """Refuse to keep more for somebody whose share is full.

    Args:
        platform: Knows the limits, and what is kept.
        user_id: For whom.
        more_bytes: What they want to add.
        but: Id of a video that is not to be counted: the one that is being added.

    Raises:
        QuotaExceededError: It would be over the limit.
    """
    most = quota_of(platform, user_id).storage_bytes
    if most is None:
        return
    used_bytes = stored_bytes(platform, user_id, but=but)
    if used_bytes + more_bytes > most:
        raise QuotaExceededError(
            f"{used_bytes:,} bytes are kept and {more_bytes:,} more are over the limit of {most:,}",
            hint="delete videos or pipelines, or ask an admin for more",
            retry_after_s=3600.0,
        )


def stored_bytes(platform: Platform, user_id: str, *, but: str = "") -> int:
    """Sum what is kept for somebody: videos, those on their way in at what was announced or has come, and results."""
    total_bytes, before = 0, None
    while page := platform.videos.list(VideoFilter(owner=user_id), limit=_PAGE, before=before):
        total_bytes += sum(_video_bytes(platform, video) for video in page if video.id != but)
        before = page[-1].id
    return total_bytes + sum(_result_bytes(run) for run in _since(platform, user_id, 0.0))


def _video_bytes(platform: Platform, video: Video) -> int:
    if video.state is VideoState.REFUSED:
        return 0
    if video.state is VideoState.READY:
        return video.size_bytes
    return max(video.size_bytes, folder_bytes(platform.settings.videos / video.id))


def _result_bytes(run: Run) -> int:
    """Give what a run's results take; those of one that has ended change no more, and are counted once."""
    folder = Path(run.folder)
    return _ended_bytes(folder, run.updated_s) if run.has_ended else folder_bytes(folder)


@lru_cache(maxsize=100_000)
def _ended_bytes(folder: Path, _updated_s: float) -> int:
    return folder_bytes(folder)


def _since(platform: Platform, user_id: str, since_s: float) -> Iterator[Run]:
    """Give somebody's runs, newest first, until they are too old; ids sort by age."""
    before: str | None = None
    while page := platform.runs.list(RunFilter(owner=user_id), limit=_PAGE, before=before):
        for run in page:
            if run.created_s < since_s:
                return
            yield run
        before = page[-1].id


def _first(own: int | None, general: int) -> int | None:
    """Give a user's own limit, else the settings', where 0 stands for none."""
    return own if own is not None else general or None
