"""Says where runs stand, to few exactly and to many at once.

An answer is read anew for everybody who asks. Where many ask about the same run, they share one that is a fifth of a
second old at most: two hundred who look on must not slow the run that they look at.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from sightline.api.views.pipelines import PipelineStatus
from sightline.service.pipelines.find import check_access, look_up
from sightline.service.pipelines.status import status_of

if TYPE_CHECKING:
    from sightline.core.accounts import Principal
    from sightline.service.pipelines.progress import ProgressBoard
    from sightline.service.platform import Platform

_SHARED_FOR_S = 0.2
_WINDOW_S = 1.0
_MANY = 20
_MOST_KEPT = 1024


@dataclass(slots=True)
class _Asked:
    """What is known of one run that is asked about."""

    since_s: float
    count: int = 0
    before: int = 0
    body: bytes = b""
    owner: str = ""
    groups: frozenset[str] = field(default_factory=frozenset)
    read_s: float = 0.0

    def is_asked_by_many(self, now_s: float) -> bool:
        """Count one who asks."""
        if now_s - self.since_s >= _WINDOW_S:
            self.before = self.count if now_s - self.since_s < 2 * _WINDOW_S else 0
            self.since_s, self.count = now_s, 0
        self.count += 1
        return max(self.count, self.before) > _MANY


class StatusDesk:
    """Answers with a run's status; lives in one event loop.

    Args:
        platform: Where the runs are.
        board: Keeps their pace.
    """

    def __init__(self, platform: Platform, board: ProgressBoard) -> None:
        self._platform = platform
        self._board = board
        self._asked: OrderedDict[str, _Asked] = OrderedDict()
        self._forgotten = 0

    async def answer(self, who: Principal, run_id: str) -> bytes:
        """Give the status as JSON.

        Raises:
            RunNotFoundError: There is no such run, or none that they may know of.
        """
        now_s = time.monotonic()
        asked = self._asked.get(run_id)
        if asked is not None and asked.is_asked_by_many(now_s) and now_s - asked.read_s < _SHARED_FOR_S:
            check_access(who, run_id, asked.owner, asked.groups)
            return asked.body
        forgotten = self._forgotten
        owner, groups, body = await run_in_threadpool(self._read, who, run_id)
        if asked is None:
            asked = self._asked[run_id] = self._asked.get(run_id) or _Asked(now_s, count=1)
            while len(self._asked) > _MOST_KEPT:
                self._asked.popitem(last=False)
        if forgotten == self._forgotten:
            asked.owner, asked.groups, asked.body, asked.read_s = owner, groups, body, now_s
        return body

    def forget(self) -> None:
        """Share no answer from before now: whoever changes something is to see it."""
        self._forgotten += 1
        for asked in self._asked.values():
            asked.read_s = 0.0

    def _read(self, who: Principal, run_id: str) -> tuple[str, frozenset[str], bytes]:
        run, groups = look_up(self._platform, run_id)
        check_access(who, run_id, run.owner, groups)
        status = PipelineStatus.of_status(status_of(self._platform, run, self._board))
        return run.owner, groups, status.model_dump_json().encode()
